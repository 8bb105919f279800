"""Taking in and passing on inside the platform (受理 · 转办). No officer is touched here; see command/endings.py."""

from django.db import transaction
from django.utils.translation import gettext as _

from enforcement.models import Organisation
from enforcement.roles import CENTRE, DISPATCHING
from journal import clock, deadlines
from journal.moves import move, record
from journal.refused import Refused

from . import jurisdiction, limits, offers, parts, pauses
from .audience import announce, centre_audiences
from .locking import check_seen, lock
from .models import Case, Category
from .places import Place, locate
from .rulebook import current
from .transitions import State


@transaction.atomic
def take_in(case: Case, *, by, seen: int | None = None) -> Case:
    """Take a received case in hand: the next stage is to send someone."""
    case = lock(case)
    check_seen(case, seen, by)
    take_in_locked(case, by=by)
    announce(case)
    return case


def take_in_locked(case: Case, *, by) -> None:
    """As `take_in`, for a verb that holds the lock and announces itself."""
    move(case, "taken_in", by=by)
    deadlines.cancel(case, "take_in")
    deadlines.set_many(case, limits.stage_begins(case, "send", clock.now()))


@transaction.atomic
def classify(case: Case, *, by, category: Category, seen: int | None = None) -> Case:
    """Say what the matter is (or correct it): routes it anew and sets the target that belongs to it, on its first clock.

    Refused once somebody has been sent: then only `transfer` changes the owner.
    """
    case = lock(case)
    check_seen(case, seen, by)
    if by.actor.roles.isdisjoint(CENTRE):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if case.state not in (State.RECEIVED, State.IN_HAND) or deadlines.open_of(case, "accept", "handle").exists():
        raise Refused(_("The kind of matter can be changed only before somebody is sent."), code="wrong_state")
    parts.refuse_while_open(case)
    offers.lapse(case, by=by)  # it is another matter
    rules, old_centre, owner = current(), case.centre_id, case.organisation
    routed = jurisdiction.route(category, locate(Place(case.point.x, case.point.y, source="operator")), rules=rules)
    before = case.category.code if case.category_id else None
    case.category, case.priority = category, jurisdiction.priority(category)
    case.organisation, case.centre = routed.organisation, routed.centre
    case.routed_by, case.routed_because = routed.rule, routed.because
    case.target_class, case.is_ten_minute = routed.target_class, routed.target_class.is_ten_minute
    case.due_at = limits.total_due(case, rules=rules)
    record(case, "classified", by=by, save=False, data={
        "from": before, "to": category.code, "to_name": category.name, "from_organisation": owner.code, "organisation": routed.organisation.code,
        "organisation_name": routed.organisation.short_name, "rule": routed.rule.code if routed.rule else None,
        "target": routed.target_class.code, "due_at": case.due_at.isoformat(),
    })  # fmt: skip
    case.save(update_fields=["category", "priority", "organisation", "centre", "routed_by", "routed_because", "target_class",
                             "is_ten_minute", "due_at", "version", "chain"])  # fmt: skip
    due = {"warn": limits.warn_due(case, rules=rules), "total": case.due_at}
    if case.state == State.RECEIVED:
        due |= limits.stage_begins(case, "take_in", case.started_at, rules=rules)
    if case.paused_at:
        pauses.keep_for_later(case, due)
    else:
        deadlines.cancel(case, "warn", "total", "take_in")
        deadlines.set_many(case, due)
    announce(case, *centre_audiences(old_centre))
    return case


@transaction.atomic
def transfer(case: Case, *, by, organisation: Organisation, reason: str, seen: int | None = None) -> Case:
    """Give an open case to another organisation of the same centre: it keeps state and clock and changes its owner. To another centre it is
    offered (`command.offers`).

    Refused while an officer is bound to it (recall first), without a reason, or to an organisation of another centre or of none.
    """
    case = lock(case)
    check_seen(case, seen, by)
    if by.actor.roles.isdisjoint(DISPATCHING):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if case.state not in (State.RECEIVED, State.IN_HAND):
        raise Refused(_("Only a case that nobody has handled yet can change its owner."), code="wrong_state")
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    if organisation.centre_id is None:
        raise Refused(_("%(name)s has no command centre here; pass the case on to it instead.") % {"name": organisation.name})
    if organisation.pk == case.organisation_id:
        raise Refused(_("The case already belongs to %(name)s.") % {"name": organisation.name})
    if organisation.centre_id != case.centre_id:
        raise Refused(_("%(name)s belongs to another centre; offer the case to it.") % {"name": organisation.name}, code="other_centre")
    if deadlines.open_of(case, "accept", "handle").exists():
        raise Refused(_("Recall the officers first."), code="bound")
    parts.refuse_while_open(case)
    before, case.organisation = case.organisation, organisation
    record(case, "transferred", by=by, data={"from": before.code, "to": organisation.code,
                                             "to_name": organisation.short_name, "reason": reason}, save=False)  # fmt: skip
    case.save(update_fields=["organisation", "version", "chain"])
    announce(case)
    return case


