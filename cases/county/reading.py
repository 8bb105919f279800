"""Files of a county folder into rows that know their line; what cannot be read becomes a problem."""

import csv
import io
import json
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.gis.geos import (
    GEOSException,
    LineString,
    MultiLineString,
    MultiPolygon,
    Polygon,
)
from django.utils.translation import gettext as _

ZONES = "zones"  # all features of the zone files together, as references name them
SRID = 4326  # WGS-84; GeoJSON order: longitude, latitude


@dataclass(frozen=True, order=True)
class Problem:
    """Why a row cannot be loaded. `row`: what the row is known as, when it is one of the registers and not of a file."""

    file: str
    line: int
    reason: str
    row: str = ""
    about: str = field(default="", compare=False)  # what it stays the same by when its words change: two such are one problem

    @property
    def same(self) -> tuple:
        return self.file, self.line, self.about or self.reason

    def __str__(self):
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass
class Row:
    """One row or feature: `values` by column (parsed), `geometry` for features. A row of the registers has no line of a file:
    there `line` is below zero and only tells rows apart, and `known_as` is its key as people read it."""

    file: str
    line: int
    values: dict
    geometry: object = None
    known_as: str = ""

    def __getitem__(self, column):
        return self.values.get(column)

    @property
    def place(self) -> str:
        """Where it is, in a sentence about another row."""
        return _("“%(row)s” of the register") % {"row": self.known_as} if self.line < 0 else _("line %(line)d") % {"line": self.line}

    def problem(self, reason: str, *, about: str = "") -> Problem:
        return Problem(self.file, self.line, reason, self.known_as, about)


class Folder:
    """A county folder being read. `problems` collects everything that is wrong with it; `keys` what each file names."""

    def __init__(self, path: Path):
        self.path = path
        self.problems: list[Problem] = []
        self.keys: dict[str, set] = defaultdict(set)

    def blame(self, file: str, line: int, reason: str) -> None:
        self.problems.append(Problem(file, line, reason))

    def text(self, file: str, *, required: bool) -> str | None:
        """Text of a file (UTF-8, a byte order mark is allowed); None if it is not there or not readable."""
        path = self.path / file
        if not path.is_file():
            if required:
                self.blame(file, 1, _("The file is missing."))
            return None
        raw = path.read_bytes()
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.blame(file, raw[: error.start].count(b"\n") + 1, _("Not UTF-8; save the file as UTF-8."))
            return None

    def csv(self, file: str, columns: tuple, *, required: bool = True) -> list[Row]:
        """Rows of a CSV file with exactly these column names in its header, cells as text."""
        text = self.text(file, required=required)
        if text is None:
            return []
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows, line = [], 1
        try:
            header = next(reader, [])
            if sorted(header) != sorted(columns):
                missing, unknown = [c for c in columns if c not in header], [c for c in header if c not in columns]
                self.blame(file, 1, _("The header does not fit: missing %(missing)s; unknown or repeated %(unknown)s.") % {
                    "missing": ", ".join(missing) or "–", "unknown": ", ".join(unknown) or "–"})  # fmt: skip
                return []
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) == len(header):
                    rows.append(Row(file, line, dict(zip(header, cells, strict=True))))
                elif cells:
                    self.blame(file, line, _("%(found)d cells instead of %(expected)d.") % {
                        "found": len(cells), "expected": len(header)})  # fmt: skip
                line = reader.line_num + 1
        except csv.Error as error:
            self.blame(file, line, _("Not readable as CSV: %(error)s") % {"error": error})
        return rows

    def features(self, file: str, *, required: bool = True, lines: bool = False) -> list[Row]:
        """Features of a GeoJSON file: polygons as MultiPolygon, or with `lines` lines as MultiLineString."""
        text = self.text(file, required=required)
        if text is None:
            return []
        try:
            content = json.loads(text)
            features = content["features"] if content.get("type") == "FeatureCollection" else None
        except json.JSONDecodeError as error:
            self.blame(file, error.lineno, _("Not readable as JSON: %(error)s") % {"error": error.msg})
            return []
        except (AttributeError, KeyError, TypeError):
            features = None
        if not isinstance(features, list):
            self.blame(file, 1, _("Not a GeoJSON FeatureCollection."))
            return []
        starts = [text.count("\n", 0, match.start()) + 1 for match in re.finditer(r'"type"\s*:\s*"Feature"', text)]
        starts += [1] * (len(features) - len(starts))
        rows = []
        for line, feature in zip(starts, features, strict=False):
            try:
                self.keys[file if lines else ZONES].add(feature["properties"].get("code"))
                geometry = _lines(feature["geometry"]) if lines else _polygons(feature["geometry"])
                rows.append(Row(file, line, dict(feature["properties"]), geometry))
            except _Bad as bad:
                self.blame(file, line, str(bad))
            except (AttributeError, KeyError, TypeError, ValueError, GEOSException) as error:
                self.blame(file, line, _("Not a usable geometry: %(error)s") % {"error": error})
        return rows

    def toml(self, file: str) -> tuple[dict, dict]:
        """Content of a TOML file and the line of each `table.key`."""
        text = self.text(file, required=True)
        if text is None:
            return {}, {}
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            self.blame(file, int(found[1]) if found else 1, _("Not readable as TOML: %(error)s") % {"error": error})
            return {}, {}
        table, lines = "", {}
        for number, line in enumerate(text.splitlines(), 1):
            if heading := re.match(r"\s*\[(\w+)\]", line):
                table = heading[1]
                lines[table] = number
            elif key := re.match(r"\s*(\w+)\s*=", line):
                lines.setdefault(f"{table}.{key[1]}", number)
        return content, lines


class _Bad(Exception):
    """A geometry that reads but does not hold."""


def _position(pair) -> tuple[float, float]:
    lon, lat = float(pair[0]), float(pair[1])
    if abs(lat) > 90 and abs(lon) <= 90:
        raise _Bad(_("Latitude and longitude look exchanged; GeoJSON wants longitude first."))
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise _Bad(_("%(lon)s, %(lat)s is not a longitude and latitude.") % {"lon": lon, "lat": lat})
    return lon, lat


def _polygon(rings) -> Polygon:
    rings = [[_position(pair) for pair in ring] for ring in rings]
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise _Bad(_("The polygon is not closed: its last point must be its first."))
    polygon = Polygon(*rings, srid=SRID)
    if not polygon.valid:
        raise _Bad(_("The polygon is not valid: %(reason)s") % {"reason": polygon.valid_reason})
    return polygon


def _polygons(geometry) -> MultiPolygon:
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind not in {"Polygon", "MultiPolygon"}:
        raise _Bad(_("A polygon is needed, not %(kind)s.") % {"kind": kind})
    return MultiPolygon([_polygon(rings) for rings in ([coordinates] if kind == "Polygon" else coordinates)], srid=SRID)


def _lines(geometry) -> MultiLineString:
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind not in {"LineString", "MultiLineString"}:
        raise _Bad(_("A line is needed, not %(kind)s.") % {"kind": kind})
    parts = [coordinates] if kind == "LineString" else coordinates
    return MultiLineString([LineString([_position(pair) for pair in part]) for part in parts], srid=SRID)
