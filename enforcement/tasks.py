"""Enforcement's background work."""

from datetime import timedelta

from axes.models import AccessFailureLog, AccessLog
from celery import shared_task
from django.conf import settings

from journal import clock

from . import roster


@shared_task
def roll_duty():
    """Keep the roster a month ahead (daily)."""
    roster.roll()


@shared_task
def clear_sign_ins():
    """Forget sign-ins and failures once SIGN_IN_LOG_DAYS are over (addresses are personal data); never before six months (网络安全法 21). Daily."""
    kept = timedelta(days=max(settings.SIGN_IN_LOG_DAYS, settings.SIGN_IN_LOG_LEAST_DAYS))
    for model in (AccessLog, AccessFailureLog):
        model.objects.filter(attempt_time__lt=clock.now() - kept).delete()
