"""When what is due: the seconds of the case's target class, in working time where the class says so, divided by its speed."""

from datetime import datetime, timedelta

from .models import Case, SendingRule, TargetClass
from .rulebook import Rulebook, current

WARN_SHARE = 0.7  # of the whole loop: clocks turn amber, the centre is warned


def stage_due(case: Case, stage: str, start: datetime, *, rules: Rulebook | None = None) -> datetime:
    """The end of `stage` ("take_in", "send", "accept", "handle", "verify") that began at `start`."""
    rules = rules or current()
    return _after(case, start, getattr(_class(case, rules), stage), rules)


def stage_begins(case: Case, stage: str, start: datetime, *, rules: Rulebook | None = None) -> dict[str, datetime]:
    """The timers of a stage in which the case waits for its dispatcher ("take_in", "send"): its end, and the clock's help at once where
    the county's rules of sending give it."""
    rules = rules or current()
    helps = rules.sending(case, start).mode != SendingRule.Mode.BY_HAND
    return {stage: stage_due(case, stage, start, rules=rules), **({"assist": start} if helps else {})}


def total_due(case: Case, start: datetime | None = None, *, rules: Rulebook | None = None) -> datetime:
    """The end of the whole loop that began at `start` (default: the clock's start of the case)."""
    rules = rules or current()
    return _after(case, start or case.started_at, _class(case, rules).total, rules)


def warn_due(case: Case, start: datetime | None = None, *, rules: Rulebook | None = None) -> datetime:
    """When 70 % of the whole loop are over."""
    rules = rules or current()
    return _after(case, start or case.started_at, _class(case, rules).total * WARN_SHARE, rules)


def seconds_left(case: Case, due: datetime, now: datetime, *, rules: Rulebook | None = None) -> float:
    """Seconds of the case's own time (working time where its class says so) from `now` to `due`; negative, by the wall's clock, when past."""
    rules = rules or current()
    if due <= now or not _class(case, rules).in_working_time:
        return (due - now).total_seconds()
    return rules.calendar.between(now, due)


def later(case: Case, start: datetime, seconds: float, *, rules: Rulebook | None = None) -> datetime:
    """The moment that lies so many seconds of the case's own time after `start`: the other way round of `seconds_left`."""
    rules = rules or current()
    if seconds > 0 and _class(case, rules).in_working_time:
        return rules.calendar.after(start, seconds).at
    return start + timedelta(seconds=seconds)


def is_provisional(case: Case, *, rules: Rulebook | None = None) -> bool:
    """Whether the due times rest on a year whose calendar is not known yet."""
    rules = rules or current()
    target = _class(case, rules)
    return target.in_working_time and rules.calendar.after(case.started_at, target.total / case.speed).provisional


def _class(case: Case, rules: Rulebook) -> TargetClass:
    return rules.classes.get(case.target_class_id) or case.target_class


def _after(case: Case, start: datetime, seconds: float, rules: Rulebook) -> datetime:
    seconds /= case.speed
    if _class(case, rules).in_working_time:
        return rules.calendar.after(start, seconds).at
    return start + timedelta(seconds=seconds)
