"""Pictures of a map service (XYZ, WMTS by path or by query), such as 天地图, for the cache of `grid.tiles`. README.md beside this file.

Only services in WGS-84 or CGCS2000 and the square tiles of Web Mercator fit our points; what is known to be offset is refused in words.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

SYSTEMS = ("wgs84", "cgcs2000")
# Services for mainland China whose pictures are offset (GCJ-02, BD-09), whatever is written into TILE_SYSTEM.
OFFSET = ("amap.com", "autonavi.com", "gaode.com", "qq.com", "gtimg.com", "baidu.com", "bdimg.com", "bdstatic.com", "google.cn", "google.com")
DEGREES = ("_c/wmts", "tilematrixset=c")  # 天地图's other cut: in degrees, not in squares of Web Mercator
MARKS = ("{z}", "{x}", "{y}")
LEAST, MOST = 1, 20


class Unreachable(Exception):
    """The service cannot be reached, is slow or busy: the same picture may be asked for again later."""


class Rejected(Exception):
    """The service answered with what is no picture of a map, or with none."""


@dataclass(frozen=True)
class Source:
    """A configured service. `templates` are laid over one another, the first one lowest (天地图: ground, then names)."""

    templates: tuple[str, ...]
    key: str
    attribution: str
    approval_number: str
    zooms: tuple[int, int]

    def addresses(self, z: int, x: int, y: int) -> list[str]:
        values = {"{z}": str(z), "{x}": str(x), "{y}": str(y), "{key}": self.key}
        found = list(self.templates)
        for mark, value in values.items():
            found = [address.replace(mark, value) for address in found]
        return found


def source() -> Source | None:
    """The configured service; None without one, and while anything is wrong with it."""
    if not settings.TILE_SOURCES or problems():
        return None
    return Source(tuple(settings.TILE_SOURCES), settings.TILE_KEY, settings.TILE_ATTRIBUTION, settings.TILE_APPROVAL_NUMBER, _zooms())


def _zooms() -> tuple[int, int] | None:
    low, dash, high = settings.TILE_ZOOMS.partition("-")
    if not (dash and low.isascii() and low.isdigit() and high.isascii() and high.isdigit()) or not LEAST <= int(low) <= int(high) <= MOST:
        return None
    return int(low), int(high)


def problems() -> list[str]:
    """Why no tile is drawn although a service is set: a sentence each."""
    if not settings.TILE_SOURCES:
        return []
    found = []
    if not settings.TILE_APPROVAL_NUMBER.strip():
        found.append("TILE_APPROVAL_NUMBER is empty: a map that is shown needs its approval number (审图号, 地图管理条例 15). The service names it.")
    if not settings.TILE_ATTRIBUTION.strip():
        found.append("TILE_ATTRIBUTION is empty: name whose map it is.")
    if settings.TILE_SYSTEM not in SYSTEMS:
        found.append(f"TILE_SYSTEM is {settings.TILE_SYSTEM}: only wgs84 and cgcs2000 fit. GCJ-02 and BD-09 would be off by hundreds of metres.")
    if _zooms() is None:
        found.append(f"TILE_ZOOMS must be two zooms from {LEAST} to {MOST}, as 9-17.")
    if settings.TILE_CACHE_MB < 50 or settings.TILE_MAX_AGE_DAYS < 1:
        found.append("TILE_CACHE_MB must be 50 or more, TILE_MAX_AGE_DAYS 1 or more.")
    return found + [problem for template in settings.TILE_SOURCES for problem in _template_problems(template)]


def _template_problems(template: str) -> list[str]:
    address, shown = urlsplit(template), template.partition("?")[0]
    host = (address.hostname or "").lower()
    found = []
    if address.scheme not in ("http", "https") or not host or "{" in address.netloc:
        found.append(f"TILE_SOURCE {shown}: an address with http or https and one fixed host is needed.")
    if missing := [mark for mark in MARKS if mark not in template]:
        found.append(f"TILE_SOURCE {shown}: {' '.join(missing)} is missing.")
    if any(host == offset or host.endswith(f".{offset}") for offset in OFFSET):
        found.append(f"TILE_SOURCE {shown}: this service draws in an offset system (GCJ-02, BD-09); everything would be off by hundreds of metres.")
    if any(part in template.lower() for part in DEGREES):
        found.append(f"TILE_SOURCE {shown}: these tiles are cut in degrees; take the layers that end in _w (Web Mercator).")
    if "{key}" in template and not settings.TILE_KEY:
        found.append(f"TILE_SOURCE {shown}: {{key}} is asked for, but TILE_KEY is empty.")
    return found
