"""Enforcement's background work."""

from celery import shared_task

from . import roster


@shared_task
def roll_duty():
    """Keep the roster a month ahead (daily)."""
    roster.roll()
