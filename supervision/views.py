"""Pages of supervision: they look, and name rules of conduct that were broken; nothing else is done here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import conduct
from cases.models import Case, NamedRule
from command import carried, stages
from command.boards.cases import rows, zone_words
from command.said import Said, visible
from command.sentences import STAGES as STAGE_WORDS
from command.sentences import sentence
from config.access import is_background, staff
from journal import clock
from journal.models import Entry

from . import conduct as named
from . import figures, forms


@require_safe
@never_cache
@staff
def overview(request: HttpRequest) -> HttpResponse:
    """Shares, times and the closed cases behind them, for the period and unit that the address names."""
    request.is_background = is_background(request)  # a page that reads its figures again keeps nobody signed in
    units = figures.units(request.user.centre)
    choice = forms.read(request.GET, units)
    chosen = [choice.unit] if choice.unit else units
    lines, following = figures.page_of(figures.closed(request.user, chosen, choice.period, choice.only), choice.before)
    query = request.GET.copy()
    for name in ("before", "only"):
        query.pop(name, None)
    context = {
        "choice": choice, "units": units, "presets": figures.presets(), "cases": lines, "query": query.urlencode(), "following": following,
        "stage_words": [str(STAGE_WORDS[stage]) for stage in figures.STAGES], "now": clock.now(), **figures.overview(chosen, choice.period),
    }  # fmt: skip
    return render(request, "supervision/overview.html", context)


@require_safe
@never_cache
@staff
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case to read: its stages, its timeline, who was sent, and which rules of conduct were broken. No informant."""
    found = get_object_or_404(Case.objects.visible_to(request.user), pk=pk)
    (row,) = rows(Case.objects.filter(pk=found.pk))
    entries = list(Entry.objects.filter(thread=found.thread).order_by("number"))
    spent, paused = stages.stages(row.case, entries, clock.now())
    context = {
        "row": row, "case": row.case, "zones": zone_words(row.case), "stages": spent, "paused": paused,
        "timeline": [(entry, sentence(entry)) for entry in entries],
        "dispatches": carried.onto(
            row.case.dispatches.select_related("officer__user", "officer__organisation").order_by("sent_at", "-is_lead"), row.case),
        "named": conduct.standing(row.case), "may_name": (may := conduct.may_name(row.case, request.user)),
        "conduct": conduct.rules_on(row.case.began_on) if may else [],
    }  # fmt: skip
    return render(request, "supervision/case.html", context)


# --- rules of conduct ----------------------------------------------------------------------------
@require_safe
@never_cache
@staff
def named_rules(request: HttpRequest) -> HttpResponse:
    """Rules of conduct by how often they were named in a period, with the cases."""
    units = figures.units(request.user.centre)
    choice = forms.read(request.GET, units)
    chosen = [choice.unit] if choice.unit else units
    context = {"choice": choice, "units": units, "presets": figures.presets(), "lines": named.lines(request.user, chosen, choice.period)}
    return render(request, "supervision/conduct.html", context)


@require_POST
@staff
def name_rule(request: HttpRequest, pk: int) -> HttpResponse:
    found, said = get_object_or_404(Case.objects.visible_to(request.user), pk=pk), Said(request.POST)
    conduct.name_rule(found, by=request.user, rule=said.rule(), officer=said.accused(), note=said.text("note", 300))
    return redirect("supervision-case", pk)


@require_POST
@staff
def withdraw_rule(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible(NamedRule.objects.select_related("case"), request.user, pk=pk)
    conduct.withdraw_rule(found, by=request.user, note=Said(request.POST).text("note", 300))
    return redirect("supervision-case", found.case_id)
