"""The archive: cases of any state by number, words, category, end and day; and by a caller's number, which is posted and kept nowhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import searching
from cases.models import Case, PhoneSearch, SearchText
from cases.rulebook import current
from cases.transitions import Outcome, State
from command import departures
from command.said import Said
from command.views.console import bar
from command.views.paging import keyset
from config.access import staff
from enforcement.roles import CENTRE
from journal import clock

ASKED = ("q", "state", "category", "outcome", "since", "until")


@require_safe
@never_cache
@staff
def search(request: HttpRequest) -> HttpResponse:
    """Newest first, paged by key; the filters stay in the address."""
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:80] for name in ASKED}
    what = searching.asked(asked["q"])
    visible = _narrow(Case.objects.visible_to(request.user).select_related("category", "organisation", "centre", "target_class"), asked)
    first = None if "after" in request.GET else searching.by_number(visible, what)
    left = departures.said([what.number], request.user).get(what.number, "") if what.number and first is None else ""
    page, following = [], ""
    if (what.words and not what.is_only_a_number) or not asked["q"]:
        found = searching.by_words(visible, what).exclude(pk=what.number) if what.number else searching.by_words(visible, what)
        page, following = keyset(found.order_by("-started_at", "-pk"), request, "started_at", asked)
    return _page(request, [first, *page] if first else page, asked=asked, what=what, following=following, left=left)


@require_POST
@never_cache
@staff(roles=CENTRE)
def by_phone(request: HttpRequest) -> HttpResponse:
    """What was reported from a number, as far as this person may read who reported. The number is in neither address nor page."""
    said = Said(request.POST)
    callers = searching.by_phone(said.text("phone", 40), by=request.user, purpose=said.text("purpose", 12), words=said.text("words", 100))
    return _page(request, callers.cases, asked=dict.fromkeys(ASKED, ""), what=searching.Asked(), callers=callers)


def _page(request: HttpRequest, cases: list[Case], **more) -> HttpResponse:
    texts = dict(SearchText.objects.filter(case__in=cases).values_list("case", "body")) if more["what"].words else {}
    for case in cases:
        case.took = case.closed_at - case.started_at if case.closed_at else None
        case.is_overdue = bool(case.closed_at and case.closed_at > case.due_at)
        case.snippets = searching.snippets(texts.get(case.pk, ""), more["what"])
    context = {
        "cases": cases, "states": State.choices, "outcomes": Outcome.choices, "categories": current().active_categories(), "here": "cases",
        "purposes": PhoneSearch.Purpose.choices, "has_filters": any(value for name, value in more["asked"].items() if name != "q"),
        **more, **bar(request),
    }  # fmt: skip
    return render(request, "command/search.html", context)


def _narrow(cases, asked: dict):
    if asked["state"] in State.values:
        cases = cases.filter(state=asked["state"])
    if asked["outcome"] in Outcome.values:
        cases = cases.filter(outcome=asked["outcome"])
    if asked["category"]:
        cases = cases.filter(category__code=asked["category"])
    since, until = clock.read_day(asked["since"]), clock.read_day(asked["until"])
    if since:
        cases = cases.filter(started_at__gte=clock.day_bounds(since)[0])
    if until:
        cases = cases.filter(started_at__lt=clock.day_bounds(until)[1])
    return cases
