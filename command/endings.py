"""Verbs that end or revive a case: they touch case and dispatches together, and are the only ones that pages and API use."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases import endings, limits, parts
from cases.audience import announce
from cases.locking import check_seen, lock
from cases.models import Case, Handover, Report
from cases.transitions import Outcome, State
from enforcement.models import Organisation
from enforcement.roles import CENTRE
from journal import clock, deadlines
from journal.moves import CITIZEN, move, record
from journal.refused import Refused

from . import barring
from .dispatch import recall_all, tell


def _refuse_handler(case: Case, by) -> None:
    """The check is the centre's: nobody checks his own work."""
    if by.actor.kind == "user" and case.dispatches.filter(officer__user_id=by.pk).exists():
        raise Refused(_("You have handled this case; someone else checks it."), code="own_work")


def _end(case: Case, *, by, seen, reason, ending) -> Case:
    """Lock, release everybody, end, tell."""
    case = lock(case)
    check_seen(case, seen, by)
    released = recall_all(case, by=by, reason=reason)
    ending(case)
    tell(case, *released)
    return case


@transaction.atomic
def reject(case: Case, *, by, reason: str, seen: int | None = None) -> Case:
    """Not accepted (不予受理), with the reason that the citizen reads. A leading post decides."""
    return _end(case, by=by, seen=seen, reason=_("case not accepted"), ending=lambda c: endings.reject(c, by=by, reason=reason))


@transaction.atomic
def merge(case: Case, *, by, into: Case, seen: int | None = None) -> Case:
    """Merge a case into another open one that the same person sees; its reporters follow that one from now on."""
    first, second = sorted((case.pk, into.pk))
    for pk in (first, second):  # one order of locks for everybody
        lock(pk)
    target = lock(into)
    merged = _end(case, by=by, seen=seen, reason=_("case merged"), ending=lambda c: endings.merge(c, by=by, into=target))
    record(target, "joined", by=by, data={"case": merged.number})
    barring.tell_all(target)  # who has to step aside there has to here
    announce(target)
    return merged


@transaction.atomic
def pass_on(case: Case, *, by, organisation: Organisation, reason: str, contact: str = "", seen: int | None = None) -> Case:
    """Pass a case on to a body outside the platform, which accepts or returns it."""
    return _end(
        case, by=by, seen=seen, reason=_("case passed on"),
        ending=lambda c: endings.pass_on(c, by=by, organisation=organisation, reason=reason, contact=contact),
    )  # fmt: skip


@transaction.atomic
def withdraw(report: Report, *, by=CITIZEN) -> Case:
    """The reporter withdraws what nobody has taken in yet."""
    if report.case_id is None:
        raise Refused(_("This report has not become a case."), code="wrong_state")
    case = lock(report.case_id)
    endings.withdraw(case, report)
    announce(case)
    return case


@transaction.atomic
def close(case: Case, *, by, reply: str, why: str = "", seen: int | None = None) -> Case:
    """The centre's check (核查) passed: close with the reply to the citizen. Never by who handled it.

    A matter for another organisation is passed on to it instead; what an outcome needs afterwards is set going. `why`: the reason where
    note or reply says otherwise than the result.
    """
    case = lock(case)
    check_seen(case, seen, by)
    _refuse_handler(case, by)
    released = recall_all(case, by=by, reason=_("case closed"))
    if case.state == State.RESOLVED and case.outcome == Outcome.PASSED_ON:
        brought = endings.resolution(case)
        organisation = Organisation.objects.get(code=brought["organisation"])
        endings.pass_on(case, by=by, organisation=organisation, reason=reply.strip() or brought["note"])
    else:
        endings.close(case, by=by, reply=reply, why=why)
    tell(case, *released)
    return case


@transaction.atomic
def return_for_rework(case: Case, *, by, reason: str, seen: int | None = None) -> Case:
    """The check failed (返工): in hand again on the first clock, to be sent again; the round is counted."""
    case = lock(case)
    check_seen(case, seen, by)
    _refuse_handler(case, by)
    endings.send_back(case, by=by, reason=reason)
    announce(case)
    return case


@transaction.atomic
def put_back(case: Case, *, by, reason: str, seen: int | None = None) -> Case:
    """Back to the received ones, whoever was sent is called back."""
    def back(locked):
        move(locked, "put_back", by=by, data={"reason": reason.strip()})
        parts.drop_all(locked, by=by, reason=_("case put back"))
        deadlines.cancel(locked, "send")
        deadlines.set_many(locked, {"take_in": limits.stage_due(locked, "take_in", clock.now())})

    return _end(case, by=by, seen=seen, reason=_("case put back"), ending=back)


@transaction.atomic
def reopen(case: Case, *, by, reason: str, seen: int | None = None) -> Case:
    """In hand again after its end, by a leading post, a supervisor, or the reporter whose matter is not solved."""
    case = lock(case)
    check_seen(case, seen, by)
    endings.reopen(case, by=by, reason=reason)
    announce(case)
    return case


@transaction.atomic
def answer_solved(report: Report, *, solved: bool, words: str = "") -> Case:
    """The reporter's answer to "solved?"; a "no" reopens the case. His words stay with the report, out of the journal."""
    if report.case_id is None:
        raise Refused(_("This report has not become a case."), code="wrong_state")
    case = lock(report.case.merged_into_id or report.case_id)
    if case.is_open and not solved and report.solved is False and report.solved_words == words.strip()[:500]:
        return case  # the same press once more: it has been opened again already
    if case.state != State.CLOSED:
        raise Refused(_("The matter is still being handled; you can answer when it is closed."), code="wrong_state")
    report.solved, report.solved_at, report.solved_words = solved, clock.now(), words.strip()[:500]
    report.save(update_fields=["solved", "solved_at", "solved_words"])
    record(case, "answered", by=CITIZEN, subject=report.thread, data={"solved": solved})
    if not solved:
        endings.reopen(case, by=CITIZEN, reason="not_solved")
    announce(case)
    return case


@transaction.atomic
def answer_handover(handover: Handover, *, by, accepted: bool, reason: str = "") -> Handover:
    """Enter what the outside body said: it accepts, or returns the case, which is then received again."""
    case = lock(handover.case_id)
    handover = Handover.objects.select_related("organisation").get(pk=handover.pk)
    if by.actor.roles.isdisjoint(CENTRE):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if handover.accepted_at or handover.returned_at:
        raise Refused(_("This handover has been answered already."), code="twice")
    if accepted:
        handover.accepted_at = clock.now()
        handover.save(update_fields=["accepted_at"])
        record(case, "handover_accepted", by=by, data={"organisation": handover.organisation.code,
                                                       "organisation_name": handover.organisation.short_name})  # fmt: skip
    else:
        endings.take_back(case, handover, by=by, reason=reason)
    announce(case)
    return handover


