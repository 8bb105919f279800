"""How long each stage of a case took: differences of its journal entries. Nothing here is stored.

A class that counts in working time is measured in working time: a night is not held against anybody.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.models import Case
from cases.rulebook import current
from journal.models import Entry

from .boards.cases import STAGES
from .sentences import STAGES as WORDS

AFTER = {
    "reported": "take_in", "put_back": "take_in", "handover_returned": "take_in", "taken_in": "send", "returned": "send", "reopened": "send",
    "resolved": "verify", "closed": "", "rejected": "", "merged": "", "withdrawn": "", "passed_on": "",
}  # fmt: skip
LEAD_AFTER = {"accepted": "handle", "declined": "send", "stepped_aside": "send", "expired": "send", "recalled": "send"}


@dataclass(frozen=True)
class Stage:
    """One of the five stages: time spent in it (all rounds, pauses apart) against its budget; `state` past · now · ahead."""

    name: str
    spent: timedelta
    budget: timedelta
    state: str
    since: datetime | None = None  # of the running one

    @property
    def word(self) -> str:
        return str(WORDS[self.name])

    @property
    def is_late(self) -> bool:
        return self.spent > self.budget


def intervals(case: Case, entries: Iterable[Entry]) -> list[tuple[str, datetime, datetime | None]]:
    """(stage or "paused", from, to) along the case's life; the running one ends with None. `entries` in order."""
    found: list[tuple[str, datetime, datetime | None]] = []
    stage, since, lead, paused = "take_in", case.started_at, "", False

    def enter(name: str, at: datetime) -> None:
        nonlocal stage, since
        if stage:
            found.append(("paused" if paused else stage, since, at))
        stage, since = name, at

    for entry in entries:
        if entry.verb in ("paused", "resumed"):
            enter(stage, entry.at)
            paused = entry.verb == "paused"
        elif entry.verb == "sent" and entry.data.get("lead"):
            lead = entry.subject
            enter("accept", entry.at)
        elif entry.verb in LEAD_AFTER and entry.subject == lead:
            enter(LEAD_AFTER[entry.verb], entry.at)
        elif entry.verb in AFTER and entry.verb != "reported":
            enter(AFTER[entry.verb], entry.at)
    if stage:
        found.append(("paused" if paused else stage, since, None))
    return found


def stages(case: Case, entries: Iterable[Entry], now: datetime) -> tuple[list[Stage], timedelta]:
    """The five stages with their times, and the time that the clock stood."""
    found, lasted = intervals(case, entries), _measure(case)
    spent = dict.fromkeys((*STAGES, "paused"), timedelta())
    for name, start, end in found:
        spent[name] += max((end or now) - start, timedelta()) if name == "paused" else lasted(start, end or now)
    passed = {name for name, _start, end in found if end}
    running, since = next(((name, start) for name, start, end in found if end is None), ("", None))
    running_at = STAGES.index(running) if running in STAGES else None
    made = []
    for position, name in enumerate(STAGES):
        budget = timedelta(seconds=getattr(case.target_class, name) / case.speed)
        state = "now" if position == running_at else "past" if name in passed and (running_at is None or position < running_at) else "ahead"
        made.append(Stage(name, spent[name], budget, state, since if state == "now" else None))
    return made, spent["paused"]


def in_working_time(cases: Iterable[Case]) -> dict[int, dict[str, float]]:
    """As `metrics.spent`, of closed cases whose class counts in working time; one statement for any number of cases."""
    cases, entries = list(cases), defaultdict(list)
    if cases:
        for entry in Entry.objects.filter(thread__in=[case.thread for case in cases]).order_by("thread", "number"):
            entries[entry.thread].append(entry)
    found = {}
    for case in cases:
        lasted, spent = _measure(case), defaultdict(float)
        spent["loop"] = lasted(case.started_at, case.closed_at).total_seconds()
        for name, start, end in intervals(case, entries[case.thread]):
            seconds = lasted(start, end or case.closed_at).total_seconds()
            if name == "paused":
                spent["loop"] -= seconds
            else:
                spent[name] += seconds
        found[case.pk] = {name: seconds * case.speed for name, seconds in spent.items()}
    return found


def _measure(case: Case) -> Callable[[datetime, datetime], timedelta]:
    """What counts between two moments of the case."""
    if case.target_class.in_working_time:
        calendar = current().calendar
        return lambda start, end: timedelta(seconds=calendar.between(start, end))
    return lambda start, end: max(end - start, timedelta())
