"""The county's sample reports as stories: what is said, where, how it ends. They feed the past weeks and the living demo."""

import csv
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.gis.geos import Point

from cases.intake import Place
from grid.models import Zone

FILE = Path(settings.BASE_DIR) / "data" / "fucheng" / "reports.csv"
ENDS_WITHOUT_OFFICER = {"rejected", "merged"}


@dataclass(frozen=True)
class Story:
    code: str
    channel: str
    category: str  # as the reporter said it; "" = not sure
    true_category: str
    text: str
    place: str
    zone: str
    minute: int
    duplicate_of: str
    kind: str
    contact: str
    outcome: str
    note: str
    reply: str

    @property
    def ending(self) -> tuple[str, str, str]:
        return self.outcome, self.note, self.reply


@lru_cache(maxsize=1)
def stories() -> tuple[Story, ...]:
    """All stories of the file, in its order."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Story(
                row["id"], row["channel"], row["category"], row["true_category"], row["text"], row["place"], row["zone"],
                int(row["minute_of_day"]), row["duplicate_of"], row["kind"], row["contact"], row["expected_outcome"],
                row["officer_note"], row["citizen_reply"],
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def near_minute(rng: random.Random, minute: int, *, used: set[str] = frozenset(), spread: int = 120) -> Story:
    """A story told at about this minute of the day, not a repeat, fresh ones first."""
    known = [story for story in stories() if not story.duplicate_of]
    fitting = [s for s in known if min(abs(s.minute - minute), 1440 - abs(s.minute - minute)) <= spread] or known
    return rng.choice([s for s in fitting if s.code not in used] or fitting)


@lru_cache(maxsize=1024)
def _shape(code: str):
    return Zone.objects.get(code=code).geometry


@lru_cache(maxsize=1)
def seat_grids() -> tuple[str, ...]:
    return tuple(Zone.objects.filter(kind=Zone.Kind.GRID, is_active=True).values_list("code", flat=True))


def spot(rng: random.Random, code: str) -> tuple[float, float]:
    """A random point inside a zone (lon, lat); a random grid of the seat when the story names none."""
    shape = _shape(code if code and Zone.objects.filter(code=code).exists() else rng.choice(seat_grids()))
    west, south, east, north = shape.extent
    for _attempt in range(200):
        lon, lat = round(rng.uniform(west, east), 6), round(rng.uniform(south, north), 6)
        if shape.contains(Point(lon, lat, srid=4326)):
            return lon, lat
    inner = shape.point_on_surface
    return inner.x, inner.y


def place_of(rng: random.Random, story: Story) -> Place:
    lon, lat = spot(rng, story.zone)
    return Place(lon=lon, lat=lat, source="map", words=story.place)


def phone_number(rng: random.Random) -> str:
    """A number that nobody can have: mobile numbers never begin with 100."""
    return f"100{rng.randrange(10**8):08d}"
