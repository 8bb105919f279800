"""What an address of supervision says: period, unit, place, officer, category, channel, which cases. A wrong word gets a sentence, and the
default instead."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.models import Category, Report
from command.boards.cases import category_name
from command.metrics import Period
from command.models import Dispatch
from enforcement.models import Officer, Organisation
from grid.models import Zone
from journal import clock, spoken

from .counting import DIMENSIONS, NONE, Scope
from .definitions import BY_CODE, SPANS, Figure, Span
from .figures import LONGEST_DAYS, presets

DEFAULT = "week"
DAILY = 31  # longer periods are drawn by week
PARTS = ("part", "of", "rest")
LABELS = {
    "unit": gettext_lazy("Unit"), "area": gettext_lazy("Patrol area"), "grid": gettext_lazy("Grid"), "officer": gettext_lazy("Officer"),
    "category": gettext_lazy("Category"), "channel": gettext_lazy("Channel"), "day": gettext_lazy("Day"),
}  # fmt: skip
WITHOUT = {
    "area": gettext_lazy("outside the patrol areas"), "grid": gettext_lazy("outside the grids"), "officer": gettext_lazy("no officer"),
    "category": gettext_lazy("Not sure yet"),
}  # fmt: skip


@dataclass
class Choice:
    """`preset` is the name of a one-click period, or "" for days of one's own; `errors` are sentences."""

    period: Period
    preset: str
    unit: Organisation | None
    errors: list[str]


def read(query, units: list[Organisation]) -> Choice:
    """`query`: the address's parameters period, from, to, unit (code)."""
    errors: list[str] = []
    known, preset = presets(), query.get("period", "")
    period = known.get(preset)
    if period is None:
        if preset:
            errors.append(_("There is no period of this name. The last seven days are shown."))
        preset, period = "", None if preset else _days(query, errors)
    if period is None:
        preset, period = DEFAULT, known[DEFAULT]
    unit = next((unit for unit in units if unit.code == query.get("unit")), None)
    if query.get("unit") and unit is None:
        errors.append(_("This unit is not yours to see, or does not exist. All units are shown."))
    return Choice(period, preset, unit, errors)


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


@dataclass(frozen=True)
class Option:
    """A value of a filter or a row of a dimension: its key in the database, its code in addresses, its name for people."""

    key: Any
    code: str
    name: str


class Names:
    """What zones, officers and categories are called; each register is read once, when it is asked for."""

    def __init__(self, units: list[Organisation]):
        self.units = units

    def options(self, name: str) -> list[Option]:
        """All values that a reader may choose from, in the order of their codes."""
        return getattr(self, name)

    def of(self, name: str, keys) -> list[Option]:
        """The rows of the keys that were counted, in the order of their codes; those without one last."""
        known = {option.key: option for option in self.options(name)}
        strange = [key for key in keys if key is not None and key not in known]
        found = [option for option in known.values() if option.key in keys]
        if strange and name == "officer":  # of another unit, but sent here
            found += [_officer(one) for one in Officer.objects.filter(pk__in=strange).select_related("user", "organisation").order_by("badge")]
        return found + ([Option(None, NONE, str(WITHOUT[name]))] if None in keys else [])

    @cached_property
    def unit(self) -> list[Option]:
        return [_unit(unit) for unit in self.units]

    @cached_property
    def _zones(self) -> list[Zone]:
        return list(Zone.objects.filter(kind__in=[Zone.Kind.AREA, Zone.Kind.GRID]).defer("geometry").order_by("code"))

    @cached_property
    def area(self) -> list[Option]:
        return [Option(zone.pk, zone.code, zone.name) for zone in self._zones if zone.kind == Zone.Kind.AREA]

    @cached_property
    def grid(self) -> list[Option]:
        return [Option(zone.pk, zone.code, zone.name) for zone in self._zones if zone.kind == Zone.Kind.GRID]

    @cached_property
    def officer(self) -> list[Option]:
        own = Officer.objects.filter(organisation__centre__in=self.units).select_related("user", "organisation")
        return [_officer(one) for one in own.order_by("organisation__code", "badge")]

    @cached_property
    def category(self) -> list[Option]:
        return [Option(one.pk, one.code, category_name(one)) for one in Category.objects.order_by("code")]

    @property
    def channel(self) -> list[Option]:
        return [Option(value, value, label) for value, label in Report.Channel.choices]


def _unit(unit: Organisation) -> Option:
    return Option(unit.pk, unit.code, (get_language() == "en" and unit.name_en) or unit.short_name)


def _officer(one: Officer) -> Option:
    return Option(one.pk, one.badge, f"{one.name} · {one.organisation.short_name}")


@dataclass
class Asked:
    """Everything that the page and its lists are asked for. `chosen`: filter → option, as far as it is understood."""

    choice: Choice
    names: Names
    chosen: dict[str, Option]
    by: str
    code: str = "every"
    which: str = "of"
    before: tuple[datetime, int] | None = None
    errors: list[str] = field(default_factory=list)

    @property
    def scope(self) -> Scope:
        centres = (self.choice.unit.pk,) if self.choice.unit else tuple(unit.pk for unit in self.names.units)
        only = {name: option.key for name, option in self.chosen.items() if name not in ("unit", "channel")}
        channel = self.chosen["channel"].key if "channel" in self.chosen else ""
        return Scope(centres, self.choice.period, only, channel, weekly=self.choice.period.days > DAILY)

    @property
    def definition(self) -> Figure | Span:
        """Of the listed figure."""
        return BY_CODE.get(self.code) or SPANS[self.code]

    @property
    def parts(self) -> tuple[str, ...]:
        """The lists that the figure has."""
        return PARTS if self.code in BY_CODE and BY_CODE[self.code].of else PARTS[:1]

    @property
    def narrowed(self) -> list[tuple[str, Option]]:
        """The filters beside the unit, for a headline."""
        return [(str(LABELS[name]), option) for name, option in self.chosen.items() if name != "unit"]

    def options(self, name: str) -> list[Option]:
        """What a filter offers; what is chosen is among it."""
        found = self.names.options(name) + ([Option(None, NONE, str(WITHOUT[name]))] if name in WITHOUT else [])
        chosen = self.chosen.get(name)
        return found if chosen is None or any(option.code == chosen.code for option in found) else [*found, chosen]

    def address(self, **changed: str) -> str:
        """The query of this choice with some of it changed ("" takes it away): page and files know no other parameters."""
        period = {"period": self.choice.preset} if self.choice.preset else _spelt(self.choice.period)
        known = {**period, **{name: option.code for name, option in self.chosen.items()}, "by": self.by if self.by != "unit" else ""}
        if changed.keys() & {"from", "to"}:
            known.pop("period", None)
        return urlencode({name: value for name, value in (known | changed).items() if value})

    @property
    def bare(self) -> str:
        """The query of this period and division without filters."""
        return self.address(**dict.fromkeys(self.chosen, ""))

    def cases(self, code: str, which: str, **changed: str) -> str:
        """The query of the list of cases behind a figure."""
        return self.address(**{"figure": code, "which": "" if which == "part" else which, **changed})


def _spelt(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def ask(query, units: list[Organisation]) -> Asked:
    """All that an address may say: those of `read`, area, grid, officer, category, channel, day, by, figure, which, before."""
    choice = read(query, units)
    asked = Asked(choice, Names(units), {}, query.get("by") or "unit", errors=choice.errors)
    if choice.unit:
        asked.chosen["unit"] = _unit(choice.unit)
    for name in ("area", "grid", "officer", "category", "channel"):
        if value := query.get(name, ""):
            if option := _option(asked.names, name, value):
                asked.chosen[name] = option
            else:
                sentence = _("“%(value)s” is no value of the filter “%(filter)s”, which is left out.")
                asked.errors.append(sentence % {"value": value[:40], "filter": LABELS[name]})
    if value := query.get("day", ""):
        if day := clock.read_day(value):
            asked.chosen["day"] = Option(day, day.isoformat(), spoken.day(day))
        else:
            asked.errors.append(_("“%(value)s” is no date (such as 2026-11-22); all days of the period are shown.") % {"value": value[:40]})
    if asked.by not in DIMENSIONS:
        asked.by = "unit"
        asked.errors.append(_("The figures cannot be divided in this way; they are shown by unit."))
    asked.code, asked.which = query.get("figure") or "every", query.get("which") or ("part" if query.get("figure") else "of")
    if (asked.code not in BY_CODE and asked.code not in SPANS) or asked.which not in PARTS:
        asked.code, asked.which = "every", "of"
        asked.errors.append(_("There is no such figure. All matters closed in the period are shown."))
    if value := query.get("before", ""):
        asked.before = _key(value)
        if asked.before is None:
            asked.errors.append(_("The place in the list was not understood. The list is shown from its beginning."))
    return asked


def _option(names: Names, name: str, value: str) -> Option | None:
    """The option of a code. An officer of another unit is one if he was sent to a case of these."""
    if value == NONE and name in WITHOUT:
        return Option(None, NONE, str(WITHOUT[name]))
    known = next((option for option in names.options(name) if option.code == value), None)
    if known or name != "officer" or "\x00" in value:
        return known
    sent = Dispatch.objects.filter(officer=OuterRef("pk"), case__centre__in=names.units)
    found = Officer.objects.filter(Q(badge=value), Exists(sent)).select_related("user", "organisation").first()
    return _officer(found) if found else None


def _key(text: str) -> tuple[datetime, int] | None:
    moment, _separator, pk = text.partition("~")
    try:
        found = datetime.fromisoformat(moment), int(pk)
    except ValueError:
        return None
    return found if found[0].tzinfo and abs(found[1]) < 2**63 and 1970 <= found[0].year <= 9000 else None
