"""Photos before they belong to anything: stored at once, so that they survive a refused form, a login, a lost page.

A draft is opened by its id together with the secret of the form that it was made for (`draft_key`).
"""

import hashlib
import logging
import secrets
import uuid

from django.conf import settings
from django.core.signing import Signer
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from enforcement.models import User
from journal import clock
from journal.refused import BadInput

from . import photos, ratelimit
from .models import Case, Photo, Report
from .tasks import prepare_photo

log = logging.getLogger(__name__)
_signer = Signer(salt="cases.drafts")


def new_draft_key() -> str:
    """A secret for a fresh form."""
    return secrets.token_urlsafe(18)


def store_draft(file, *, draft_key: str, by=None, kind: str = Photo.Kind.REPORT, most: int | None = None) -> Photo:
    """Check and store an uploaded file as a draft of `draft_key`; at most `most` of them (default: what a form may have).

    `by`: the member of staff who took it. Raises `BadInput` with a sentence for files that are no photo. The original is
    on the disk, sealed, before the row exists; the copy is made later.
    """
    if not draft_key:
        raise BadInput(_("The form has lost its key. Please reload the page."), code="draft_key")
    if most is None:
        most = settings.PHOTO_MAX_COUNT
    if _waiting(draft_key).count() >= most:
        raise BadInput(_("At most %(most)d photos can be sent.") % {"most": most}, code="too_many_photos")
    photos.check_size(file.size)
    if by is None:
        photos.check_room()
    data = file.read()
    photo = Photo(
        draft_key=_hashed(draft_key), kind=kind, content_type=photos.check(data), size=len(data),
        sha256=hashlib.sha256(data).hexdigest(), taken_by=by if isinstance(by, User) else None, created_at=clock.now(),
    )  # fmt: skip
    photos.save_original(photo, data)
    photo.save(force_insert=True)  # if this fails, nobody knows whether the row is there: orphans.py looks later
    _enqueue(photo)
    return photo


def _enqueue(photo: Photo) -> None:
    """Ask the worker for the copies; while Redis is dead the sweep or the first look at the photo makes them."""
    if not ratelimit.redis_answers():
        return
    try:
        prepare_photo.delay_on_commit(str(photo.pk))
    except OperationalError as error:
        log.warning("photo %s waits for the sweep: %s", photo.pk, type(error).__name__)


def of(draft_key: str) -> list[Photo]:
    """The drafts that wait under this secret, oldest first: what a refused form shows again."""
    if not draft_key:
        return []
    return list(_waiting(draft_key))


def find(photo_id, preview: str) -> Photo | None:
    """A draft by its id and the key in its preview address; None for any other photo."""
    photo = Photo.objects.filter(pk=photo_id, report__isnull=True, case__isnull=True).first()
    return photo if photo and secrets.compare_digest(preview_key(photo).encode(), preview.encode()) else None


def preview_key(photo: Photo) -> str:
    """What makes the address of a draft's preview impossible to guess; void once the draft is sent."""
    return _signer.signature(f"{photo.pk}:{photo.draft_key}")


def remove(photo_id, *, draft_key: str) -> None:
    """The person took the photo away again."""
    for photo in _waiting(draft_key).filter(pk=photo_id):
        photos.discard(photo)


def attach(photo_ids, *, draft_key: str, report: Report | None = None, case: Case | None = None, kind: str = "") -> None:
    """Make drafts part of a report or case (one UPDATE, in the verb's transaction); `BadInput` when one of them is gone."""
    wanted = {str(pk) for pk in photo_ids}
    values = {"report": report, "case": case, **({"kind": kind} if kind else {})}
    taken = _waiting(draft_key).filter(pk__in=wanted).exclude(state=Photo.State.BROKEN).update(**values)
    if taken != len(wanted):
        raise BadInput(_("A photo is no longer there or cannot be read. Please add it again and send once more."), code="photo_gone")


def is_id(value: str) -> bool:
    """Whether this can be a photo's id at all."""
    try:
        return bool(uuid.UUID(str(value)))
    except ValueError:
        return False


def _waiting(draft_key: str):
    return Photo.objects.filter(draft_key=_hashed(draft_key), report__isnull=True, case__isnull=True)


def _hashed(draft_key: str) -> str:
    return hashlib.sha256(draft_key.encode()).hexdigest()
