"""Pages of supervision: they look, and name rules of conduct that were broken; nothing else is done here."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import conduct
from cases.models import Case, NamedRule
from command import carried, stages
from command.boards.cases import rows, zone_words
from command.said import Said, worked
from command.sentences import STAGES as STAGE_WORDS
from command.sentences import sentence
from config.access import is_background, staff
from journal import clock
from journal.models import Entry
from registers import workbooks
from registers.views.lists import download

from . import conduct as named
from . import counting, figures, files, forms, lists, tables
from .counting import DIMENSIONS
from .definitions import NOTES

PAGE = 50  # cases of a list
CSV = "text/csv; charset=utf-8"


@require_safe
@never_cache
@staff
def overview(request: HttpRequest) -> HttpResponse:
    """The figures of the period and filters that the address names."""
    request.is_background = is_background(request)  # a page that reads its figures again keeps nobody signed in
    asked = forms.ask(request.GET, figures.units(request.user.centre))
    return render(request, "supervision/overview.html", {
        **_choice(asked), "page": tables.page(asked), "dimensions": [(name, forms.LABELS[name], asked.address(by=name)) for name in DIMENSIONS],
        "notes": NOTES, "query": asked.address(),
    })  # fmt: skip


@require_safe
@never_cache
@staff
def cases(request: HttpRequest) -> HttpResponse:
    """The cases behind one figure: exactly as many as it counts."""
    asked = forms.ask(request.GET, figures.units(request.user.centre))
    found = counting.cases(asked.scope, asked.code, asked.which, page=PAGE, before=asked.before)
    following = f"{found.following[0].isoformat()}~{found.following[1]}" if found.following else ""
    return render(request, "supervision/cases.html", {
        **_choice(asked), "figure": asked.definition, "found": found, "lines": figures.lines(request.user, found.keys),
        "parts": [(which, lists.parts()[which], asked.cases(asked.code, which)) for which in asked.parts], "back": asked.address(),
        "query": asked.cases(asked.code, asked.which), "most": lists.MOST,
        "following": asked.cases(asked.code, asked.which, before=following) if following else "",
        "stage_words": [str(STAGE_WORDS[stage]) for stage in figures.STAGES],
    })  # fmt: skip


@require_safe
@never_cache
@staff
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """What the page shows with the same address, as XLSX or CSV."""
    asked = forms.ask(request.GET, figures.units(request.user.centre))
    write, content_type = {"xlsx": (files.as_xlsx, workbooks.XLSX), "csv": (files.as_csv, CSV)}[kind]
    return download(write(tables.page(asked)), content_type, f"figures-{_days(asked)}.{kind}")


@require_POST
@staff
def take_out(request: HttpRequest, kind: str) -> HttpResponse:
    """The whole list that the address names, as XLSX or CSV; a post, since it is kept who took it out."""
    asked = forms.ask(request.GET, figures.units(request.user.centre))
    keys = lists.take_out(asked, by=request.user)
    write, content_type = {"xlsx": (lists.as_xlsx, workbooks.XLSX), "csv": (lists.as_csv, CSV)}[kind]
    return download(write(asked, request.user, keys), content_type, f"cases-{asked.code}-{_days(asked)}.{kind}")


def _days(asked: forms.Asked) -> str:
    return f"{asked.choice.period.first:%Y%m%d}-{asked.choice.period.last:%Y%m%d}"


def _choice(asked: forms.Asked, offered: Iterable[str] = tuple(forms.LABELS)) -> dict:
    """What the form of period and filters needs."""
    names = [name for name in offered if name != "day" and (name != "unit" or len(asked.names.units) > 1)]
    return {
        "asked": asked, "choice": asked.choice, "now": clock.now(), "units": asked.names.units,
        "periods": [(name, asked.address(**{"from": "", "to": "", "period": name})) for name in figures.presets()],
        "presets": figures.presets(), "bare": asked.bare,
        "filters": [(name, forms.LABELS[name], asked.options(name), asked.chosen.get(name)) for name in names],
    }  # fmt: skip


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
            row.case.dispatches.select_related("officer__user", "officer__organisation", "part__organisation").order_by("sent_at", "-is_lead"),
            row.case),
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
    asked = forms.ask(request.GET, figures.units(request.user.centre))
    lines = named.lines(request.user, asked.scope.centres, asked.choice.period)
    return render(request, "supervision/conduct.html", {**_choice(asked, ("unit",)), "lines": lines})


@require_POST
@staff
def name_rule(request: HttpRequest, pk: int) -> HttpResponse:
    found, said = get_object_or_404(Case.objects.visible_to(request.user), pk=pk), Said(request.POST)
    conduct.name_rule(found, by=request.user, rule=said.rule(), officer=said.accused(), note=said.text("note", 300))
    return redirect("supervision-case", pk)


@require_POST
@staff
def withdraw_rule(request: HttpRequest, pk: int) -> HttpResponse:
    found = worked(NamedRule.objects.select_related("case"), request.user, pk=pk)
    conduct.withdraw_rule(found, by=request.user, note=Said(request.POST).text("note", 300))
    return redirect("supervision-case", found.case_id)
