"""Joint action: units are asked, answer, and end. Who is sent for a part is `command.joint`.

The case stays its owner's: it alone decides and answers for the outcome, so the leading unit is one of its own centre. A unit of another centre
is asked and answers (accepts, or refuses with a reason); what the county's centre orders (指定) stands at once.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from enforcement.models import Organisation
from enforcement.roles import DISPATCHING
from journal import clock, deadlines
from journal.moves import move, record
from journal.refused import Refused

from . import guests, limits, offers
from .audience import announce
from .locking import check_seen, lock
from .models import Case, GuestCentre, JointPart
from .rulebook import Rulebook, current
from .transitions import PartState, State

_kinds = Organisation.Kind
UNITS = (_kinds.BRIGADE, _kinds.TOWN_BUREAU, _kinds.SECTION, _kinds.SQUADRON)  # who can be asked: whose people a centre here sends


@transaction.atomic
def ask(case: Case, *, by, organisation: Organisation, task: str, department: str = "", lead: Organisation | None = None, lead_task: str = "",
        seen: int | None = None) -> JointPart:  # fmt: skip
    """Ask a unit to take part in a case that is in hand. With the first one the joint action begins: `lead` (default: the case's
    organisation, or its centre) leads.

    Refused when the unit has a part already, has no centre that could send its people, or holds nothing in the field that it is to work in.
    """
    case = lock(case)
    check_seen(case, seen, by)
    if by.actor.roles.isdisjoint(DISPATCHING):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if case.state != State.IN_HAND:
        raise Refused(_("Units can be asked while the case is in hand."), code="wrong_state", state=case.state)
    if case.paused_at:
        raise Refused(_("The clock of this case stands. Let it run on first."), code="paused")
    if waiting := offers.open_of(case):
        raise Refused(_("The case is offered to %(name)s; take the offer back first.") % {"name": waiting.to_centre.short_name}, code="offered")
    if not task.strip():
        raise Refused(_("Say in a few words what the unit's part is."), code="missing", missing=["task"])
    rules = current()
    if organisation.centre_id is None or organisation.kind not in UNITS:
        raise Refused(_("%(name)s has no command centre here; pass the case on to it instead.") % {"name": organisation.name})
    if department and not _works_in(organisation, department, case, rules):
        raise Refused(_("%(unit)s holds nothing of this field there: %(field)s.") % {"unit": organisation.name, "field": department}, code="field")
    if leading(case) is None:
        _begin(case, by=by, organisation=_leader(case, lead, rules), task=lead_task, is_lead=True)
    return _begin(case, by=by, organisation=organisation, task=task, department=department)


def _leader(case: Case, lead: Organisation | None, rules: Rulebook) -> Organisation:
    own = case.organisation if case.organisation.centre_id == case.centre_id else case.centre
    if lead and lead.centre_id != case.centre_id:
        raise Refused(_("Who leads is a unit of the centre that has the case; transfer the case if another is to lead."), code="lead")
    return lead or own


def _works_in(organisation: Organisation, department: str, case: Case, rules: Rulebook) -> bool:
    """Whether the unit, or one that it stands under, holds an item of the field there (行政处罚法 24)."""
    while organisation:
        held = rules.held_items(None, organisation.pk, case.township_code, case.began_on)
        if any(item.department == department for item in held):
            return True
        organisation = rules.organisations.get(organisation.parent_id)
    return False


def fields(rules: Rulebook) -> list[str]:
    """Fields of law, as items and certificates name them."""
    return sorted({item.department for item in rules.items.values()})


def _begin(case: Case, *, by, organisation: Organisation, task: str, department: str = "", is_lead: bool = False) -> JointPart:
    if case.parts.open().filter(organisation=organisation).exists():
        raise Refused(_("%(unit)s has a part in it already.") % {"unit": organisation.name}, code="twice")
    now, orders = clock.now(), by.centre.is_county_centre
    stands = orders or organisation.centre_id == case.centre_id
    part = JointPart.objects.create(
        case=case, organisation=organisation, centre_id=organisation.centre_id, is_lead=is_lead, task=task.strip()[:200], department=department,
        state=PartState.AGREED if stands else PartState.ASKED, asked_by=by, asked_at=now, agreed_at=now if stands else None,
    )  # fmt: skip
    record(case, "part_ordered" if stands else "part_asked", by=by, subject=part.subject, data={
        "to": part.state, **named(part), "task": part.task, "department": department, "lead": is_lead})  # fmt: skip
    if part.centre_id != case.centre_id:
        guests.begin(case, part.centre_id, GuestCentre.Because.PART)
    if not stands:
        seconds = current().options["joint_answer_s"] / case.speed
        deadlines.set_many(case, {"part": limits.later(case, now, seconds)}, subject=part.subject)
    elif not is_lead:
        wait_for_officers(part, case)
    announce(case)
    return part


def named(part: JointPart) -> dict:
    """The unit, as entries keep it."""
    return {"unit": part.organisation.short_name, "unit_code": part.organisation.code}


def wait_for_officers(part: JointPart, case: Case) -> None:
    """From now on the part's centre is to send somebody; the time for that is the case's own."""
    if not case.paused_at:
        deadlines.set_many(case, {"part": limits.stage_due(case, "send", clock.now())}, subject=part.subject)


def leading(case: Case) -> JointPart | None:
    """The open part of the unit that leads; None: no joint action."""
    return case.parts.open().filter(is_lead=True).select_related("organisation").first()


def locked(part: JointPart) -> tuple[JointPart, Case]:
    """The part, fresh, and its locked case."""
    case = lock(part.case_id)
    part = JointPart.objects.select_related("organisation", "centre").get(pk=part.pk)
    part.case = case
    return part, case


def check_centre(part: JointPart, by) -> None:
    """Only the part's own centre answers it and sends for it; the county's may step in."""
    if by.actor.roles.isdisjoint(DISPATCHING):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if by.centre is None or not (by.centre.is_county_centre or by.centre.pk == part.centre_id):
        raise Refused(_("This is for %(centre)s to do.") % {"centre": part.centre.name}, code="elsewhere")


@transaction.atomic
def agree(part: JointPart, *, by) -> JointPart:
    """The unit's centre accepts: it sends its people for the part."""
    part, case = locked(part)
    check_centre(part, by)
    part.agreed_at = clock.now()
    move(part, "part_agreed", by=by, thread=case, data=named(part), fields=("agreed_at",))
    deadlines.cancel(case, "part", subject=part.subject)
    wait_for_officers(part, case)
    announce(case)
    return part


@transaction.atomic
def refuse(part: JointPart, *, by, reason: str) -> JointPart:
    """The unit's centre refuses, with a reason; the case leaves its screens."""
    part, case = locked(part)
    check_centre(part, by)
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    end(part, case, "part_refused", by=by, words=reason, key="reason")
    announce(case)
    return part


def end(part: JointPart, case: Case, verb: str, *, by, words: str, key: str, **data) -> None:
    """Move a part of a locked case into one of its ends; its centre is no longer a guest for it. Who was sent is released before."""
    part.ended_at, part.words = clock.now(), words.strip()[:300]
    move(part, verb, by=by, thread=case, data={**named(part), key: words.strip(), **data}, fields=("ended_at", "words"))
    deadlines.cancel(case, "part", subject=part.subject)
    if not case.parts.open().filter(centre=part.centre_id).exists():
        guests.end(case, part.centre_id, GuestCentre.Because.PART)


def drop_all(case: Case, *, by, reason: str) -> None:
    """A locked case ends or is put back: nobody has a part in it any more."""
    for part in open_of(case):
        end(part, case, "part_dropped", by=by, words=reason, key="reason")


def open_of(case: Case) -> QuerySet[JointPart]:
    """Open parts of a case, the leading unit's first."""
    return case.parts.open().select_related("organisation", "centre", "asked_by").order_by("-is_lead", "pk")


def refuse_while_open(case: Case) -> None:
    """A joint action holds a case to its owner and its kind."""
    if case.parts.open().exists():
        raise Refused(_("Several units act on this case together. End their parts first."), code="joint")
