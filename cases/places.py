"""Where a matter is: a point and the zones that it lies in; looking places up by name."""

import math
import re
import unicodedata
from dataclasses import dataclass, field

from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import Point
from django.db import connection
from django.utils.translation import gettext as _

from grid.models import MapLine, Zone
from journal import prepared
from journal.refused import BadInput

from .coordinates import SYSTEMS, WGS84, to_wgs84
from .rulebook import NoCounty

SOURCES = ("device", "map", "zone", "camera", "operator")
WORDS_MAX = 200


@dataclass(frozen=True)
class Place:
    """A point in WGS-84, how it came, and what it was before (`original`, in `system`) when it was converted."""

    lon: float
    lat: float
    source: str
    accuracy_m: float | None = None
    system: str = WGS84
    words: str = ""
    original: tuple[float, float] | None = None

    @property
    def point(self) -> Point:
        return Point(self.lon, self.lat, srid=4326)


def place(lon: float, lat: float, *, source: str, system: str = WGS84, accuracy_m: float | None = None, words: str = "") -> Place:
    """The one edge where coordinates come in: checked and converted to WGS-84. `BadInput` when they are no position."""
    if system not in SYSTEMS or source not in SOURCES:
        raise BadInput(_("This kind of position is not known."), code="position")
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 180):
        raise BadInput(_("This is not a position on the earth."), code="position")
    if accuracy_m is not None and not (math.isfinite(accuracy_m) and accuracy_m >= 0):
        accuracy_m = None
    wgs_lon, wgs_lat = to_wgs84(lon, lat, system)
    return Place(
        round(wgs_lon, 7), round(wgs_lat, 7), source, accuracy_m, system, words[:WORDS_MAX],
        None if system == WGS84 else (lon, lat),
    )  # fmt: skip


@dataclass(frozen=True)
class ZoneRow:
    """What intake needs of a zone, without its geometry."""

    pk: int
    kind: str
    code: str
    name: str


@dataclass(frozen=True)
class Located:
    """The zones of a point, one of each kind. `is_near`: outside every village, the nearest was taken."""

    zones: dict[str, ZoneRow] = field(default_factory=dict)
    in_seat: bool = False
    is_near: bool = False
    rules_version: int | None = None

    @property
    def pks(self) -> frozenset[int]:
        return frozenset(zone.pk for zone in self.zones.values())

    def pk(self, kind: str) -> int | None:
        return self.zones[kind].pk if kind in self.zones else None

    def code(self, kind: str) -> str | None:
        return self.zones[kind].code if kind in self.zones else None

    @property
    def words(self) -> str:
        """The place in words when nobody gave any: township, village, grid."""
        return " ".join(self.zones[kind].name for kind in ("township", "village", "grid") if kind in self.zones)


_LOCATE = """
WITH p AS (SELECT ST_SetSRID(ST_MakePoint($1, $2), 4326) AS here, ST_SetSRID(ST_MakePoint($2, $1), 4326) AS swapped),
found AS MATERIALIZED (
 SELECT z.kind, z.id, z.code, z.name, z.is_seat FROM grid_zone z, p WHERE z.is_active AND ST_Intersects(z.geometry, p.here))
SELECT 'county', c.rules_version::bigint, '', '', ST_Covers(c.outline, p.here), ST_Covers(c.outline, p.swapped) FROM grid_county c, p
UNION ALL
SELECT kind, id, code, name, is_seat, true FROM found
UNION ALL
(SELECT 'near', z.id, z.code, z.name, false, true FROM grid_zone z, p
 WHERE z.is_active AND z.kind = 'village' AND NOT EXISTS (SELECT 1 FROM found WHERE kind = 'village') ORDER BY z.geometry <-> p.here, z.code LIMIT 1)
"""


def locate(where: Place) -> Located:
    """The zones of a place, in one query. On a border the lowest code wins; outside every village the nearest is taken, flagged.

    Raises `BadInput` ("outside") for a point outside the county, with `swap=[lon, lat]` when only the two were exchanged.
    """
    rows = prepared.fetch("locate", _LOCATE, [where.lon, where.lat])
    county = next((row for row in rows if row[0] == "county"), None)
    if county is None:
        raise NoCounty("no county is loaded")
    _kind, version, _code, _name, is_inside, is_swapped = county
    zones: dict[str, ZoneRow] = {}
    for kind, pk, code, name, _seat, _flag in sorted(row for row in rows if row[0] not in ("county", "near")):
        if kind not in zones or code < zones[kind].code:
            zones[kind] = ZoneRow(pk, kind, code, name)
    if not is_inside and not zones:  # a zone on the county's border may reach over the drawn outline
        raise _outside(where, is_swapped)
    chosen = {zone.pk for zone in zones.values()}
    in_seat = any(seat for kind, pk, _code, _name, seat, _flag in rows if kind not in ("county", "near") and pk in chosen)
    is_near = Zone.Kind.VILLAGE not in zones
    if is_near:
        for pk, code, name in ((row[1], row[2], row[3]) for row in rows if row[0] == "near"):
            zones[Zone.Kind.VILLAGE] = ZoneRow(pk, Zone.Kind.VILLAGE, code, name)
    return Located(zones, in_seat, is_near, version)


def _outside(where: Place, is_swapped: bool) -> BadInput:
    if is_swapped:
        lon, lat = where.original or (where.lon, where.lat)
        return BadInput(
            _("This position lies outside the county; longitude and latitude seem to be exchanged."), code="outside", swap=[lat, lon]
        )
    return BadInput(_("This position lies outside the county. Please set the place on the map again."), code="outside")


def from_input(
    *, lon: float | None, lat: float | None, source: str, system: str = "", accuracy_m: float | None = None, zone: str = "", words: str = "",
) -> Place:  # fmt: skip
    """From coordinates, else from the chosen zone's code, else from the zone that the words name.

    `BadInput`: "no_place", "half" (one coordinate only), "zone" (unknown), or "which_place" with `candidates` to choose from.
    """
    if (lon is None) != (lat is None):
        raise BadInput(_("A position needs both longitude and latitude."), code="half")
    if lon is not None and lat is not None:
        return place(lon, lat, source=source, system=system or WGS84, accuracy_m=accuracy_m, words=words)
    if zone:
        if (found := by_code(zone)) is None:
            raise BadInput(_("This place is not known. Please choose it again."), code="zone")
        return place(found.lon, found.lat, source="zone", words=words or found.words)
    candidates = named_in(words)
    if len(candidates) == 1:
        return place(candidates[0].lon, candidates[0].lat, source="zone", words=words)
    if candidates:
        shown = [found.as_json() for found in candidates]
        raise BadInput(_("Several places have this name. Please choose one."), code="which_place", candidates=shown)
    if streets := streets_in(words):
        raise BadInput(_("A street is longer than a place. Please choose where on it, or tap on the map."), code="which_place",
                       candidates=[found.as_json() for found in streets])  # fmt: skip
    if words.strip():
        raise BadInput(
            _("“%(words)s” is on no list of streets, villages and grids here. Please tap on the map, or give another name.")
            % {"words": words.strip()[:40]}, code="no_place",
        )  # fmt: skip
    raise BadInput(
        _("Say where it is: use the position of your phone, tap on the map, or give the village or grid by name."), code="no_place"
    )


# --- by name ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Found:
    """A place by name. `code` is a zone's ("" for a street); lon/lat an inner point in WGS-84."""

    code: str
    name: str
    words: str
    kind: str
    lon: float
    lat: float

    def as_json(self) -> dict:
        return {"code": self.code, "name": self.name, "words": self.words, "kind": self.kind, "lon": self.lon, "lat": self.lat}


_SEARCH = """
SELECT z.code, z.name, concat_ws(' ', parent.name, z.name), z.kind, ST_X(point), ST_Y(point), false AS is_line
FROM grid_zone z LEFT JOIN grid_zone parent ON parent.id = z.parent_id, ST_PointOnSurface(z.geometry) AS point
WHERE z.is_active AND {zone}
UNION ALL
SELECT '', l.name, l.name, min(l.kind), ST_X(point), ST_Y(point), true
FROM (SELECT name, min(kind) AS kind, (array_agg(geometry ORDER BY ST_Length(geometry) DESC))[1] AS longest FROM grid_mapline
      WHERE name <> '' AND kind <> 'water' AND {line} GROUP BY name) AS l, ST_LineInterpolatePoint(l.longest, 0.5) AS point
GROUP BY l.name, point
"""


def search(query: str, *, limit: int = 8) -> list[Found]:
    """Zones and streets for a list to choose from: the name (with its township's) holds every word, or the code begins with it."""
    words = normal(query).split()[:4]
    if not words:
        return []
    zone = " AND ".join(["(concat_ws(' ', parent.name, z.name) ILIKE %s OR z.code LIKE %s)"] * len(words))
    line = " AND ".join(["name ILIKE %s"] * len(words))
    escaped = [re.sub(r"([\\%_])", r"\\\1", word) for word in words]
    parameters = [value for word in escaped for value in (f"%{word}%", f"{word}%")] + [f"%{word}%" for word in escaped]
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH.format(zone=zone, line=line), parameters)
        rows = cursor.fetchall()
    last = words[-1]
    rows.sort(key=lambda row: (not row[1].startswith(last), _ORDER.get(row[3], 9), len(row[1]), row[0]))
    return [Found(code, name, shown, kind, lon, lat) for code, name, shown, kind, lon, lat, _line in rows[:limit]]


_ORDER = {Zone.Kind.TOWNSHIP: 0, Zone.Kind.VILLAGE: 1, Zone.Kind.GRID: 2, Zone.Kind.AREA: 4}
_ENDINGS = re.compile(r"(?:村民委员会|社区居委会|居民委员会|村委会|居委会|社区|村)$")


def by_code(code: str) -> Found | None:
    """The zone with this code, with an inner point of its polygon."""
    zone = (
        Zone.objects.filter(is_active=True, code=code).annotate(inner=PointOnSurface("geometry")).select_related("parent")
        .defer("geometry", "parent__geometry").first()
    )  # fmt: skip
    if zone is None:
        return None
    words = f"{zone.parent.name} {zone.name}" if zone.parent_id else zone.name
    return Found(zone.code, zone.name, words, zone.kind, round(zone.inner.x, 7), round(zone.inner.y, 7))


def named_in(words: str) -> list[Found]:
    """Villages and grids that free words name ("古城镇马屯东头"), for a form without a map: the longest names; several are a question.

    A township that is named too must be theirs; alone it says too little.
    """
    text = normal(words).replace(" ", "")
    zones = list(Zone.objects.filter(is_active=True).values_list("code", "name", "kind", "parent__name", "parent__parent__name"))
    townships = {name for _code, name, kind, *_parents in zones if kind == Zone.Kind.TOWNSHIP and name in text}
    for name in townships:
        text = text.replace(name, " ")
    hits: list[tuple[int, str]] = []
    for code, name, kind, *parents in zones:
        if kind not in (Zone.Kind.VILLAGE, Zone.Kind.GRID) or (townships and not townships & set(parents)):
            continue
        short = _ENDINGS.sub("", name)
        if name in text or (len(short) >= 2 and short in text):
            hits.append((len(name) if name in text else len(short), code))
    best = max((length for length, _code in hits), default=0)
    return [found for length, code in sorted(hits) if length == best and (found := by_code(code))][:8]


def township_named(words: str) -> Located | None:
    """The township that the words are the name of, as a whole: enough to ask about powers, too little for a report."""
    townships = Zone.objects.filter(is_active=True, kind=Zone.Kind.TOWNSHIP, name=normal(words).replace(" ", ""))
    found = townships.values_list("pk", "kind", "code", "name").first()
    return Located({Zone.Kind.TOWNSHIP: ZoneRow(*found)}) if found else None


def streets_in(words: str) -> list[Found]:
    """The streets that free words name ("鼓楼街12号门口"): a choice to offer, since a street is longer than a place."""
    text = normal(words).replace(" ", "")
    names = MapLine.objects.exclude(kind="water").exclude(name="").values_list("name", flat=True).distinct()
    return [found for name in sorted(name for name in names if name in text)[:4] for found in search(name) if found.name == name]


def normal(text: str) -> str:
    """Full-width digits and letters as half-width, runs of blanks as one."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("\x00", "").split())
