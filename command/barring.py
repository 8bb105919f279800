"""Somebody who was sent may no longer act: it is written down, and the centre is told to send somebody else."""

from django.db import transaction

from cases import triage
from cases.locking import lock
from cases.models import Case, Category
from enforcement.models.people import same_person
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
    tell_all(case)
    return case


def tell_all(case: Case) -> None:
    """What a locked case is about has changed: whoever is bound to it and may not act on that is told to the centre."""
    orders = list(case.dispatches.active().select_related("officer__user", "part").order_by("-is_lead", "pk"))
    _tell(case, [(order, why) for order, why in bars(case, orders) if why])


@deadlines.on("standing")
def told(deadline: Deadline) -> None:
    """What entitles an officer to act was taken or given back (`enforcement.standing`), or his account (`enforcement.accounts`), on whichever
    of the person's accounts; nothing to tell of who may act, or is not bound."""
    his = same_person("officer__user", int(deadline.subject.partition(":")[2]))
    for case_pk in sorted(set(Dispatch.objects.active().filter(his).values_list("case", flat=True))):
        case = lock(case_pk)
        orders = list(case.dispatches.active().filter(his).select_related("officer__user", "part").order_by("-is_lead", "pk"))
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
