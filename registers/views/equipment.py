"""Equipment: what there is by unit, who has it, when service is due; issue, return and service."""

from itertools import groupby

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases.rulebook import current
from config.access import staff
from enforcement import equipment
from enforcement.models import Equipment, EquipmentIssue, Officer, Roster
from enforcement.roles import FIELD, LEADING, Role
from journal import clock
from journal.refused import BadInput
from registers import history
from registers.shell import page
from registers.views.roster import PlanForm, visible_centres

VIEWERS = LEADING | FIELD | {Role.SUPERVISOR}
HANDING_OUT = LEADING | {Role.SQUAD_LEADER}
HERE = "registers-equipment"


def below(pk: int) -> list[int]:
    """Keys of a unit and of all under it."""
    return current().below(pk)


def _visible(request: HttpRequest) -> QuerySet:
    """What belongs to the units of the centres that the person sees."""
    return Equipment.objects.filter(is_active=True, organisation__centre__in=[one.pk for one in visible_centres(request.user)])


def _one(request: HttpRequest, code: str) -> Equipment:
    """The thing with this code; what the person does not see is not there."""
    if not code:
        raise BadInput(_("Choose a piece of equipment."), code="missing", field="code")
    found = _visible(request).select_related("organisation", "holder__user").filter(code=code.replace("\x00", "")[:24]).first()
    if found is None:
        raise Http404
    return found


@require_safe
@never_cache
@staff(roles=VIEWERS)
def show(request: HttpRequest) -> HttpResponse:
    """The list by unit; with `code` in the address one thing with its history and what can be done."""
    if code := request.GET.get("code", ""):
        return _thing(request, _one(request, code))
    today, kind = clock.today(), request.GET.get("kind", "").replace("\x00", "")
    held = Prefetch("issues", EquipmentIssue.objects.filter(returned_at__isnull=True), to_attr="open_issues")
    found = _visible(request).select_related("organisation", "holder__user", "holder__organisation").prefetch_related(held)
    kinds = sorted(set(found.order_by().values_list("kind", flat=True)))
    if kind:
        found = found.filter(kind=kind)
    rows = list(found.order_by("organisation__code", "kind", "code"))
    for row in rows:
        _mark(row, today)
    context = {
        "units": [(unit, list(things)) for unit, things in groupby(rows, key=lambda row: row.organisation)], "kind": kind,
        "kinds": [(one, equipment.word(one, one)) for one in kinds], "out": sum(bool(row.holder_id) for row in rows), "count": len(rows),
        "overdue": sum(row.service == "overdue" for row in rows), "soon": sum(row.service == "soon" for row in rows),
    }  # fmt: skip
    return page(request, "registers/equipment.html", here=HERE, **context)


def _mark(row: Equipment, today) -> None:
    """`kind_word`; `service`: overdue, soon (30 days) or ""; `since`: when its holder got it."""
    row.kind_word = equipment.word(row.kind, row.kind)
    due = row.service_due
    row.service = "" if due is None else "overdue" if due < today else "soon" if due <= today + equipment.SOON else ""
    row.since = row.open_issues[0].issued_at if getattr(row, "open_issues", None) else None


def _thing(request: HttpRequest, thing: Equipment) -> HttpResponse:
    _mark(thing, clock.today())
    may = equipment.may_hand_out(request.user, thing.organisation, below)
    issues = thing.issues.select_related("officer__user", "officer__organisation")[: history.PAGE]
    officers = Officer.objects.none()
    if may and not thing.holder_id:
        officers = Officer.objects.in_service(clock.now()).filter(organisation__centre=thing.organisation.centre_id)
        if request.user.role == Role.SQUAD_LEADER:
            officers = officers.filter(organisation__in=below(request.user.organisation_id))
    context = {
        "thing": thing, "may": may, "issues": issues,
        "officers": officers.select_related("user", "organisation").order_by("organisation__code", "badge"),
        "services": history.of(Roster(pk=thing.organisation.centre_id), subject=f"equipment:{thing.pk}", verbs=("serviced",)),
    }  # fmt: skip
    return page(request, "registers/equipment_one.html", here=HERE, **context)


class CodeForm(PlanForm):
    code = forms.CharField(max_length=24)


class IssueForm(CodeForm):
    officer = forms.ModelChoiceField(Officer.objects.select_related("organisation"), error_messages={"required": gettext_lazy("Choose an officer.")})


class ReturnForm(CodeForm):
    condition = forms.CharField(max_length=200, required=False)


class ServiceForm(CodeForm):
    next_due = forms.DateField(error_messages={"required": gettext_lazy("Say when the next service is due.")})
    note = forms.CharField(max_length=200, required=False)


@require_POST
@staff(roles=HANDING_OUT)
def issue(request: HttpRequest) -> HttpResponse:
    """Hand it to an officer."""
    thing = _one(request, request.POST.get("code", ""))
    data = IssueForm(request.POST).read()
    equipment.issue(thing, officer=data["officer"], by=request.user, below=below)
    return _done(request, thing, _("Issued: %(name)s.") % {"name": thing.name})


@require_POST
@staff(roles=HANDING_OUT)
def give_back(request: HttpRequest) -> HttpResponse:
    """Take it back."""
    thing = _one(request, request.POST.get("code", ""))
    equipment.give_back(thing, condition=ReturnForm(request.POST).read()["condition"], by=request.user, below=below)
    return _done(request, thing, _("Given back: %(name)s.") % {"name": thing.name})


@require_POST
@staff(roles=HANDING_OUT)
def service(request: HttpRequest) -> HttpResponse:
    """Service was done."""
    thing = _one(request, request.POST.get("code", ""))
    data = ServiceForm(request.POST).read()
    equipment.service(thing, next_due=data["next_due"], note=data["note"], by=request.user, below=below)
    return _done(request, thing, _("Service noted: %(name)s.") % {"name": thing.name})


def _done(request: HttpRequest, thing: Equipment, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    response = redirect(HERE)
    response["Location"] += f"?code={thing.code}"
    return response
