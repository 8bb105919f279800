"""Somebody who was sent may no longer act: it is written down, and the centre is told to send somebody else."""

from django.db import transaction

from cases import triage
from cases.locking import lock
from cases.models import Case, Category
from journal import deadlines
from journal.models import Deadline, Entry
from journal.moves import CLOCK, record

from .dispatch import tell
from .escalation import CENTRE, escalate
from .models import Dispatch
from .rights import bars


@transaction.atomic
def tell_barred(dispatch: Dispatch, why: str) -> None:
    """After a refused act: `why` is what bars its officer (enforcement.qualification). Nothing when the order has ended meanwhile."""
    case = lock(dispatch.case_id)
    order = Dispatch.objects.active().filter(pk=dispatch.pk).select_related("officer__user").first()
    if order:
        _tell(case, [(order, why)])


@transaction.atomic
def classify(case: Case, *, by, category: Category, seen: int | None = None) -> Case:
    """Say what the matter is (`cases.triage.classify`); who is bound to it and may not act on that is told to the centre."""
    case = triage.classify(case, by=by, category=category, seen=seen)
    orders = list(case.dispatches.active().select_related("officer__user").order_by("-is_lead", "pk"))
    _tell(case, [(order, why) for order, why in bars(case, orders) if why])
    return case


@deadlines.on("standing")
def told(deadline: Deadline) -> None:
    """What entitles an officer to act was taken or given back (`enforcement.standing`); nothing to tell of who may act, or is not bound."""
    officer = int(deadline.subject.partition(":")[2])
    for case_pk in list(Dispatch.objects.active().filter(officer=officer).values_list("case", flat=True)):
        case = lock(case_pk)
        orders = list(case.dispatches.active().filter(officer=officer).select_related("officer__user"))
        _tell(case, [(order, why) for order, why in bars(case, orders) if why])


def _tell(case: Case, found: list[tuple[Dispatch, str]]) -> None:
    """Once for each order and reason."""
    told = []
    for order, why in found:
        subject = f"dispatch:{order.pk}"
        if not Entry.objects.filter(thread=case.thread, subject=subject, verb="barred", data__why=why).exists():
            record(case, "barred", by=CLOCK, subject=subject, data={"officer": order.officer.name, "why": why})
            told.append(order)
    if told:
        escalate(case, CENTRE, stage="right")
        tell(case, *told)
