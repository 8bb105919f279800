"""Photos: checked by content, sealed as they came, shown only re-encoded."""

import errno
import hashlib
import io
import stat
import struct
import zlib
from datetime import timedelta
from pathlib import Path

import pillow_heif
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from PIL import Image

from cases import drafts, photos, tasks
from cases.models import Photo
from journal import clock
from journal.refused import BadInput, Unavailable

KEY = "a form's secret"
GPS = 0x8825


def picture(kind: str = "JPEG", size=(640, 400), *, mode: str = "RGB", exif: Image.Exif | None = None) -> bytes:
    """Left half red, right half blue."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    extra = {"exif": exif} if exif else {}
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(out, **extra)
    else:
        image.save(out, kind, **extra)
    return out.getvalue()


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "某某手机", 6  # maker; lies on its side
    exif.get_ifd(GPS)[2] = (37.0, 51.0, 39.6)
    return picture(exif=exif)


def store(data: bytes, name: str = "照片.jpg", content_type: str = "image/jpeg", **given) -> Photo:
    return drafts.store_draft(SimpleUploadedFile(name, data, content_type=content_type), draft_key=KEY, **given)


def copy_of(photo: Photo, variant: str = "full") -> Image.Image:
    photo.refresh_from_db()
    return Image.open(io.BytesIO((Path(settings.MEDIA_ROOT) / f"{photo.copy_name}-{variant}.jpg").read_bytes()))


@pytest.mark.parametrize(("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("HEIF", "image/heic")])
def test_what_phones_send_is_accepted_and_known_by_its_content(db, kind, content_type):
    photo = store(picture(kind), name="a.bin", content_type="application/octet-stream")
    assert (photo.content_type, photo.state) == (content_type, "stored")
    assert photos.prepare(photo)
    assert copy_of(photo).size == (640, 400)


def test_the_original_is_kept_sealed_with_its_hash(db):
    data = with_exif()
    photo = store(data)
    path = Path(settings.MEDIA_ROOT) / photo.sealed_name
    assert b"Exif" not in path.read_bytes()
    assert photos.read_original(photo) == data
    assert (photo.sha256, photo.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert stat.S_ISREG(path.stat().st_mode)


def test_the_copy_has_no_exif_and_stands_upright(db):
    photo = store(with_exif())
    photos.prepare(photo)
    copy = copy_of(photo)
    assert not copy.getexif()
    assert b"Exif" not in (Path(settings.MEDIA_ROOT) / f"{photo.copy_name}-full.jpg").read_bytes()
    assert copy.size == (400, 640)
    top, bottom = copy.getpixel((200, 20)), copy.getpixel((200, 620))
    assert top[0] > 200 > 60 > top[2]
    assert bottom[2] > 200 > 60 > bottom[0]


def test_a_large_photo_becomes_a_copy_of_at_most_2048_and_a_thumbnail(db):
    photo = store(picture(size=(5000, 3000)))
    photos.prepare(photo)
    assert max(copy_of(photo).size) == 2048
    assert max(copy_of(photo, "thumb").size) == 480
    assert (photo.width, photo.height) == copy_of(photo).size


def test_transparency_becomes_white(db):
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    photo = store(out.getvalue())
    photos.prepare(photo)
    assert copy_of(photo).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"<html><script>alert(1)</script></html>", "not_a_photo"),
        (b"%PDF-1.7 nothing to see", "not_a_photo"),
        (b"\xff\xd8\xff\xe0 only the first bytes of a photo", "broken"),
        (b"\x00\x00\x00\x18ftypheic not a photo either", "not_a_photo"),
        (picture()[:-900], "broken"),
        (picture("PNG")[:200], "broken"),
        (picture("HEIF")[:400], "broken"),
    ],
    ids=["empty", "html", "pdf", "lying jpeg", "lying heic", "cut jpeg", "cut png", "cut heic"],
)
def test_what_is_no_whole_photo_gets_a_sentence_and_leaves_nothing(db, data, code):
    with pytest.raises(BadInput) as refused:
        store(data)
    assert refused.value.code == code
    assert str(refused.value.sentence)
    assert not Photo.objects.exists()


def test_a_file_over_twenty_megabytes_is_refused_before_it_is_read(db):
    class Giant:
        size = settings.PHOTO_MAX_BYTES + 1

        def read(self):
            raise AssertionError("was read")

    with pytest.raises(BadInput) as refused:
        drafts.store_draft(Giant(), draft_key=KEY)
    assert "20" in str(refused.value.sentence)


def test_a_small_file_with_a_giant_picture_is_refused(db, monkeypatch):
    monkeypatch.setattr(photos, "MAX_PIXELS_WHOLE", 1000)
    monkeypatch.setattr(photos, "MANY_PIXELS", 0)  # also while it waits for its turn
    progressive = io.BytesIO()
    Image.new("RGB", (640, 400)).save(progressive, "JPEG", progressive=True)
    for held_whole in (picture("PNG"), picture("WEBP"), progressive.getvalue(), _claiming(50_000, 50_000)):
        with pytest.raises(BadInput) as refused:
            store(held_whole)
        assert refused.value.code == "too_large"
    assert store(picture()).state == "stored", "a plain JPEG is decoded at a fraction"


def _claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + b"\0\0\0\0IDAT"


def test_the_worker_makes_the_copies(db):
    photo = store(picture())
    tasks.prepare_photo(str(photo.pk))
    photo.refresh_from_db()
    assert photo.state == "ready"
    tasks.prepare_photo(str(photo.pk))  # twice does nothing


def test_two_that_prepare_at_once_leave_one_pair_of_copies(db):
    photo = store(picture())
    twin = Photo.objects.get(pk=photo.pk)
    assert (photos.prepare(photo), photos.prepare(twin)) == (True, False)
    photo.refresh_from_db()
    names = {path.name for path in (Path(settings.MEDIA_ROOT) / photo.copy_name).parent.iterdir() if path.name.startswith(photo.copy_name[-32:])}
    assert len(names) == 2
    assert len(list((Path(settings.MEDIA_ROOT) / "copies" / photo.pk.hex[:2]).iterdir())) % 2 == 0


def test_an_original_that_was_damaged_on_the_disk_is_marked_unreadable(db):
    photo = store(picture())
    path = Path(settings.MEDIA_ROOT) / photo.sealed_name
    path.write_bytes(path.read_bytes()[:-5])
    assert photos.prepare(photo)
    photo.refresh_from_db()
    assert photo.state == "broken"


def test_while_the_key_is_missing_a_photo_waits(db, monkeypatch):
    photo = store(picture())

    def gone(key_id):
        raise KeyError(key_id)

    with monkeypatch.context() as patch:
        patch.setattr("cases.keys.encryption_key", gone)
        assert not photos.prepare(photo)
    assert photos.prepare(photo)


@pytest.fixture
def full_disk(monkeypatch):
    """Every write ends in the middle for want of room; `full_disk()` makes room again."""

    def no_room(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(photos.os, "fsync", no_room)
    return monkeypatch.undo


def test_with_a_full_disk_a_photo_is_refused_for_now_and_leaves_nothing(db, full_disk):
    with pytest.raises(Unavailable) as refused:
        store(picture())
    assert refused.value.code == "no_room" and refused.value.extra["retry_after"]
    assert not Photo.objects.exists()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.sealed.*")), "half a file was left"


def test_a_copy_that_finds_no_room_is_made_later(db, request):
    photo = store(picture())
    room_again = request.getfixturevalue("full_disk")
    assert not photos.prepare(photo)
    room_again()
    assert photos.prepare(photo), "it waited, and was not called broken"


def test_an_original_that_cannot_be_read_just_now_is_not_broken(db):
    photo = store(picture())
    original = Path(settings.MEDIA_ROOT) / photo.sealed_name
    away = original.rename(original.with_name("away"))
    assert not photos.prepare(photo)
    away.rename(original)
    assert photos.prepare(photo)


def test_the_sweep_finds_what_a_lost_task_left_and_drafts_nobody_sent(cast, case_at, noon):
    lost = store(picture())
    case_at.report(photo_ids=[lost.pk], draft_key=KEY)
    forgotten = store(picture())
    with clock.at(noon + timedelta(minutes=1)):
        assert photos.sweep() == (2, 0)
    with clock.at(noon + timedelta(days=1, minutes=1)):
        assert photos.sweep() == (0, 1)
    assert list(Photo.objects.all()) == [lost]
    assert not (Path(settings.MEDIA_ROOT) / forgotten.sealed_name).exists()
    assert (Path(settings.MEDIA_ROOT) / lost.sealed_name).exists()


# --- serving -----------------------------------------------------------------------------------
ASK = RequestFactory().get("/photo")


def test_a_photo_just_stored_is_answered_with_ask_again(cast):
    answer = photos.serve_photo(ASK, store(picture()))
    assert (answer.status_code, answer["Retry-After"], answer.content) == (202, "2", b"")


def test_when_the_worker_is_late_the_asking_page_makes_the_copy(cast, noon):
    photo = store(picture())
    with clock.at(noon + timedelta(seconds=11)):
        answer = photos.serve_photo(ASK, photo, "thumb")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert max(Image.open(io.BytesIO(b"".join(answer.streaming_content))).size) == 480


def test_behind_nginx_only_the_name_of_the_copy_is_handed_over(db, monkeypatch):
    monkeypatch.setattr(settings, "MEDIA_ACCEL_PREFIX", "/protected-media/")
    photo = store(picture())
    photos.prepare(photo)
    photo.refresh_from_db()
    answer = photos.serve_photo(ASK, photo, "../../sealed/x")
    assert answer["X-Accel-Redirect"] == f"/protected-media/{photo.copy_name}-full.jpg"
    assert "private" in answer["Cache-Control"]
    assert str(photo.pk) not in photo.copy_name


def test_an_unreadable_photo_says_so(db):
    photo = store(picture())
    Photo.objects.update(state="broken")
    photo.refresh_from_db()
    assert photos.serve_photo(ASK, photo).status_code == 410
