"""Any CSV as reports: which column is what, where a row lies, when it arrives."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.contrib.gis.geos import Point

from demo import stories
from grid.models import County, Zone


@dataclass(frozen=True)
class Columns:
    """Names of the file's columns; empty: the file has none."""

    text: str
    title: str = ""
    time: str = ""
    lon: str = ""
    lat: str = ""
    zone: str = ""
    place: str = ""
    category: str = ""
    key: str = ""


@dataclass(frozen=True)
class Arrival:
    """One row: what is filed, and how many seconds (of the file's own time) after the first one."""

    number: int
    report: dict
    after: float


class Placer:
    """Gives every row a place in the county: its own point, its zone, else a seeded one (three of four in the seat)."""

    def __init__(self, rng: random.Random, *, fit: bool):
        self.rng, self.fit = rng, fit
        self.outline = County.objects.get().outline
        self.villages = list(Zone.objects.filter(kind=Zone.Kind.VILLAGE, is_active=True).values_list("code", flat=True))
        self.box: tuple[float, float, float, float] | None = None

    def measure(self, points: list[tuple[float, float]]) -> None:
        """With `fit`: the file's own box is laid over the county's."""
        if points and self.fit:
            lons, lats = zip(*points, strict=True)
            self.box = (min(lons), min(lats), max(lons), max(lats))

    def place(self, lon: float | None, lat: float | None, zone: str) -> tuple[float, float]:
        if lon is not None and lat is not None:
            if self.box:
                lon, lat = self._fitted(lon, lat)
            if not self.fit or self.outline.contains(Point(lon, lat, srid=4326)):
                return lon, lat
        if zone:
            return stories.spot(self.rng, zone)
        code = self.rng.choice(self.villages) if self.villages and self.rng.random() < 0.25 else ""
        return stories.spot(self.rng, code)

    def _fitted(self, lon: float, lat: float) -> tuple[float, float]:
        west, south, east, north = self.outline.extent
        left, bottom, right, top = self.box
        across = (lon - left) / ((right - left) or 1)
        up = (lat - bottom) / ((top - bottom) or 1)
        return round(west + across * (east - west), 6), round(south + up * (north - south), 6)


def arrivals(path: Path, columns: Columns, *, rng: random.Random, fit: bool, limit: int | None) -> Iterator[Arrival]:
    """The rows in order of time (of the file when it has no times). Raises KeyError for a column that is not there."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        named = [name for name in vars(columns).values() if name]
        missing = [name for name in named if name not in (reader.fieldnames or [])]
        if missing:
            raise KeyError(f"{path.name} has no column {', '.join(missing)}; it has {', '.join(reader.fieldnames or [])}")
        rows = list(reader)
    if columns.time:
        rows.sort(key=lambda row: _moment(row[columns.time]) or datetime.min)
    rows = rows[:limit]
    placer = Placer(rng, fit=fit)
    placer.measure([point for row in rows if (point := _point(row, columns))])
    first = next((moment for row in rows if columns.time and (moment := _moment(row[columns.time]))), None)
    for number, row in enumerate(rows, start=1):
        moment = _moment(row[columns.time]) if columns.time else None
        lon, lat = placer.place(*(_point(row, columns) or (None, None)), row.get(columns.zone, "") if columns.zone else "")
        title = row.get(columns.title, "") if columns.title else ""
        text = row[columns.text] or ""
        report = {
            "text": f"{title}\n{text}" if title and not text.startswith(title) else text, "lon": lon, "lat": lat,
            "category": row.get(columns.category, "") if columns.category else "",
            "place": (row.get(columns.place, "") if columns.place else "")[:200], "channel": "api",
        }  # fmt: skip
        yield Arrival(number, report, (moment - first).total_seconds() if moment and first else 0.0)


def _moment(said: str) -> datetime | None:
    try:
        return datetime.fromisoformat(said.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def _point(row: dict, columns: Columns) -> tuple[float, float] | None:
    try:
        return float(row[columns.lon]), float(row[columns.lat])
    except (KeyError, ValueError):
        return None
