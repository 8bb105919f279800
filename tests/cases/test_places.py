"""Where a report lies: one query, borders, gaps, exchanged coordinates, names."""

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from cases import places
from grid.models import County, Zone
from journal.refused import BadInput

SEAT = (116.1595, 37.8610)  # in grid 23 of the seat


def square(lon: float, lat: float, size: float = 0.001) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((lon, lat, lon + size, lat + size)))


def test_a_point_in_the_seat_has_township_village_and_grid_by_one_query(db, django_assert_num_queries):
    places.locate(places.place(*SEAT, source="map"))  # the first one on a connection has it planned
    with django_assert_num_queries(1):
        found = places.locate(places.place(*SEAT, source="map"))
    assert {kind: zone.code for kind, zone in found.zones.items()} == {
        "township": "131128100", "village": "131128100001", "grid": "131128100001001"}  # fmt: skip
    assert found.in_seat
    assert not found.is_near


def test_a_border_belongs_to_the_lowest_code(db):
    Zone.objects.create(kind="grid", code="0002", name="东", geometry=square(116.161, 37.861))
    Zone.objects.create(kind="grid", code="0001", name="西", geometry=square(116.160, 37.861))
    found = places.locate(places.place(116.161, 37.8615, source="map"))
    assert found.zones["grid"].code == "0001"


def test_outside_every_village_the_nearest_is_taken_and_flagged(db):
    Zone.objects.filter(kind="village", code="131128100001").update(is_active=False)
    found = places.locate(places.place(116.1600, 37.8612, source="map"))
    assert found.is_near
    assert found.zones["village"].code.startswith("1311281")


def test_exchanged_longitude_and_latitude_are_offered_the_right_way_round(db):
    with pytest.raises(BadInput) as refused:
        places.locate(places.place(SEAT[1], SEAT[0], source="map"))
    assert (refused.value.code, refused.value.extra["swap"]) == ("outside", [*SEAT])


def test_a_point_elsewhere_is_outside_without_a_swap(db):
    with pytest.raises(BadInput) as refused:
        places.locate(places.place(116.40, 39.90, source="map"))
    assert (refused.value.code, refused.value.extra) == ("outside", {})


def test_a_wechat_position_is_converted_once_and_its_original_kept():
    place = places.place(116.155990, 37.870867, source="device", system="gcj02")
    assert (place.lon, place.lat) == pytest.approx((116.15, 37.87), abs=2e-6)
    assert (place.original, place.system) == ((116.155990, 37.870867), "gcj02")


@pytest.mark.parametrize(("lon", "lat"), [(float("nan"), 37.8), (float("inf"), 37.8), (200, 37.8), (116.1, -91000)])
def test_what_is_no_position_gets_a_sentence(lon, lat):
    with pytest.raises(BadInput) as refused:
        places.place(lon, lat, source="map")
    assert refused.value.code == "position"


def test_places_are_found_by_name_street_and_code(db):
    names = lambda query: [found.name for found in places.search(query)]  # noqa: E731
    assert "南街村" in names("南街")
    assert names("第13")[0] == "第13网格"
    assert names("文昌") == ["文昌路"]
    assert names("古城 马")[0].startswith("马")
    assert names("131128100001001") == ["第23网格"]
    assert names("  ") == names("%") == []


def test_what_is_found_lies_where_it_says(db):
    found = places.search("南街村")[0]
    located = places.locate(places.place(found.lon, found.lat, source="zone"))
    assert located.zones["village"].code == found.code


@pytest.mark.parametrize(
    ("words", "names"),
    [("阜城镇南街村东头老槐树", ["南街村"]), ("马屯村后地", ["马屯"]), ("古城镇", []), ("古城镇南街村", []), ("县里", [])],
)
def test_free_words_name_a_village_but_never_one_of_another_township(db, words, names):
    assert [found.name for found in places.named_in(words)] == names


def test_a_name_that_several_villages_have_is_a_question(db):
    twins = Zone.objects.filter(kind="village").exclude(parent__code="131128100")[:1]
    Zone.objects.create(kind="village", code="999", name=twins[0].name, geometry=square(116.16, 37.86))
    with pytest.raises(BadInput) as refused:
        places.from_input(lon=None, lat=None, source="map", words=f"{twins[0].name}村口")
    assert refused.value.code == "which_place"
    assert "999" in [found["code"] for found in refused.value.extra["candidates"]]


@pytest.mark.parametrize(
    ("given", "code"),
    [({"lon": 116.1, "lat": None}, "half"), ({"zone": "0815"}, "zone"), ({}, "no_place"), ({"words": "老地方"}, "no_place")],
)
def test_a_place_that_cannot_be_found_says_what_is_missing(db, given, code):
    with pytest.raises(BadInput) as refused:
        places.from_input(**{"lon": None, "lat": None, "source": "map"} | given)
    assert refused.value.code == code


def test_no_county_is_an_error_of_the_installation(db):
    County.objects.all().delete()
    with pytest.raises(places.NoCounty):
        places.locate(places.place(*SEAT, source="map"))
