"""What may be late. Each task may run twice or never: the rows say what is still to do, the sweep finds it."""

from celery import shared_task

from journal import roots

from . import challenge, keys, orphans, photos, roster_print
from .models import Photo


@shared_task
def prepare_photo(photo_id: str) -> None:
    """Make the shown copies of one photo."""
    photo = Photo.objects.filter(pk=photo_id).first()
    if photo:
        photos.prepare(photo)


@shared_task
def sweep() -> None:
    """Every minute (beat): photos that a lost task left, drafts nobody sent, files without a photo, challenges that have expired."""
    photos.sweep()
    orphans.sweep()
    challenge.sweep()


@shared_task
def seal_journal():
    """Hourly: sign the daily root of every day that has ended; days already sealed cost one query."""
    roots.seal_missing(key=keys.hash_key(keys.JOURNAL))


@shared_task
def print_rosters() -> None:
    """Every minute (beat): prints of the roster wall that are not there yet for what it shows today."""
    roster_print.make_missing()
