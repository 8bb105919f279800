"""For each action of the console: a case on which it is possible now, and the complete form."""

from cases import pauses
from cases.models import Case, Category
from enforcement.models import Organisation


def _with(state: str, **form):
    return lambda case_at: (case_at(state), form)


def _send(case_at):
    return case_at("received"), {"lead": case_at.cast.officer.pk}


def _reinforce(case_at):
    case = case_at("accepted")
    return case, {"lead": case_at.cast.officer.pk}


def _classify(case_at):
    return case_at("received"), {"category": Category.objects.get(code="TIP-02").pk}


def _transfer(case_at):
    return case_at("received"), {"organisation": Organisation.objects.get(code="SC").pk, "reason": "属其职责"}


def _pass_on(case_at):
    outside = Organisation.objects.filter(kind="outside", accepts_handover=True).first()
    return case_at("received"), {"organisation": outside.pk, "reason": "属其职责"}


def _merge(case_at):
    return case_at("received"), {"into": case_at("received").pk}


def _pause_asked(case_at):
    case = case_at("received")
    pause = pauses.ask(case, by=case_at.cast.call_taker, reason="等待吊车")
    return Case.objects.get(pk=case.pk), {"pause": pause.pk}


def _resume(case_at):
    case, _form = _pause_asked(case_at)
    pauses.approve(case.pauses.get(), by=case_at.cast.deputy)
    return Case.objects.get(pk=case.pk), {}


RECIPES = {
    "take-in": _with("received"), "classify": _classify, "send": _send, "reinforce": _reinforce,
    "undo": _with("sent"), "recall": _with("sent", reason="另有急事"), "put-back": _with("in_hand", reason="信息不全"),
    "transfer": _transfer, "pass-on": _pass_on, "merge": _merge, "reject": _with("received", reason="不属于执法范围"),
    "close": _with("resolved", reply="已处理,谢谢。"), "rework": _with("resolved", reason="照片看不清"),
    "reopen": _with("closed", reason="又出现了"), "pause": _with("received", reason="等待吊车"),
    "approve-pause": _pause_asked, "refuse-pause": _pause_asked, "resume": _resume,
}  # fmt: skip
