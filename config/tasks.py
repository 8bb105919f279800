"""The worker's sign of life."""

from celery import shared_task

from config import health


@shared_task
def stamp_worker():
    health.stamp_worker()
