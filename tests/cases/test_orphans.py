"""Files that no row names are found, and nothing else is touched."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.db import OperationalError

from cases import drafts, orphans, photos, tasks
from cases.models import Photo
from journal import clock
from tests.cast import photo_file

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@pytest.fixture
def write(noon, tmp_path, settings):
    """Put a file of a photo's into a place of its own, at noon."""
    settings.MEDIA_ROOT = tmp_path

    def written(name: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
        os.utime(file, (noon.timestamp(),) * 2)
        return file

    return written


def next_look(photo: Photo, after):
    """The first moment after this one when the sweep comes to the photo's folder."""
    first, wanted = int(after.timestamp() // 60) + 1, int(photo.pk.hex[:2], 16)
    return after + timedelta(minutes=1 + (wanted - first) % orphans.SHARES)


def files() -> list[str]:
    return sorted(str(file.relative_to(settings.MEDIA_ROOT)) for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file())


@pytest.fixture
def photo(db, write):
    """A stored photo whose files were written at noon."""
    photo = drafts.store_draft(photo_file(), draft_key="one")
    photos.prepare(photo)
    photo.refresh_from_db()
    for name in files():
        write(name)
    return photo


def test_a_photo_whose_row_never_came_is_set_aside_and_deleted_a_week_later(db, noon, write, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(Photo, "save", lambda *_, **__: (_ for _ in ()).throw(OperationalError("terminating connection")))
        drafts.store_draft(photo_file(), draft_key="one")
    (name,) = files()
    photo = Photo(pk=UUID(Path(name).stem))
    write(name)
    with clock.at(next_look(photo, noon + HOUR)):
        assert orphans.sweep() == (1, 0)
    assert files() == [f"{orphans.ASIDE}/{name}"]
    with clock.at(next_look(photo, noon + WEEK - 6 * HOUR)):
        assert orphans.sweep() == (0, 0)
    with clock.at(next_look(photo, noon + WEEK + 6 * HOUR)):
        assert orphans.sweep() == (0, 1)
    assert files() == []


def test_files_that_a_row_names_stay(photo, noon):
    there = files()
    with clock.at(next_look(photo, noon + WEEK)):
        assert orphans.sweep() == (0, 0)
    assert files() == there and len(there) == 3


def test_what_is_just_being_written_stays(photo, noon, write):
    half = write(f"sealed/{photo.pk.hex[:2]}/.{photo.pk.hex}.sealed.0a1b2c3d")
    Photo.objects.all().delete()
    moment = next_look(photo, noon + HOUR)
    for name in files():
        os.utime(Path(settings.MEDIA_ROOT) / name, (moment.timestamp() - 3500,) * 2)
    with clock.at(moment):
        assert orphans.sweep() == (0, 0)
    assert half.exists() and len(files()) == 4


def test_copies_and_halves_of_a_process_that_died_go_with_the_next_look(photo, noon, write):
    share = photo.pk.hex[:2]
    write(f"copies/{share}/{'0' * 32}-full.jpg")
    write(f"copies/{share}/.{'0' * 32}-thumb.jpg.0a1b2c3d")
    write(f"sealed/{share}/.{photo.pk.hex}.sealed.0a1b2c3d")
    with clock.at(next_look(photo, noon + HOUR)):
        tasks.sweep()
    assert len([name for name in files() if name.startswith(orphans.ASIDE)]) == 3
    assert len(files()) == 6


def test_every_folder_is_looked_through_in_its_turn(db, noon, write):
    names = [f"sealed/{share:02x}/{share:02x}{'0' * 30}.sealed" for share in range(orphans.SHARES)]
    for name in names:
        write(name)
    for minute in range(orphans.SHARES):
        with clock.at(noon + timedelta(hours=2, minutes=minute)):
            assert orphans.sweep() == (1, 0)
    assert files() == [f"{orphans.ASIDE}/{name}" for name in names]
