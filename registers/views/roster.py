"""The duty roster: one centre, one week; a stretch and what can be changed in it."""

import re
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.rulebook import current
from config.access import staff
from enforcement import attendance, roster
from enforcement.equipment import VEHICLES
from enforcement.models import Duty, Equipment, Leave, Organisation, Roster, User
from enforcement.roles import CENTRE, FIELD, LEADING, Role
from grid.models import Zone
from journal import clock
from journal.refused import BadInput, Refused
from registers import duties, history, plan, swaps, week
from registers.shell import page

VIEWERS = CENTRE | FIELD | {Role.SUPERVISOR}
SHOWN_GAPS = 12
HERE = "registers-roster"


# --- the week ----------------------------------------------------------------------------------------
@require_safe
@never_cache
@staff(roles=VIEWERS)
def show(request: HttpRequest) -> HttpResponse:
    """`centre` (code) and `week` (2026-W48) in the address; without them one's own and this one."""
    request.is_background = "X-Automatic" in request.headers  # a page that keeps itself fresh keeps nobody signed in
    centres = visible_centres(request.user)
    centre = _centre(request, centres)
    monday = _week(request)
    now, (since, until), rules = clock.now(), week.between(monday), current()
    is_own = centre.pk == request.user.centre.pk and until > now - timedelta(days=7)  # then one reading serves the page and the figure in the bar
    found = plan.read(centre, min(since, now) if is_own else since, max(until, now + plan.AHEAD) if is_own else until)
    days, may_plan = week.days_of(monday), duties.may_plan(request.user, centre)
    grid = week.Grid(found, days, rules, links=may_plan)
    units = grid.units()
    reaches = now + roster.AHEAD - timedelta(days=1)
    gaps = [gap for gap in found.gaps(max(now, since), until) if gap.since < reaches] if until > now else []
    shown = [(gap, found.could_be_called(gap) if may_plan else []) for gap in gaps[:SHOWN_GAPS]]
    context = {
        "centre": centre, "centres": centres if len(centres) > 1 else [], "monday": monday, "sunday": monday + timedelta(days=6),
        "week": week.name_of(monday), "days": [(day, start <= now < end) for day, start, end in days], "strips": week.strips(found, days),
        "before": week.name_of(monday - timedelta(days=7)), "is_now": since <= now < until,
        "after": week.name_of(monday + timedelta(days=7)) if until < reaches else "",
        "units": units, "figures": [(came, grid.figures[came]) for came in NOTED if grid.figures.get(came)], "gaps": shown,
        "more_gaps": max(0, len(gaps) - SHOWN_GAPS), "may_plan": may_plan, "people": len(found.people), "now": now,
        "swaps": swaps.waiting(centre.pk).count() if may_plan else 0,
    }  # fmt: skip
    known = {HERE: plan.gaps_in(found, request.user)} if is_own else None
    return page(request, "registers/roster.html", here=HERE, known=known, **context)


NOTED = (attendance.Came.MISSING, attendance.Came.ABSENT, attendance.Came.LATE, attendance.Came.LEFT, attendance.Came.ON)


def visible_centres(user: User) -> list[Organisation]:
    """Whose rosters the person sees: his centre's; all of them for the county centre's people and for supervisors."""
    if user.centre is None:
        raise Http404
    if not (user.centre.is_county_centre or user.role == Role.SUPERVISOR):
        return [user.centre]
    return sorted((one for one in current().organisations.values() if one.has_centre and one.is_active), key=lambda one: one.code)


def _centre(request: HttpRequest, centres: list[Organisation]) -> Organisation:
    code = request.GET.get("centre", "")
    found = next((one for one in centres if one.code == code or (not code and one.pk == request.user.centre.pk)), None)
    if found is None:
        raise Http404
    return found


def _week(request: HttpRequest):
    said = request.GET.get("week", "")
    match = re.fullmatch(r"(\d{4})-W(\d{2})", said)
    found = week.monday_of(int(match[1]), int(match[2])) if match else None
    if said and found is None:
        raise Http404
    today = clock.today()
    return found or today - timedelta(days=today.weekday())


# --- one stretch -------------------------------------------------------------------------------------
class MomentField(forms.DateTimeField):
    """`2026-11-26T08:00`, local time."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **options):
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **options)


class PlanForm(forms.Form):
    """A form of the roster. `read()`: the cleaned data, or `BadInput` with the first problem as a sentence."""

    reason = forms.CharField(max_length=200, required=False)

    def read(self) -> dict:
        if not self.is_valid():
            field, problems = next(iter(self.errors.items()))
            raise BadInput(problems[0], code="invalid", field=field)
        return self.cleaned_data


class AssignForm(PlanForm):
    area = forms.CharField(max_length=24, required=False)
    vehicle = forms.ModelChoiceField(Equipment.objects.select_related("organisation"), to_field_name="code", required=False,
                                     error_messages={"invalid_choice": gettext_lazy("There is no such vehicle.")})  # fmt: skip


class LeaveForm(PlanForm):
    since = MomentField()
    until = MomentField()
    confirmed = forms.BooleanField(required=False)


class AddForm(AssignForm):
    user = forms.ModelChoiceField(User.objects.select_related("organisation__centre"))
    starts_at = MomentField()
    ends_at = MomentField()
    kind = forms.ChoiceField(choices=Duty._meta.get_field("kind").choices)


@require_safe
@never_cache
@staff(roles=LEADING)
def stretch(request: HttpRequest, pk: int) -> HttpResponse:
    """One stretch: planned and actual, what can be changed, and who changed what."""
    return _stretch(request, _duty(request, pk))


def _stretch(request: HttpRequest, duty: Duty, *, status: int = 200, **context) -> HttpResponse:
    now, centre = clock.now(), duty.user.centre
    went = attendance.actual(duty.starts_at, duty.ends_at, duty.kind, duty.came_at, duty.left_at, now=now, grace=plan.grace())
    thread = Roster(pk=centre.pk)
    vehicle = {"area": duty.area, "vehicle": duty.vehicle.code if duty.vehicle_id else ""}
    context = {
        "duty": duty, "centre": centre, "went": went, "minutes": int(went.off_by.total_seconds() // 60), "is_over": duty.ends_at <= now,
        "week": week.name_of(duty.starts_at.astimezone(clock.LOCAL).date() - timedelta(days=duty.starts_at.astimezone(clock.LOCAL).weekday())),
        "lines": history.of(thread, subject=f"duty:{duty.pk}"), "area_name": _area_name(duty.area), "assign": vehicle,
        "leave": {"since": max(duty.starts_at, now), "until": duty.ends_at, "reason": ""}, **_choices(centre, duty), **context,
    }  # fmt: skip
    return page(request, "registers/stretch.html", here=HERE, status=status, **context)


def _choices(centre: Organisation, duty: Duty | None = None) -> dict:
    """Zones that are patrolled and the vehicles of the centre's units."""
    zones = list(Zone.objects.filter(kind__in=duties.PATROLLED, is_active=True).order_by("kind", "code").values_list("code", "name", "kind"))
    vehicles = Equipment.objects.filter(kind__in=VEHICLES, is_active=True, organisation__centre=centre).select_related("organisation", "holder__user")
    return {
        "areas": [(code, name) for code, name, kind in zones if kind == Zone.Kind.AREA],
        "grids": [(code, name) for code, name, kind in zones if kind == Zone.Kind.GRID], "vehicles": vehicles.order_by("code"),
    }  # fmt: skip


def _area_name(code: str) -> str:
    return next((zone.name for zone in current().zones.values() if zone.code == code), code) if code else ""


@require_POST
@staff(roles=LEADING)
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Area and vehicle of a stretch."""
    duty = _duty(request, pk)
    duties.assign(duty, by=request.user, **AssignForm(request.POST).read())
    messages.success(request, _("Saved."))
    return redirect("registers-duty", pk=pk)


@require_POST
@staff(roles=LEADING)
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave of the person whose stretch this is; a gap that it would open is shown first."""
    duty = _duty(request, pk)
    data = LeaveForm(request.POST).read()
    confirmed, centre = data.pop("confirmed"), duty.user.centre
    try:
        duties.give_leave(duty.user, by=request.user, despite_gaps=confirmed, **data)
    except Refused as refused:
        if refused.code != "opens_gap":
            raise
        return _stretch(request, duty, status=409, opens=refused.extra["gaps"], leave=data)
    messages.success(request, _("Leave given: %(who)s.") % {"who": duty.user.name})
    return to_week(centre, duty)


def to_week(centre: Organisation, duty: Duty) -> HttpResponse:
    """Back to the week of a stretch."""
    start = duty.starts_at.astimezone(clock.LOCAL).date()
    response = redirect("registers-roster")
    response["Location"] += f"?centre={centre.code}&week={week.name_of(start - timedelta(days=start.weekday()))}"
    return response


def _duty(request: HttpRequest, pk: int) -> Duty:
    """A stretch of a centre that the person plans; others are not there."""
    duty = get_object_or_404(Duty.objects.select_related("user__organisation__centre", "user__officer", "vehicle", "instead_of"), pk=pk)
    if duty.user.centre is None or not duties.may_plan(request.user, duty.user.centre):
        raise Http404
    return duty


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff(roles=LEADING)
def add(request: HttpRequest) -> HttpResponse:
    """An extra stretch for somebody of the centre (`centre`, `user` and, for a gap, `since` and `until` in the address)."""
    centre = _centre(request, visible_centres(request.user))
    if request.method == "POST":
        data = AddForm(request.POST).read()
        user = data.pop("user")
        if user.centre is None or not duties.may_plan(request.user, user.centre):
            raise Http404
        made = duties.add(user, by=request.user, **data)
        messages.success(request, _("Added: %(who)s, %(span)s.") % {"who": user.name, "span": duties.span(made.starts_at, made.ends_at)})
        return to_week(user.centre, made)
    asked = request.GET.get("user", "")
    person = User.objects.filter(pk=int(asked), organisation__centre__isnull=False).select_related("organisation__centre").first() \
        if asked.isdigit() and len(asked) < 10 else None  # fmt: skip
    if person:
        centre = person.centre
        if not duties.may_plan(request.user, centre):
            raise Http404
    people = User.objects.filter(organisation__centre=centre, is_active=True, role__in=plan.ON_THE_ROSTER).select_related("organisation")
    start = (clock.now() + timedelta(hours=1)).astimezone(clock.LOCAL).replace(minute=0, second=0, microsecond=0)
    try:
        since = max(read_moment(request.GET.get("since", ""), start), clock.now())
        until = min(read_moment(request.GET.get("until", ""), start + timedelta(hours=8)), since + plan.LONGEST_CALL)
    except ValueError:
        raise Http404 from None
    context = {
        "centre": centre, "people": people.order_by("organisation__code", "role", "name"), "person": person, "since": since, "until": until,
        "kinds": Duty._meta.get_field("kind").choices, **_choices(centre),
    }  # fmt: skip
    return page(request, "registers/stretch_add.html", here=HERE, **context)


def read_moment(said: str, default):
    """A moment of an address; `default` when it names none. Raises ValueError."""
    if not said:
        return default
    found = MomentField().to_python(said) if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", said) else None
    if found is None:
        raise ValueError(said)
    return found


# --- leaves and changes ------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD"])
@never_cache
@staff(roles=VIEWERS)
def changes(request: HttpRequest) -> HttpResponse:
    """Leaves that are given, and who changed what in the plan, when and why; why somebody is away, for who plans and for himself."""
    centres = visible_centres(request.user)
    centre = _centre(request, centres)
    before = request.GET.get("before", "")
    may_plan = duties.may_plan(request.user, centre)
    lines = history.of(Roster(pk=centre.pk), verbs=history.CHANGES, before=int(before) if before.isdigit() and len(before) < 10 else None,
                       colleague=None if may_plan else request.user.pk)  # fmt: skip
    leaves = Leave.objects.filter(user__organisation__centre=centre, ends_at__gt=clock.now()).select_related("user__organisation")
    context = {
        "centre": centre, "centres": centres if len(centres) > 1 else [], "lines": lines, "leaves": leaves.order_by("starts_at"),
        "may_plan": may_plan, "older": lines[-1].entry.number if len(lines) == history.PAGE else None,
    }  # fmt: skip
    return page(request, "registers/roster_changes.html", here=HERE, **context)


@require_POST
@staff(roles=LEADING)
def end_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """The rest of a leave is not taken."""
    found = get_object_or_404(Leave.objects.select_related("user__organisation__centre"), pk=pk)
    if not duties.may_plan(request.user, found.user.centre):
        raise Http404
    duties.end_leave(found, reason=PlanForm(request.POST).read()["reason"], by=request.user)
    messages.success(request, _("Leave ended: %(who)s.") % {"who": found.user.name})
    response = redirect("registers-roster-changes")
    response["Location"] += f"?centre={found.user.centre.code}"
    return response

