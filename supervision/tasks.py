"""Supervision's background work."""

from celery import shared_task

from . import spent


@shared_task
def keep_spent() -> None:
    """Every minute (beat): what cases took that were closed since."""
    spent.keep()
