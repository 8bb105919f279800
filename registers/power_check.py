"""What is wrong with the loaded powers today: items that nobody may use, and transfers that end soon."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.rulebook import Rulebook
from enforcement.models import Certificate, Item, Organisation, Transfer
from enforcement.qualification import AREA, Matter, Standing, counting, is_for, standings

SOON = timedelta(days=60)


@dataclass(frozen=True)
class Finding:
    """Something about an item that somebody should put right."""

    item: Item
    words: str


@dataclass
class Powers:
    """What the checks look at: the rulebook, a day, and who is qualified on it (by organisation)."""

    rules: Rulebook
    day: date
    qualified: dict[int, list[Standing]]
    _certificates: dict[int, list[Certificate]] = field(default_factory=dict)

    def in_force(self) -> list[Item]:
        return sorted((item for item in self.rules.items.values() if item.covers(self.day)), key=lambda item: item.code)

    @cached_property
    def by_item(self) -> dict[int, list[Transfer]]:
        """By which an item is handed down on the day."""
        found: dict[int, list[Transfer]] = {}
        for (pk, _township), rows in self.rules.transfers.items():
            found.setdefault(pk, []).extend(one for one in rows if one.covers(self.day))
        return found

    @cached_property
    def townships(self) -> dict[str, str]:
        """Name of each by its code."""
        return {zone.code: zone.name for zone in self.rules.zones.values() if zone.kind == "township" and zone.is_active}

    def certificates(self, unit: Organisation) -> list[Certificate]:
        """In force at the unit or below it, of who may act somewhere."""
        if unit.pk not in self._certificates:
            able = [one for pk in self.rules.below(unit.pk) for one in self.qualified.get(pk, ())]
            self._certificates[unit.pk] = [row for one in able for row in one.officer.valid_certificates]
        return self._certificates[unit.pk]

    def places(self, item: Item, unit: Organisation) -> list[str | None]:
        """Codes of the townships in which the unit holds the item on the day; [None] when in none, but elsewhere."""
        handed_down = {one.township: one.organisation_id for one in self.by_item.get(item.pk, ())}
        return [code for code in self.townships if handed_down.get(code, item.holder_id) == unit.pk] or [None]

    def holders(self, item: Item) -> list[Organisation]:
        """Everybody who holds it somewhere on the day."""
        pks = dict.fromkeys([item.holder_id] * bool(item.holder_id) + [one.organisation_id for one in self.by_item.get(item.pk, ())])
        return [self.rules.organisations[pk] for pk in pks]


def without_basis(powers: Powers) -> list[Finding]:
    return [
        Finding(item, _("rests on nothing for conduct of today")) for item in powers.in_force() if powers.rules.basis(item, powers.day) is None
    ]


def held_by_nobody(powers: Powers) -> list[Finding]:
    return [Finding(item, _("is held by nobody")) for item in powers.in_force() if not powers.holders(item)]


def in_nobodys_name(powers: Powers) -> list[Finding]:
    return [
        Finding(item, _("is held by %(unit)s, which acts in nobody's name") % {"unit": powers.rules.name_on(unit, powers.day)})
        for item in powers.in_force() for unit in powers.holders(item) if unit.legal_subject_id is None
    ]  # fmt: skip


def without_officers(powers: Powers) -> list[Finding]:
    """Certificates of the item's field, at the unit that holds it or below it, in each township where it does (行政处罚法 42)."""
    able: dict[tuple[int, str, str | None], bool] = {}
    found = []
    for item in powers.in_force():
        for unit in powers.holders(item):
            lacking = []
            for township in powers.places(item, unit):
                key = unit.pk, item.department, township
                if key not in able:
                    able[key] = counting(powers.certificates(unit), Matter(frozenset({item.department}), township)) is not None
                if not able[key]:
                    lacking.append(township)
            if lacking:
                found.append(Finding(item, _nobody(powers, item, unit, lacking)))
    return found


def _nobody(powers: Powers, item: Item, unit: Organisation, lacking: list[str | None]) -> str:
    name = powers.rules.name_on(unit, powers.day)
    if lacking == [None] or not any(is_for(one, Matter(frozenset({item.department}))) for one in powers.certificates(unit)):
        return _("nobody at %(unit)s holds a certificate of its field") % {"unit": name}
    return _("nobody at %(unit)s holds a certificate of its field that counts in %(townships)s") % {
        "unit": name, "townships": _(", ").join(powers.townships[township] for township in lacking)}  # fmt: skip


def ending_soon(powers: Powers) -> list[Finding]:
    ends = [
        (one.valid_to, item.code, one.township, item, one)
        for item in powers.in_force() for one in powers.by_item.get(item.pk, ()) if one.valid_to and one.valid_to <= powers.day + SOON
    ]  # fmt: skip
    return [
        Finding(item, _("goes back from %(unit)s in %(township)s after %(day)s") % {
            "unit": powers.rules.name_on(powers.rules.organisations[one.organisation_id], powers.day),
            "township": powers.townships.get(one.township, one.township), "day": one.valid_to})
        for *_key, item, one in sorted(ends, key=lambda row: row[:3])
    ]  # fmt: skip


CHECKS: dict[str, tuple[str | Promise, Callable[[Powers], list[Finding]]]] = {
    "basis": (gettext_lazy("Without a basis today"), without_basis),
    "holder": (gettext_lazy("Held by nobody"), held_by_nobody),
    "subject": (gettext_lazy("Holder acts in nobody's name"), in_nobodys_name),
    "officers": (gettext_lazy("No qualified officer"), without_officers),
    "ending": (gettext_lazy("Transfers that end within 60 days"), ending_soon),
}


def check(rules: Rulebook, day: date) -> dict[str, list[Finding]]:
    """All findings by kind (CHECKS). Two statements, however long the list is."""
    qualified: dict[int, list[Standing]] = {}
    for one in standings(list(rules.organisations), Matter(), day):
        if one.bar in ("", AREA):  # certified somewhere
            qualified.setdefault(one.officer.organisation_id, []).append(one)
    powers = Powers(rules, day, qualified)
    return {name: find(powers) for name, (_label, find) in CHECKS.items()}
