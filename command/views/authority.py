"""The page "who may?": who decides here, on this, on that day, on what basis, and which officers may act."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.calculation import calculate
from cases.forms import AuthorityForm
from cases.rulebook import current
from command.views.console import bar
from config.access import staff

ASKED = ("place", "zone", "lon", "lat", "category", "item", "day", "acted_on")  # the question, which the calculator repeats


@require_safe
@never_cache
@staff
def who_may(request: HttpRequest) -> HttpResponse:
    """Asked by the address, so that an answer can be sent to somebody."""
    rules = current()
    form = AuthorityForm(request.GET if request.GET else None)
    answer = form.answer() if form.is_bound and form.is_valid() else None
    acted_on = (form.cleaned_data["acted_on"] or answer.day) if answer else None
    context = {
        "form": form, "answer": answer, "acted_on": acted_on,
        "powers": [(power, calculate(power.item, acted_on, request.GET, rules=rules)) for power in answer.powers] if answer else [],
        "kept": [(name, request.GET[name]) for name in ASKED if request.GET.get(name)], "categories": rules.active_categories(), "here": "who-may",
        "items": sorted(rules.items.values(), key=lambda item: item.code), **bar(request),
    }  # fmt: skip
    return render(request, "command/who_may.html", context, status=422 if form.is_bound and answer is None else 200)
