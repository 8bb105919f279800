"""Somebody bound to a case may no longer act (suspended, certificate taken): the centre is told on the case. It decides whom to send."""

from cases.locking import lock
from enforcement.models import Officer
from enforcement.qualification import why_not
from journal import clock, deadlines
from journal.models import Deadline
from journal.moves import CLOCK, record

from .dispatch import tell
from .transitions import ACTIVE


@deadlines.on("standing")
def told(deadline: Deadline) -> None:
    """What entitles an officer to act was taken or given back (`enforcement.standing`); nothing to tell of who may act, or is not bound."""
    officer = Officer.objects.select_related("user", "organisation").get(pk=int(deadline.subject.partition(":")[2]))
    now = clock.now()
    why = why_not(officer, list(officer.certificates.valid(now)), (), now.astimezone(clock.LOCAL).date())
    if officer.is_helper:
        why = why if officer.suspended_at else ""
    for case_pk in list(officer.dispatches.filter(state__in=ACTIVE).values_list("case", flat=True)) if why else ():
        case = lock(case_pk)
        dispatch = case.dispatches.active().filter(officer=officer).select_related("officer__user").first()
        if dispatch:
            record(case, "may_not_act", by=CLOCK, subject=f"dispatch:{dispatch.pk}", data={"officer": officer.name, "why": why})
            tell(case, dispatch)
