"""Who may: which organisation works a matter and which centre sends. Rules are rows; the first that matches decides.

A rule looks at the place first, then at the category, then at who holds an item of that category there (行政处罚法 18,
22-24). Complaints about officers have rules of their own before all others, so that nobody handles his own case.
"""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from enforcement.models import Organisation
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
            item = rules.held_item(category, organisation.pk, day) if category else None
            if item is None:
                continue
            because = f"{rule.note} ({item})"
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
