"""Changing the plan: what a stretch is for, leave, an extra stretch. Whoever changes it says why; the journal of the roster keeps it."""

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from enforcement import coverage, roster
from enforcement.models import Duty, DutySwap, Equipment, Leave, Organisation, Roster, User
from enforcement.roles import LEADING
from grid.models import Zone
from journal import clock
from journal.moves import record
from journal.refused import BadInput, Refused
from journal.spoken import day, listed, time_of_day

from . import plan

LONGEST, LONGEST_LEAVE = timedelta(hours=24), timedelta(days=366)
JUST_NOW = timedelta(minutes=10)  # a form takes a while
PATROLLED = (Zone.Kind.AREA, Zone.Kind.GRID)


def may_plan(user: User, centre: Organisation | int) -> bool:
    """Shift leaders and deputies plan their centre, those of the county centre every one."""
    pk = centre if isinstance(centre, int) else centre.pk
    return user.role in LEADING and user.centre is not None and (user.centre.is_county_centre or user.centre.pk == pk)


def span(starts_at: datetime, ends_at: datetime) -> str:
    """11月26日 周四 08:00–20:00"""
    return f"{day(starts_at)} {time_of_day(starts_at)}–{time_of_day(ends_at)}"


@transaction.atomic
def assign(duty: Duty, *, area: str, vehicle: Equipment | None, by: User, reason: str = "") -> Duty:
    """Say which zone is patrolled in a stretch and with which vehicle; none takes it away."""
    thread, duty = locked(duty, by)
    if duty.ends_at <= clock.now():
        raise Refused(_("This stretch has ended: the plan of it stays as it was."), code="ended")
    _check_area(area)
    _check_vehicle(vehicle, thread, duty.starts_at, duty.ends_at, but=duty.pk)
    if (duty.area, duty.vehicle_id) == (area, vehicle.pk if vehicle else None):
        return duty
    duty.area, duty.vehicle, duty.by_hand = area, vehicle, True
    duty.save(update_fields=["area", "vehicle", "by_hand"])
    record(thread, "duty_assigned", by=by, subject=f"duty:{duty.pk}", data={
        **_told(duty.user, duty.starts_at, duty.ends_at), "area": area, "vehicle": vehicle.name if vehicle else "", "reason": reason.strip()[:200],
    })  # fmt: skip
    return duty


@transaction.atomic
def add(user: User, *, starts_at: datetime, ends_at: datetime, reason: str, by: User, kind: str = "duty", area: str = "",
        vehicle: Equipment | None = None) -> Duty:  # fmt: skip
    """An extra stretch for somebody of the centre."""
    thread = _lock(user, by)
    _check_reason(reason)
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise BadInput(_("A stretch of duty ends after it begins and lasts at most a day."), code="span", field="ends_at")
    if starts_at < clock.now() - JUST_NOW:
        raise BadInput(_("A stretch cannot be added to what has passed."), code="past", field="starts_at")
    if not user.is_active or user.role not in plan.ON_THE_ROSTER:
        raise Refused(_("%(who)s has no post of the roster.") % {"who": user.name}, code="no_post")
    check_free(user, starts_at, ends_at)
    _check_area(area)
    _check_vehicle(vehicle, thread, starts_at, ends_at)
    made = Duty.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, kind=kind, area=area, vehicle=vehicle, by_hand=True)
    record(thread, "duty_added", by=by, subject=f"duty:{made.pk}", data={
        **_told(user, starts_at, ends_at), "area": area, "vehicle": vehicle.name if vehicle else "", "reason": reason.strip()})  # fmt: skip
    return made


@transaction.atomic
def give_leave(user: User, *, since: datetime, until: datetime, reason: str, by: User, despite_gaps: bool = False) -> Leave:
    """Somebody is away from then to then: his stretches are taken out or shortened.

    Refused with the gaps that it would open (code `opens_gap`) unless `despite_gaps`."""
    thread = _lock(user, by)
    _check_reason(reason)
    now = clock.now()
    if since < now - JUST_NOW:
        raise BadInput(_("Leave begins now at the earliest: what has passed stays as it was."), code="past", field="since")
    since = max(since, now)
    if not timedelta() < until - since <= LONGEST_LEAVE:
        raise BadInput(_("Leave ends after it begins and lasts at most a year."), code="span", field="until")
    other = Leave.objects.filter(user=user, starts_at__lt=until, ends_at__gt=since).first()
    if other:
        raise Refused(_("%(who)s is on leave then already: %(span)s.") % {"who": user.name, "span": _from_to(other)}, code="on_leave")
    taken = list(Duty.objects.filter(user=user, starts_at__lt=until, ends_at__gt=since).order_by("starts_at"))
    asked = DutySwap.objects.filter(Q(duty__in=taken) | Q(in_return__in=taken), state=DutySwap.State.ASKED).first()
    if asked:
        raise Refused(_("A swap is asked for in this time: decide on it first."), code="swap_asked")
    with unopened(thread, _hull([(one.starts_at, one.ends_at) for one in taken]), despite_gaps) as opened:
        for one in taken:
            _cut(one, since, until)
        made = Leave.objects.create(user=user, starts_at=since, ends_at=until, reason=reason.strip()[:200])
    record(thread, "leave_given", by=by, subject=f"leave:{made.pk}", data={
        **_told(user, since, until), "reason": made.reason, "stretches": len(taken), "gaps": opened()})  # fmt: skip
    return made


@transaction.atomic
def end_leave(leave: Leave, *, reason: str, by: User) -> None:
    """The rest of a leave is not taken: what the pattern plans for that time is planned again, of a stretch that runs the part ahead."""
    user = leave.user
    thread = _lock(user, by)
    leave = Leave.objects.filter(pk=leave.pk).first()
    now = clock.now()
    if leave is None or leave.ends_at <= now:
        raise Refused(_("This leave is over."), code="ended")
    _check_reason(reason)
    until, subject = leave.ends_at, f"leave:{leave.pk}"
    if leave.starts_at >= now:
        leave.delete()
    else:
        leave.ends_at = now
        leave.save(update_fields=["ends_at"])
    roster.roll(since=now, until=min(until, now + roster.AHEAD), users=[user.pk], freed=(max(leave.starts_at, now), until))
    record(thread, "leave_ended", by=by, subject=subject, data={
        **_told(user, leave.starts_at, until), "reason": reason.strip()[:200]})  # fmt: skip


def _cut(duty: Duty, since: datetime, until: datetime) -> None:
    """Take a time out of a stretch: all of it, an end, or its middle."""
    if duty.starts_at >= since and duty.came_at:
        raise Refused(_("%(span)s: is at work already.") % {"span": span(duty.starts_at, duty.ends_at)}, code="at_work")
    rest = (until, duty.ends_at) if duty.ends_at > until else None
    if duty.starts_at < since:
        duty.ends_at, duty.by_hand = since, True
        duty.save(update_fields=["ends_at", "by_hand"])
        if rest:
            Duty.objects.create(user=duty.user, starts_at=rest[0], ends_at=rest[1], kind=duty.kind, area=duty.area, vehicle=duty.vehicle,
                                instead_of=duty.instead_of, by_hand=True)  # fmt: skip
    elif rest:
        duty.starts_at, duty.by_hand = until, True
        duty.save(update_fields=["starts_at", "by_hand"])
    else:
        duty.delete()


# --- what a change must not do ---------------------------------------------------------------------
@contextmanager
def unopened(thread: Roster, over: tuple[datetime, datetime] | None, despite: bool = False):
    """Look at the plan before and after what is done inside, and refuse it (code `opens_gap`) where it opens a gap, unless `despite`.

    Gives a function that, afterwards, lists the gaps that were opened all the same."""
    over = (max(over[0], clock.now()), over[1]) if over else None
    opened: list[coverage.Gap] = []
    look: Callable[[], plan.Plan] = lambda: plan.read(thread.centre, *over)  # noqa: E731
    before = look() if over and over[0] < over[1] else None
    yield lambda: [plan.words(gap) for gap in opened]
    if before is None:
        return
    after = look()
    opened += [gap for need in before.needs for gap in coverage.worse(need, before.steps(need), after.steps(need))]
    if opened and not despite:
        said = [plan.words(gap) for gap in opened]
        raise Refused(_("This opens a gap: %(gaps)s.") % {"gaps": listed(said)}, code="opens_gap", gaps=said)


def _hull(spans: Iterable[tuple[datetime, datetime]]) -> tuple[datetime, datetime] | None:
    spans = list(spans)
    return (min(start for start, _end in spans), max(end for _start, end in spans)) if spans else None


def check_free(user: User, starts_at: datetime, ends_at: datetime, *, but: Iterable[int] = ()) -> None:
    """Refuse a stretch beside another one of the same person, or in his leave; `but`: stretches that he gives away."""
    other = Duty.objects.filter(user=user, starts_at__lt=ends_at, ends_at__gt=starts_at).exclude(pk__in=list(but)).first()
    if other:
        raise Refused(_("%(who)s is on duty then already: %(span)s.") % {"who": user.name, "span": span(other.starts_at, other.ends_at)},
                      code="overlaps")  # fmt: skip
    leave = Leave.objects.filter(user=user, starts_at__lt=ends_at, ends_at__gt=starts_at).first()
    if leave:
        raise Refused(_("%(who)s is on leave then already: %(span)s.") % {"who": user.name, "span": _from_to(leave)}, code="on_leave")


def _check_area(area: str) -> None:
    if area and not Zone.objects.filter(code=area, kind__in=PATROLLED, is_active=True).exists():
        raise BadInput(_("There is no such patrol area."), code="unknown", field="area")


def _check_vehicle(vehicle: Equipment | None, thread: Roster, starts_at: datetime, ends_at: datetime, *, but: int | None = None) -> None:
    if vehicle is None:
        return
    if not vehicle.is_active or vehicle.organisation.centre_id != thread.pk:
        raise Refused(_("%(vehicle)s does not belong to this centre's units.") % {"vehicle": vehicle.name}, code="foreign_vehicle")
    taken = Duty.objects.filter(vehicle=vehicle, starts_at__lt=ends_at, ends_at__gt=starts_at).exclude(pk=but).select_related("user").first()
    if taken:
        raise Refused(_("%(vehicle)s is taken then: %(who)s, %(span)s.") % {
            "vehicle": vehicle.name, "who": taken.user.name, "span": span(taken.starts_at, taken.ends_at)}, code="vehicle_taken")  # fmt: skip


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput(_("Give a reason."), code="missing", field="reason")


def _lock(user: User, by: User) -> Roster:
    """The locked roster of the person's centre; refused to who may not plan it."""
    if user.centre is None or not may_plan(by, user.centre):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    return roster.lock(user.centre)


def locked(duty: Duty, by: User) -> tuple[Roster, Duty]:
    """The locked roster and the stretch, fresh."""
    thread = _lock(duty.user, by)
    found = Duty.objects.select_related("user__organisation__centre", "vehicle").filter(pk=duty.pk).first()
    if found is None:
        raise Refused(_("This stretch of duty is no longer in the plan."), code="gone")
    return thread, found


def _told(user: User, since: datetime, until: datetime) -> dict:
    return {"who": user.name, "user": user.pk, "since": since.isoformat(), "until": until.isoformat()}


def _from_to(leave: Leave) -> str:
    return f"{day(leave.starts_at)} {time_of_day(leave.starts_at)} – {day(leave.ends_at)} {time_of_day(leave.ends_at)}"
