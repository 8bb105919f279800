"""What the clock does when nobody does: warn, send again, tell the squad leader, then the centre. Handlers of `run_clock`."""

from collections import Counter

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases import limits
from cases.locking import lock
from cases.models import Case
from cases.rulebook import current
from cases.transitions import OPEN
from cases.transitions import State as CaseState
from enforcement.models import Officer
from journal import clock, deadlines
from journal.models import Deadline, Entry
from journal.moves import CLOCK, record
from journal.refused import Refused

from . import suggestions
from .dispatch import _bind, end_dispatch, given_back, tell
from .models import Dispatch
from .transitions import State

SQUAD_LEADER, CENTRE, COUNTY = 1, 2, 3


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
        _county_next(case)
        tell(case)


def _county_next(case: Case) -> None:
    """A centre that does not bring anybody in another stage's worth of sending is told on by the county's."""
    if not case.centre.is_county_centre and case.state != CaseState.RESOLVED:
        deadlines.cancel(case, "escalate")
        deadlines.set_many(case, {"escalate": limits.stage_due(case, "send", clock.now())})


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
        tell(case, *case.dispatches.active(), leaders=leaders(case))


@deadlines.on("escalate")
def still_late(deadline: Deadline) -> None:
    """The squad leader has not brought anybody either, nor then the centre."""
    case = _locked(deadline)
    if case:
        if case.escalation < CENTRE:
            escalate(case, CENTRE, stage="escalate")
            _county_next(case)
        else:
            escalate(case, COUNTY, stage="escalate")
        tell(case, *case.dispatches.active())


@deadlines.on("accept")
def not_accepted(deadline: Deadline) -> None:
    """Nobody accepted in time: the order expires, the next suggested officer is sent; after the allowed tries the
    squad leader is told, then the centre."""
    case = _locked(deadline)
    if case is None:
        return
    dispatch = Dispatch.objects.select_related("officer__user", "part").get(pk=int(deadline.subject.split(":")[1]))
    if dispatch.state != State.SENT:
        return
    end_dispatch(dispatch, "expired", by=CLOCK, case=case, data={"officer": dispatch.officer.name})
    if not dispatch.is_lead:
        tell(case, dispatch, *given_back(dispatch, case, by=CLOCK, reason=_("who answers for the part has not accepted")))
        return
    if sent := send_next(case):
        tell(case, dispatch, *sent)
        return
    escalate(case, SQUAD_LEADER, stage="accept")
    deadlines.set_many(case, {"escalate": limits.stage_due(case, "accept", clock.now())})
    tell(case, dispatch, leaders=leaders(case))


def send_next(case: Case) -> list[Dispatch]:
    """After an order that was declined or not answered, the first suggested officer who can still go and has not been asked; as often as
    the county lets the clock try (`redispatch_tries`)."""
    tried = set(case.dispatches.filter(is_lead=True, state__in=[State.EXPIRED, State.DECLINED]).values_list("officer_id", flat=True))
    if len(tried) > current().options["redispatch_tries"]:
        return []
    for one in who_could(case, exclude=tried):
        try:
            with transaction.atomic():
                sent = _bind(case, by=CLOCK, officers=[one.officer], with_lead=True)
        except (Refused, IntegrityError):  # a guard of the database: he lost the right in this very moment
            continue
        deadlines.cancel(case, "send", "assist")
        return sent
    return []


def who_could(case: Case, *, prefer: Officer | None = None, exclude=()) -> list[suggestions.Suggestion]:
    """Suggestions that may lead, `prefer` first; when there is none, the journal says which rule emptied the list and the centre is told."""
    preferred = list(suggestions.of(case, [prefer.pk]).values()) if prefer else []
    can = [one for one in (*preferred, *suggestions.suggest(case, exclude=exclude)) if one.can_go and not one.officer.is_helper]
    if not can:
        shortage(case, suggestions.suggest(case, limit=None, exclude=exclude))
    return can


def shortage(case: Case, found: list[suggestions.Suggestion]) -> None:
    """Nobody may be sent to a locked case: which rules keep how many away, the most frequent first; said again only when that has changed."""
    why = Counter(one.why_not or _("is a village helper and never leads") for one in found)
    data = {"of": len(found), "rules": [[reason, count] for reason, count in why.most_common()]}
    newest = Entry.objects.filter(thread=case.thread, verb="shortage").order_by("-number").first()
    if newest is None or newest.data != data:
        record(case, "shortage", by=CLOCK, data=data)
    escalate(case, CENTRE, stage="send")
    tell(case)


def escalate(case: Case, level: int, *, stage: str) -> None:
    """Raise a locked case's level and say to whom; a level that is reached is not said again."""
    if case.escalation >= level:
        return
    case.escalation = level
    record(case, "escalated", by=CLOCK, data={"level": level, "stage": stage}, save=False)
    case.save(update_fields=["escalation", "version", "chain"])


def leaders(case: Case) -> list[int]:
    """Officer ids of the squad leaders of the units whose people were sent; else of the centre."""
    units = case.dispatches.values_list("officer__organisation_id", flat=True)
    found = Officer.objects.filter(is_leader=True)
    return list(
        found.filter(organisation_id__in=units).values_list("pk", flat=True)
        or found.filter(organisation__centre_id=case.centre_id).values_list("pk", flat=True)
    )
