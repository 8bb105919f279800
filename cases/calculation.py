"""The small calculator beside an item: party, circumstance and the levels of its factors (or an amount) → amount, band, hearing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from enforcement.models import DiscretionBand, DiscretionFactor, HearingThreshold, Item, Party, Tier

from . import discretion
from .discretion import Range
from .rulebook import Rulebook

MOST = Decimal(10) ** 10


@dataclass(frozen=True)
class Choice:
    """A factor, its levels, and the one that was chosen ("": none)."""

    name: str  # of the field
    factor: str
    levels: tuple[DiscretionFactor, ...]
    chosen: str


@dataclass(frozen=True)
class Calculation:
    """What the standard says of an item for conduct of a day. `asked`: whether somebody calculated; `amount` None: nothing to be said.

    `fits`: whether the amount lies in the range; `must_hear`: whether it reaches the threshold (None: it is no amount in yuan)."""

    asked: bool
    party: str
    parties: tuple[Party, ...]
    circumstance: str
    circumstances: tuple[str, ...]
    choices: tuple[Choice, ...]
    typed: str
    tiers: tuple[Tier, ...]
    bands: tuple[DiscretionBand, ...]
    range: Range | None
    amount: Decimal | None
    fits: bool
    band: DiscretionBand | None
    threshold: HearingThreshold | None
    must_hear: bool | None
    hearing: tuple[tuple[str, HearingThreshold | None], ...]


def calculate(item: Item, day: date, given: Mapping[str, str], *, rules: Rulebook) -> Calculation:
    """`given`: the fields of the form; `of` is the item's code where it is this item that is calculated."""
    asked = given.get("of") == item.code
    given = given if asked else {}
    party = given.get("party", "")
    party = party if party in Party.values else str(Party.PERSON)
    held = discretion.tiers(item, day, rules=rules)
    circumstances = tuple(dict.fromkeys(tier.circumstance for tier in held if tier.circumstance))
    circumstance = given.get("circumstance", "") if given.get("circumstance") in circumstances else ""
    choices = []
    for place, (factor, levels) in enumerate(discretion.factors(item, day, rules=rules).items(), 1):
        said = given.get(f"level{place}", "")
        choices.append(Choice(f"level{place}", factor, levels, said if said in {level.level for level in levels} else ""))
    found = discretion.range_for(item, party, circumstance, day, rules=rules)
    amount, typed = None, given.get("amount", "").strip()[:14]
    if asked and choices:
        chosen = {choice.factor: choice.chosen for choice in choices if choice.chosen}
        amount = discretion.by_factors(item, chosen, day, party=party, circumstance=circumstance, rules=rules)
    elif asked:
        amount = _number(typed)
    in_yuan = found is None or not found.of
    threshold = discretion.hearing_threshold(item, party, day, rules=rules)
    return Calculation(
        asked, party, (Party.PERSON, Party.ORGANISATION, Party.RESPONSIBLE), circumstance, circumstances, tuple(choices), typed, held,
        discretion.bands(item, day, rules=rules), found, amount, amount is not None and _fits(found, amount),
        discretion.band_of(item, party, amount, day, rules=rules) if amount is not None and in_yuan else None, threshold,
        amount >= threshold.amount if amount is not None and in_yuan and threshold else None,
        tuple((one.label, discretion.hearing_threshold(item, one, day, rules=rules)) for one in (Party.PERSON, Party.ORGANISATION)),
    )  # fmt: skip


def _fits(found: Range | None, amount: Decimal) -> bool:
    return found is not None and (found.low is None or found.low <= amount) and (found.high is None or amount <= found.high)


def _number(typed: str) -> Decimal | None:
    try:
        amount = Decimal(typed.replace(",", ""))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < MOST else None
