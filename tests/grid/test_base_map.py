"""The offline base map: all for staff; for the public no boundary without a map approval number (地图管理条例 15)."""

import gzip

import pytest

from grid.models import County, Zone
from tests.command.desk import Desk


@pytest.fixture
def desk(client, cast):
    return Desk(client).sit(cast.dispatcher)


def test_staff_get_outline_zones_and_roads(desk):
    found = desk.get("/command/map/base.json").json()
    assert found["outline"]
    assert len(found["grids"]) == Zone.objects.filter(kind="grid", is_active=True).count()
    assert all(zone["shape"] and zone["label"] for kind in ("townships", "areas", "grids") for zone in found[kind])
    assert {line["kind"] for line in found["lines"]} >= {"street", "water"}
    assert len(found["villages"]) == Zone.objects.filter(kind="village", is_active=True).count()
    assert found["demonstration"] is True


def test_it_opens_where_the_county_says(desk):
    County.objects.update(home_lon=116.2, home_lat=37.9, home_zoom=11)
    assert desk.get("/command/map/base.json").json()["home"] == {"lon": 116.2, "lat": 37.9, "zoom": 11}


def test_the_public_gets_no_boundary_without_an_approval_number(client, db):
    found = client.get("/map/base.json").json()
    assert found["outline"] == found["areas"] == found["grids"] == found["villages"] == []
    assert found["townships"]
    assert not any("shape" in zone for zone in found["townships"])


def test_with_an_approval_number_the_public_sees_outline_and_townships_and_the_number(client, db):
    County.objects.update(map_approval_number="冀S(2026)001号")
    found = client.get("/map/base.json").json()
    assert found["outline"]
    assert all(zone["shape"] for zone in found["townships"])
    assert found["approval_number"] == "冀S(2026)001号"
    assert found["grids"] == []


def test_it_is_sent_again_only_when_the_rules_have_changed(desk):
    etag = desk.get("/command/map/base.json")["ETag"]
    assert desk.get("/command/map/base.json", HTTP_IF_NONE_MATCH=etag).status_code == 304
    County.objects.update(rules_version=County.objects.get().rules_version + 1)
    assert desk.get("/command/map/base.json", HTTP_IF_NONE_MATCH=etag).status_code == 200


def test_it_stays_small(desk):
    body = desk.get("/command/map/base.json").content
    assert len(body) < 160_000
    assert len(gzip.compress(body)) < 45_000


def test_the_staff_map_is_not_for_the_public(client, db):
    assert client.get("/command/map/base.json").status_code == 302

