"""A reporter's page, opened by the tracking code alone."""

import segno
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cases import photos, ratelimit, sealed
from cases.boards import payload
from cases.models import Report
from cases.tracking import Progress
from cases.views.public import surroundings
from config.access import with_sockets
from journal import clock
from journal.refused import Refused, TooMany


class NoSuchCode(Refused):
    """A well-formed code that belongs to no report, or no code at all: one answer for both."""

    status = 404


def report_of(request, code: str) -> Report:
    """The report behind a code; `NoSuchCode` for a mistyped, foreign or invented one. Counts towards the caller's limit."""
    ratelimit.check_public("tracking", request)
    try:
        digest = sealed.tracking_hash(code)
    except Refused:
        digest = ""  # asked all the same: the answer takes as long
    report = Report.objects.select_related("case__merged_into", "case__target_class", "category").filter(tracking_hash=digest).first()
    if report is None:
        raise NoSuchCode(_("There is no report with this code. It has 12 letters and digits; please compare it again."), code="no_such_code")
    return report


@require_http_methods(["GET", "POST"])
def find(request):
    """From the box "follow a report" to its page."""
    typed = request.POST.get("code", "").strip()
    if request.method == "GET" or not typed:
        return render(request, "cases/track_find.html", surroundings())
    try:
        report_of(request, typed)
    except (NoSuchCode, TooMany) as refused:
        return _not_found(request, refused, typed)
    return redirect("track", sealed.parse_code(typed))


@never_cache
@require_GET
def track(request, code: str):
    """The page, or for its script the same as JSON: what the socket would send."""
    try:
        report = report_of(request, code)
    except (NoSuchCode, TooMany) as refused:
        if request.headers.get("X-Requested-With") == "fetch":
            raise
        return _not_found(request, refused, code)
    progress = Progress(report)
    if request.headers.get("X-Requested-With") == "fetch":
        own = {
            name: render(request, f"cases/_track_{name}.html", {"progress": progress, "code": code}).content.decode() for name in ("photos", "former")
        }
        return JsonResponse({"now": int(clock.now().timestamp() * 1000), "things": {progress.thing: payload(progress)}, **own})
    return page(request, code, progress)


def page(request, code: str, progress: Progress, *, status: int = 200, **extra):
    """The tracking page. Never stored by browsers or proxies: the address is the key."""
    plain = sealed.parse_code(code)
    category = progress.report.category
    context = {
        **surroundings(), "progress": progress, "code": plain, "shown_code": sealed.shown_code(plain),
        "category_name": category and (category.plain_name if get_language() == "zh-hans" else category.name_en),
        "qr": mark_safe(segno.make(request.build_absolute_uri(f"/t/{plain}/"), error="m").svg_inline(  # noqa: S308
            border=2, omitsize=True, svgclass="qr")), **extra,
    }  # fmt: skip
    return with_sockets(request, render(request, "cases/track.html", context, status=status))


def _not_found(request, refused: Refused, typed: str):
    return render(
        request, "cases/track_find.html", {**surroundings(), "code_problem": refused.sentence, "typed_code": typed[:40]}, status=refused.status
    )


@require_GET
def photo(request, code: str, pk):
    """A photo of this page: the reporter's own, or one taken after handling. Others are 404."""
    found = Progress(report_of(request, code)).photo(pk)
    if found is None:
        raise Http404
    return photos.serve_photo(request, found, request.GET.get("size", "full"))
