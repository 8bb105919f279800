"""Published vectors of the public algorithms, at the county."""

import pytest

from cases import coordinates

WGS, GCJ, BD = (116.15, 37.87), (116.155990, 37.870867), (116.162368, 37.877204)


def near(pair, wanted):
    return pair == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(("wgs", "gcj"), [(WGS, GCJ), ((116.3, 37.9), (116.305834, 37.900774))])
def test_a_phone_position_is_shifted_for_amap(wgs, gcj):
    assert near(coordinates.wgs84_to_gcj02(*wgs), gcj)


def test_baidu_adds_its_own_shift():
    assert near(coordinates.gcj02_to_bd09(*GCJ), BD)


@pytest.mark.parametrize(("pair", "system"), [(WGS, "wgs84"), (GCJ, "gcj02"), (BD, "bd09")])
def test_every_system_comes_in_as_the_same_point(pair, system):
    assert coordinates.to_wgs84(*pair, system) == pytest.approx(WGS, abs=2e-6)


def test_the_way_back_is_exact():
    there = coordinates.wgs84_to_gcj02(*WGS)
    assert coordinates.gcj02_to_wgs84(*there) == pytest.approx(WGS, abs=1e-12)


def test_outside_china_nothing_is_shifted():
    assert coordinates.wgs84_to_gcj02(2.35, 48.85) == (2.35, 48.85)


def test_an_unknown_system_is_not_guessed():
    with pytest.raises(ValueError, match="mars"):
        coordinates.to_wgs84(1, 1, "mars")
