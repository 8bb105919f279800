"""The offline base map as JSON: what `static/js/map.js` draws under cases and officers; and the map service's tiles from our cache."""

import base64

from django.contrib.gis.db.models.functions import PointOnSurface
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from integrations.tiles import source

from . import tiles
from .models import County, MapLine, Zone

NOTHING = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNgYGBgAAAABQABeqhXUAAAAABJRU5ErkJggg==")  # one clear point
DAY_S, SOON_S = 86400, 60
PRECISION = 5  # decimals of a degree: about one metre


def _county() -> County | None:
    return County.objects.defer("outline").order_by("pk").first()


def _etag(county: County | None, variant: str) -> str:
    return f'"{county.code}-{county.rules_version}-{variant}"' if county else '"none"'


def _path(coordinates) -> list[list[float]]:
    """[[lon, lat], …] rounded, without the doubles that rounding makes."""
    rounded = [[round(lon, PRECISION), round(lat, PRECISION)] for lon, lat in coordinates]
    return [point for at, point in enumerate(rounded) if at == 0 or point != rounded[at - 1]]


def _rings(geometry) -> list[list[list[list[float]]]]:
    """MultiPolygon → [polygon: [ring: path]]."""
    return [[_path(ring) for ring in polygon] for polygon in geometry.coords]


def _zone(zone: Zone, *, with_shape: bool) -> dict:
    label = zone.geometry.point_on_surface
    found = {"code": zone.code, "name": zone.name, "label": _path([label.coords])[0]}
    return {**found, "shape": _rings(zone.geometry)} if with_shape else found


def _with_inner_point(zones):
    """Names only: their polygons, nine tenths of the county's geometry, stay in the database."""
    return zones.defer("geometry").annotate(inner=PointOnSurface("geometry")) if zones is not None else []


def base_map(*, for_public: bool) -> dict:
    """Outline, townships, patrol areas, grids, roads, water and names of villages in WGS-84.

    The public variant never holds patrol areas, grids and villages, and holds outline and township borders only when the county
    names a map approval number (审图号, 地图管理条例 15); without one it shows roads, water and names.
    """
    county = County.objects.get()
    approved = not for_public or bool(county.map_approval_number)
    kinds = [Zone.Kind.TOWNSHIP] if for_public else [Zone.Kind.TOWNSHIP, Zone.Kind.AREA, Zone.Kind.GRID]
    zones = list(Zone.objects.filter(kind__in=kinds, is_active=True))
    lines = list(MapLine.objects.order_by("kind", "pk"))
    villages = None if for_public else Zone.objects.filter(kind=Zone.Kind.VILLAGE, is_active=True)
    return {
        "version": county.rules_version,
        "name": county.name,
        "home": {"lon": county.home_lon, "lat": county.home_lat, "zoom": county.home_zoom},
        "bounds": [round(edge, 3) for edge in county.outline.extent],
        "approval_number": county.map_approval_number,
        "demonstration": any(thing.is_demonstration for thing in (*zones, *lines)),
        "outline": _rings(county.outline) if approved else [],
        **{
            plural: [_zone(zone, with_shape=approved) for zone in zones if zone.kind == kind]
            for plural, kind in (("townships", Zone.Kind.TOWNSHIP), ("areas", Zone.Kind.AREA), ("grids", Zone.Kind.GRID))
        },
        "villages": [{"name": zone.name, "at": _path([zone.inner.coords])[0]} for zone in _with_inner_point(villages)],
        "lines": [{"kind": line.kind, "name": line.name, "path": _path(line.geometry.coords)} for line in lines],
    }


def _answer(request: HttpRequest, *, for_public: bool) -> HttpResponse:
    county = _county()
    if county is None:  # nothing loaded yet
        return JsonResponse({"code": "no_county"}, status=404)

    @condition(etag_func=lambda request: _etag(county, "public" if for_public else "staff"))
    def body(request):
        return JsonResponse(base_map(for_public=for_public), json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})

    return body(request)


@require_safe
@cache_control(public=True, max_age=600)
def public_base(request: HttpRequest) -> HttpResponse:
    """`/map/base.json` for citizens."""
    return _answer(request, for_public=True)


@require_safe
@cache_control(private=True, no_cache=True)
def staff_base(request: HttpRequest) -> HttpResponse:
    """The whole base map; the URL lists of the staff surfaces wrap it in their login check."""
    return _answer(request, for_public=False)


@require_safe
def tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """`/map/tiles/<zoom>/<column>/<row>` for everybody: from the disk, never from outside. What is not there yet is answered at once with a
    clear picture and 202, which no browser keeps, and fetched by the worker; what is old is shown while a newer one is fetched."""
    found = source()
    if found is None or not tiles.is_ours(found, z, x, y):
        raise Http404
    kept = tiles.read(found, z, x, y)
    if kept is None or not kept[2]:
        tiles.want(z, x, y)
    if kept is None:
        return HttpResponse(NOTHING, content_type="image/png", status=202, headers={"Cache-Control": "no-store"})
    picture, kind, is_young = kept
    return HttpResponse(picture, content_type=kind, headers={"Cache-Control": f"public, max-age={DAY_S if is_young else SOON_S}"})
