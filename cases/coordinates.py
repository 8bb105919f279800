"""Coordinate systems of Chinese maps. Everything is stored in WGS-84; what comes in otherwise is converted once, here.

GCJ-02 is what Amap, Tencent and WeChat hand out, BD-09 is Baidu's; CGCS2000 (天地图) counts as WGS-84 (centimetres).
Order is always longitude, latitude, in degrees.
"""

from math import atan2, cos, pi, sin, sqrt

WGS84, GCJ02, BD09 = "wgs84", "gcj02", "bd09"
SYSTEMS = (WGS84, GCJ02, BD09)
_A, _EE = 6378245.0, 0.00669342162296594323  # ellipsoid of the public algorithm (Krasovsky)
_BD = pi * 3000.0 / 180.0
_ROUNDS = 5  # of the fixed point: exact to the last digit


def to_wgs84(lon: float, lat: float, system: str) -> tuple[float, float]:
    """A pair in `system` as WGS-84; ValueError for an unknown system."""
    if system == WGS84:
        return lon, lat
    if system == GCJ02:
        return gcj02_to_wgs84(lon, lat)
    if system == BD09:
        return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
    raise ValueError(system)


def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """For links into Amap and Tencent maps. Outside China there is no offset."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    waves = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (waves + 20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi) + 160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (waves + 20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi) + 150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = lat / 180.0 * pi
    magic = 1.0 - _EE * sin(phi) ** 2
    return (
        lon + east * 180.0 / (_A / sqrt(magic) * cos(phi) * pi),
        lat + north * 180.0 / (_A * (1.0 - _EE) / (magic * sqrt(magic)) * pi),
    )


def gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    wgs_lon, wgs_lat = lon, lat
    for _round in range(_ROUNDS):
        there_lon, there_lat = wgs84_to_gcj02(wgs_lon, wgs_lat)
        wgs_lon, wgs_lat = wgs_lon + lon - there_lon, wgs_lat + lat - there_lat
    return wgs_lon, wgs_lat


def gcj02_to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """For links into Baidu maps."""
    radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _BD)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BD)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def bd09_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    gcj_lon, gcj_lat = lon - 0.0065, lat - 0.006
    for _round in range(_ROUNDS):
        there_lon, there_lat = gcj02_to_bd09(gcj_lon, gcj_lat)
        gcj_lon, gcj_lat = gcj_lon + lon - there_lon, gcj_lat + lat - there_lat
    return gcj_lon, gcj_lat
