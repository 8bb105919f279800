"""The cache of a map service's tiles on disk (docs/decisions/map.md). A request only ever reads it; what is missing or old is noted in
Redis and fetched by the worker. Without Redis the map keeps what it has and its own drawing.

    MEDIA_ROOT/tiles/<source>/<zoom>/<column>/<row>      the picture; its time of writing is its age, its time of access its last use
"""

import hashlib
import logging
import math
import os
import secrets
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import httpx
import redis
from django.conf import settings
from django.contrib.gis.db.models import Extent

from integrations.tiles import Rejected, Source, Unreachable, source
from integrations.tiles import http as service
from journal import push

from .models import County

log = logging.getLogger(__name__)

WANTED, FAILED, BUSY = "tiles:wanted", "tiles:failed:", "tiles:busy"  # in Redis: a set by time, marks that pass by themselves
MOST_WANTED = 2_000  # beyond it nothing is noted: who looks asks again
BATCH_SECONDS = 15  # of the worker at a time, others wait behind it
FAILED_SECONDS, DOWN_SECONDS = 600, 30  # a tile that the service has not; the service itself
USED_EVERY_S = 3600
MARGIN_DEGREES = 0.02
TYPES = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"RIFF", "image/webp"), (b"GIF8", "image/gif"))


# --- where a tile lies ------------------------------------------------------------------------------
def column_row(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Of the tile that holds a point (Web Mercator, rows from the north)."""
    side = 1 << z
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side
    return min(side - 1, max(0, int((lon + 180) / 360 * side))), min(side - 1, max(0, int(row)))


def ranges(z: int) -> tuple[range, range]:
    """Columns and rows of the county's tiles at a zoom; none before a county is loaded."""
    box = _box(int(time.monotonic()) // 60)
    if box is None:
        return range(0), range(0)
    west, south, east, north = box
    (left, top), (right, bottom) = column_row(west, north, z), column_row(east, south, z)
    return range(left, right + 1), range(top, bottom + 1)


@lru_cache(maxsize=1)
def _box(_minute: int) -> tuple[float, float, float, float] | None:
    """The county's box and a little more; read once a minute."""
    box = County.objects.aggregate(box=Extent("outline"))["box"]
    return box and (box[0] - MARGIN_DEGREES, box[1] - MARGIN_DEGREES, box[2] + MARGIN_DEGREES, box[3] + MARGIN_DEGREES)


def is_ours(found: Source, z: int, x: int, y: int) -> bool:
    if not found.zooms[0] <= z <= found.zooms[1]:
        return False
    columns, rows = ranges(z)
    return x in columns and y in rows


def tiles(zooms: range) -> Iterator[tuple[int, int, int]]:
    """All of the county's, the coarse ones first."""
    for z in zooms:
        columns, rows = ranges(z)
        yield from ((z, x, y) for x in columns for y in rows)


def folder(found: Source | None = None) -> Path:
    """Of one service's pictures; another service, or another key to the same one, never shows the former one's under its number."""
    top = Path(settings.MEDIA_ROOT) / "tiles"
    return top / hashlib.sha256("\n".join(found.templates).encode()).hexdigest()[:16] if found else top


def path(found: Source, z: int, x: int, y: int) -> Path:
    return folder(found) / str(z) / str(x) / str(y)


# --- reading ----------------------------------------------------------------------------------------
def read(found: Source, z: int, x: int, y: int) -> tuple[bytes, str, bool] | None:
    """(picture, content type, whether it is young enough) from the disk, or None. Its use is noted for `trim`."""
    file = path(found, z, x, y)
    try:
        stat, picture = file.stat(), file.read_bytes()
        now = time.time()
        if now - stat.st_atime > USED_EVERY_S:
            os.utime(file, (now, stat.st_mtime))
    except OSError:
        return None
    kind = next((kind for start, kind in TYPES if picture.startswith(start)), None)
    return (picture, kind, _is_young(stat)) if kind else None


def _is_young(stat: os.stat_result) -> bool:
    return time.time() - stat.st_mtime < settings.TILE_MAX_AGE_DAYS * 86400


def want(z: int, x: int, y: int) -> None:
    """Note that a tile is looked at and missing or old, once, and wake the worker when it is idle."""
    from .tasks import fetch_tiles

    name = f"{z}/{x}/{y}"
    try:
        link = push.client()
        if link.exists(FAILED + name) or link.zcard(WANTED) >= MOST_WANTED:
            return
        link.zadd(WANTED, {name: time.time()}, nx=True)
        if link.set(BUSY, "1", nx=True, ex=2 * BATCH_SECONDS):
            fetch_tiles.delay_on_commit()
    except redis.RedisError:
        return


# --- fetching, by the worker -------------------------------------------------------------------------
def fetch_wanted() -> int:
    """What is wanted, oldest first, for at most BATCH_SECONDS; how many tiles came. When the service does not answer, all that waits is
    forgotten for a while: whoever still looks asks again."""
    found, link, stored = source(), push.client(), 0
    if found is None:
        link.delete(WANTED, BUSY)
        return 0
    until = time.monotonic() + BATCH_SECONDS
    with service.client() as connection:
        while time.monotonic() < until and (popped := link.zpopmin(WANTED)):
            name = popped[0][0].decode()
            z, x, y = map(int, name.split("/"))
            try:
                stored += fetch_one(connection, found, z, x, y)
            except Rejected as error:
                log.warning("tile %s: %s", name, error)
                link.set(FAILED + name, "1", ex=FAILED_SECONDS)
            except Unreachable as error:
                log.warning("the map service does not answer: %s", error)
                link.delete(WANTED)
                link.set(BUSY, "1", ex=DOWN_SECONDS)
                return stored
    if stored:
        trim()
    link.delete(BUSY)
    return stored


def fetch_one(connection: httpx.Client, found: Source, z: int, x: int, y: int, *, anew: bool = False) -> bool:
    """Bring one tile onto the disk unless a young one is there; whether it came. Raises `Unreachable`, `Rejected`."""
    target = path(found, z, x, y)
    if not is_ours(found, z, x, y) or (not anew and target.is_file() and _is_young(target.stat())):
        return False
    picture = service.fetch(connection, found, z, x, y)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{y}.{secrets.token_hex(4)}")
    draft.write_bytes(picture)
    draft.replace(target)
    return True


def trim() -> int:
    """Delete what was not looked at for longest until TILE_CACHE_MB holds again; other services' pictures go first. How many bytes went."""
    found, most = source(), settings.TILE_CACHE_MB * 1024 * 1024
    own = str(folder(found)) if found else ""
    files = []
    for place, _folders, names in os.walk(folder()):
        for name in names:
            try:
                stat = os.stat(os.path.join(place, name))
            except FileNotFoundError:
                continue
            files.append((bool(own) and place.startswith(own), stat.st_atime, stat.st_size, os.path.join(place, name)))
    over, gone = sum(size for _own, _used, size, _file in files) - most, 0
    for _own, _used, size, file in sorted(files):
        if gone >= over:
            break
        Path(file).unlink(missing_ok=True)
        gone += size
    return gone
