"""The live work's background tasks."""

from datetime import timedelta

from celery import shared_task

from cases.rulebook import current
from journal import clock

from .models import Track


@shared_task
def send_messages() -> None:
    """At once when a message is written, and every ten seconds (beat): what waits to go out to officers."""
    from . import messages

    messages.send_due()


@shared_task
def clear_tracks():
    """Forget where officers were, once the county's retention (`track_days`) is over: location is sensitive data
    (个人信息保护法 19, 28). Daily."""
    Track.objects.filter(at__lt=clock.now() - timedelta(days=current().options["track_days"])).delete()
