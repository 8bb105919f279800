"""From one centre to another, with acceptance (移交 · 签收 · 退回 · 指定管辖).

The case stays with its owner, whose clock runs on, until the other centre signs for it; the clock sends nobody meanwhile. Silence is told to
the county's centre, which designates whose it is (行政处罚法 25)."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from cases import guests, limits, offers, parts
from cases.audience import announce, centre_audiences
from cases.locking import check_seen, lock
from cases.models import Case, CentreOffer, GuestCentre
from cases.rulebook import current
from cases.transitions import State
from enforcement.models import Organisation
from enforcement.roles import DISPATCHING, LEADING
from journal import clock, deadlines
from journal.models import Deadline
from journal.moves import CLOCK, record
from journal.refused import Refused

from . import reservations
from .dispatch import tell
from .models import Reservation

Ending = CentreOffer.Ending


@transaction.atomic
def offer(case: Case, *, by, organisation: Organisation, reason: str, seen: int | None = None) -> CentreOffer:
    """Offer a case to an organisation of another centre: by its own centre, or by the county's between any two."""
    case = lock(case)
    check_seen(case, seen, by)
    _only(by, DISPATCHING, case.is_worked_by(by))
    _refuse(case, organisation, reason)
    if organisation.centre_id == case.centre_id:
        raise Refused(_("%(name)s belongs to the same centre; transfer the case to it.") % {"name": organisation.name}, code="same_centre")
    if waiting := offers.open_of(case):
        raise Refused(_("The case is offered to %(name)s already, by %(who)s.")
                      % {"name": waiting.to_centre.short_name, "who": waiting.offered_by.name}, code="twice")  # fmt: skip
    made = _make(case, by=by, organisation=organisation, reason=reason)
    deadlines.cancel(case, "assist", "redispatch")
    if reserved := reservations.of(case):
        reservations.end(reserved, case, Reservation.End.WITHDRAWN, by=by)
    guests.begin(case, made.to_centre_id, GuestCentre.Because.ASKED)
    record(case, "offered", by=by, subject=f"offer:{made.pk}", data={**offers.told_of(made), "reason": made.reason})
    due = clock.now() + timedelta(seconds=current().options["offer_answer_s"] / case.speed)
    deadlines.set_many(case, {"offer": due}, subject=f"offer:{made.pk}")
    tell(case)
    return made


@transaction.atomic
def accept(case: Case, *, by, seen: int | None = None) -> Case:
    """The asked centre signs for the case: from now on it is its own, on the clock that runs."""
    case = lock(case)
    waiting = _waiting(case)
    check_seen(case, seen, by)
    _only(by, DISPATCHING, by.centre == waiting.to_centre)
    offers.end(waiting, case, Ending.ACCEPTED, by=by)
    _give(case, waiting.organisation, "offer_accepted", by=by, subject=f"offer:{waiting.pk}", data=offers.told_of(waiting))
    return case


@transaction.atomic
def give_back(case: Case, *, by, reason: str, seen: int | None = None) -> Case:
    """The asked centre returns it, with a reason: it stays where it is."""
    case = lock(case)
    waiting = _waiting(case)
    check_seen(case, seen, by)
    _only(by, DISPATCHING, by.centre == waiting.to_centre)
    _end(case, waiting, Ending.RETURNED, "offer_returned", by=by, reason=_reason(reason))
    return case


@transaction.atomic
def take_back(case: Case, *, by, seen: int | None = None) -> Case:
    """Whoever could offer it takes the offer back."""
    case = lock(case)
    waiting = _waiting(case)
    check_seen(case, seen, by)
    _only(by, DISPATCHING, case.is_worked_by(by))
    _end(case, waiting, Ending.WITHDRAWN, "offer_withdrawn", by=by)
    return case


@transaction.atomic
def designate(case: Case, *, by, organisation: Organisation, reason: str, seen: int | None = None) -> Case:
    """The common superior says whose it is (行政处罚法 25): a leading post of the county's centre, with a reason, without acceptance. With
    or without an offer; an organisation of the case's own centre means that it stays there."""
    case = lock(case)
    check_seen(case, seen, by)
    _only(by, LEADING, by.centre is not None and by.centre.is_county_centre)
    _refuse(case, organisation, reason)
    waiting = offers.open_of(case)
    stays = organisation.centre_id == case.centre_id
    if stays and waiting is None:
        raise Refused(_("%(name)s belongs to the same centre; transfer the case to it.") % {"name": organisation.name}, code="same_centre")
    if waiting and (stays or waiting.to_centre_id == organisation.centre_id):
        offers.end(waiting, case, Ending.DESIGNATED, by=by, answer=reason.strip())
        made = waiting
    else:
        offers.lapse(case, by=by)
        made = _make(case, by=by, organisation=organisation, reason=reason)
        offers.end(made, case, Ending.DESIGNATED, by=by, answer=reason.strip())
    data = {"from": case.organisation.code, "to": organisation.code, "to_name": organisation.short_name, "reason": reason.strip()}
    _give(case, organisation, "designated", by=by, subject=f"offer:{made.pk}", data=data)
    return case


@deadlines.on("offer")
def not_answered(deadline: Deadline) -> None:
    """The asked centre is silent: the county's centre is told, and may designate."""
    case = lock(int(deadline.thread.split(":")[1]))
    waiting = offers.open_of(case)
    if waiting and f"offer:{waiting.pk}" == deadline.subject:
        waiting.unanswered_at = clock.now()
        waiting.save(update_fields=["unanswered_at"])
        record(case, "offer_unanswered", by=CLOCK, subject=deadline.subject, data=offers.told_of(waiting))
        tell(case)


# --- parts ---------------------------------------------------------------------------------------------
def _only(by, roles, belongs: bool) -> None:
    if by.actor.roles.isdisjoint(roles) or not belongs:
        raise Refused(_("Your post does not allow this step."), code="not_allowed")


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    return reason.strip()[:500]


def _waiting(case: Case) -> CentreOffer:
    waiting = offers.open_of(case)
    if waiting is None:
        raise Refused(_("The case is not offered to another centre any more."), code="wrong_state")
    return waiting


def _refuse(case: Case, organisation: Organisation, reason: str) -> None:
    """What stands against another owner of a locked case."""
    if case.state not in (State.RECEIVED, State.IN_HAND):
        raise Refused(_("Only a case that nobody has handled yet can change its owner."), code="wrong_state")
    _reason(reason)
    if organisation.centre_id is None:
        raise Refused(_("%(name)s has no command centre here; pass the case on to it instead.") % {"name": organisation.name}, code="no_centre")
    if case.dispatches.active().exists():
        raise Refused(_("Recall the officers first."), code="bound")
    parts.refuse_while_open(case)


def _make(case: Case, *, by, organisation: Organisation, reason: str) -> CentreOffer:
    return CentreOffer.objects.create(
        case=case, from_centre=case.centre, to_centre=organisation.centre, organisation=organisation, reason=_reason(reason),
        offered_by=by, offered_at=clock.now(),
    )


def _end(case: Case, waiting: CentreOffer, ending: str, verb: str, *, by, reason: str = "") -> None:
    offers.end(waiting, case, ending, by=by, answer=reason)
    record(case, verb, by=by, subject=f"offer:{waiting.pk}", data={**offers.told_of(waiting), **({"reason": reason} if reason else {})})
    _help_again(case)
    tell(case)


def _give(case: Case, organisation: Organisation, verb: str, *, by, subject: str, data: dict) -> None:
    """Another owner of a locked case, on the clock that runs."""
    old_centre, case.organisation, case.centre = case.centre_id, organisation, organisation.centre
    record(case, verb, by=by, subject=subject, data=data, save=False)
    case.save(update_fields=["organisation", "centre", "version", "chain"])
    _help_again(case)
    announce(case, *centre_audiences(old_centre))


def _help_again(case: Case) -> None:
    """The clock may help to send again, as the rules of whoever owns the case now say; its stage goes on as it was."""
    if case.paused_at is None:
        stage = "take_in" if case.state == State.RECEIVED else "send"
        deadlines.cancel(case, "assist")
        deadlines.set_many(case, {kind: due for kind, due in limits.stage_begins(case, stage, clock.now()).items() if kind == "assist"})
