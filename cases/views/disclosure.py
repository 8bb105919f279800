"""Public pages of the registers: organs, items, procedures, remedies, versions of the list; searchable, dated, as JSON and CSV too."""

import csv

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from cases import disclosure, published, ratelimit, remedies
from cases.rulebook import current
from cases.views.public import surroundings
from enforcement.models import ItemList
from journal import clock

PAGE = 40
VERSIONS = 20
PUBLIC_SECONDS = 300


def page(request, template: str, here: str, **context):
    """A page of the public registers, as of today; `here`: its tab."""
    return render(request, template, {"day": clock.today(), "here": here, **surroundings(), **context})


def data(**content) -> JsonResponse:
    """The same for programs: {"day", …}."""
    return JsonResponse({"day": clock.today().isoformat(), **content}, json_dumps_params={"ensure_ascii": False})


def table(name: str, columns: tuple[str, ...], rows: list[dict]) -> HttpResponse:
    """The same as a table; with a mark of UTF-8 at its beginning, without which Excel takes it for another writing."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{clock.today():%Y%m%d}.csv"'
    writer = csv.DictWriter(answer, columns)
    writer.writeheader()
    writer.writerows(rows)
    return answer


@require_safe
def organs(request):
    """Who enforces here and in whose name; where to complain and to appeal."""
    return page(request, "cases/organs.html", "organs", organs=disclosure.organs(current(), clock.today()))


# --- items ---------------------------------------------------------------------------------------
@require_safe
def items(request):
    """The items in force, by words, unit and kind."""
    ratelimit.check_public("places", request)
    rules, day, asked = current(), clock.today(), _asked(request)
    everything = disclosure.items(rules, day)
    found = disclosure.items(rules, day, **asked)
    shown = Paginator(found, PAGE).get_page(request.GET.get("page"))
    units = {pk for one in everything for pk in one.units}
    context = {
        "page": shown, "asked": asked, "total": len(everything), "found": len(found), "list_number": rules.list_number,
        "units": [disclosure.named(rules, unit, day) for unit in sorted((rules.organisations[pk] for pk in units), key=lambda unit: unit.code)],
        "kinds": list(dict.fromkeys(one.item.kind for one in everything)),
    }  # fmt: skip
    return page(request, "cases/items.html", "items", **context)


@require_safe
def item(request, item: str):
    """One item: who holds it where, its bases over time, amounts, discretion, hearing."""
    ratelimit.check_public("places", request)
    rules = current()
    detail = disclosure.detail(rules, item, clock.today())
    if detail is None:
        raise Http404
    return page(request, "cases/item.html", "items", detail=detail, list_number=rules.list_number)


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def items_json(request):
    """{"day", "items": [{column: value}]} of all items in force."""
    ratelimit.check_public("places", request)
    return data(items=_item_rows(request))


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def items_csv(request):
    ratelimit.check_public("places", request)
    return table("items", disclosure.COLUMNS, _item_rows(request))


def _item_rows(request) -> list[dict]:
    rules, day = current(), clock.today()
    return disclosure.rows(rules, disclosure.items(rules, day, **_asked(request)), day)


def _asked(request) -> dict[str, str]:
    return {name: line(request, key) for name, key in (("words", "q"), ("unit", "unit"), ("kind", "kind"))}


def line(request, key: str) -> str:
    """What somebody asked for by the address."""
    return request.GET.get(key, "").replace("\x00", "").strip()[:80]


# --- procedures and remedies ---------------------------------------------------------------------
@require_safe
def procedures(request):
    """How each procedure runs: steps, limits, articles."""
    return page(request, "cases/procedures.html", "procedures", courses=remedies.courses())


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def procedures_json(request):
    """{"day", "steps": [{column: value}]}."""
    return data(steps=remedies.step_rows())


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def procedures_csv(request):
    return table("procedures", remedies.STEP_COLUMNS, remedies.step_rows())


@require_safe
def remedies_page(request):
    """What one may do against a decision, and what officers must not do."""
    rules = current()
    context = {
        "subjects": remedies.subjects(rules), "must_nots": rules.must_nots(clock.today()), "complaints": remedies.complaints(rules),
        "days": remedies.RECONSIDERATION_DAYS, "months": remedies.COURT_MONTHS, "after_days": remedies.AFTER_RECONSIDERATION_DAYS,
    }  # fmt: skip
    return page(request, "cases/remedies.html", "remedies", **context)


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def remedies_json(request):
    """{"day", "subjects": [{column: value}], "terms", "must_nots", "hotline"}; terms in days and months."""
    rules = current()
    terms = {
        "reconsideration_days": remedies.RECONSIDERATION_DAYS, "court_months": remedies.COURT_MONTHS,
        "court_days_after_reconsideration": remedies.AFTER_RECONSIDERATION_DAYS,
        "reconsideration_first": [str(procedure) for procedure in remedies.RECONSIDERATION_FIRST],
    }  # fmt: skip
    must_nots = [{"code": rule.code, "number": rule.number, "text": rule.text, "basis": rule.basis} for rule in rules.must_nots(clock.today())]
    return data(subjects=remedies.subject_rows(rules), terms=terms, must_nots=must_nots, hotline=rules.hotline)


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def remedies_csv(request):
    return table("remedies", remedies.SUBJECT_COLUMNS, remedies.subject_rows(current()))


# --- versions of the list ------------------------------------------------------------------------
@require_safe
def lists(request):
    """The published versions, the newest first, with what each changed."""
    ratelimit.check_public("places", request)
    shown = Paginator(ItemList.objects.defer("content"), VERSIONS).get_page(request.GET.get("page"))
    return page(request, "cases/lists.html", "lists", page=shown, versions=published.versions(list(shown)))


@require_safe
def version(request, number: int):
    """One version: since when, by which document, and which items it changed."""
    ratelimit.check_public("places", request)
    found = published.versions([get_object_or_404(ItemList.objects.defer("content"), number=number)])[0]
    return page(request, "cases/list.html", "lists", version=found, sections=published.lines(found))


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def version_json(request, number: int):
    """The version as it was frozen; `digest` is the SHA-256 of its content in canonical form."""
    ratelimit.check_public("places", request)
    found = get_object_or_404(ItemList, number=number)
    answer = data(
        number=found.number, name=found.name, document=found.document, since=found.since.isoformat(),
        until=found.until and found.until.isoformat(), items=found.items, transfers=found.transfers, digest=found.digest, content=found.content,
    )  # fmt: skip
    answer["Content-Disposition"] = f'attachment; filename="items-version-{found.number}.json"'
    return answer
