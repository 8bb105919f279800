"""Cases as the console meets them, and for each of its actions the complete form and a case on which it is possible now."""

from collections.abc import Callable

from cases import pauses
from cases.models import Case, Category
from cases.transitions import State
from command import assisting, endings, offers, recusals
from enforcement.models import Officer, Organisation, Recusal
from tests.cast import CaseMaker, Cast

# Each state of a case; of one in hand also how far its lead has come, of an open one also its pause, whether somebody steps aside, whether
# the clock has set somebody aside, and whether it is offered to another centre.
STANDS = (*State.values, "sent", "accepted", "on_site", "pause asked", "paused", "stepped aside", "set aside", "offered")


def stand(case_at: CaseMaker, name: str) -> Case:
    """A case that stands so."""
    if name == State.WITHDRAWN:
        return endings.withdraw(case_at(State.RECEIVED).reports.get())
    if name == "stepped aside":
        order = case_at("accepted").dispatches.get()
        return recusals.step_aside(order, by=order.officer.user, relation="kin").case
    if name == "set aside":
        case = case_at(State.IN_HAND)
        assisting.set_aside(case, 60)
        return case
    if name == "offered":
        market = Organisation.objects.get(code="SC")
        return offers.offer(case_at(State.IN_HAND), by=case_at.cast.dispatcher, organisation=market, reason="属其职责").case
    if name not in ("pause asked", "paused"):
        return case_at(name)
    pause = pauses.ask(case_at(State.IN_HAND), by=case_at.cast.call_taker, reason="等待吊车")
    if name == "paused":
        pauses.approve(pause, by=case_at.cast.deputy)
    return Case.objects.get(pk=pause.case_id)


def _asked(case: Case) -> dict:
    return {"pause": case.pauses.values_list("pk", flat=True).last() or 0}


def _concerned(case: Case) -> int:
    """Who steps aside there, else anybody of the centre."""
    held = Recusal.objects.filter(thread=case.thread).values_list("officer", flat=True).first()
    return held or Officer.objects.filter(organisation__centre=case.centre_id).values_list("pk", flat=True).first()


def _free(case: Case) -> int:
    """An officer who can be sent there."""
    aside = set(Recusal.objects.filter(thread=case.thread).values_list("officer", flat=True))
    return next(officer.pk for officer in Cast().officers() if officer.pk not in aside)


def squadron(case: Case) -> Organisation:
    """Another organisation of the case's centre."""
    kind = Organisation.Kind.SQUADRON
    return Organisation.objects.get_or_create(code="CG-Z1", defaults={
        "name": "城市管理综合执法大队一中队", "short_name": "城管一中队", "kind": kind, "centre": case.centre, "parent": case.centre})[0]  # fmt: skip


# What is pressed and written, whatever the case's state. Merging needs another open case, sending a free officer.
FORMS: dict[str, Callable[[Case], dict]] = {
    "take-in": lambda case: {},
    "classify": lambda case: {"category": Category.objects.get(code="TIP-02").pk},
    "send": lambda case: {"lead": _free(case)},
    "reinforce": lambda case: {"lead": _free(case)},
    "undo": lambda case: {},
    "recall": lambda case: {"reason": "另有急事"},
    "by-hand": lambda case: {},
    "put-back": lambda case: {"reason": "信息不全"},
    "transfer": lambda case: {"organisation": squadron(case).pk, "reason": "属其职责"},
    "offer": lambda case: {"organisation": Organisation.objects.get(code="SC").pk, "reason": "属其职责"},
    "offer-accept": lambda case: {},
    "offer-return": lambda case: {"reason": "不属我队职责"},
    "offer-withdraw": lambda case: {},
    "designate": lambda case: {"organisation": Organisation.objects.get(code="SC").pk, "reason": "协商不成"},
    "pass-on": lambda case: {"organisation": Organisation.objects.filter(kind="outside", accepts_handover=True).first().pk, "reason": "属其职责"},
    "merge": lambda case: {"into": Case.objects.open().exclude(pk=case.pk).latest("pk").pk},
    "reject": lambda case: {"reason": "不属于执法范围"},
    "close": lambda case: {"reply": "已处理,谢谢。"},
    "rework": lambda case: {"reason": "照片看不清"},
    "reopen": lambda case: {"reason": "又出现了"},
    "pause": lambda case: {"reason": "等待吊车"},
    "approve-pause": _asked,
    "refuse-pause": _asked,
    "resume": lambda case: {},
    "recuse": lambda case: {"officer": _concerned(case), "relation": "kin", "reason": "近亲属"},
    "lift-recusal": lambda case: {"officer": _concerned(case), "reason": "不属回避情形"},
    "joint": lambda case: {"organisation": Organisation.objects.get(code="SC").pk, "task": "查验许可"},
}
_STAND_OF = {
    "reinforce": "accepted", "undo": "sent", "recall": "sent", "put-back": "in_hand", "close": "resolved", "rework": "resolved",
    "reopen": "closed", "approve-pause": "pause asked", "refuse-pause": "pause asked", "resume": "paused",
    "lift-recusal": "stepped aside", "by-hand": "set aside", "joint": "in_hand",
    "offer-accept": "offered", "offer-return": "offered", "offer-withdraw": "offered",
}  # fmt: skip


def recipe(action: str, case_at: CaseMaker) -> tuple[Case, dict]:
    """A case on which the action is possible now, with the form."""
    case_at("received", grid=5)  # to merge into
    case = stand(case_at, _STAND_OF.get(action, "received"))
    return case, FORMS[action](case)
