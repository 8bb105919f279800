"""Reports that the centre itself enters: calls, visitors, what an operator sees on a camera."""

from datetime import timedelta

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D
from django.core.exceptions import ValidationError
from django.db.models import Case as When
from django.db.models import IntegerField, Q, Value
from django.db.models import When as Then
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import drafts, places, sealed
from cases.forms import CameraForm, OperatorForm, fresh, moment
from cases.intake import receive_report
from cases.models import Case, Contact, Photo, Report
from cases.rulebook import current
from command.boards.cases import rows
from command.joining import receive_into
from command.said import Said
from command.views.console import bar
from config.access import staff
from enforcement.roles import CENTRE
from grid.models import Camera
from journal import clock

NEARBY_SHOWN = 6
HIDDEN = ("lon", "lat", "place_source", "zone", "draft_key", "started", "idempotency_key")


@never_cache
@require_http_methods(["GET", "POST"])
@staff(roles=CENTRE)
def report(request: HttpRequest) -> HttpResponse:
    """The form for hotline, reception and WeChat. The call starts when the form is opened, and so does the clock."""
    if request.method == "GET":
        initial = {**fresh(), "channel": "hotline", "call_started": _local_now()}
        return _form(request, OperatorForm(initial=initial))
    form = OperatorForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=422)
    return _receive(request, form.report())


def _receive(request: HttpRequest, known: dict) -> HttpResponse:
    """Store, and show number and code to be told to the reporter. Loading that page again stores nothing twice."""
    said = Said(request.POST)
    if said.number("join"):
        received = receive_into(said.case("join", request.user), by=request.user, **known)
    else:
        received = receive_report(by=request.user, **known)
    case = Case.objects.select_related("category", "organisation", "merged_into").get(pk=received.case.pk)
    shown = case.merged_into or case
    context = {"received": received, "case": case, "shown": shown, "code": sealed.shown_code(received.code),
               "visible": Case.objects.visible_to(request.user).filter(pk=shown.pk).exists(),
               "here": "report", **bar(request)}  # fmt: skip
    return render(request, "command/report_done.html", context)


def _form(request: HttpRequest, form, *, status: int = 200, **extra) -> HttpResponse:
    context = {
        "form": form, "categories": current().active_categories(), "page": _page(), "map": True, "hidden": [form[name] for name in HIDDEN],
        "channels": [(value, Report.Channel(value).label) for value in ("hotline", "walk_in", "wechat")],
        "here": "cameras" if "camera" in extra else "report", "opened": _call_start(form), **bar(request), **extra,
    }  # fmt: skip
    return render(request, "command/report.html", context, status=status)


def _call_start(form):
    """The moment in the form's field, so that its script can count on by the server's clock."""
    try:
        return moment(form["call_started"].value() or "") if "call_started" in form.fields else None
    except ValidationError:
        return None


def _local_now() -> str:
    """Now as a datetime-local field takes it: without an offset, which means the county's time."""
    return clock.now().astimezone(clock.LOCAL).strftime("%Y-%m-%dT%H:%M:%S")


def _page() -> dict:
    """Addresses for the script of the forms."""
    names = {"base": "command-base-map", "nearby": "command-nearby", "places": "command-places", "photos": "command-drafts"}
    return {key: reverse(name) for key, name in names.items()}


@require_POST
@staff(roles=CENTRE)
def nearby(request: HttpRequest) -> HttpResponse:
    """Open cases that the caller may mean, while he speaks: near the place, of the category, or from the same number."""
    said, options = Said(request.POST), current().options
    point = _point(said)
    since = clock.now() - timedelta(hours=options["duplicate_window_hours"])
    cases = Case.objects.worked_by(request.user).open().filter(started_at__gte=since)
    category, phone = said.text("category", 24), sealed.phone_index(said.text("contact_phone", 40))
    same_caller = Q(reports__in=Contact.objects.filter(phone_index=phone).values("report")) if phone else Q(pk__in=[])
    if point:
        cases = cases.annotate(distance=Distance("point", point))
        near = Q(point__dwithin=(point, D(m=options["duplicate_radius_m"])))
    else:
        near = Q(category__code=category) if category else Q(pk__in=[])
    fits = When(Then(same_caller, then=Value(0)), Then(category__code=category, then=Value(1)), default=Value(2), output_field=IntegerField())
    found = cases.filter(near | same_caller).annotate(fit=fits).order_by("fit", *(["distance"] if point else []), "-started_at").distinct()
    return render(request, "command/_nearby.html", {"rows": rows(found[:NEARBY_SHOWN])})


def _point(said: Said) -> Point | None:
    try:
        where = places.place(float(said.text("lon", 24)), float(said.text("lat", 24)), source="operator")
        return where.point
    except ValueError:
        pass
    found = places.by_code(said.text("zone", 24)) if said.text("zone", 24) else None
    return Point(found.lon, found.lat, srid=4326) if found else None


@require_GET
@staff(roles=CENTRE)
def find_places(request: HttpRequest) -> HttpResponse:
    """Places by name for the form's list."""
    return JsonResponse({"places": [found.as_json() for found in places.search(request.GET.get("q", "")[:60])]})


@require_POST
@staff(roles=CENTRE)
def draft(request: HttpRequest) -> HttpResponse:
    """One picture for the form, kept through refusals until the form is sent."""
    kind = Photo.Kind.CAMERA if request.POST.get("kind") == Photo.Kind.CAMERA else Photo.Kind.REPORT
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"code": "missing"}, status=422)
    photo = drafts.store_draft(file, draft_key=request.POST.get("draft_key", ""), by=request.user, kind=kind)
    return JsonResponse({"id": str(photo.pk), "url": reverse("command-photo", args=[photo.pk])}, status=201)


@never_cache
@require_GET
@staff(roles=CENTRE)
def cameras(request: HttpRequest) -> HttpResponse:
    """All cameras on the map and by grid; one click opens the report of what is seen there."""
    found = Camera.objects.filter(is_active=True).select_related("zone", "organisation").defer("zone__geometry")
    listed = sorted(found, key=lambda camera: (camera.zone.code if camera.zone else "~", camera.name))
    marks = [
        {"id": c.pk, "name": c.name, "lon": c.point.x, "lat": c.point.y, "url": reverse("command-camera-report", args=[c.pk])} for c in listed
    ]
    context = {"cameras": listed, "marks": marks, "page": _page(), "map": True, "here": "cameras", **bar(request)}
    return render(request, "command/cameras.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@staff(roles=CENTRE)
def camera_report(request: HttpRequest, pk: int) -> HttpResponse:
    """What an operator sees on a camera: camera and moment are kept, the clock starts at his mark."""
    camera = get_object_or_404(Camera.objects.select_related("zone").defer("zone__geometry"), pk=pk, is_active=True)
    if request.method == "GET":
        initial = {**fresh(), "moment": _local_now(), "place_words": camera.name}
        return _form(request, CameraForm(initial=initial, camera=camera), camera=camera)
    form = CameraForm(request.POST, camera=camera)
    if not form.is_valid():
        return _form(request, form, status=422, camera=camera)
    return _receive(request, form.report())
