"""Joint action: whom a unit's centre sends for its part, and how the part ends. Asking and answering: `cases.parts`."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases import parts
from cases.locking import lock
from cases.models import Case, JointPart, Photo
from cases.transitions import PartState
from cases.transitions import State as CaseState
from enforcement.models import Officer
from enforcement.roles import DISPATCHING, LEADING
from journal import deadlines
from journal.models import Deadline
from journal.moves import CLOCK, record
from journal.refused import Refused
from journal.spoken import listed

from . import escalation
from .dispatch import _bind, recall_part, release, tell
from .models import Dispatch


@transaction.atomic
def send(part: JointPart, *, by, officers: list[Officer]) -> list[Dispatch]:
    """Send officers of the unit for its part, by the unit's own centre. The first one answers for the part; when somebody does already,
    all go along. Refused as `dispatch.send` is, for the part's own field."""
    if not officers:
        raise Refused(_("Choose who is to go."), code="missing", missing=["officers"])
    part, case = parts.locked(part)
    parts.check_centre(part, by)
    if part.state != PartState.AGREED or part.is_lead:
        raise Refused(_("This is no longer possible: the state is now “%(state)s”.") % {"state": part.get_state_display()}, code="wrong_state",
                      state=part.state)  # fmt: skip
    if case.paused_at:
        raise Refused(_("The clock of this case stands. Let it run on first."), code="paused")
    first = not case.dispatches.active().filter(part=part, is_first=True).exists()
    sent = _bind(case, by=by, officers=officers, with_lead=first, part=part)
    deadlines.cancel(case, "part", subject=part.subject)
    tell(case, *sent)
    return sent


@transaction.atomic
def recall(part: JointPart, *, by, reason: str) -> JointPart:
    """The unit's centre calls its people back; the part waits to be sent for again."""
    part, case = parts.locked(part)
    parts.check_centre(part, by)
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    recalled = recall_part(part, case, by=by, reason=reason.strip())
    if not recalled:
        raise Refused(_("Nobody of this unit is bound to the case."), code="wrong_state")
    parts.wait_for_officers(part, case)
    tell(case, *recalled)
    return part


@transaction.atomic
def end(part: JointPart, *, by, reason: str) -> JointPart:
    """End a unit's part before its result: a leading post of the centre that has the case; what nobody has answered yet also its dispatcher.
    Who was sent is called back. The leading unit's part ends with the case, or when no other unit is left."""
    part, case = parts.locked(part)
    asked = part.state == PartState.ASKED
    if by.actor.roles.isdisjoint(DISPATCHING if asked else LEADING) or not case.is_worked_by(by):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    if part.is_lead and case.parts.open().exclude(pk=part.pk).exists():
        raise Refused(_("Other units still act under its lead. End their parts first."), code="joint")
    recalled = [] if part.is_lead else recall_part(part, case, by=by, reason=reason.strip())
    parts.end(part, case, "part_ended", by=by, words=reason, key="reason")
    tell(case, *recalled)
    return part


def done(dispatch: Dispatch, case: Case, *, by, note: str, certificate: dict | None) -> list[Dispatch]:
    """Who answers for a part of a locked case has fed back: that is the part's result, and his companions are free. Returns these."""
    part = dispatch.part
    released = release(case.dispatches.active().filter(part=part), case, by=by, reason=_("who answers for the part has finished"))
    evidence = Photo.objects.filter(case=case, taken_by=by).order_by("created_at").values_list("pk", "sha256")
    photos = {"photos": [str(pk) for pk, _hash in evidence], "photo_hashes": [sha256 for _pk, sha256 in evidence]} if evidence else {}
    parts.end(part, case, "part_done", by=by, words=note, key="note", officer=dispatch.officer.name, certificate=certificate, **photos)
    return released


def end_lead(case: Case, *, by, note: str) -> None:
    """The lead has resolved a locked case: so his unit's part is done."""
    if lead := parts.leading(case):
        parts.end(lead, case, "part_done", by=by, words=note, key="note")


def refuse_while_others_work(case: Case) -> None:
    """The lead feeds back when every other unit's part has ended; told who is still there."""
    left = [part for part in parts.open_of(case) if not part.is_lead]
    if not left:
        return
    there: dict[int, list[str]] = {}
    for order in case.dispatches.active().filter(part__isnull=False).select_related("officer__user"):
        there.setdefault(order.part_id, []).append(f"{order.officer.name} ({order.get_state_display()})")
    said = [f"{part.organisation.short_name}: {listed(there[part.pk]) if part.pk in there else part.get_state_display()}" for part in left]
    sentence = _("Other units have not finished their parts: %(units)s. Feed back after them, or ask the centre to end their parts.")
    raise Refused(sentence % {"units": listed(said)}, code="others_work", units=[part.organisation.code for part in left])


def centres(case: Case) -> set[int]:
    """Whose officers act on the case: its own centre's, and those of units with a part in it."""
    return {case.centre_id, *case.parts.open().values_list("centre", flat=True)}


@deadlines.on("part")
def unanswered(deadline: Deadline) -> None:
    """A unit's centre has not answered in time, or has accepted and sent nobody: the county's centre is told."""
    case = lock(int(deadline.thread.split(":")[1]))
    part = case.parts.select_related("organisation").get(pk=int(deadline.subject.split(":")[1]))
    if case.state != CaseState.IN_HAND or case.paused_at:
        return
    if part.state == PartState.ASKED:
        verb = "part_unanswered"
    elif part.state == PartState.AGREED and not case.dispatches.active().filter(part=part).exists():
        verb = "part_unsent"
    else:
        return
    record(case, verb, by=CLOCK, subject=part.subject, data=parts.named(part))
    escalation.escalate(case, escalation.COUNTY, stage="part")
    tell(case)
