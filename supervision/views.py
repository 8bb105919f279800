"""Pages of supervision: they look and never act."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.models import Case
from command import carried, stages
from command.boards.cases import rows, zone_words
from command.sentences import STAGES as STAGE_WORDS
from command.sentences import sentence
from config.access import is_background, staff
from journal import clock
from journal.models import Entry

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
    """One case to read: its stages, its timeline, who was sent. No informant; nothing to press."""
    found = get_object_or_404(Case.objects.visible_to(request.user), pk=pk)
    (row,) = rows(Case.objects.filter(pk=found.pk))
    entries = list(Entry.objects.filter(thread=found.thread).order_by("number"))
    spent, paused = stages.stages(row.case, entries, clock.now())
    context = {
        "row": row, "case": row.case, "zones": zone_words(row.case), "stages": spent, "paused": paused,
        "timeline": [(entry, sentence(entry)) for entry in entries],
        "dispatches": carried.onto(
            row.case.dispatches.select_related("officer__user", "officer__organisation").order_by("sent_at", "-is_lead"), row.case),
    }  # fmt: skip
    return render(request, "supervision/case.html", context)
