"""What the address of the overview says: period, unit, which cases. A wrong word gets a sentence, and the default instead."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from command.metrics import Period
from enforcement.models import Organisation
from journal import clock

from .figures import LONGEST_DAYS, presets

ONLY = ("", "late", "ten", "late-ten")
DEFAULT = "week"


@dataclass
class Choice:
    """`preset` is the name of a one-click period, or "" for days of one's own; `errors` are sentences."""

    period: Period
    preset: str
    unit: Organisation | None
    only: str
    before: tuple[datetime, int] | None
    errors: list[str]


def read(query, units: list[Organisation]) -> Choice:
    """`query`: the address's parameters period, from, to, unit (code), only, before."""
    errors: list[str] = []
    known, preset = presets(), query.get("period", "")
    period = known.get(preset)
    if period is None:
        preset, period = "", _days(query, errors)
    if period is None:
        preset, period = DEFAULT, known[DEFAULT]
    unit = next((unit for unit in units if unit.code == query.get("unit")), None)
    if query.get("unit") and unit is None:
        errors.append(_("This unit is not yours to see, or does not exist. All units are shown."))
    only = query.get("only", "")
    return Choice(period, preset, unit, only if only in ONLY else "", _key(query.get("before", "")), errors)


def _days(query, errors: list[str]) -> Period | None:
    typed = query.get("from", ""), query.get("to", "")
    if not any(typed):
        return None
    first, last = map(clock.read_day, typed)
    if first is None or last is None:
        errors.append(_("A day is missing or is no date (such as 2026-11-22). The last seven days are shown."))
    elif first > last:
        errors.append(_("The first day is after the last one. The last seven days are shown."))
    elif (last - first).days >= LONGEST_DAYS:
        errors.append(_("The period is longer than %(days)d days. The last seven days are shown.") % {"days": LONGEST_DAYS})
    else:
        return Period(first, last)
    return None


def _key(text: str) -> tuple[datetime, int] | None:
    moment, _separator, pk = text.partition("~")
    try:
        found = datetime.fromisoformat(moment), int(pk)
    except ValueError:
        return None
    return found if found[0].tzinfo else None
