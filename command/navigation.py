"""Links that open a map app on the phone, each in its own coordinate system."""

from urllib.parse import urlencode

from django.utils.translation import gettext as _

from cases.coordinates import gcj02_to_bd09, wgs84_to_gcj02


def links(lon: float, lat: float, name: str) -> list[dict]:
    """[{"name", "url"}] for a WGS-84 point, the first being the usual one. `name` labels the pin: the case's number, since
    what a citizen wrote about the place is nobody else's business."""
    lon_gcj, lat_gcj = wgs84_to_gcj02(lon, lat)
    lon_bd, lat_bd = gcj02_to_bd09(lon_gcj, lat_gcj)
    amap = {"to": f"{lon_gcj:.6f},{lat_gcj:.6f},{name}", "mode": "car", "policy": 1, "coordinate": "gaode", "callnative": 1}
    tencent = {"type": "drive", "to": name, "tocoord": f"{lat_gcj:.6f},{lon_gcj:.6f}", "coord_type": 2, "policy": 0}
    baidu = {"destination": f"latlng:{lat_bd:.6f},{lon_bd:.6f}|name:{name}", "coord_type": "bd09ll", "mode": "driving", "output": "html"}
    return [
        {"name": _("Amap"), "url": f"https://uri.amap.com/navigation?{urlencode(amap)}"},
        {"name": _("Tencent Maps"), "url": f"https://apis.map.qq.com/uri/v1/routeplan?{urlencode(tencent)}"},
        {"name": _("Baidu Maps"), "url": f"https://api.map.baidu.com/direction?{urlencode(baidu)}"},
        {"name": _("Other map app"), "url": f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}"},  # RFC 5870: WGS-84
    ]
