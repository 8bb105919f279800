"""Each centre must have enough certified officers, someone who can send them, and a deputy, at any hour."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import pairwise
from math import lcm

from django.utils.translation import gettext as _

from enforcement import coverage, roster
from enforcement.models import Certificate
from journal import clock

from . import tables
from .reading import Problem

LONGEST = 366  # days looked at when the patterns' common cycle is longer


class Pattern:
    """A row of duty.csv as `roster.spans` wants it."""

    def __init__(self, row):
        self.first_day, self.every_days, self.starts, self.hours = (
            row[name] for name in ("first_day", "every_days", "starts", "hours"))  # fmt: skip


def duty_gaps(county) -> Iterator[Problem]:
    """Shifts of one watch that overlap, and for each centre the first moment of a cycle at which somebody is lacking."""
    rows, today = county.rows["duty.csv"], clock.today()
    cycle = min(LONGEST, lcm(*(row["every_days"] for row in rows)) if rows else 1)
    since = datetime.combine(max([today, *(row["first_day"] for row in rows)]), time.min, tzinfo=clock.LOCAL)
    since, until = since + timedelta(days=1), since + timedelta(days=cycle + 1)
    stretches = defaultdict(list)
    for row in rows:
        for start, end in roster.spans(Pattern(row), since, until):
            stretches[row["watch"]].append((start, end, row))
    overlaps = list(_overlapping(stretches))
    yield from overlaps
    if not overlaps:
        yield from _lacking(county, stretches, since, until)


def _overlapping(stretches) -> Iterator[Problem]:
    for watch in stretches.values():
        watch.sort(key=lambda stretch: stretch[0])
        for (_start, end, row), (start, _end, other) in pairwise(watch):
            if start < end:
                later = max(row, other, key=lambda one: one.line)
                yield later.problem(_("The shift overlaps another one of its watch from %(at)s.") % {"at": f"{start:%Y-%m-%d %H:%M}"})
                break


def _lacking(county, stretches, since: datetime, until: datetime) -> Iterator[Problem]:
    certified = {row["officer"] for row in county.rows[tables.CERTIFICATES] if row["status"] == Certificate.Status.VALID
                 and row["valid_from"] <= clock.today() <= row["valid_to"]}  # fmt: skip
    for centre in (row for row in county.rows[tables.ORGANISATIONS] if row["has_centre"]):
        crew = [row for row in county.rows[tables.OFFICERS] if county.centre_of[row["organisation"]] == centre["code"]]
        for need in coverage.needs(county.settings["options"]):
            watches = Counter(row["watch"] for row in crew
                              if row["post"] in need.posts and (not need.certified or row["username"] in certified))  # fmt: skip
            planned = ((start, end, people) for watch, people in watches.items() for start, end, _row in stretches.get(watch, ()))
            for step in coverage.steps(planned, since, until):
                if step.present < need.least:
                    yield centre.problem(_("From %(at)s the centre has %(present)d of %(least)d %(what)s on duty.") % {
                        "at": f"{step.since:%Y-%m-%d %H:%M}", "present": step.present, "least": need.least, "what": need.label})  # fmt: skip
                    break
