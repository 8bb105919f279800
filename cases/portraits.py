"""Portraits on the roster wall: only a re-encoded copy without EXIF is kept, under its own hash; shown while its officer is on the wall."""

import hashlib
import io
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext as _

from enforcement.models import Officer, User
from enforcement.roles import LEADING, Role
from journal import history
from journal.refused import BadInput, Refused, Unavailable

from . import photos
from .roster_wall import portrait_file

SIDE = 600  # pixels of the longer side
KEEPERS = LEADING | {Role.SYSTEM_ADMIN, Role.LEGAL_REVIEWER}
COUNTY_WIDE = frozenset({Role.SYSTEM_ADMIN, Role.LEGAL_REVIEWER})  # at the county's centre


def kept_by(user: User):
    """The officers whose portraits this person keeps: of the whole county for its administrator and legal reviewer, else of his own
    centre. Nobody's for other posts."""
    officers = Officer.objects.select_related("user", "organisation").filter(user__is_active=True)
    centre = user.centre
    if user.role not in KEEPERS or centre is None:
        return officers.none()
    if user.role in COUNTY_WIDE and centre.is_county_centre:
        return officers
    return officers.filter(organisation__centre=centre)


@history.tells
def put(*, officer: Officer, data: bytes, by: User) -> Officer:
    """Take a picture as the officer's portrait: JPEG, PNG, WebP or HEIC; the longer side becomes 600 px. Replaces the one before.

    `Refused` ("not_allowed") for whoever does not keep it, `BadInput` for what is no picture, `Unavailable` when the disk is full."""
    copy = _copy(data)
    digest = hashlib.sha256(copy).hexdigest()
    with transaction.atomic():
        kept = _locked(officer, by)
        before, kept.portrait = kept.portrait, digest
        try:
            photos.write_file(portrait_file(digest), copy)
        except OSError:
            raise Unavailable(_("The picture cannot be stored at the moment. Try again later."), code="no_room", retry_after=60) from None
        kept.save(update_fields=["portrait"])
        if before and before != digest:
            transaction.on_commit(lambda: _forget(before))
    return kept


@history.tells
def remove(*, officer: Officer, by: User) -> Officer:
    """Take the portrait away; the wall shows a drawing instead."""
    with transaction.atomic():
        kept = _locked(officer, by)
        before, kept.portrait = kept.portrait, ""
        kept.save(update_fields=["portrait"])
        if before:
            transaction.on_commit(lambda: _forget(before))
    return kept


def serve(digest: str, *, public: bool) -> HttpResponse:
    """The picture as an answer, by nginx where there is one. Whether this person may see it is the calling view's own check."""
    if settings.MEDIA_ACCEL_PREFIX:
        answer = HttpResponse(headers={"X-Accel-Redirect": settings.MEDIA_ACCEL_PREFIX + portrait_file(digest)})
    else:
        answer = FileResponse((Path(settings.MEDIA_ROOT) / portrait_file(digest)).open("rb"))
    answer["Content-Type"] = "image/jpeg"
    answer["Content-Disposition"] = "inline"
    answer["Cache-Control"] = "public, max-age=300" if public else "private, no-store"  # whoever leaves the wall is off it in five minutes
    return answer


def _copy(data: bytes) -> bytes:
    """The shown copy of an uploaded picture."""
    photos.check_size(len(data))
    photos.check(data)
    try:
        image = photos.flat(data)
    except photos.BROKEN_IMAGE:
        raise BadInput(_("The photo cannot be read; it may be incomplete. Please take or choose it again."), code="broken") from None
    image.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=photos.QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _locked(officer: Officer, by: User) -> Officer:
    if not kept_by(by).filter(pk=officer.pk).exists():
        raise Refused(_("Your post does not keep this officer's portrait."), code="not_allowed")
    return Officer.objects.select_for_update().get(pk=officer.pk)


def _forget(digest: str) -> None:
    """Delete the file that nobody shows any more."""
    if not Officer.objects.filter(portrait=digest).exists():
        photos.remove_named(portrait_file(digest))
