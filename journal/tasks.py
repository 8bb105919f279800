"""The journal's background work."""

from celery import shared_task

from . import checking


@shared_task(time_limit=6 * 3600)  # the whole journal of years
def check_journal(pk: int) -> None:
    """Look through the whole journal and write what was found into the row that asked for it."""
    checking.run(pk)
