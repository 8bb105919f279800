"""Public pages of the registers: organs and items, searchable, dated, as JSON and CSV too."""

import csv

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from cases import disclosure, ratelimit
from cases.rulebook import current
from cases.views.public import surroundings
from journal import clock

PAGE = 40
PUBLIC_SECONDS = 300


@require_safe
def organs(request):
    """Who enforces here and in whose name; where to complain and to appeal."""
    rules, day = current(), clock.today()
    return render(request, "cases/organs.html", {"organs": disclosure.organs(rules, day), "day": day, "here": "organs", **surroundings()})


@require_safe
def items(request):
    """The items in force, by words, unit and kind."""
    ratelimit.check_public("places", request)
    rules, day, asked = current(), clock.today(), _asked(request)
    everything = disclosure.items(rules, day)
    found = disclosure.items(rules, day, **asked)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    units = {pk for one in everything for pk in one.units}
    context = {
        "page": page, "asked": asked, "total": len(everything), "found": len(found), "day": day, "here": "items",
        "units": sorted((rules.organisations[pk] for pk in units), key=lambda unit: unit.code),
        "kinds": list(dict.fromkeys(one.item.kind for one in everything)), **surroundings(),
    }  # fmt: skip
    return render(request, "cases/items.html", context)


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def items_json(request):
    """{"day", "items": [{column: value}]} of all items in force."""
    ratelimit.check_public("places", request)
    day = clock.today()
    listed = disclosure.rows(disclosure.items(current(), day, **_asked(request)))
    return JsonResponse({"day": day.isoformat(), "items": listed}, json_dumps_params={"ensure_ascii": False})


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def items_csv(request):
    """The same as a table; with a mark of UTF-8 at its beginning, without which Excel takes it for another writing."""
    ratelimit.check_public("places", request)
    day = clock.today()
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="items-{day:%Y%m%d}.csv"'
    writer = csv.DictWriter(answer, disclosure.COLUMNS)
    writer.writeheader()
    writer.writerows(disclosure.rows(disclosure.items(current(), day, **_asked(request))))
    return answer


def _asked(request) -> dict[str, str]:
    return {name: request.GET.get(key, "").replace("\x00", "").strip()[:80] for name, key in (("words", "q"), ("unit", "unit"), ("kind", "kind"))}
