"""The clock helps to send, as the county's rules of sending say: assisted, the first suggestion is set aside and sent when the dispatcher does
not act in time; automatic, it is sent at once. What a person does comes first always."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases import offers
from cases.locking import check_seen, lock
from cases.models import Case, SendingRule
from cases.rulebook import current
from cases.transitions import State as CaseState
from enforcement.models import Officer
from enforcement.roles import DISPATCHING
from journal import clock, deadlines
from journal.models import Deadline
from journal.moves import CLOCK
from journal.refused import Refused

from . import dispatch, escalation, reservations
from .models import Dispatch, Reservation

TRIES = 3  # of the suggestions, when one after the other has just been taken by another case


@deadlines.on("assist")
def help_to_send(deadline: Deadline) -> None:
    """A case begins to wait for its dispatcher."""
    case = _locked(deadline)
    if not _waits(case):
        return
    rule = current().sending(case, clock.now())
    if rule.mode == SendingRule.Mode.AUTOMATIC:
        send(case)
    elif rule.mode == SendingRule.Mode.ASSISTED and reservations.of(case) is None:
        set_aside(case, rule.seconds / case.speed)


@deadlines.on("reserved")
def time_is_up(deadline: Deadline) -> None:
    """The time for which an officer was set aside is over, and nobody has acted."""
    case = _locked(deadline)
    reserved = reservations.of(case)
    if reserved is None:
        return
    if not _waits(case) or not send(case, prefer=reserved.officer):
        reservations.end(reserved, case, Reservation.End.WITHDRAWN, by=CLOCK)
        dispatch.tell(case)


@deadlines.on("redispatch")
def send_another(deadline: Deadline) -> None:
    """The lead has given the order back: the next suggestion is sent, as often as the county lets the clock try."""
    case = _locked(deadline)
    if _waits(case) and (sent := escalation.send_next(case)):
        dispatch.tell(case, *sent)


def _locked(deadline: Deadline) -> Case:
    return lock(int(deadline.thread.split(":")[1]))


def _waits(case: Case) -> bool:
    if offers.open_of(case):
        return False  # whose it is is open
    return case.state in (CaseState.RECEIVED, CaseState.IN_HAND) and not case.paused_at and not case.dispatches.active().filter(is_lead=True).exists()


def send(case: Case, *, prefer: Officer | None = None) -> list[Dispatch]:
    """Send the best who can still go: another centre may have taken one of them a moment ago."""
    for one in escalation.who_could(case, prefer=prefer)[:TRIES]:
        try:
            with transaction.atomic():
                return dispatch.send(case, by=CLOCK, officers=[one.officer])
        except (Refused, IntegrityError):  # a guard of the database: he lost the right in this very moment
            continue
    return []


def set_aside(case: Case, seconds: float) -> Reservation | None:
    """Keep the first suggestion for a locked case and say when he is sent."""
    for one in escalation.who_could(case)[:TRIES]:
        list(Officer.objects.select_for_update().filter(pk=one.officer.pk).values_list("pk"))
        if reservations.holding(one.officer) is None:
            reserved = reservations.begin(case, one.officer, until=clock.now() + timedelta(seconds=seconds), reasons=one.reasons)
            dispatch.tell(case)
            return reserved
    return None


@transaction.atomic
def withdraw(case: Case, *, by, seen: int | None = None) -> Case:
    """The dispatcher does it himself: the officer is free again, and the clock does not send in this stage."""
    case = lock(case)
    check_seen(case, seen, by)
    if by.actor.roles.isdisjoint(DISPATCHING):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    reserved = reservations.of(case)
    if reserved is None:
        raise Refused(_("Nobody is set aside for this case."), code="wrong_state")
    reservations.end(reserved, case, Reservation.End.WITHDRAWN, by=by)
    dispatch.tell(case)
    return case
