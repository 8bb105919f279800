"""Sending officers and what they answer: send, reinforce, recall, accept, decline, arrive."""

from collections.abc import Iterable

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D
from django.db import transaction
from django.utils.translation import gettext as _

from cases import limits, offers, parts, triage
from cases.audience import announce
from cases.locking import check_seen, lock
from cases.models import Case, JointPart
from cases.rulebook import current
from cases.transitions import State as CaseState
from enforcement import qualification
from enforcement.models import Officer
from enforcement.roles import DISPATCHING
from journal import clock, deadlines
from journal.moves import CLOCK_ROLE, move, record
from journal.refused import Refused
from journal.spoken import listed

from . import reservations, rights, suggestions, ways
from .models import Dispatch, Reservation
from .transitions import State


def tell(case: Case, *dispatches: Dispatch, leaders: Iterable[int] = ()) -> None:
    """Everybody who looks at the case, the officers concerned, and squad leaders by officer id."""
    announce(case, *(f"officer.{pk}" for pk in [*(dispatch.officer_id for dispatch in dispatches), *leaders]))


@transaction.atomic
def send(case: Case, *, by, officers: list[Officer], seen: int | None = None) -> list[Dispatch]:
    """Send a lead and companions (`officers[0]` leads) to a received or in-hand case.

    Takes the case in first where that is still to do. Refused with the reason and who could go instead when one of
    them may not act there (`enforcement.qualification`), is off duty, suspended, elsewhere, or when somebody leads already.
    """
    if not officers:
        raise Refused(_("Choose who is to go."), code="missing", missing=["officers"])
    case = lock(case)
    _refuse_second_lead(case)
    check_seen(case, seen, by)
    if case.paused_at:
        raise Refused(_("The clock of this case stands. Let it run on first."), code="paused")
    offers.lapse(case, by=by)  # whoever sends somebody keeps the case
    if case.state == CaseState.RECEIVED:
        triage.take_in_locked(case, by=by)
    if reserved := reservations.of(case):
        ending = Reservation.End.SENT if reserved.officer in officers else Reservation.End.WITHDRAWN
        reservations.end(reserved, case, ending, by=by)
    sent = _bind(case, by=by, officers=officers, with_lead=True)
    deadlines.cancel(case, "send", "escalate", "assist", "redispatch")
    case.escalation = 0
    case.save(update_fields=["escalation"])
    tell(case, *sent)
    return sent


def _refuse_second_lead(case: Case) -> None:
    if lead := _leads(case).first():
        raise _sent_already(lead, "already_sent")


def _leads(case: Case):
    return case.dispatches.active().filter(is_lead=True).select_related("officer__user", "sent_by")


def _sent_already(lead: Dispatch, code: str) -> Refused:
    who = lead.sent_by.actor.label if lead.sent_by else _("the clock")
    said = _("%(officer)s has been sent already, by %(who)s.") % {"officer": lead.officer.name, "who": who}
    return Refused(said, code=code, by=who, officer=lead.officer.name)


@transaction.atomic
def reinforce(case: Case, *, by, officers: list[Officer], seen: int | None = None) -> list[Dispatch]:
    """Send companions after a lead who is on the way or there."""
    case = lock(case)
    check_seen(case, seen, by)
    if case.state != CaseState.IN_HAND or not case.dispatches.active().filter(is_lead=True).exists():
        raise Refused(_("Send a lead first."), code="wrong_state")
    sent = _bind(case, by=by, officers=officers, with_lead=False)
    tell(case, *sent)
    return sent


@rights.held()
def _bind(case: Case, *, by, officers, with_lead: bool, part: JointPart | None = None) -> list[Dispatch]:
    """Create the dispatches; `with_lead`: the first one leads (in a part: answers for it). The officers' rows are locked in one order, so
    that two centres' presses wait for each other."""
    if case.state != CaseState.IN_HAND:
        raise Refused(_("This is no longer possible: the state is now “%(state)s”.") % {"state": case.get_state_display()},
                      code="wrong_state", state=case.state)  # fmt: skip
    if by.actor.roles.isdisjoint(DISPATCHING | {CLOCK_ROLE}):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    wanted = [officer.pk for officer in officers]
    list(Officer.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk"))
    now = clock.now()
    known = suggestions.of(case, wanted, part=part, at=now)
    first = suggestions.suggest(case, part=part, at=now) if with_lead else []
    sent = []
    for position, officer in enumerate(officers):
        leads = with_lead and position == 0
        suggestion = known.get(officer.pk)
        elsewhere = officer.organisation.centre_id != (part or case).centre_id
        gone = _("belongs to another command centre") if elsewhere else _("has no post that goes out any more")
        why = suggestion.why_not if suggestion else gone
        if leads and not why and suggestion.officer.is_helper:
            why = _("is a village helper and never leads")
        if why:
            could = suggestions.could_go(case, part=part)
            sentence = _("%(officer)s cannot be sent: %(why)s.") % {"officer": officer.name, "why": why}
            if could:
                sentence += " " + _("Could go: %(names)s.") % {"names": listed(could)}
            raise Refused(sentence, code="cannot_go", officer=officer.name, why=why, could_go=could)
        certificate = suggestion.certificate
        dispatch = Dispatch.objects.create(
            case=case, officer=officer, is_lead=leads and part is None, part=part, is_first=leads and part is not None,
            sent_at=now, sent_by=by if by.actor.kind == "user" else None,
            certificate=certificate.number if certificate else "", reasons=suggestion.reasons,
            distance_m=suggestion.distance_m,
        )  # fmt: skip
        record(case, "sent", by=by, subject=f"dispatch:{dispatch.pk}", data={
            "to": State.SENT, "officer": officer.name, "badge": officer.badge, "certificate": qualification.frozen(certificate, now),
            "lead": dispatch.is_lead, "reasons": suggestion.reasons, **({"suggested": suggested(first, officer)} if leads else {}),
            **({**parts.named(part), "first": leads} if part else {}),
        })  # fmt: skip
        deadlines.set_many(
            case, {"accept": limits.stage_due(case, "accept", now), "reach": limits.later(case, now, ways.ways()[0][1] / case.speed)},
            subject=f"dispatch:{dispatch.pk}",
        )
        sent.append(dispatch)
    return sent


SUGGESTED_KEPT = 3


def suggested(found: Iterable[suggestions.Suggestion], chosen: Officer) -> dict:
    """What stays with the case of a choice: the first suggestions with their reasons, and the place that the chosen one had among all
    that were shown (None: further down)."""
    can = [one for one in found if one.can_go and not one.officer.is_helper]
    first = [{"officer": one.officer.name, "badge": one.officer.badge, "reasons": one.reasons} for one in can[:SUGGESTED_KEPT]]
    return {"first": first, "place": next((at for at, one in enumerate(can, 1) if one.officer == chosen), None)}


def end_dispatch(dispatch: Dispatch, verb: str, *, by, case: Case, data: dict) -> None:
    """Move a dispatch of a locked case into one of its ends and stop what waits for it."""
    dispatch.ended_at = clock.now()
    move(dispatch, verb, by=by, thread=case, data=data, fields=("ended_at",))
    deadlines.cancel(case, "accept", "reach", subject=f"dispatch:{dispatch.pk}")


def recall_all(case: Case, *, by, reason: str) -> list[Dispatch]:
    """Release everybody who is bound to a locked case, whichever unit's part he was sent for."""
    active = _call_back(case.dispatches.active(), case, by=by, reason=reason)
    if active:
        deadlines.cancel(case, "handle", "escalate")
    return active


def recall_team(case: Case, *, by, reason: str) -> list[Dispatch]:
    """Release the lead of a locked case and his companions; other units go on with their parts."""
    active = _call_back(case.dispatches.active().filter(part=None), case, by=by, reason=reason)
    if active:
        deadlines.cancel(case, "handle", "escalate")
    return active


def recall_part(part: JointPart, case: Case, *, by, reason: str) -> list[Dispatch]:
    """Release everybody who was sent for a part of a locked case."""
    return _call_back(case.dispatches.active().filter(part=part), case, by=by, reason=reason)


def _call_back(orders, case: Case, *, by, reason: str) -> list[Dispatch]:
    active = list(orders.select_related("officer__user"))
    for dispatch in active:
        end_dispatch(dispatch, "recalled", by=by, case=case, data={"reason": reason, "officer": dispatch.officer.name})
    return active


def release(orders, case: Case, *, by, reason: str) -> list[Dispatch]:
    """With the result of who leads them everybody is free again: who has accepted is released, who has not is called back. `orders`: of
    a locked case."""
    released = []
    for companion in orders.select_related("officer__user"):
        if companion.state == State.SENT:
            end_dispatch(companion, "recalled", by=by, case=case, data={"reason": reason, "officer": companion.officer.name})
        else:
            end_dispatch(companion, "released", by=by, case=case, data={"officer": companion.officer.name})
        released.append(companion)
    return released


@transaction.atomic
def recall(case: Case, *, by, reason: str, seen: int | None = None) -> Case:
    """Call the lead and his companions back; the case waits to be sent again. Another unit's people are called back by its own centre
    (`command.joint.recall`), or with the end of its part."""
    case = lock(case)
    check_seen(case, seen, by)
    if by.actor.roles.isdisjoint(DISPATCHING):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    recalled = recall_team(case, by=by, reason=reason.strip())
    if not recalled:
        raise Refused(_("Nobody is bound to this case."), code="wrong_state")
    deadlines.set_many(case, {"send": limits.stage_due(case, "send", clock.now())})
    tell(case, *recalled)
    return case


@transaction.atomic
def undo(case: Case, *, by) -> Case:
    """Right after sending: call back those whom one has sent oneself, never a colleague's."""
    case = lock(case)
    if by.actor.roles.isdisjoint(DISPATCHING):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if other := _leads(case).exclude(sent_by=by.pk).first():
        raise _sent_already(other, "stale")
    return recall(case, by=by, reason=_("undone right after sending"))


def own(dispatch: Dispatch, *, by) -> tuple[Dispatch, Case]:
    """The dispatch, fresh, and its locked case; refused to anybody but the officer himself."""
    case = lock(dispatch.case_id)
    dispatch = Dispatch.objects.select_related("officer__user", "officer__organisation", "part__organisation").get(pk=dispatch.pk)
    if str(dispatch.officer.user_id) != by.actor.id or by.actor.kind != "user":
        raise Refused(_("This order is not yours."), code="not_yours")
    dispatch.case = case
    return dispatch, case


@transaction.atomic
@rights.held()
def accept(dispatch: Dispatch, *, by) -> Dispatch:
    """Take the order. The lead's accepting starts the stage on the way and on site."""
    dispatch, case = own(dispatch, by=by)
    certificate = rights.check(dispatch)
    dispatch.accepted_at = clock.now()
    move(dispatch, "accepted", by=by, thread=case, data={"lead": dispatch.is_lead, "certificate": certificate}, fields=("accepted_at",))
    deadlines.cancel(case, "accept", "reach", subject=f"dispatch:{dispatch.pk}")
    if dispatch.is_lead:
        deadlines.cancel(case, "escalate")
        deadlines.set_many(case, {"handle": limits.stage_due(case, "handle", clock.now())})
    tell(case, dispatch)
    return dispatch


@transaction.atomic
def decline(dispatch: Dispatch, *, by, reason: str) -> Dispatch:
    """Give the order back with a reason. When the lead declines, the centre has to send again."""
    dispatch, case = own(dispatch, by=by)
    end_dispatch(dispatch, "declined", by=by, case=case, data={"reason": reason.strip(), "officer": dispatch.officer.name})
    tell(case, dispatch, *given_back(dispatch, case, by=by, reason=_("the lead has declined")))
    return dispatch


def given_back(dispatch: Dispatch, case: Case, *, by, reason: str) -> list[Dispatch]:
    """What follows when an order of a locked case has ended before its time: without a lead his companions are called back, and the centre
    sends again. So it is with who answers for a part, and the part's centre."""
    if dispatch.is_first:
        parts.wait_for_officers(dispatch.part, case)
        return recall_part(dispatch.part, case, by=by, reason=reason)
    if not dispatch.is_lead:
        return []
    deadlines.cancel(case, "handle")
    others = recall_team(case, by=by, reason=reason)
    deadlines.set_many(case, {"send": limits.stage_due(case, "send", clock.now()), "redispatch": clock.now()})
    return others


@transaction.atomic
@rights.held()
def arrive(dispatch: Dispatch, *, by, lon: float | None = None, lat: float | None = None, accuracy_m: float | None = None,
           reason: str = "") -> Dispatch:  # fmt: skip
    """On site: by a position within the county's arrival radius (its accuracy allowed for), or with a reason."""
    dispatch, case = own(dispatch, by=by)
    certificate = rights.check(dispatch)
    radius = current().options["arrival_radius_m"]
    distance = None
    if lon is not None and lat is not None:
        here = Point(lon, lat, srid=4326)
        dispatch.arrival_point = here
        near = Case.objects.filter(pk=case.pk, point__dwithin=(here, D(m=radius + min(accuracy_m or 0, radius))))
        if not near.exists():
            distance = _metres(case, here)
    if (dispatch.arrival_point is None or distance is not None) and not reason.strip():
        sentence = (
            _("You are %(distance)d m from the place (at most %(radius)d m). Go closer, or say why you confirm from here.")
            % {"distance": distance, "radius": radius} if distance is not None
            else _("There is no position. Say why you confirm without one.")
        )  # fmt: skip
        raise Refused(sentence, code="far" if distance is not None else "no_position", distance=distance, radius=radius)
    dispatch.arrived_at, dispatch.arrival_reason = clock.now(), reason.strip()[:200]
    move(dispatch, "arrived", by=by, thread=case, fields=("arrived_at", "arrival_point", "arrival_reason"),
         data={"distance_m": distance, "reason": dispatch.arrival_reason, "certificate": certificate})  # fmt: skip
    tell(case, dispatch)
    return dispatch


def _metres(case: Case, here: Point) -> int:
    return round(Case.objects.filter(pk=case.pk).annotate(d=Distance("point", here)).values_list("d", flat=True)[0].m)
