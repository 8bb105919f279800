"""Photos: the original is kept sealed with its hash, and only a re-encoded copy without EXIF is ever shown.

A copy is made by the worker. A lost task is found by the sweep, and a page that asks for a photo which the worker has
left lying makes the copy itself, so that no photo depends on a living worker.
"""

import io
import logging
import os
import secrets
import shutil
import threading
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import filetype
import pillow_heif
from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from journal import clock
from journal.refused import BadInput, Refused, Unavailable

from . import sealed
from .models import Photo

log = logging.getLogger(__name__)
pillow_heif.register_heif_opener(thumbnails=False)

KINDS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic"}
GUESSES = {"image/jpeg", "image/png", "image/webp", "image/heic"}
# A plain JPEG is decoded at a fraction of its size. The others are held whole, up to 7 bytes a pixel: large ones one at a
# time in each process, or a handful of them would take all memory.
MAX_PIXELS = 150_000_000
MAX_PIXELS_WHOLE = 50_000_000
MANY_PIXELS = 12_000_000
_one_large = threading.Lock()
COPY_SIDE, THUMB_SIDE, QUALITY = 2048, 480, 82
VARIANTS = ("full", "thumb")
FOLDERS = ("sealed", "copies")
WORKER_LATE = timedelta(seconds=10)
DRAFT_LIFE = timedelta(days=1)
BROKEN_IMAGE = (OSError, SyntaxError, ValueError, EOFError, MemoryError, Image.DecompressionBombError)


def check_size(size: int) -> None:
    """`BadInput` for an empty or oversized file, before it is read."""
    if not size:
        raise BadInput(_("The file is empty. Please choose the photo again."), code="empty_file")
    if size > settings.PHOTO_MAX_BYTES:
        raise BadInput(
            _("The photo is larger than %(most)d MB. Please send a smaller one.") % {"most": settings.PHOTO_MAX_BYTES >> 20},
            code="too_large",
        )  # fmt: skip


def check_room() -> None:
    """A flood of the public's photos must not fill the disk that reports and the officers' evidence are kept on."""
    try:
        free = shutil.disk_usage(settings.MEDIA_ROOT).free
    except FileNotFoundError:  # before the first photo
        return
    if free < settings.MEDIA_KEEP_FREE_BYTES:
        log.error("no room for photos of the public: %d MB free", free >> 20)
        raise Refused(_("No more photos can be stored at the moment. Please send the report without them."), code="no_room")


def check(data: bytes) -> str:
    """The true content type of an uploaded photo; `BadInput` when it is none, is broken or has too many pixels."""
    is_heif = data[4:8] == b"ftyp"  # its brands are many: the decoder decides
    if not is_heif and filetype.guess_mime(data[:512]) not in GUESSES:
        raise _not_a_photo()
    try:
        image = _decoded(data)
    except (_TooManyPixels, Image.DecompressionBombError):
        raise BadInput(_("The photo has too many pixels. Please send a smaller one."), code="too_large") from None
    except BROKEN_IMAGE:
        raise BadInput(_("The photo cannot be read; it may be incomplete. Please take or choose it again."), code="broken") from None
    return KINDS[image.format or ""]


def save_original(photo: Photo, data: bytes) -> None:
    """Seal the original under MEDIA_ROOT/sealed, safely on the disk before the row is committed; sets `sealed_name`.

    `Unavailable` when the disk is full or fails: reports go on without photos, a phone keeps its photo and tries again.
    """
    closed = sealed.seal(data, about=f"photo:{photo.pk}")
    photo.sealed_name = f"sealed/{photo.pk.hex[:2]}/{photo.pk.hex}.sealed"
    try:
        write_file(photo.sealed_name, f"{closed.algorithm} {closed.key_id}\n".encode() + closed.data)
    except OSError as error:
        log.error("an original cannot be stored: %s", error.strerror)
        sentence = _("The photo cannot be stored at the moment. Try again later, or send without it.")
        raise Unavailable(sentence, code="no_room", retry_after=60) from None


def read_original(photo: Photo) -> bytes:
    """The original bytes as uploaded."""
    head, _newline, data = (Path(settings.MEDIA_ROOT) / photo.sealed_name).read_bytes().partition(b"\n")
    algorithm, key_id = head.decode().split(" ")
    return sealed.unseal(sealed.Sealed(key_id, algorithm, data), about=f"photo:{photo.pk}")


def prepare(photo: Photo) -> bool:
    """Make the shown copies of a stored photo; False when it was not (or no longer) waiting for them.

    No lock is held while decoding: a report that takes up the draft meanwhile does not wait. If two prepare at once,
    the second throws its copies away. While its original or the key of it is missing, or the disk full, a photo goes on
    waiting: only what can be read and is no picture is broken.
    """
    if photo.state != Photo.State.STORED:
        return False
    try:
        original = read_original(photo)
    except OSError as error:
        log.error("the original of photo %s cannot be read: %s", photo.pk, error.strerror)
        return False
    except Refused as error:
        if error.code != "key_missing":
            return _broken(photo)
        log.error("the key that sealed photo %s is missing", photo.pk)
        return False
    try:
        image = flat(original)
    except (*BROKEN_IMAGE, Refused):
        return _broken(photo)
    name = f"copies/{photo.pk.hex[:2]}/{secrets.token_hex(16)}"
    for variant, side in (("full", COPY_SIDE), ("thumb", THUMB_SIDE)):
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        if variant == "full":
            width, height = image.size
        out = io.BytesIO()
        image.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        try:
            write_file(_file(name, variant), out.getvalue())
        except OSError as error:
            log.error("the copies of photo %s cannot be stored: %s", photo.pk, error.strerror)
            remove_named(*(_file(name, done) for done in VARIANTS))
            return False
    taken = Photo.objects.filter(pk=photo.pk, state=Photo.State.STORED).update(
        state=Photo.State.READY, copy_name=name, width=width, height=height
    )
    if not taken:
        remove_named(*(_file(name, variant) for variant in VARIANTS))
    return bool(taken)


def _broken(photo: Photo) -> bool:
    return bool(Photo.objects.filter(pk=photo.pk, state=Photo.State.STORED).update(state=Photo.State.BROKEN))


def serve_photo(request, photo: Photo, variant: str = "full") -> HttpResponse:
    """The copy as an answer. Whether this person may see it is the calling view's own check.

    200 the image · 202 being prepared: ask again in Retry-After seconds · 410 it could not be read.
    """
    if photo.state == Photo.State.STORED and clock.now() - photo.created_at > WORKER_LATE:
        prepare(photo)
        photo.refresh_from_db()
    if photo.state == Photo.State.STORED:
        return HttpResponse(status=202, headers={"Retry-After": "2", "Cache-Control": "no-store"})
    if photo.state == Photo.State.BROKEN:
        return HttpResponse(_("This photo could not be read."), status=410, content_type="text/plain; charset=utf-8")
    name = _file(photo.copy_name, variant if variant in VARIANTS else "full")
    if settings.MEDIA_ACCEL_PREFIX:
        response = HttpResponse(headers={"X-Accel-Redirect": settings.MEDIA_ACCEL_PREFIX + name})
    else:
        response = FileResponse((Path(settings.MEDIA_ROOT) / name).open("rb"))
    response["Content-Type"] = "image/jpeg"
    response["Content-Disposition"] = "inline"
    response["Cache-Control"] = "private, max-age=86400"
    return response


def discard(photo: Photo) -> None:
    """Delete a draft with its files; what belongs to a report or case stays for ever."""
    deleted, _rows = Photo.objects.filter(pk=photo.pk, report__isnull=True, case__isnull=True).delete()
    if deleted:
        remove_files(photo)


def remove_files(photo: Photo) -> None:
    """Of a photo whose row is gone."""
    remove_named(*files(photo))


def files(photo: Photo) -> list[str]:
    """Names, under MEDIA_ROOT, of all that is kept of a photo."""
    return [photo.sealed_name, *([_file(photo.copy_name, variant) for variant in VARIANTS] if photo.copy_name else [])]


def sweep(*, limit: int = 50) -> tuple[int, int]:
    """Prepare what a lost task has left, delete drafts that nobody sent within a day; how many of each."""
    now = clock.now()
    # In any order: those that cannot be read now must not hold up the others.
    left = Photo.objects.filter(state=Photo.State.STORED, created_at__lt=now - WORKER_LATE).order_by("?")
    orphans = Photo.objects.filter(report__isnull=True, case__isnull=True, created_at__lt=now - DRAFT_LIFE).order_by("created_at")
    gone = 0
    for photo in orphans[:limit]:
        discard(photo)
        gone += 1
    return sum(prepare(photo) for photo in left[:limit]), gone


class _TooManyPixels(Exception):
    pass


def _not_a_photo() -> BadInput:
    return BadInput(_("This is not a photo. Photos in JPEG, PNG, WebP or HEIC format can be sent."), code="not_a_photo")


def _decoded(data: bytes) -> Image.Image:
    """Open and decode; JPEG at no more than needed."""
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "HEIF"))
    except Image.UnidentifiedImageError:
        raise _not_a_photo() from None
    pixels, kind = image.width * image.height, image.format
    whole = kind not in ("JPEG", "MPO") or "progressive" in image.info
    if pixels > (MAX_PIXELS_WHOLE if whole else MAX_PIXELS):
        raise _TooManyPixels
    with _one_large if whole and pixels > MANY_PIXELS else nullcontext():
        image.draft("RGB", (COPY_SIDE, COPY_SIDE))
        image.load()
    image.format = kind
    return image


def flat(data: bytes) -> Image.Image:
    """The picture upright, RGB on white, without metadata of any kind. Raises what `_decoded` raises."""
    image = ImageOps.exif_transpose(_decoded(data))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    clean = Image.new("RGB", image.size)
    clean.paste(image.convert("RGB"))
    return clean


def _file(name: str, variant: str) -> str:
    return f"{name}-{variant}.jpg"


def write_file(name: str, data: bytes) -> None:
    """Write a file whole, and have it on the disk when this returns."""
    path = Path(settings.MEDIA_ROOT) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:  # half a file would keep the little room that is left
        draft.unlink(missing_ok=True)
        raise
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove_named(*names: str) -> None:
    """Files that may be gone already."""
    for name in names:
        (Path(settings.MEDIA_ROOT) / name).unlink(missing_ok=True)
