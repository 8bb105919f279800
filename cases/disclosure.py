"""What the law wants public (行政处罚法 34, 39; 行政执法公示制度): who enforces, in whose name, which items on what basis.

Made from the registers that the platform itself follows, as of a day: what is shown is what is done.
"""

from dataclasses import dataclass
from datetime import date

from enforcement.models import Basis, Item, LegalSubject, Organisation

from .rulebook import Rulebook


@dataclass(frozen=True)
class Organ:
    """A legal subject and the units that act in its name."""

    subject: LegalSubject
    units: tuple[Organisation, ...]
    items: int  # that these units hold somewhere


@dataclass(frozen=True)
class Listed:
    """An item in force: who holds it, on what basis, and in which townships it is another's: [(township, organisation)]."""

    item: Item
    holder: Organisation | None
    basis: Basis | None
    handed_down: tuple[tuple[str, Organisation], ...]

    @property
    def units(self) -> set[int]:
        return {unit.pk for unit in (self.holder, *(unit for _township, unit in self.handed_down)) if unit}


def organs(rules: Rulebook, day: date) -> list[Organ]:
    """By code of the subject; who acts for nobody here now is left out."""
    acting: dict[int, list[Organisation]] = {}
    subjects: dict[int, LegalSubject] = {}
    for unit in rules.organisations.values():
        if unit.is_active and unit.legal_subject_id:
            subjects[unit.legal_subject_id] = unit.legal_subject
            acting.setdefault(unit.legal_subject_id, []).append(unit)
    held = [one.units for one in items(rules, day)]
    found = [
        Organ(subject, tuple(sorted(acting[pk], key=lambda unit: unit.code)), sum(any(unit.pk in units for unit in acting[pk]) for units in held))
        for pk, subject in subjects.items()
    ]
    return sorted(found, key=lambda organ: organ.subject.code)


def items(rules: Rulebook, day: date, *, words: str = "", unit: str = "", kind: str = "") -> list[Listed]:
    """Items in force on `day` whose code, name or basis holds all `words`, that the unit (its code) holds somewhere, of a kind."""
    townships = {zone.code: zone.name for zone in rules.zones.values() if zone.kind == "township" and zone.is_active}
    handed_down: dict[int, list[tuple[str, Organisation]]] = {}
    for (pk, township), transfers in rules.transfers.items():
        for transfer in transfers:
            if transfer.covers(day) and township in townships:
                handed_down.setdefault(pk, []).append((townships[township], rules.organisations[transfer.organisation_id]))
    found = []
    for item in sorted(rules.items.values(), key=lambda one: one.code):
        if not item.covers(day) or (kind and item.kind != kind):
            continue
        holder = rules.organisations[item.holder_id] if item.holder_id else None
        one = Listed(item, holder, rules.basis(item, day), tuple(sorted(handed_down.get(item.pk, ()), key=lambda pair: pair[0])))
        said = f"{item.code} {item.name} {one.basis.text if one.basis else ''}".casefold()
        if all(word in said for word in words.casefold().split()) and (not unit or any(rules.organisations[pk].code == unit for pk in one.units)):
            found.append(one)
    return found


COLUMNS = ("code", "name", "kind", "unit", "unit_name", "subject", "basis", "basis_since", "fine_min", "fine_max", "handed_down")


def rows(listed: list[Listed]) -> list[dict]:
    """The list as plain values by COLUMNS, for JSON and CSV; amounts in yuan as text, days as in ISO 8601."""
    return [dict(zip(COLUMNS, _values(one), strict=True)) for one in listed]


def _values(one: Listed) -> tuple[str, ...]:
    item, holder, basis = one.item, one.holder, one.basis
    return (
        item.code, item.name, item.kind, holder.code if holder else "", holder.name if holder else "",
        holder.legal_subject.name if holder and holder.legal_subject else "",
        basis.text if basis else "", basis.valid_from.isoformat() if basis else "",
        _amount(basis and basis.fine_min), _amount(basis and basis.fine_max),
        "；".join(f"{township}：{unit.name}" for township, unit in one.handed_down),
    )  # fmt: skip


def _amount(value) -> str:
    return "" if value is None else str(value)
