"""An officer in need calls for help (求助): the centre, the county and his colleagues on duty see and hear it until somebody has answered."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from cases.audience import county_centre_pk
from cases.rulebook import current
from enforcement.models import Duty, Officer
from enforcement.roles import CENTRE, OUTDOORS
from journal import clock, deadlines, push
from journal.models import Deadline
from journal.moves import CLOCK, record
from journal.refused import Refused

from .models import Dispatch, HelpCall, Position


@deadlines.locks("helpcall")
def lock(call: HelpCall | int) -> HelpCall:
    """The call, fresh and locked until the end of the transaction."""
    pk = call if isinstance(call, int) else call.pk
    found = HelpCall.objects.select_related("officer__user", "officer__organisation", "centre", "answered_by")
    return found.select_for_update(of=("self",)).get(pk=pk)


def open_calls():
    """Calls that have not ended."""
    return HelpCall.objects.filter(ended_at__isnull=True)


def tell(call: HelpCall) -> None:
    """The centre's and the county's consoles and walls, the officer, and his colleagues who are on duty."""
    centres = {call.centre_id, county_centre_pk()}
    names = {f"{kind}.{pk}" for kind in ("centre", "wall") for pk in centres}
    push.tell([*names, f"officer.{call.officer_id}", *(f"officer.{pk}" for pk in colleagues(call))], call.thread, call.version)


def colleagues(call: HelpCall) -> list[int]:
    """Officers of the same centre who are on duty now, but him."""
    now = clock.now()
    on_duty = Duty.objects.filter(starts_at__lte=now, ends_at__gt=now, user__role__in=OUTDOORS, user__is_active=True)
    found = Officer.objects.filter(organisation__centre=call.centre_id, user__in=on_duty.values("user"))
    return list(found.exclude(pk=call.officer_id).values_list("pk", flat=True))


@transaction.atomic
def call(officer: Officer, *, by, lon: float | None = None, lat: float | None = None) -> HelpCall:
    """Call for help, from where the phone is (else from his newest fix). A second press while the first is open only brings the place.

    Never refused to an officer: on duty or not, with or without a certificate or an order.
    """
    Officer.objects.select_for_update().values_list("pk").get(pk=officer.pk)
    point = Point(lon, lat, srid=4326) if lon is not None and lat is not None else None
    if point is None:
        newest = Position.objects.filter(officer=officer).first()
        point = newest.point if newest else None
    made = open_calls().filter(officer=officer).first()
    if made:
        made = lock(made)
        if point:
            made.point = point
            made.save(update_fields=["point"])
            record(made, "help_moved", by=by)
    else:
        order = Dispatch.objects.active().filter(officer=officer).first()
        made = HelpCall.objects.create(
            officer=officer, case_id=order.case_id if order else None, centre=officer.organisation.centre or current().county_centre,
            called_at=clock.now(), point=point,
        )  # fmt: skip
        record(made, "help_called", by=by, data={"officer": officer.name, "case": made.case.number if made.case_id else ""})
        deadlines.set_many(made, {"help": clock.now() + timedelta(seconds=current().options["help_answer_s"])})
    tell(made)
    return made


@deadlines.on("help")
def not_answered(deadline: Deadline) -> None:
    """Nobody has answered in time: said again, louder, until somebody does."""
    made = lock(int(deadline.thread.split(":")[1]))
    if made.answered_at is None and made.ended_at is None:
        record(made, "help_unanswered", by=CLOCK)
        deadlines.set_many(made, {"help": clock.now() + timedelta(seconds=current().options["help_answer_s"])})
        tell(made)


@transaction.atomic
def answer(made: HelpCall, *, by) -> HelpCall:
    """Somebody of a centre has taken it up: the others see who."""
    made = lock(made)
    if by.actor.roles.isdisjoint(CENTRE):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if made.ended_at or made.answered_at:
        who = made.answered_by.name if made.answered_by else made.officer.name
        raise Refused(_("This call has been answered already, by %(who)s.") % {"who": who}, code="twice")
    made.answered_at, made.answered_by = clock.now(), by
    made.save(update_fields=["answered_at", "answered_by"])
    record(made, "help_answered", by=by)
    deadlines.cancel(made)
    tell(made)
    return made


@transaction.atomic
def end(made: HelpCall, *, by, words: str = "") -> HelpCall:
    """It is over: said by the officer himself, or by who answered it with a word on how it ended."""
    made = lock(made)
    himself = str(made.officer.user_id) == by.actor.id and by.actor.kind == "user"
    if not himself and by.actor.roles.isdisjoint(CENTRE):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if made.ended_at:
        raise Refused(_("This call has ended already."), code="twice")
    if not himself and made.answered_at is None:
        raise Refused(_("Answer the call first."), code="wrong_state")
    if not himself and not words.strip():
        raise Refused(_("Say how it ended."), code="missing", missing=["words"])
    made.ended_at = clock.now()
    made.save(update_fields=["ended_at"])
    record(made, "help_ended", by=by, data={"words": words.strip()[:200]})
    deadlines.cancel(made)
    tell(made)
    return made


def of_centres(keys: Iterable[str], county: int | None) -> dict[str, dict[str, int]]:
    """{centre key: {"helpcall:7": version}} of open calls; the county's centre hears all. One statement."""
    found: dict[str, dict[str, int]] = {key: {} for key in keys}
    for pk, version, centre in open_calls().values_list("pk", "version", "centre_id"):
        for key in {str(centre), str(county)} & found.keys():
            found[key][f"helpcall:{pk}"] = version
    return found


def of_officers(keys: Iterable[str]) -> dict[str, dict[str, int]]:
    """{officer key: {"helpcall:7": version}}: his own open call, and those of colleagues of his centre while he is on duty."""
    keys = list(keys)
    found: dict[str, dict[str, int]] = {key: {} for key in keys}
    for made in open_calls():
        for pk in {made.officer_id, *colleagues(made)}:
            if str(pk) in found:
                found[str(pk)][made.thread] = made.version
    return found


def loaded(things: Iterable[str]) -> list[HelpCall]:
    """The open calls among `things`, with what screens show of them."""
    pks = [int(thing.partition(":")[2]) for thing in things if thing.startswith("helpcall:")]
    if not pks:
        return []
    return list(open_calls().filter(pk__in=pks).select_related("officer__user", "officer__organisation", "case", "answered_by", "centre"))
