"""Where officers are: kept while on duty, refused when it cannot be true."""

from datetime import timedelta

import pytest

from command.models import Position, Track
from command.positions import record_position
from grid.models import County
from journal import clock, push
from journal.refused import Refused


@pytest.fixture
def here(cast):
    county = County.objects.get()
    return {"lon": county.home_lon, "lat": county.home_lat}


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(push, "tell_now", heard.append)
    return heard


def test_the_newest_fix_is_kept_and_told_to_the_officers_centre(cast, here, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        record_position(cast.officer, **here, accuracy_m=12, heading=90)
    position = Position.objects.get(officer=cast.officer)
    assert (position.point.x, position.point.y, position.heading) == pytest.approx((here["lon"], here["lat"], 90))
    centre = cast.officer.organisation.centre_id
    assert {f"centre.{centre}", f"wall.{centre}"} <= set(told[0]["audiences"])
    assert told[0]["positions"][str(cast.officer.pk)][:2] == pytest.approx([here["lon"], here["lat"]])


def test_a_fix_overtaken_on_the_way_does_not_undo_a_newer_one(cast, here, noon):
    record_position(cast.officer, **here, phone_at=noon)
    record_position(cast.officer, lon=here["lon"] + 0.01, lat=here["lat"], phone_at=noon - timedelta(seconds=30))
    assert Position.objects.get(officer=cast.officer).point.x == pytest.approx(here["lon"])


def test_standing_still_leaves_one_point_of_track_and_walking_leaves_more(cast, here, noon):
    for second in range(0, 60, 15):
        with clock.at(noon + timedelta(seconds=second)):
            record_position(cast.officer, **here)
    assert Track.objects.filter(officer=cast.officer).count() == 1
    record_position(cast.officer, lon=here["lon"] + 0.001, lat=here["lat"])
    with clock.at(noon + timedelta(minutes=6)):
        record_position(cast.officer, lon=here["lon"] + 0.001, lat=here["lat"])
    assert Track.objects.filter(officer=cast.officer).count() == 3


def test_nobody_is_followed_off_duty(cast, here):
    with pytest.raises(Refused) as refused:
        record_position(cast.off_duty(), **here)
    assert refused.value.code == "off_duty"
    assert not Position.objects.exists()
    assert not Track.objects.exists()


@pytest.mark.parametrize(("wrong", "code"), [
    ({"lon": 37.86, "lat": 116.16}, "outside"), ({"lon": 104.06, "lat": 30.67}, "outside"), ({"lon": float("nan")}, "outside"),
    ({"accuracy_m": 5000}, "inaccurate"), ({"accuracy_m": -1}, "inaccurate"),
    ({"phone_at": timedelta(minutes=5)}, "future"), ({"phone_at": timedelta(minutes=-10)}, "old"),
])  # fmt: skip
def test_an_impossible_fix_is_refused_with_its_reason(cast, here, noon, wrong, code):
    if "phone_at" in wrong:
        wrong = {"phone_at": noon + wrong["phone_at"]}
    with pytest.raises(Refused) as refused:
        record_position(cast.officer, **{**here, **wrong})
    assert refused.value.code == code
    assert not Position.objects.exists()


def test_a_little_beyond_the_border_is_still_a_position(cast):
    west, south, _east, _north = County.objects.get().outline.extent
    assert record_position(cast.officer, lon=west - 0.05, lat=south - 0.05)
