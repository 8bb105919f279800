"""Celery does what may be late; everything that matters is a row that a lost task finds again."""

import os

from celery import Celery
from celery.signals import heartbeat_sent, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("enforcement")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def healthy_from_the_first_second(**kwargs):
    from journal import health

    health.stamp("worker")
    health.stamp("schedule")


@heartbeat_sent.connect
def sign_of_life(**kwargs):
    """Every two seconds, from the process that hands out the tasks: a long one (the printed rosters at midnight) is no death."""
    from journal import health

    health.stamp("worker")
