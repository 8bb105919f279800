"""A week of a roster as the page shows it: strips of coverage and a grid of people and days.

A centre may have thousands of people, so a cell is drawn once for each look that occurs and only its number is put in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from cases.rulebook import Rulebook
from enforcement import attendance, coverage
from enforcement.attendance import Came
from enforcement.roles import Role
from grid.models import Responsibility, Zone
from journal import clock
from journal.spoken import time_of_day

from .plan import Person, Plan, Span, Stretch, grace

WIDTH, HOUR = 120, 5  # of a day in the drawing of coverage; units, five for an hour
NUMBER = "0123456789"  # stands in a drawn cell for the key of the stretch
Day = tuple[date, datetime, datetime]


def monday_of(year: int, week: int) -> date | None:
    """The first day of an ISO week; None when there is none, or it lies beyond any roster."""
    try:
        return date.fromisocalendar(year, week, 1) if 2000 <= year <= 2200 else None
    except ValueError:
        return None


def name_of(monday: date) -> str:
    """2026-W48, as an address has it."""
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02}"


def days_of(monday: date) -> list[Day]:
    """Seven days, each with its bounds."""
    return [(monday + timedelta(days=number), *clock.day_bounds(monday + timedelta(days=number))) for number in range(7)]


# --- coverage --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Run:
    """So many are there for some hours of a day; `level`: gap, edge (just enough) or ok. `x` and `width` in the drawing."""

    x: float
    width: float
    since: datetime
    until: datetime
    present: int
    level: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class Strip:
    """A need through the week: its runs by day."""

    need: coverage.Need
    days: list[list[Run]]


def strips(plan: Plan, days: list[Day]) -> list[Strip]:
    made = []
    for need in plan.needs:
        steps = plan.steps(need)
        made.append(Strip(need, [list(_runs(need, steps, start, end)) for _day, start, end in days]))
    return made


def _runs(need: coverage.Need, steps: Iterable[coverage.Step], start: datetime, end: datetime) -> Iterator[Run]:
    for step in steps:
        since, until = max(step.since, start), min(step.until, end)
        if since < until:
            x, width = (since - start) / timedelta(hours=1) * HOUR, (until - since) / timedelta(hours=1) * HOUR
            level = "gap" if step.present < need.least else "edge" if step.present == need.least else "ok"
            yield Run(round(x, 2), round(width, 2), since, until, step.present, level)


# --- people and days -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Unit:
    """The people of one unit with their cells, drawn."""

    name: str
    count: int
    rows: SafeString


class Grid:
    """Draws the rows of a plan's people. `links`: whether a stretch leads to the page where it can be changed."""

    def __init__(self, plan: Plan, days: list[Day], rules: Rulebook, *, links: bool):
        self.plan, self.days, self.rules, self.links = plan, days, rules, links
        self.now, self.grace = clock.now(), grace()
        self.areas = {zone.code: zone.name for zone in rules.zones.values()}
        patrols = Responsibility.objects.filter(role=Responsibility.Role.PATROL, zone__kind=Zone.Kind.AREA, officer__organisation__centre=plan.centre)
        self.standing = dict(patrols.values_list("officer", "zone__name"))
        self.cell, self.row = get_template("registers/_stretch.html"), get_template("registers/_roster_person.html")
        self.drawn: dict[tuple, str] = {}
        self.address = reverse("registers-duty", args=[0]).replace("/0/", f"/{NUMBER}/")
        self.figures: dict[str, int] = {}

    def units(self) -> list[Unit]:
        made = []
        for unit, people in groupby(sorted(self.plan.people.values(), key=self._unit), key=lambda person: person.unit):
            people = list(people)
            made.append(Unit(self.rules.organisations[unit].name, len(people), mark_safe("".join(map(self._person, people)))))  # noqa: S308  drawn by templates, escaped there
        return made

    def _unit(self, person: Person) -> str:
        return self.rules.organisations[person.unit].code

    def _person(self, person: Person) -> str:
        key = ("person", person.role)
        if key not in self.drawn:
            self.drawn[key] = self.row.render({"role": Role(person.role).label, "links": self.links, "name": "NAME", "badge": "BADGE", "pk": NUMBER,
                                               "add": f"{reverse('registers-duty-add')}?user={NUMBER}", "cells": "CELLS"})  # fmt: skip
        cells = "".join(f'<td class="roster__day{today}">{self._day(person, start, end)}</td>' for start, end, today in self._marks())
        return (self.drawn[key].replace("CELLS", cells).replace("BADGE", escape(person.badge or "")).replace("NAME", escape(person.name))
                .replace(NUMBER, str(person.pk)))  # fmt: skip

    def _marks(self) -> list[tuple[datetime, datetime, str]]:
        if not hasattr(self, "_marked"):
            self._marked = [(start, end, " roster__day--today" if start <= self.now < end else "") for _day, start, end in self.days]
        return self._marked

    def _day(self, person: Person, start: datetime, end: datetime) -> str:
        parts = [self._stretch(one, person) for one in person.stretches if start <= one.starts_at < end]
        parts += [self._leave(span, start, end) for span in person.leaves if span[0] < end and span[1] > start]
        return "".join(parts)

    def _stretch(self, one: Stretch, person: Person) -> str:
        went = attendance.actual(one.starts_at, one.ends_at, one.kind, one.came_at, one.left_at, now=self.now, grace=self.grace)
        minutes = int(went.off_by.total_seconds() // 60)
        fixed = one.kind == "duty" and not one.area and self.standing.get(person.officer, "")
        times = f"{time_of_day(one.starts_at)}–{time_of_day(one.ends_at)}".replace(":00", "")
        key = (times, one.kind, one.area, one.vehicle, went.came, minutes, one.instead_of, fixed)
        self.figures[went.came] = self.figures.get(went.came, 0) + 1
        if key not in self.drawn:
            self.drawn[key] = self.cell.render({
                "times": times, "kind": one.kind, "area": self.areas.get(one.area, one.area), "standing": fixed, "vehicle": one.vehicle,
                "came": went.came, "word": _word(went.came, minutes), "minutes": minutes, "instead_of": one.instead_of,
                "address": self.address if self.links else "", "quiet": went.came in (Came.AHEAD, Came.DUE),
            }).strip()  # fmt: skip
        return self.drawn[key].replace(NUMBER, str(one.pk))

    def _leave(self, span: Span, start: datetime, end: datetime) -> str:
        whole = span[0] <= start and span[1] >= end
        times = "" if whole else f"{time_of_day(max(span[0], start))}–{time_of_day(span[1]) if span[1] < end else '24:00'}".replace(":00", "")
        key = ("leave", times)
        if key not in self.drawn:
            self.drawn[key] = self.cell.render({"times": times, "kind": "leave"}).strip()
        return self.drawn[key]


def _word(came: Came, minutes: int) -> str:
    return came.label


def between(monday: date) -> Span:
    """The moments at which a week begins and ends."""
    return datetime.combine(monday, time.min, tzinfo=clock.LOCAL), datetime.combine(monday + timedelta(days=7), time.min, tzinfo=clock.LOCAL)
