"""The schedule's sign of life."""

from celery import shared_task

from journal import health


@shared_task
def stamp_schedule():
    """What beat has planned gets done, behind whatever the worker does first."""
    health.stamp("schedule")
