"""The map's layers as JSON, fetched while they are switched on (`static/js/layers.js`)."""

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from command import layers
from config.access import staff
from enforcement.roles import CENTRE
from grid.models import Camera


def offered(user, surface: str) -> dict:
    """What the control offers this reader: addresses by layer, and the choices of the heat."""
    wall = surface == "wall"
    may_track = user.role in (layers.WALL_TRACK_READERS if wall else layers.TRACK_READERS)
    return {
        "tracks": reverse(f"{surface}-tracks") if may_track else "", "heat": reverse(f"{surface}-heat"),
        "cameras": reverse("command-camera-marks") if not wall and user.role in CENTRE else "", "has_cameras": wall or user.role in CENTRE,
        "groups": layers.groups(), "minutes": layers.TRACK_MINUTES, "days": layers.HEAT_DAYS, "key": surface,
    }  # fmt: skip


def _background(request: HttpRequest) -> None:
    request.is_background = True  # a map that keeps itself fresh keeps nobody signed in


@require_safe
@never_cache
@staff(roles=layers.TRACK_READERS)
def tracks(request: HttpRequest) -> JsonResponse:
    _background(request)
    return JsonResponse(layers.tracks(request.user, named=True))


@require_safe
@never_cache
@staff(roles=layers.WALL_TRACK_READERS)
def wall_tracks(request: HttpRequest) -> JsonResponse:
    _background(request)
    return JsonResponse(layers.tracks(request.user, named=False))


@require_safe
@never_cache
@staff
def heat(request: HttpRequest) -> JsonResponse:
    _background(request)
    return JsonResponse(layers.heat(request.user, request.GET.get("group", "").replace("\x00", "")[:24]))


@require_safe
@never_cache
@staff(roles=CENTRE)
def cameras(request: HttpRequest) -> JsonResponse:
    """[{id, name, lon, lat, url}]: a press leads to the report of what is seen there."""
    _background(request)
    found = Camera.objects.filter(is_active=True).order_by("code").values_list("pk", "name", "point")
    marks = [
        {"id": pk, "name": name, "lon": round(point.x, 6), "lat": round(point.y, 6), "url": reverse("command-camera-report", args=[pk])}
        for pk, name, point in found
    ]
    return JsonResponse({"cameras": marks})
