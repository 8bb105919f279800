"""How a story ends on the spot: the outcome, what it needs, taken from the county's own data, and words that fit it."""

import random
from datetime import timedelta

from django.db.models import Q

from cases.models import Case
from cases.transitions import Outcome
from enforcement.models import Item, Organisation
from journal import clock

CONTACT = "值班民警（演示）"
QUESTION = "请贵单位对现场情况是否违法作出认定。"
WORDS = {  # the officer's note and the centre's reply, of a matter without a story or that ended otherwise than its story
    "corrected": ("现场情况属实，当事人已当场改正。", "您反映的问题已当场整改到位，感谢您的监督。"),
    "advised": ("现场情况属实，已口头劝诫并宣传法规。", "执法人员已到场劝诫，当事人承诺遵守，感谢您的监督。"),
    "ordered": ("现场情况属实，已责令限期改正，届期复查。", "已责令当事人限期改正，届期我们将上门复查。"),
    "lead": ("现场情况属实，已固定证据，列为立案线索。", "经现场核查，已按程序进入立案审查。"),
    "finding": ("现场情况已核查，是否违法须由主管部门认定。", "经现场核查，已函请主管部门认定，收到后继续办理。"),
    "police": ("涉及治安，已移交到场民警。", "经现场核查，已依法移交公安机关处理。"),
    "unfounded": ("经现场核查，反映情况不属实。", "经现场核查，未发现您反映的情况。"),
    "not_found": ("到场时未发现所反映的情况。", "执法人员到场时未发现您反映的情况，如再次出现请随时反映。"),
}


def words(outcome: str, told: str = "", note: str = "", reply: str = "") -> tuple[str, str]:
    """Note and reply: those of the story (`told`, `note`, `reply`) where it ends as it was told to, else the usual ones."""
    usual = WORDS.get(outcome, ("不属本单位职责，移交有权机关。", "已转有权机关办理，由其答复您。"))
    return (note or usual[0], reply or usual[1]) if outcome == told else usual


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
