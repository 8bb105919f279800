"""A week of a roster as the page shows it: strips of coverage and a grid of people and days.

A centre may have thousands of people, so a cell is drawn once for each look that occurs and only its number is put in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
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

from .plan import Person, Plan, Span, grace

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
        self.address = reverse("registers-duty", args=[0]).replace("/0/", f"/{NUMBER}/")
        self.begun = [f'<td class="roster__day{" roster__day--today" if start <= self.now < end else ""}">' for _day, start, end in days]
        self.day_of, self.drawn, self.people, self._look = map(cache, (self._day_of, self._drawn, self._drawn_person, self._look_of))
        self.figures: Counter[str] = Counter()

    def units(self) -> list[Unit]:
        made, codes = [], {pk: one.code for pk, one in self.rules.organisations.items()}
        for unit, people in groupby(sorted(self.plan.people.values(), key=lambda person: codes[person.unit]), key=lambda person: person.unit):
            rows = [self._person(person) for person in people]
            made.append(Unit(self.rules.organisations[unit].name, len(rows), mark_safe("".join(rows))))  # noqa: S308  drawn by templates, escaped there
        return made

    def _person(self, person: Person) -> str:
        cells: list[list[str]] = [[] for _day in self.days]
        standing = self.standing.get(person.officer, "")
        for one in person.stretches:
            at = self.day_of(one.starts_at)
            if at is not None:
                html, came = self.drawn(
                    one.starts_at, one.ends_at, one.kind, one.area, one.vehicle, one.came_at, one.left_at, one.instead_of, standing)
                self.figures[came] += 1
                cells[at].append(html.replace(NUMBER, str(one.pk)))
        for span in person.leaves:
            for at, (_day, start, end) in enumerate(self.days):
                if span[0] < end and span[1] > start:
                    cells[at].append(self._leave(span, start, end))
        drawn = "".join([f"{begun}{''.join(parts)}</td>" for begun, parts in zip(self.begun, cells, strict=True)])
        before, between, after = self.people(person.role)
        return f"{before}{escape(person.name)}{between}{escape(person.badge or '')}{after.replace(NUMBER, str(person.pk)).replace('CELLS', drawn)}"

    def _drawn_person(self, role: str) -> tuple[str, str, str]:
        """A row up to the name, up to the number, and what follows."""
        drawn = self.row.render({"role": Role(role).label, "links": self.links, "name": "NAME", "badge": "BADGE", "cells": "CELLS",
                                 "add": f"{reverse('registers-duty-add')}?user={NUMBER}"})  # fmt: skip
        before, _name, rest = drawn.partition("NAME")
        between, _badge, after = rest.partition("BADGE")
        return before, between, after

    def _day_of(self, moment: datetime) -> int | None:
        return next((at for at, (_day, start, end) in enumerate(self.days) if start <= moment < end), None)

    def _drawn(self, starts_at: datetime, ends_at: datetime, kind: str, area: str, vehicle: str | None, came_at: datetime | None,
               left_at: datetime | None, instead_of: str | None, standing: str) -> tuple[str, str]:  # fmt: skip
        """A stretch without its number, and what came of it."""
        went = attendance.actual(starts_at, ends_at, kind, came_at, left_at, now=self.now, grace=self.grace)
        times = f"{time_of_day(starts_at)}–{time_of_day(ends_at)}".replace(":00", "")
        minutes = int(went.off_by.total_seconds() // 60)
        return self._look(times, kind, area, vehicle, went.came, minutes, instead_of, standing if kind == "duty" and not area else ""), went.came

    def _look_of(self, times: str, kind: str, area: str = "", vehicle: str | None = None, came: str = "", minutes: int = 0,
              instead_of: str | None = None, standing: str = "") -> str:  # fmt: skip
        return self.cell.render({
            "times": times, "kind": kind, "area": self.areas.get(area, area), "standing": standing, "vehicle": vehicle, "came": came,
            "word": Came(came).label if came else "", "minutes": minutes, "instead_of": instead_of, "quiet": came in (Came.AHEAD, Came.DUE),
            "address": self.address if self.links else "",
        }).strip()  # fmt: skip

    def _leave(self, span: Span, start: datetime, end: datetime) -> str:
        whole = span[0] <= start and span[1] >= end
        times = "" if whole else f"{time_of_day(max(span[0], start))}–{time_of_day(span[1]) if span[1] < end else '24:00'}".replace(":00", "")
        return self._look(times, "leave")


def between(monday: date) -> Span:
    """The moments at which a week begins and ends."""
    return datetime.combine(monday, time.min, tzinfo=clock.LOCAL), datetime.combine(monday + timedelta(days=7), time.min, tzinfo=clock.LOCAL)
