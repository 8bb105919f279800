"""Lists beside the queue: held reports, the filing list, departments' findings. The archive of cases: `command.views.search`."""

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import held as held_reports
from cases.models import Case, Category, Finding, Handover, Lead, Photo, Report
from cases.rulebook import current
from command.said import Said
from command.views.console import bar
from command.views.paging import PAGE, keyset
from config.access import is_background, staff
from enforcement.roles import CENTRE
from journal import clock


@require_safe
@never_cache
@staff(roles=CENTRE)
def held(request: HttpRequest) -> HttpResponse:
    """Reports that wait for a person, oldest first."""
    reports = held_reports.queue(request.user).prefetch_related(Prefetch("photos", Photo.objects.order_by("created_at")))[:PAGE]
    shown = [(report, held_reports.REASONS.get(report.held_reason, report.held_reason)) for report in reports]
    return render(request, "command/held.html", {"held": shown, "categories": current().active_categories(), "here": "held", **bar(request)})


@require_POST
@staff(roles=CENTRE)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the held report a case; the category may be put right."""
    report = get_object_or_404(held_reports.queue(request.user), pk=pk)
    code = Said(request.POST).text("category", 24)
    case = held_reports.release(report, by=request.user, category=Category.objects.filter(code=code, is_active=True).first() if code else None)
    return _answer(request, "command-held", open=case.pk)


@require_POST
@staff(roles=CENTRE)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the held report aside, with a reason."""
    report = get_object_or_404(held_reports.queue(request.user), pk=pk)
    held_reports.discard(report, by=request.user, reason=Said(request.POST).text("reason", 200))
    return _answer(request, "command-held")


def _answer(request: HttpRequest, name: str, **extra) -> HttpResponse:
    return JsonResponse(extra) if is_background(request) else redirect(name)


@require_safe
@never_cache
@staff
def leads(request: HttpRequest) -> HttpResponse:
    """The filing list: what should become a proceeding, with all its evidence, newest first."""
    found = (
        Lead.objects.filter(case__in=Case.objects.worked_by(request.user))
        .select_related("case__category", "item", "organisation")
        .prefetch_related(
            Prefetch("case__photos", Photo.objects.select_related("taken_by").order_by("created_at")),
            Prefetch("case__reports", Report.objects.order_by("received_at")),
            "case__dispatches__officer__user",
        )
        .order_by("-listed_at", "-pk")
    )
    page, following = keyset(found, request, "listed_at")
    rules = current()
    for lead in page:
        lead.basis = rules.basis(rules.items[lead.item_id], lead.case.began_on) if lead.item_id else None
    return render(request, "command/leads.html", {"leads": page, "following": following, "here": "leads", **bar(request)})


@require_safe
@never_cache
@staff
def findings(request: HttpRequest) -> HttpResponse:
    """What departments and outside bodies still have to say: findings by due date, cases passed on; then the answered."""
    seen = Case.objects.worked_by(request.user)
    mine = Finding.objects.filter(case__in=seen).select_related("case__category", "department", "followed_by")
    context = {
        "handovers": list(
            Handover.objects.filter(case__in=seen, accepted_at__isnull=True, returned_at__isnull=True)
            .select_related("case__category", "organisation").order_by("sent_at")
        ),
        "open": list(mine.filter(answered_at__isnull=True).order_by("due_at")),
        "answered": list(mine.filter(answered_at__isnull=False).order_by("-answered_at")[:PAGE]),
        "now": clock.now(), "may_answer": request.user.role in CENTRE, "here": "findings", **bar(request),
    }  # fmt: skip
    return render(request, "command/findings.html", context)
