"""How much? The range that the law of the day sets, the discretion standard within it, and from which fine on a hearing must be offered.

Pure rules over the rulebook; amounts are `Decimal`, in yuan or in multiples of what `Range.of` names. None: nothing is set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from enforcement.models import Basis, DiscretionBand, DiscretionFactor, HearingThreshold, Item, Party, Tier
from journal.refused import BadInput

from .rulebook import Rulebook, current

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Range:
    """From what to what, both included. `of`: what the amounts are multiples or hundredths of ("": yuan). `tier` None: the basis' own range."""

    low: Decimal | None
    high: Decimal | None
    of: str
    basis: Basis
    tier: Tier | None


def range_for(item: Item, party: str, circumstance: str, day: date, *, rules: Rulebook | None = None) -> Range | None:
    """What the law in force on `day` (of the conduct, 行政处罚法 37) sets for a party in a circumstance ("": none in particular).

    The nearest tier counts: of this party and circumstance, of anyone in this circumstance, of this party, of anyone; what no tier sets
    apart is the basis' own range. None: the item rests on nothing that day, or no amount is set."""
    rules = rules or current()
    basis = rules.basis(item, day)
    if basis is None:
        return None
    tiers = {(tier.party, tier.circumstance): tier for tier in rules.tiers.get(basis.pk, ())}
    wanted = ((party, circumstance), (Party.ANY, circumstance), (party, ""), (Party.ANY, ""))
    tier = next((tiers[key] for key in wanted if key in tiers), None)
    row = tier or basis
    if row.fine_min is None and row.fine_max is None:
        return None
    return Range(row.fine_min, row.fine_max, tier.of if tier else "", basis, tier)


def tiers(item: Item, day: date, *, rules: Rulebook | None = None) -> tuple[Tier, ...]:
    """What the basis of the day sets apart."""
    rules = rules or current()
    basis = rules.basis(item, day)
    return rules.tiers.get(basis.pk, ()) if basis else ()


def bands(item: Item, day: date, *, rules: Rulebook | None = None) -> tuple[DiscretionBand, ...]:
    """The bands of the published standard in force on the day (裁量基准, 行政处罚法 34), by party, the mildest first."""
    return tuple(band for band in (rules or current()).bands.get(item.pk, ()) if band.covers(day))


def factors(item: Item, day: date, *, rules: Rulebook | None = None) -> dict[str, tuple[DiscretionFactor, ...]]:
    """The factors of the item's formula in force on the day: name → its levels, in their order."""
    found: dict[str, tuple[DiscretionFactor, ...]] = {}
    for level in (rules or current()).factors.get(item.pk, ()):
        if level.covers(day):
            found[level.factor] = (*found.get(level.factor, ()), level)
    return found


def by_factors(item: Item, levels: Mapping[str, str], day: date, *, party: str = Party.ANY, circumstance: str = "",
               rules: Rulebook | None = None) -> Decimal | None:  # fmt: skip
    """The amount of the formula: lowest + (highest − lowest) × the sum of the shares of the levels that apply (at most 1), to 0.01.

    `levels`: factor → the level that applies; a factor that is left out adds nothing. None: the law of the day sets no highest amount.
    `BadInput` ("no_such_level") for a factor or level that the standard of the day does not know."""
    rules = rules or current()
    known = factors(item, day, rules=rules)
    share = Decimal(0)
    for factor, level in levels.items():
        row = next((one for one in known.get(factor, ()) if one.level == level), None)
        if row is None:
            raise BadInput(_("The discretion standard of the day has no level “%(level)s” of “%(factor)s”.") % {
                "level": level, "factor": factor}, code="no_such_level")  # fmt: skip
        share += row.share
    found = range_for(item, party, circumstance, day, rules=rules)
    if found is None or found.high is None:
        return None
    low = found.low or Decimal(0)
    return (low + (found.high - low) * min(share, Decimal(1))).quantize(CENT, rounding=ROUND_HALF_UP)


def band_of(item: Item, party: str, amount: Decimal, day: date, *, rules: Rulebook | None = None) -> DiscretionBand | None:
    """The band of the day in which an amount for a party lies: of its own bands if there are any, else of those for anyone.
    Where two bands meet the milder one counts."""
    held = bands(item, day, rules=rules)
    own = [band for band in held if band.party == party] or [band for band in held if band.party == Party.ANY]
    for band in own:
        if band.fine_min is None and band.fine_max is None:
            continue
        if (band.fine_min is None or band.fine_min <= amount) and (band.fine_max is None or amount <= band.fine_max):
            return band
    return None


def hearing_threshold(item: Item, party: str, day: date, *, rules: Rulebook | None = None) -> HearingThreshold | None:
    """From which fine on a hearing must be offered to a party on `day` (行政处罚法 63): the threshold of the item's field, else the
    county's default; of several the lowest, which errs towards hearing people. A responsible person is a natural person;
    `Party.ANY`: whoever is heard first. None: none is registered."""
    rules = rules or current()
    parties = {Party.ORGANISATION: {"organisation"}, Party.ANY: {"person", "organisation"}}.get(Party(party), {"person"})
    found = [row for row in rules.thresholds if row.party in parties and row.covers(day)]
    own = [row for row in found if row.department == item.department] or [row for row in found if not row.department]
    return min(own, key=lambda row: row.amount, default=None)
