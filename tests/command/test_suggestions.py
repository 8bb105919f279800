"""Who is suggested first: the soonest on site as far as anybody can know, then who answers for the place, has had less to do, has more at hand."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import rulebook
from cases.county.settings import SETTINGS
from cases.models import Case
from command import dispatch, suggestions, travel
from command.models import Position
from enforcement.models import Certificate, Duty, Equipment
from grid.models import Responsibility
from journal import clock

FLAT = [{"kmh": 36}]  # ten metres a second


@pytest.fixture
def case(case_at, monkeypatch) -> Case:
    made = case_at("in_hand")
    monkeypatch.setitem(rulebook.current().options, "speeds", FLAT)
    Position.objects.all().delete()
    Responsibility.objects.filter(zone__in=[zone for zone in (made.grid_id, made.area_id, made.village_id) if zone]).delete()
    return made


def put(officer, case, metres: float, *, age: float = 0, accuracy: float = 0, noon):
    """The officer's newest fix lies so far east of the case."""
    point = Point(case.point.x + metres / 87_900, case.point.y, srid=4326)
    Position.objects.update_or_create(officer=officer, defaults={"point": point, "at": noon - timedelta(seconds=age), "accuracy_m": accuracy})


def order_of(case, *officers) -> list:
    whole = suggestions.suggest(case, limit=None)
    able = [told(one) for one in whole if one.can_go and not one.officer.is_helper]
    assert [told(one) for one in suggestions.suggest(case, limit=len(able))] == able, "the quick look and the whole one agree"
    return [one.officer.name for one in whole if one.officer in officers]


def told(one: suggestions.Suggestion) -> tuple:
    """All that a suggestion says."""
    return one.officer.pk, one.why_not, one.certificate, one.distance_m, one.eta_s, one.reasons, one.officer.duty_until


def test_the_soonest_on_site_comes_first(case, cast, noon):
    a, b, c, *_rest = cast.officers()
    for officer, metres in ((a, 3000), (b, 700), (c, 1900)):
        put(officer, case, metres, noon=noon)
    assert order_of(case, a, b, c) == [b.name, c.name, a.name]


def test_whose_position_is_not_known_comes_after_all_whose_is(case, cast, noon):
    a, b, *_rest = cast.officers()
    put(b, case, 20_000, noon=noon)
    assert order_of(case, a, b) == [b.name, a.name]


@pytest.mark.parametrize("worse", [{"age": 180 + 1300}, {"accuracy": 1300}])
def test_an_old_or_coarse_position_promises_less(case, cast, noon, worse):
    a, b, *_rest = cast.officers()
    put(a, case, 300, noon=noon, **worse)
    put(b, case, 1100, noon=noon)
    assert order_of(case, a, b) == [b.name, a.name]
    assert suggestions.of(case, [a.pk])[a.pk].eta_s > suggestions.of(case, [b.pk])[b.pk].eta_s > 100


def test_within_the_same_minute_who_answers_for_the_place_then_who_has_had_less_to_do(case, cast, case_at, noon):
    a, b, c, *_rest = cast.officers()
    for officer, metres in ((a, 100), (b, 200), (c, 300)):
        put(officer, case, metres, noon=noon)
    assert order_of(case, a, b, c) == [a.name, b.name, c.name]
    dispatch.recall(case_at("sent", officer=a), by=cast.leader, reason="派错")
    assert order_of(case, a, b, c) == [a.name, b.name, c.name], "what was called back before he took it is no work of his"
    order = case_at("sent", officer=a).dispatches.get()
    dispatch.decline(order, by=a.user, reason="距离过远")
    assert order_of(case, a, b, c) == [b.name, c.name, a.name]
    Responsibility.objects.create(zone_id=case.grid_id, officer=c, role="owner")
    assert order_of(case, a, b, c) == [c.name, b.name, a.name]
    assert "本班已接1单" in suggestions.of(case, [a.pk])[a.pk].reasons


def test_the_vehicle_of_his_duty_or_the_one_that_he_carries_makes_him_faster(case, cast, noon, monkeypatch):
    monkeypatch.setitem(rulebook.current().options, "speeds", [{"vehicle": "motorcycle", "kmh": 72}, {"kmh": 36}])
    a, b, *_rest = cast.officers()
    put(a, case, 1500, noon=noon)
    put(b, case, 2200, noon=noon)
    assert order_of(case, a, b) == [a.name, b.name]
    ridden = Equipment.objects.create(code="M-1", kind="motorcycle", name="执法摩托车", organisation=b.organisation)
    Duty.objects.filter(user=b.user, starts_at__lte=noon, ends_at__gt=noon).update(vehicle=ridden)
    assert order_of(case, a, b) == [b.name, a.name]
    assert suggestions.of(case, [b.pk])[b.pk].eta_s == pytest.approx(110, abs=8)


def test_speeds_follow_place_and_hour_as_the_county_says(db):
    noon = clock.now().astimezone(clock.LOCAL).replace(hour=12)
    options = rulebook.current().options
    before = options["speeds"]
    options["speeds"] = [{"in_seat": True, "hours": [7, 9], "kmh": 12}, {"in_seat": True, "kmh": 18}, {"kmh": 36}]
    try:
        hours = ((True, 8), (True, 9), (False, 8))
        assert [round(travel.speed_ms(options, "", seat, noon.replace(hour=hour)) * 3.6) for seat, hour in hours] == [12, 18, 36]
    finally:
        options["speeds"] = before


@pytest.mark.parametrize("bad", [[], {}, [{"kmh": 0}], [{"kmh": 130}], [{"vehicle": "car", "kmh": 20}], [{"hours": [9, 7], "kmh": 9}, {"kmh": 20}],
                                 [{"kmh": True}], [{"hours": [7], "kmh": 9}, {"kmh": 20}], [{"moon": 1, "kmh": 9}, {"kmh": 20}], "fast"])  # fmt: skip
def test_a_county_cannot_name_speeds_that_leave_somebody_without_one(bad):
    with pytest.raises(ValueError):
        SETTINGS["options"]["speeds"](bad)


def test_when_those_who_come_first_are_barred_the_others_are_looked_at(case, cast, noon):
    officers = cast.officers()
    for metres, officer in enumerate(officers):
        put(officer, case, 100 + 100 * metres, noon=noon)
    last = officers[-1]
    Certificate.objects.filter(officer__in=officers[:-1]).update(status="suspended")
    assert next(one for one in suggestions.suggest(case, limit=1)).officer == last


def test_the_first_eight_cost_the_same_statements_however_many_there_are(case, cast, noon):
    with CaptureQueriesContext(connection) as asked:
        suggestions.suggest(case, limit=3)
    assert len(asked) <= 11, "\n".join(one["sql"][:150] for one in asked)
