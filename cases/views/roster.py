"""Public pages of people: the roster wall, its portraits and sheets, and the question at the door whether a certificate is valid."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases import doorstep, portraits, ratelimit, roster_print, roster_wall
from cases.rulebook import current
from cases.views.disclosure import PUBLIC_SECONDS, data, line, page, table
from cases.views.public import surroundings
from journal import clock

PEOPLE = 30


@require_safe
def officers(request):
    """Who may enforce here today, by unit; who helps without powers, apart."""
    ratelimit.check_public("places", request)
    rules, day = current(), clock.today()
    helpers, asked = request.GET.get("who") == "helpers", {"unit": line(request, "unit"), "words": line(request, "q")}
    everybody, others = (roster_wall.people(rules, day, helpers=which) for which in (helpers, not helpers))
    found = roster_wall.matching(everybody, **asked)
    shown = Paginator(found, PEOPLE).get_page(request.GET.get("page"))
    context = {
        "helpers": helpers, "asked": asked, "found": len(found), "page": shown,
        "numbers": (len(others), len(everybody)) if helpers else (len(everybody), len(others)),
        "groups": [
            (unit, name, [(person, doorstep.token(person.certificates[0]) if person.certificates else "") for person in group])
            for unit, name, group in roster_wall.by_unit(shown)
        ],
        "units": [(unit, name) for unit, name, _group in roster_wall.by_unit(everybody)],
    }  # fmt: skip
    return page(request, "cases/officers.html", "officers", **context)


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def officers_json(request):
    """{"day", "people": [{column: value}]}: officers, then helpers."""
    ratelimit.check_public("places", request)
    return data(people=_rows())


@require_safe
@cache_control(public=True, max_age=PUBLIC_SECONDS)
def officers_csv(request):
    ratelimit.check_public("places", request)
    return table("officers", roster_wall.COLUMNS, _rows())


def _rows() -> list[dict]:
    rules, day = current(), clock.today()
    townships = {zone.code: zone.name for zone in rules.zones.values() if zone.kind == "township"}
    return [row for helpers in (False, True) for row in roster_wall.rows(roster_wall.people(rules, day, helpers=helpers), townships)]


@require_safe
def portrait(request, digest: str):
    """A portrait, while its officer is on the wall."""
    ratelimit.check_public("portraits", request)
    if not roster_wall.shows(digest):
        raise Http404
    return portraits.serve(digest, public=True)


@require_safe
@never_cache
def print_sheets(request):
    """A3 sheets of the county (or ?unit=) to hang up: the PDF, or 202 and a page that asks again while the worker sets it."""
    ratelimit.check_public("places", request)
    rules = current()
    sheets = roster_print.wanted(rules, clock.today()).get(line(request, "unit"))
    if sheets is None:
        raise Http404
    if not sheets.is_made:
        return render(request, "cases/roster_waits.html", {"here": "officers", "title": sheets.title, **surroundings()}, status=202)
    if settings.MEDIA_ACCEL_PREFIX:
        answer = HttpResponse(headers={"X-Accel-Redirect": settings.MEDIA_ACCEL_PREFIX + sheets.file})
    else:
        answer = FileResponse(sheets.path.open("rb"))
    answer["Content-Type"] = "application/pdf"
    answer["Content-Disposition"] = f'inline; filename="roster-{sheets.unit or "all"}-{clock.today():%Y%m%d}.pdf"'
    return answer


# --- at the door ---------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request):
    """Is the certificate of this number valid now? A form for who cannot scan."""
    number = request.POST.get("number", "")[:64].strip()
    if not number:
        return render(request, "cases/verify.html", surroundings())
    return _answer(request, doorstep.is_valid_number, number)


@never_cache
@require_safe
def verify_code(request, token: str):
    """The same by the address in a QR code."""
    return _answer(request, doorstep.is_valid, token)


def _answer(request, ask, about: str):
    """Yes or no, when, and what to do; nothing of whom it is about."""
    ratelimit.check_public("verify", request)
    return render(request, "cases/verify.html", {"answered": True, "is_valid": ask(about), "now": clock.now(), **surroundings()})
