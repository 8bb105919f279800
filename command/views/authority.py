"""The page "who may?": who decides here, on this, on that day, on what basis, and which officers may act."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.forms import AuthorityForm
from cases.rulebook import current
from command.views.console import bar
from config.access import staff


@require_safe
@never_cache
@staff
def who_may(request: HttpRequest) -> HttpResponse:
    """Asked by the address, so that an answer can be sent to somebody."""
    rules = current()
    form = AuthorityForm(request.GET if request.GET else None)
    answer = form.answer() if form.is_bound and form.is_valid() else None
    context = {
        "form": form, "answer": answer, "categories": rules.active_categories(), "here": "who-may",
        "items": sorted(rules.items.values(), key=lambda item: item.code), **bar(request),
    }  # fmt: skip
    return render(request, "command/who_may.html", context, status=422 if form.is_bound and answer is None else 200)
