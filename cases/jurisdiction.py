"""Who may: which organisation works a matter and which centre sends, who holds the powers there, and which officers may act.

Rules are rows; the first that matches decides.

A rule looks at the place first, then at the category, then at who holds an item of that category there (行政处罚法 18,
22-24). Complaints about officers have rules of their own before all others, so that nobody handles his own case.
"""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from enforcement.models import Basis, Item, LegalSubject, Organisation, Transfer
from enforcement.qualification import Matter, Standing, standings
from journal import clock

from .models import Category, RoutingRule, TargetClass, TargetRule
from .places import Located
from .rulebook import Rulebook, current


@dataclass(frozen=True)
class Routed:
    """`rule` None: no rule matched and the county centre takes it in. `because`: the rule's own words, and the item."""

    organisation: Organisation
    centre: Organisation
    rule: RoutingRule | None
    because: str
    target_class: TargetClass


def route(category: Category | None, zones: Located, *, day: date | None = None, rules: Rulebook | None = None) -> Routed:
    """Who works a matter of `category` (None: not sure) at a place, on `day` (default: today). No query with `rules`."""
    rules, day = rules or current(), day or clock.today()
    target = target_class(category, zones, rules=rules)
    for rule in rules.routing:
        if not _matches(rule, category, zones):
            continue
        organisation = _organisation(rule, category, rules)
        if organisation is None:
            continue
        because = rule.note
        if rule.needs_item:
            held = rules.held_items(category, organisation.pk, zones.code("township"), day) if category else []
            if not held:
                continue
            because = f"{rule.note} ({held[0].code})"
        return Routed(organisation, _centre(organisation, rules), rule, because[:200], target)
    with translation.override(settings.LANGUAGE_CODE):  # kept with the case, like the rules' words
        because = _("No rule matched; the county centre takes it in.")
    return Routed(rules.county_centre, rules.county_centre, None, because, target)


def target_class(category: Category | None, zones: Located, *, rules: Rulebook) -> TargetClass:
    """How long it may take: the first target rule that matches. Without any, the slowest class: a report is never lost."""
    for rule in rules.targets:
        if _target_matches(rule, category, zones):
            return rules.classes[rule.target_class_id]
    return max(rules.classes.values(), key=lambda row: row.total)


def priority(category: Category | None) -> str:
    return category.priority if category else Category.Priority.P2


def _matches(rule: RoutingRule, category: Category | None, zones: Located) -> bool:
    return (
        (rule.zone_id is None or rule.zone_id in zones.pks)
        and (rule.category_id is None or (category is not None and rule.category_id == category.pk))
        and (not rule.group or (category is not None and rule.group == category.group))
    )


def _target_matches(rule: TargetRule, category: Category | None, zones: Located) -> bool:
    return (
        (rule.zone_id is None or rule.zone_id in zones.pks)
        and (rule.in_seat is None or rule.in_seat == zones.in_seat)
        and (rule.category_id is None or (category is not None and rule.category_id == category.pk))
        and (not rule.priority or rule.priority == priority(category))
    )


def _organisation(rule: RoutingRule, category: Category | None, rules: Rulebook) -> Organisation | None:
    """The rule's own organisation, else the category's brigade, else (where the rule says so) its department."""
    pk = rule.organisation_id
    if pk is None and category is not None:
        pk = category.brigade_id or (category.department_id if rule.to_department else None)
    organisation = rules.organisations.get(pk) if pk else None
    return organisation if organisation and organisation.is_active else None


def _centre(organisation: Organisation, rules: Rulebook) -> Organisation:
    return rules.organisations[organisation.centre_id] if organisation.centre_id else rules.county_centre


# --- who may? --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Power:
    """One item at a place and day: who holds it, in whose name, on what basis. `why_not`: why nobody may use it, "" if somebody may.

    `transfer`: by which it was handed down there. `basis`: of the day of the act; `later`: the basis of today where another one
    is in force now, since the milder of the two counts (行政处罚法 37)."""

    item: Item
    unit: Organisation | None
    unit_name: str  # of the day
    former_names: tuple[str, ...]  # before that day
    transfer: Transfer | None
    basis: Basis | None
    later: Basis | None
    officers: tuple[Standing, ...]
    why_not: str

    @property
    def subject(self) -> LegalSubject | None:
        return self.unit.legal_subject if self.unit else None

    @property
    def able(self) -> list[Standing]:
        """The unit's people who may act."""
        return [standing for standing in self.officers if not standing.bar]

    @property
    def barred_count(self) -> int:
        return len(self.officers) - len(self.able)

    @property
    def others(self) -> list[tuple[str, list[Standing]]]:
        """The unit's people who may not act themselves, by what bars them."""
        found: dict[str, list[Standing]] = {}
        for standing in self.officers:
            if standing.bar:
                found.setdefault(standing.why_not, []).append(standing)
        return list(found.items())


@dataclass(frozen=True)
class Answer:
    """What "who may?" says of a place, a matter and a day. `routed` None: an item that no category names, no matter is reported of it."""

    routed: Routed | None
    powers: tuple[Power, ...]
    zones: Located
    day: date
    list_number: int  # of the version of the list that answered; 0: none was published


def who_may(*, zones: Located, category: Category | None = None, item: Item | None = None, day: date | None = None,
            acted_on: date | None = None, rules: Rulebook | None = None) -> Answer:  # fmt: skip
    """Who may act on a matter at a place on `day` (default: today), on what basis for an act of `acted_on` (default: `day`).

    Of an `item` alone, or of all items of a category. Two statements for each unit that holds one of them."""
    rules, day = rules or current(), day or clock.today()
    matter = category or (rules.category_of(item) if item else None)
    wanted = [item] if item else [rules.items[pk] for pk in rules.items_of.get(category.pk, ())] if category else []
    powers = tuple(_power(one, zones, day, acted_on or day, rules) for one in sorted(wanted, key=lambda one: one.code))
    return Answer(route(matter, zones, day=day, rules=rules) if matter else None, powers, zones, day, rules.list_number)


def _power(item: Item, zones: Located, day: date, acted_on: date, rules: Rulebook) -> Power:
    holding = rules.holding(item, zones.code("township"), day)
    transfer = holding if isinstance(holding, Transfer) else None
    unit = rules.holder(item, zones.code("township"), day)
    basis, today = rules.basis(item, acted_on), rules.basis(item, clock.today())
    matter = Matter(frozenset({item.department}), zones.code("township"), frozenset(zone.code for zone in zones.zones.values()))
    officers = tuple(standings(rules.below(unit.pk), matter, day)) if unit else ()
    name, former = (rules.name_on(unit, day), tuple(rules.former_names(unit, day))) if unit else ("", ())
    why_not = _nobody(item, unit, basis, officers, day, acted_on)
    return Power(item, unit, name, former, transfer, basis, today if today != basis else None, officers, why_not)


def _nobody(item: Item, unit: Organisation | None, basis: Basis | None, officers: tuple[Standing, ...], day: date, acted_on: date) -> str:
    """Why nobody may use the item; "" if somebody may."""
    if not item.covers(day):
        return _("The item is not in the list on %(day)s.") % {"day": day}
    if unit is None:
        return _("No organisation here holds the item.")
    if unit.legal_subject is None:
        return _("%(unit)s holds the item but acts in nobody's name.") % {"unit": unit.name}
    if basis is None:
        return _("The item has no basis for an act of %(day)s.") % {"day": acted_on}
    if all(standing.bar for standing in officers):
        return _("No officer of %(unit)s is qualified for it on %(day)s.") % {"unit": unit.name, "day": day}
    return ""


def decides(organisation: Organisation, item: Item, *, township: str | None, began: date, rules: Rulebook | None = None) -> bool:
    """Whether the organisation may decide on the item there. The day that counts is the one on which the case began: who began it
    finishes it, whatever list came in force meanwhile."""
    holder = (rules or current()).holder(item, township, began)
    return holder is not None and holder.pk == organisation.pk
