"""What the clock does when nobody does: warn, send again, tell the squad leader, then the centre. Handlers of `run_clock`."""

from django.db import transaction

from cases import limits
from cases.locking import lock
from cases.models import Case
from cases.rulebook import current
from cases.transitions import OPEN
from enforcement.models import Officer
from journal import clock, deadlines
from journal.models import Deadline
from journal.moves import CLOCK, record
from journal.refused import Refused

from . import suggestions
from .dispatch import _bind, end_dispatch, tell
from .models import Dispatch
from .transitions import State

SQUAD_LEADER, CENTRE = 1, 2


def _locked(deadline: Deadline) -> Case | None:
    case = lock(int(deadline.thread.split(":")[1]))
    return case if case.state in OPEN and not case.paused_at else None


@deadlines.on("warn")
def warn(deadline: Deadline) -> None:
    """70 % of the whole time is used."""
    case = _locked(deadline)
    if case:
        record(case, "warned", by=CLOCK, data={"due": case.due_at.isoformat()})
        tell(case, *case.dispatches.active())


@deadlines.on("total")
def overdue(deadline: Deadline) -> None:
    """The whole time is used: the centre is told."""
    case = _locked(deadline)
    if case:
        record(case, "overdue", by=CLOCK, data={"stage": "total"})
        escalate(case, CENTRE, stage="total")
        tell(case, *case.dispatches.active())


def _centre_late(deadline: Deadline) -> None:
    case = _locked(deadline)
    if case:
        record(case, "overdue", by=CLOCK, data={"stage": deadline.kind})
        escalate(case, CENTRE, stage=deadline.kind)
        tell(case)


for _kind in ("take_in", "send", "verify"):  # stages that are the centre's own
    deadlines.on(_kind)(_centre_late)


@deadlines.on("handle")
def handling_late(deadline: Deadline) -> None:
    """On the way and on site for too long: the squad leader first, the centre after another stage's worth of accepting."""
    case = _locked(deadline)
    if case:
        record(case, "overdue", by=CLOCK, data={"stage": "handle"})
        escalate(case, SQUAD_LEADER, stage="handle")
        deadlines.set_many(case, {"escalate": limits.stage_due(case, "accept", clock.now())})
        tell(case, *case.dispatches.active(), leaders=_leaders(case))


@deadlines.on("escalate")
def still_late(deadline: Deadline) -> None:
    """The squad leader has not brought anybody either."""
    case = _locked(deadline)
    if case:
        escalate(case, CENTRE, stage="escalate")
        tell(case, *case.dispatches.active())


@deadlines.on("accept")
def not_accepted(deadline: Deadline) -> None:
    """Nobody accepted in time: the order expires, the next suggested officer is sent; after the allowed tries the
    squad leader is told, then the centre."""
    case = _locked(deadline)
    if case is None:
        return
    dispatch = Dispatch.objects.select_related("officer__user").get(pk=int(deadline.subject.split(":")[1]))
    if dispatch.state != State.SENT:
        return
    end_dispatch(dispatch, "expired", by=CLOCK, case=case, data={"officer": dispatch.officer.name})
    if not dispatch.is_lead:
        tell(case, dispatch)
        return
    tried = set(case.dispatches.filter(is_lead=True, state__in=[State.EXPIRED, State.DECLINED]).values_list("officer_id", flat=True))
    if len(tried) <= current().options["redispatch_tries"] and (sent := _send_next(case, tried)):
        tell(case, dispatch, *sent)
        return
    escalate(case, SQUAD_LEADER, stage="accept")
    deadlines.set_many(case, {"escalate": limits.stage_due(case, "accept", clock.now())})
    tell(case, dispatch, leaders=_leaders(case))


def _send_next(case: Case, tried: set[int]) -> list[Dispatch]:
    """The first suggested officer who can still go: another centre may have sent one of them a moment ago."""
    for suggestion in suggestions.suggest(case, limit=None, exclude=tried):
        if suggestion.can_go and not suggestion.officer.is_helper:
            try:
                with transaction.atomic():
                    return _bind(case, by=CLOCK, officers=[suggestion.officer], with_lead=True)
            except Refused:
                continue
    return []


def escalate(case: Case, level: int, *, stage: str) -> None:
    """Raise a locked case's level and say to whom; a level that is reached is not said again."""
    if case.escalation >= level:
        return
    case.escalation = level
    record(case, "escalated", by=CLOCK, data={"level": level, "stage": stage}, save=False)
    case.save(update_fields=["escalation", "version", "chain"])


def _leaders(case: Case) -> list[int]:
    """Officer ids of the squad leaders of the units whose people were sent; else of the centre."""
    units = case.dispatches.values_list("officer__organisation_id", flat=True)
    leaders = Officer.objects.filter(is_leader=True)
    return list(
        leaders.filter(organisation_id__in=units).values_list("pk", flat=True)
        or leaders.filter(organisation__centre_id=case.centre_id).values_list("pk", flat=True)
    )
