"""What the law wants public (行政处罚法 34, 39; 行政执法公示制度): who enforces, in whose name, which items on what basis.

Made from the registers that the platform itself follows, as of a day: what is shown is what is done.
"""

from dataclasses import dataclass
from datetime import date

from enforcement.models import Basis, DiscretionBand, DiscretionFactor, HearingThreshold, Item, LegalSubject, Organisation, Party, Tier, Transfer

from . import discretion
from .rulebook import Rulebook

HEARD = (Party.PERSON, Party.ORGANISATION)  # for whom the law knows a hearing


@dataclass(frozen=True)
class Named:
    """A unit under its name of the day, and what it had been called before."""

    unit: Organisation
    name: str
    former: tuple[str, ...]


@dataclass(frozen=True)
class Organ:
    """A legal subject and the units that act in its name."""

    subject: LegalSubject
    units: tuple[Named, ...]
    items: int  # that these units hold somewhere


@dataclass(frozen=True)
class Listed:
    """An item in force: who holds it, on what basis, and in which townships it is another's: [(township, organisation, its name)]."""

    item: Item
    holder: Organisation | None
    holder_name: str
    basis: Basis | None
    handed_down: tuple[tuple[str, Organisation, str], ...]

    @property
    def units(self) -> set[int]:
        return {unit.pk for unit in (self.holder, *(unit for _township, unit, _name in self.handed_down)) if unit}


def named(rules: Rulebook, unit: Organisation, day: date) -> Named:
    return Named(unit, rules.name_on(unit, day), tuple(rules.former_names(unit, day)))


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
        Organ(subject, tuple(named(rules, unit, day) for unit in sorted(acting[pk], key=lambda unit: unit.code)),
              sum(any(unit.pk in units for unit in acting[pk]) for units in held))
        for pk, subject in subjects.items()
    ]  # fmt: skip
    return sorted(found, key=lambda organ: organ.subject.code)


def items(rules: Rulebook, day: date, *, words: str = "", unit: str = "", kind: str = "") -> list[Listed]:
    """Items in force on `day` whose code, name or basis holds all `words`, that the unit (its code) holds somewhere, of a kind."""
    townships = {zone.code: zone.name for zone in rules.zones.values() if zone.kind == "township" and zone.is_active}
    handed_down: dict[int, list[tuple[str, Organisation, str]]] = {}
    for (pk, township), transfers in rules.transfers.items():
        for transfer in transfers:
            if transfer.covers(day) and township in townships:
                to = rules.organisations[transfer.organisation_id]
                handed_down.setdefault(pk, []).append((townships[township], to, rules.name_on(to, day)))
    found = []
    for item in sorted(rules.items.values(), key=lambda one: one.code):
        if not item.covers(day) or (kind and item.kind != kind):
            continue
        holder = rules.organisations[item.holder_id] if item.holder_id else None
        down = tuple(sorted(handed_down.get(item.pk, ()), key=lambda row: row[0]))
        one = Listed(item, holder, rules.name_on(holder, day) if holder else "", rules.basis(item, day), down)
        said = f"{item.code} {item.name} {one.basis.text if one.basis else ''}".casefold()
        if all(word in said for word in words.casefold().split()) and (not unit or any(rules.organisations[pk].code == unit for pk in one.units)):
            found.append(one)
    return found


# --- one item ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class HandedDown:
    """Where an item is another's, since when, by which document."""

    township: str
    transfer: Transfer
    to: Named


@dataclass(frozen=True)
class Standing:
    """A basis with what it sets apart; `state`: "now", "past" or "coming" on the day."""

    basis: Basis
    tiers: tuple[Tier, ...]
    state: str


@dataclass(frozen=True)
class Detail:
    """All that the registers say of an item on a day. `bases`: the newest first. `hearing`: (party's label, threshold or None)."""

    item: Item
    holder: Named | None
    handed_down: tuple[HandedDown, ...]
    bases: tuple[Standing, ...]
    bands: tuple[DiscretionBand, ...]
    factors: dict[str, tuple[DiscretionFactor, ...]]
    hearing: tuple[tuple[str, HearingThreshold | None], ...]
    is_in_force: bool

    @property
    def basis(self) -> Standing | None:
        """What it rests on that day."""
        return next((one for one in self.bases if one.state == "now"), None)

    @property
    def has_fines(self) -> bool:
        return any(one.tiers or one.basis.fine_max is not None for one in self.bases)

    @property
    def sources(self) -> list[str]:
        """By which papers the discretion standard holds."""
        rows = [*self.bands, *(level for levels in self.factors.values() for level in levels)]
        return list(dict.fromkeys(row.source for row in rows))


def detail(rules: Rulebook, code: str, day: date) -> Detail | None:
    """The item of a code, in force or not; None: there never was one."""
    item = next((one for one in rules.items.values() if one.code == code), None)
    if item is None:
        return None
    townships = {zone.code: zone.name for zone in rules.zones.values() if zone.kind == "township"}
    transfers = [one for (pk, _township), rows in rules.transfers.items() if pk == item.pk for one in rows if one.covers(day)]
    down = [
        HandedDown(townships.get(one.township, one.township), one, named(rules, rules.organisations[one.organisation_id], day))
        for one in sorted(transfers, key=lambda one: one.township)
    ]
    standings = [
        Standing(basis, rules.tiers.get(basis.pk, ()), "now" if basis.covers(day) else "past" if basis.valid_from < day else "coming")
        for basis in reversed(rules.bases.get(item.pk, ()))
    ]
    return Detail(
        item, named(rules, rules.organisations[item.holder_id], day) if item.holder_id else None, tuple(down), tuple(standings),
        discretion.bands(item, day, rules=rules), discretion.factors(item, day, rules=rules),
        tuple((party.label, discretion.hearing_threshold(item, party, day, rules=rules)) for party in HEARD), item.covers(day),
    )  # fmt: skip


# --- the same for programs and tables -------------------------------------------------------------
COLUMNS = (
    "code", "name", "kind", "unit", "unit_name", "subject", "basis", "basis_since", "fine_min", "fine_max", "handed_down",
    "department", "tiers", "bands", "factors", "hearing_person", "hearing_organisation",
)  # fmt: skip  new ones at the end: programs count on the order


def rows(rules: Rulebook, listed: list[Listed], day: date) -> list[dict]:
    """The list as plain values by COLUMNS, for JSON and CSV; amounts in yuan as text, days as in ISO 8601.

    Several values stand in one cell with "；" between them: a tier is `party circumstance: lowest-highest of what`, a band
    `party degree: lowest-highest condition`, a level of a factor `factor/level: share`."""
    return [dict(zip(COLUMNS, _values(rules, one, day), strict=True)) for one in listed]


def _values(rules: Rulebook, one: Listed, day: date) -> tuple[str, ...]:
    item, holder, basis = one.item, one.holder, one.basis
    tiers, bands = discretion.tiers(item, day, rules=rules), discretion.bands(item, day, rules=rules)
    levels = [level for these in discretion.factors(item, day, rules=rules).values() for level in these]
    hearing = [discretion.hearing_threshold(item, party, day, rules=rules) for party in HEARD]
    return (
        item.code, item.name, item.kind, holder.code if holder else "", one.holder_name,
        holder.legal_subject.name if holder and holder.legal_subject else "",
        basis.text if basis else "", basis.valid_from.isoformat() if basis else "",
        amount(basis and basis.fine_min), amount(basis and basis.fine_max),
        "；".join(f"{township}：{name}" for township, _unit, name in one.handed_down), item.department,
        "；".join(" ".join(filter(None, (tier.party, tier.circumstance))) + f": {_span(tier)} {tier.of}".rstrip() for tier in tiers),
        "；".join(f"{band.party} {band.degree}: {_span(band)} {band.condition}".rstrip() for band in bands),
        "；".join(f"{level.factor}/{level.level}: {level.share.normalize():f}" for level in levels),
        *(amount(threshold and threshold.amount) for threshold in hearing),
    )  # fmt: skip


def _span(row: Tier | DiscretionBand) -> str:
    return f"{amount(row.fine_min)}-{amount(row.fine_max)}"


def amount(value) -> str:
    return "" if value is None else str(value)
