"""How a story ends on the spot: the outcome and what it needs, taken from the county's own data."""

import random
from datetime import timedelta

from django.db.models import Q

from cases.models import Case
from cases.transitions import Outcome
from enforcement.models import Item, Organisation
from journal import clock

CONTACT = "值班民警（演示）"
QUESTION = "请贵单位对现场情况是否违法作出认定。"


def details(rng: random.Random, case: Case, outcome: str) -> dict:
    """(outcome, details) as codes and dates; falls back to "advised" where the county's data lacks what the outcome needs."""
    if outcome == Outcome.ORDERED:
        return {"outcome": outcome, "recheck_on": clock.today() + timedelta(days=rng.randrange(2, 8))}
    if outcome == Outcome.LEAD:
        item = items_held(case).order_by("code").first()
        return {"outcome": outcome, "item": item} if item else {"outcome": Outcome.ADVISED}
    if outcome == Outcome.PASSED_ON:
        outside = list(Organisation.objects.filter(kind=Organisation.Kind.OUTSIDE, accepts_handover=True, is_active=True))
        return {"outcome": outcome, "organisation": rng.choice(outside)} if outside else {"outcome": Outcome.ADVISED}
    if outcome == Outcome.FINDING:
        department = case.category.department if case.category_id and case.category.department_id else None
        department = department or Organisation.objects.filter(kind=Organisation.Kind.DEPARTMENT, is_active=True).first()
        return {"outcome": outcome, "department": department, "question": QUESTION} if department else {"outcome": Outcome.ADVISED}
    if outcome == Outcome.POLICE:
        return {"outcome": outcome, "police_contact": CONTACT}
    return {"outcome": outcome if outcome in Outcome.values else Outcome.ADVISED}


def items_held(case: Case):
    """Items of the case's category that its organisation holds today, by itself or by transfer."""
    today = clock.today()
    by_transfer = Q(transfers__organisation=case.organisation_id, transfers__valid_from__lte=today) & (
        Q(transfers__valid_to__isnull=True) | Q(transfers__valid_to__gte=today)
    )
    held = Item.objects.filter(Q(holder=case.organisation_id) | by_transfer, valid_from__lte=today).distinct()
    return held.filter(categories=case.category_id) if case.category_id else held.none()
