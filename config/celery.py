"""Celery does what may be late; everything that matters is a row that a lost task finds again."""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("enforcement")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def first_stamp(**kwargs):
    """Healthy from the first second, not from the first beat on."""
    from config.tasks import stamp_worker

    stamp_worker()
