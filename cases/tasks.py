"""What may be late. Each task may run twice or never: the rows say what is still to do, the sweep finds it."""

from celery import shared_task

from . import challenge, photos
from .models import Photo


@shared_task
def prepare_photo(photo_id: str) -> None:
    """Make the shown copies of one photo."""
    photo = Photo.objects.filter(pk=photo_id).first()
    if photo:
        photos.prepare(photo)


@shared_task
def sweep() -> None:
    """Every minute (beat): photos that a lost task left, drafts nobody sent, challenges that have expired."""
    photos.sweep()
    challenge.sweep()
