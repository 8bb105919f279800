"""Trainings: plans, who is enrolled and who is not but must attend, hours and results."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.access import staff
from enforcement import training
from enforcement.models import Enrolment, TrainingPlan, User
from enforcement.roles import LEADING, Role
from journal import clock
from registers import posted, trainings
from registers.shell import page

EDITORS = frozenset({Role.SYSTEM_ADMIN, Role.LEGAL_REVIEWER})
READERS = EDITORS | LEADING | {Role.SUPERVISOR}
SECTION = "registers-trainings"


@require_safe
@never_cache
@staff(roles=READERS)
def index(request: HttpRequest) -> HttpResponse:
    """Plans, the newest first, with what one's own people have done of each; hours of each officer this year."""
    context = {
        "plans": trainings.plans(request.user), "hours": trainings.hours(request.user, request.GET), "year": clock.today().year,
        "units": trainings.units(request.user), "asked": request.GET,
    }  # fmt: skip
    return page(request, "registers/trainings.html", here=SECTION, **context)


@require_safe
@never_cache
@staff(roles=READERS)
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(TrainingPlan, pk=pk)
    context = {
        "plan": trainings.Plan(found), "enrolments": trainings.enrolments(found, request.user), "missing": trainings.missing(found, request.user),
        "may_edit": training.may_edit(request.user), "results": Enrolment.Result.choices,
    }  # fmt: skip
    return page(request, "registers/training.html", here=SECTION, **context)


@require_POST
@staff(roles=EDITORS)
def enrol(request: HttpRequest, pk: int) -> HttpResponse:
    """The people who were ticked."""
    found = get_object_or_404(TrainingPlan, pk=pk)
    users = User.objects.filter(pk__in=posted.keys(request.POST, "user"), is_active=True)
    count = training.enrol(found, by=request.user, users=list(users))
    messages.success(request, ngettext("%(count)d person enrolled.", "%(count)d people enrolled.", count) % {"count": count})
    return redirect("registers-training", pk)


@require_POST
@staff(roles=EDITORS)
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """Hours and results of all rows of the form."""
    found = get_object_or_404(TrainingPlan, pk=pk)
    rows = [
        training.Attended(key, posted.hours(request.POST, f"hours-{key}"), request.POST.get(f"result-{key}", ""))
        for key in posted.keys(request.POST, "enrolment")
    ]
    count = training.enter_results(found, by=request.user, rows=rows)
    said = ngettext("%(count)d row changed.", "%(count)d rows changed.", count) % {"count": count} if count else _("Nothing has changed.")
    messages.success(request, said)
    return redirect("registers-training", pk)
