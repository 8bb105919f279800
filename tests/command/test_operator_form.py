"""The operator's form for calls and visitors: the call's clock, the sealed caller, open cases nearby, joining one."""

import re
from datetime import timedelta

import pytest

from cases.forms import fresh
from cases.models import Case, Contact, Report
from grid.models import Zone
from journal import clock
from tests.cast import photo_file


@pytest.fixture
def call(desk, cast):
    """`call(**fields)` sends the form as a call taker fills it in."""
    desk.sit(cast.call_taker)
    point = Zone.objects.filter(kind=Zone.Kind.GRID).order_by("code")[0].geometry.point_on_surface

    def send(**fields):
        given = {"channel": "hotline", "text": "门口堆了建筑垃圾", "category": "TIP-04", "lon": point.x, "lat": point.y, "place_source": "map"}
        return desk.client.post("/command/report/", {**fresh(), **given, **fields})

    send.desk = desk
    return send


def test_the_form_opens_with_the_start_of_the_call(call, noon):
    form = call.desk.get("/command/report/").context["form"]
    assert form["call_started"].value() == "2026-11-24T12:00:00"
    assert form["channel"].value() == "hotline"


def test_the_cases_clock_counts_from_the_call_and_the_forms_time_is_apart(call, noon):
    opened = fresh()
    with clock.at(noon + timedelta(seconds=45)):
        answer = call(**opened, call_started="2026-11-24T12:00:00")
    report = Report.objects.get()
    assert answer.status_code == 200
    assert (report.case.started_at, report.received_at, report.form_seconds) == (noon, noon + timedelta(seconds=45), 45)


def test_the_caller_is_sealed_and_the_code_is_told(call, cast):
    answer = call(contact_phone="139 0000 1111", contact_name="张三", on_behalf_of="老人")
    report = Report.objects.get()
    assert Contact.objects.filter(report=report).exists()
    assert (report.channel, report.on_behalf_of, report.taken_by) == ("hotline", "老人", cast.call_taker)
    assert answer.context["code"] in answer.content.decode()
    assert "张三" not in answer.content.decode()


@pytest.mark.parametrize(("fields", "wanted"), [({"text": ""}, "text"), ({"lon": "", "lat": ""}, "place"), ({"contact_phone": "12"}, "phone")])
def test_after_a_refusal_the_cursor_stands_where_something_is_missing(call, fields, wanted):
    html = call(**fields).content.decode()
    assert re.findall(r'<(?:input|textarea) id="(\w+)"[^>]* autofocus>', html) == [wanted]


@pytest.mark.parametrize(
    ("fields", "word"),
    [({"text": ""}, "text"), ({"text": "长" * 2001}, "text"), ({"lon": "10", "lat": "10"}, "lon"), ({"call_started": "2026-11-25T12:00"}, None),
     ({"contact_phone": "12"}, "contact_phone"), ({"category": "TIP-99"}, None), ({"channel": "fax"}, "channel")],
)  # fmt: skip
def test_bad_input_gets_a_sentence_and_loses_nothing(call, fields, word):
    answer = call(**{"place_words": "杏花巷东头", **fields})
    assert answer.status_code in (409, 422)
    assert not Report.objects.exists()
    if word:
        assert word in answer.context["form"].errors
        assert "杏花巷东头" in answer.content.decode()


def test_exchanged_longitude_and_latitude_are_offered_the_right_way_round(call):
    answer = call(lon="37.868", lat="116.16")
    assert "data-swap=" in answer.content.decode()


def test_pictures_survive_a_refusal(call):
    opened = fresh()
    stored = call.desk.post("/command/photos/", file=photo_file(), draft_key=opened["draft_key"])
    assert stored.status_code == 201
    refused = call(**opened, text="长" * 2001, photos=stored.json()["id"])
    assert stored.json()["id"] in refused.content.decode()
    call(**opened, photos=stored.json()["id"])
    assert [str(photo.pk) for photo in Report.objects.get().photos.all()] == [stored.json()["id"]]


def test_sent_twice_it_is_stored_once_with_the_same_code(call):
    opened = fresh()
    first, second = call(**opened), call(**opened)
    assert first.context["code"] == second.context["code"]
    assert Report.objects.count() == 1


def test_open_cases_nearby_are_shown_with_those_of_the_same_number_first(call, case_at):
    near = case_at.report(category="TIP-04").case
    far = case_at.report(category="TIP-04", grid=20, contact={"name": "", "phone": "13900001111"}).case
    case_at.report(category="TIP-04", grid=20)
    data = {"category": "TIP-04", "lon": str(near.point.x), "lat": str(near.point.y), "contact_phone": "+86 139 0000 1111"}
    html = call.desk.post("/command/report/nearby/", **data).content.decode()
    assert html.count("<article") == 2
    assert html.index(f'data-id="{far.pk}"') < html.index(f'data-id="{near.pk}"')


def test_a_report_joins_an_open_case_and_nobody_is_sent_twice(call, case_at):
    running = case_at("sent")
    answer = call(category="TIP-01", join=running.pk)
    joined = Report.objects.latest("pk").case
    assert (joined.state, joined.merged_into) == ("merged", running)
    assert running.number in answer.content.decode()
    assert Case.objects.get(pk=running.pk).state == "in_hand"


def test_joining_a_case_of_another_centre_is_refused_and_stores_nothing(call, case_at):
    elsewhere = case_at("received", category="TIP-22")
    before = Report.objects.count()
    assert call(join=elsewhere.pk).status_code == 422
    assert Report.objects.count() == before


def test_places_are_found_by_name(call):
    zone = Zone.objects.filter(kind=Zone.Kind.VILLAGE).order_by("code").last()
    found = call.desk.get(f"/command/report/places/?q={zone.name}").json()["places"]
    assert zone.code in [place["code"] for place in found]
    call(lon="", lat="", zone=zone.code)
    assert Report.objects.get().case.village == zone


def test_who_only_looks_has_no_form(desk, cast):
    assert desk.sit(cast.supervisor).get("/command/report/").status_code == 404
