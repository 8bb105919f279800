"""The console: queue, map and the open case. The panel is a fragment that the page fetches again when its case changes."""

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases.audience import county_centre_pk
from cases.models import Case
from command import joint_panel, meanwhile, panel, presence
from command.boards.cases import of_centre, rows
from command.boards.centre import CentreBoard
from command.views.layers import offered
from config.access import is_background, staff
from enforcement import attendance
from enforcement.models import Officer
from enforcement.roles import CENTRE, DISPATCHING, LEADING
from registers import people
from registers.plan import gaps_ahead


@require_safe
@never_cache
@staff
def console(request: HttpRequest) -> HttpResponse:
    """The page with the queue as it is now; the socket keeps it so."""
    return _page(request, None)


@require_safe
@never_cache
@staff
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """A case: its panel alone for the console's script, the whole console around it for an address that was opened."""
    found = get_object_or_404(Case.objects.visible_to(request.user), pk=pk)
    if not is_background(request):
        return _page(request, found)
    request.is_background = "X-Automatic" in request.headers  # a panel that keeps itself fresh keeps nobody signed in
    since = request.headers.get("X-Since", "")
    known = int(since) if since.isascii() and since.isdigit() and len(since) < 10 else None
    told = meanwhile.acts(found, request.user, known) if known is not None and known < found.version else []
    return render(request, "command/_case.html", {**panel.panel(found, request.user), "news": told})


def bar(request: HttpRequest) -> dict:
    """What the bar at the top of every console page shows. Who belongs to no centre has no console."""
    if request.user.centre is None:
        raise Http404
    is_staff, is_leading = request.user.role in CENTRE, request.user.role in LEADING
    return {
        "may_enter": is_staff, "figures": CentreBoard().figures(str(request.user.centre.pk)), "gaps": gaps_ahead(request.user),
        "is_leading": is_leading, "at_hand": attendance.at_hand(request.user) if is_staff else None,
        "ending": people.ending(request.user).count() if is_leading else 0,  # certificates of one's own people
    }  # fmt: skip


def _page(request: HttpRequest, found: Case | None) -> HttpResponse:
    shared, key = bar(request), str(request.user.centre.pk)
    queue = rows(of_centre(Case.objects.open(), key, county_centre_pk()).order_by(F("paused_at").asc(nulls_first=True), "due_at", "pk"))
    words = {
        "base": reverse("command-base-map"), "roster": reverse("command-roster"), "home": reverse("command"),
        "case": reverse("command-case", args=[0]), "looking": reverse("command-looking", args=[0]),
        "left": reverse("command-left"),
        "selected": found.pk if found else None, "centre": request.user.centre.pk, "county": request.user.centre.is_county_centre,
        "undoSeconds": panel.UNDO_SECONDS,
        "me": request.user.pk, "doing": {one.value: str(one.label) for one in presence.Doing},
    }  # fmt: skip
    context = {
        "queue": queue, "found": found, "page": words, "is_county": request.user.centre.is_county_centre,
        "layers": offered(request.user, "command"),
        **shared, **(panel.panel(found, request.user) if found else {}),
    }  # fmt: skip
    return render(request, "command/console.html", context)


@require_safe
@staff
def roster(request: HttpRequest) -> HttpResponse:
    """{"5": {"name", "unit", "helper"}} of the officers whose dots this centre's map shows."""
    request.is_background = True
    officers = Officer.objects.filter(user__is_active=True).select_related("user", "organisation")
    if not request.user.centre.is_county_centre:
        officers = officers.filter(organisation__centre=request.user.centre)
    people = {o.pk: {"name": o.name, "unit": o.organisation.short_name, "helper": o.is_helper} for o in officers}
    return JsonResponse(people)


@require_safe
@never_cache
@staff(roles=DISPATCHING)
def cannot_go(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the panel that says who cannot be sent, and why: fetched when somebody unfolds it."""
    found = get_object_or_404(Case.objects.worked_by(request.user), pk=pk)
    return render(request, "command/_cannot_go.html", {"cannot_go": panel.cannot_go(found)})


@require_safe
@never_cache
@staff(roles=DISPATCHING)
def part_officers(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom a unit's own centre can send for its part: fetched when somebody unfolds it."""
    part = joint_panel.part_or_404(request.user, pk)
    if not joint_panel.permissions(part, part.case, request.user)["send"]:
        raise Http404
    return render(request, "command/_part_officers.html", joint_panel.sending(part))


@require_http_methods(["POST", "DELETE"])
@staff
def looking(request: HttpRequest, pk: int) -> HttpResponse:
    """Every ten seconds and at each change: this person has the case open and looks, writes or chooses (`doing`). Answers who else has.
    DELETE: no longer."""
    request.is_background = True  # a page that asks by itself keeps nobody signed in
    found = get_object_or_404(Case.objects.visible_to(request.user), pk=pk)
    if request.method == "DELETE":
        presence.leave(found, request.user)
        return HttpResponse(status=204)
    return JsonResponse({"others": presence.look(found, request.user, request.POST.get("doing", "")), "version": found.version})
