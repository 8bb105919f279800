"""Files of photos that no row names: a process or PostgreSQL died between the file and its row.

They are set aside for a week before they are deleted: seen from a database that is older than the photos, or is another one,
every file would be an orphan.
"""

import logging
import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from journal import clock

from . import photos
from .models import Photo

log = logging.getLogger(__name__)

ASIDE = "orphans"
BEING_WRITTEN = timedelta(hours=1)  # no upload and no copying takes so long
KEPT_ASIDE = timedelta(days=7)
SHARES = 256  # folders by the first two digits of a photo's id


def sweep() -> tuple[int, int]:
    """Look through one folder in 256 (the next one each minute); how many files were set aside and deleted there."""
    now, media = clock.now(), Path(settings.MEDIA_ROOT)
    share = f"{int(now.timestamp() // 60) % SHARES:02x}"
    found = [file for top in photos.FOLDERS for file in _older(media / top / share, now - BEING_WRITTEN)]
    named = _named(share) if found else set()  # asked after the files were seen: whatever has a row by now stays
    aside = [file for file in found if str(file.relative_to(media)) not in named]
    for file in aside:
        _set_aside(file, media / ASIDE / file.relative_to(media), now)
    gone = [file for top in photos.FOLDERS for file in _older(media / ASIDE / top / share, now - KEPT_ASIDE)]
    for file in gone:
        file.unlink(missing_ok=True)
    return len(aside), len(gone)


def _older(folder: Path, than: datetime) -> list[Path]:
    """Files, half-written ones among them, that were last written before that moment."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry) for entry in entries if entry.is_file() and entry.stat().st_mtime < than.timestamp()]
    except FileNotFoundError:
        return []


def _named(share: str) -> set[str]:
    """Names of all files that rows of this share speak of."""
    rows = Photo.objects.filter(pk__range=(UUID(share + "0" * 30), UUID(share + "f" * 30)))
    return {name for photo in rows.only("sealed_name", "copy_name").iterator() for name in photos.files(photo)}


def _set_aside(file: Path, target: Path, now: datetime) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.utime(file, (now.timestamp(),) * 2)  # its week begins
    file.rename(target)
    log.warning("no photo names %s: set aside", file.name)
