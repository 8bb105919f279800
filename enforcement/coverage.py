"""How many of those whom a centre needs are there at each moment, and what is lacking.

One rule for the plan of a county that is being loaded, for the roster's page and for a change of the plan.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .roles import DISPATCHING, FIELD, Role


@dataclass(frozen=True)
class Need:
    """What a centre needs at any hour: at least so many people of these posts (`certified`: with a certificate in force)."""

    code: str
    label: str | Promise
    least: int
    posts: frozenset[str]
    certified: bool = False


def needs(options: dict) -> tuple[Need, ...]:
    """Enough certified officers (行政处罚法 42), someone who can send them, and a deputy; `options` of the county."""
    return (
        Need("officers", _("certified officers"), options["min_officers_on_duty"], FIELD, certified=True),
        Need("dispatchers", _("dispatchers or shift leaders"), 1, DISPATCHING - {Role.DEPUTY}),
        Need("deputies", _("deputies on call"), 1, frozenset({Role.DEPUTY})),
    )


@dataclass(frozen=True)
class Step:
    """From `since` to before `until` so many are there."""

    since: datetime
    until: datetime
    present: int


def steps(stretches: Iterable[tuple[datetime, datetime, int]], since: datetime, until: datetime) -> list[Step]:
    """How many are there from `since` to `until`, without a hole; `stretches` are (from, until, people) in any order."""
    changes = defaultdict(int, {since: 0})
    for start, end, people in stretches:
        if end > since and start < until:
            changes[max(start, since)] += people
            changes[end] -= people
    found, present, begun = [], 0, since
    for moment in sorted(moment for moment in changes if moment < until):
        if changes[moment] and moment > since:
            found.append(Step(begun, moment, present))
            begun = moment
        present += changes[moment]
    return [*found, Step(begun, until, present)]


@dataclass(frozen=True)
class Gap:
    """A time without a break in which fewer are there than are needed; `present`: the fewest."""

    need: Need
    since: datetime
    until: datetime
    present: int


def gaps(need: Need, found: Iterable[Step]) -> list[Gap]:
    """What is lacking in these steps, in order; steps that follow each other are one gap."""
    lacking: list[Gap] = []
    for step in found:
        if step.present >= need.least:
            continue
        if lacking and lacking[-1].until == step.since:
            last = lacking.pop()
            lacking.append(Gap(need, last.since, step.until, min(last.present, step.present)))
        else:
            lacking.append(Gap(need, step.since, step.until, step.present))
    return lacking


def worse(need: Need, before: list[Step], after: list[Step]) -> list[Gap]:
    """Where fewer are there than are needed, and fewer than `before`: what a change of the plan would open. Both cover the same time."""
    opened, earlier, at = [], iter(before), None
    moments = sorted({step.since for step in (*before, *after)} | {after[-1].until})
    later, now = iter(after), None
    for since, until in pairwise(moments):
        while at is None or at.until <= since:
            at = next(earlier)
        while now is None or now.until <= since:
            now = next(later)
        opened.append(Step(since, until, now.present if now.present < at.present else max(now.present, need.least)))
    return gaps(need, opened)
