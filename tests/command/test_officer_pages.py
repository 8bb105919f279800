"""The officer's phone over HTTP: what it shows, what it sends, and what happens when it sends late or twice."""

import gzip
import io
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from PIL import Image

from cases.models import Case, Photo, Report
from cases.transitions import NEEDS, Outcome
from command import dispatch, task
from command.models import PhoneAction, Position
from command.officer_words import words
from command.views.officer import VERBS
from command.views.shell import FILES
from enforcement.models import Certificate, Item, Officer, Organisation
from grid.models import Zone
from journal import clock
from journal.models import Entry
from journal.push import boards
from tests.cast import sign_in

FETCH = {"HTTP_X_REQUESTED_WITH": "fetch", "HTTP_ACCEPT": "application/json"}


def picture(colour="green"):
    data = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(data, "JPEG")
    data.seek(0)
    data.name = "photo.jpg"
    return data


@pytest.fixture
def phone(client, cast):
    """`phone(officer)` signs in on the officer's surface; `.post(order, verb, …)` sends as the page's script does."""

    class Phone:
        def __init__(self, officer):
            self.officer = officer
            self.get = client.get
            sign_in(client, officer.user, "officer")

        def post(self, order, verb, uuid=None, **data):
            address = f"/officer/dispatches/{order.pk}/{verb}/"
            return client.post(address, {"uuid": uuid or uuid4(), **data}, **FETCH)

        def form(self, order, verb, **data):
            return client.post(f"/officer/dispatches/{order.pk}/{verb}/", {"uuid": uuid4(), **data})

        def photo(self, order=None, uuid=None, **data):
            data = {"uuid": uuid or uuid4(), "file": picture(), **({"order": order.pk} if order else {}), **data}
            return client.post("/officer/photos/", data, **FETCH)

        def raw(self, address, data, **extra):
            return client.post(address, data, **{**FETCH, **extra})

    return Phone


@pytest.fixture
def order(case_at, cast):
    return case_at("sent", officer=cast.officer).dispatches.get()


def on_site(order, by):
    dispatch.accept(order, by=by)
    return dispatch.arrive(order, by=by, reason="测试")


# --- the loop ------------------------------------------------------------------------------------
def test_the_page_shows_the_order_with_place_clock_and_links_in_the_map_apps_own_coordinates(phone, order, cast):
    page = phone(cast.officer).get("/officer/").content.decode()
    assert f'id="order-{order.pk}"' in page
    assert order.case.place in page
    assert f'data-due="{int(order.case.due_at.timestamp() * 1000)}"' in page
    assert "uri.amap.com" in page
    assert f"{order.case.point.x:.6f}" not in page.split("uri.amap.com")[1].split('"')[0]


def test_an_order_goes_from_accepting_to_its_result(phone, order, cast):
    mine = phone(cast.officer)
    assert mine.post(order, "accept").json()["state"] == "accepted"
    at = {"lon": order.case.point.x, "lat": order.case.point.y, "accuracy": 15}
    assert mine.post(order, "arrive", **at).json()["state"] == "on_site"
    photo = uuid4()
    assert mine.photo(order, uuid=photo, kind="after").status_code == 200
    assert mine.post(order, "finish", outcome="corrected", note="已清理", photos=[photo]).json()["state"] == "finished"
    case = Case.objects.get(pk=order.case_id)
    assert (case.state, case.outcome, case.photos.get().kind) == ("resolved", "corrected", "after")


def test_it_also_works_without_script(phone, order, cast):
    mine = phone(cast.officer)
    assert mine.form(order, "accept").url == "/officer/"
    assert mine.form(order, "arrive", preset="现场定位信号差").status_code == 302
    answer = mine.form(order, "finish", outcome="unfounded", note="未发现", after_files=picture())
    assert answer.status_code == 302
    order.refresh_from_db()
    assert (order.state, order.arrival_reason, order.case.photos.count()) == ("finished", "现场定位信号差", 1)


def test_arriving_from_afar_needs_a_reason_and_says_how_far(phone, order, cast):
    mine = phone(cast.officer)
    mine.post(order, "accept")
    answer = mine.post(order, "arrive", lon=order.case.point.x + 0.02, lat=order.case.point.y, accuracy=10)
    assert (answer.status_code, answer.json()["code"]) == (409, "far")
    assert answer.json()["distance"] > answer.json()["radius"]
    assert mine.post(order, "arrive", lon=order.case.point.x + 0.02, lat=order.case.point.y, reason="道路封闭").status_code == 200


def test_declining_needs_a_reason(phone, order, cast):
    mine = phone(cast.officer)
    assert mine.post(order, "decline").status_code == 422
    assert mine.post(order, "decline", preset="车辆故障", reason="轮胎").json()["state"] == "declined"
    assert Entry.objects.get(thread=order.case.thread, verb="declined").data["reason"] == "车辆故障；轮胎"


@pytest.mark.parametrize("outcome", Outcome.values)
def test_each_result_is_refused_without_what_it_needs_and_accepted_with_it(phone, order, cast, outcome):
    mine = phone(cast.officer)
    on_site(order, cast.officer.user)
    photo = uuid4()
    mine.photo(order, uuid=photo)
    brought = {
        "note": "现场情况属实", "photos": [photo], "recheck_on": (clock.today() + timedelta(days=3)).isoformat(),
        "item": task.items_for(order, task.current())[0].code, "question": "是否属违法建设",
        "organisation": Organisation.objects.filter(accepts_handover=True).exclude(pk=order.case.organisation_id).first().code,
        "department": Organisation.objects.filter(kind="department").first().code, "police_contact": "城关派出所 王警官",
    }  # fmt: skip
    needed = {name: brought[name] for name in NEEDS[Outcome(outcome)]}
    for need in needed:
        less = {name: value for name, value in needed.items() if name != need}
        assert mine.post(order, "finish", outcome=outcome, **less).status_code == 409
    assert mine.post(order, "finish", outcome=outcome, **needed).status_code == 200


def test_the_items_offered_are_held_there_and_covered_by_the_certificate(order, cast):
    offered = task.items_for(order, task.current())
    assert offered
    assert {item.pk for item in offered} <= set(order.case.category.items.values_list("pk", flat=True))
    Certificate.objects.filter(officer=cast.officer).update(fields=["不相干的部门"])
    assert task.items_for(order, task.current()) == []
    assert Item.objects.filter(pk__in=[item.pk for item in offered], holder=order.case.organisation).exists()


# --- late, twice, in the wrong order ---------------------------------------------------------------
def test_the_same_press_twice_is_one_act_with_one_answer(phone, order, cast):
    mine, uuid = phone(cast.officer), uuid4()
    first, second = mine.post(order, "accept", uuid=uuid), mine.post(order, "accept", uuid=uuid)
    assert (first.status_code, second.status_code, first.json()) == (200, 200, second.json())
    assert Entry.objects.filter(thread=order.case.thread, verb="accepted").count() == 1


def test_a_photo_sent_twice_is_stored_once(phone, order, cast):
    mine, uuid = phone(cast.officer), uuid4()
    assert mine.photo(order, uuid=uuid).json() == mine.photo(order, uuid=uuid).json()
    assert Photo.objects.filter(taken_by=cast.officer.user).count() == 1


def test_the_servers_time_counts_and_the_phones_is_kept_beside_it(phone, order, cast, noon):
    pressed = noon - timedelta(minutes=7)
    phone(cast.officer).post(order, "accept", phone_at=int(pressed.timestamp() * 1000))
    action = PhoneAction.objects.get(verb="accept")
    order.refresh_from_db()
    assert (action.phone_at, action.at, order.accepted_at) == (pressed, noon, noon)


def test_a_result_before_arriving_gets_a_sentence_and_changes_nothing(phone, order, cast):
    mine = phone(cast.officer)
    mine.post(order, "accept")
    answer = mine.post(order, "finish", outcome="advised", note="已劝导")
    assert answer.status_code == 409
    assert answer.json()["detail"]
    order.refresh_from_db()
    assert order.state == "accepted"


def test_a_result_after_the_order_was_recalled_is_refused_but_photos_and_note_are_kept(phone, order, cast):
    mine, photo, uuid = phone(cast.officer), uuid4(), uuid4()
    on_site(order, cast.officer.user)
    mine.photo(order, uuid=photo, kind="before")
    dispatch.recall(order.case, by=cast.dispatcher, reason="另派他人")
    answer = mine.post(order, "finish", uuid=uuid, outcome="corrected", note="摊贩已离开", photos=[photo])
    assert (answer.status_code, answer.json()["code"], answer.json()["kept"]) == (409, "ended", True)
    assert mine.post(order, "finish", uuid=uuid, outcome="corrected", note="摊贩已离开", photos=[photo]).json() == answer.json()
    kept = Entry.objects.get(thread=order.case.thread, verb="evidence_kept")
    assert (kept.data["note"], len(kept.data["photos"])) == ("摊贩已离开", 1)
    assert Case.objects.get(pk=order.case_id).photos.count() == 1
    told = task.payloads(order.officer_id)[order.case.thread]["html"]
    assert "另派他人" in told and cast.dispatcher.name in told


def test_what_one_user_queued_is_never_sent_in_the_name_of_the_next(phone, order, cast):
    phone(cast.officer)
    other = phone(cast.companion)
    answer = other.raw(f"/officer/dispatches/{order.pk}/accept/", {"uuid": uuid4()}, HTTP_X_QUEUED_BY=str(cast.officer.user.pk))
    assert (answer.status_code, answer.json()["code"]) == (409, "other_user")
    assert not PhoneAction.objects.exists()


def test_a_uuid_cannot_be_used_for_something_else(phone, order, cast):
    mine, uuid = phone(cast.officer), uuid4()
    mine.post(order, "accept", uuid=uuid)
    assert mine.post(order, "decline", uuid=uuid, reason="不去").json()["code"] == "reused"


@pytest.mark.parametrize("wrong", [{"uuid": "1"}, {"phone_at": "yesterday"}, {"phone_at": "9" * 30}, {"lon": "east"}, {"accuracy": "-3"}])
def test_a_malformed_field_is_told_in_a_sentence(phone, order, cast, wrong):
    mine = phone(cast.officer)
    mine.post(order, "accept")
    answer = mine.raw(f"/officer/dispatches/{order.pk}/arrive/", {"uuid": uuid4(), **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


# --- who may ---------------------------------------------------------------------------------------
def test_anothers_order_is_not_there(phone, order, cast):
    mine = phone(cast.companion)
    assert mine.post(order, "accept").status_code == 404
    assert mine.get(f"/officer/photos/{uuid4()}/").status_code == 404
    order.refresh_from_db()
    assert order.state == "sent"


def test_without_signing_in_a_script_gets_a_code_and_a_person_the_login(client, order):
    assert client.get("/officer/").url.startswith("/officer/login/")
    assert client.get("/officer/now/", **FETCH).status_code == 401
    assert client.post(f"/officer/dispatches/{order.pk}/accept/", {"uuid": uuid4()}, **FETCH).json() == {"code": "login"}


def test_an_officer_whose_certificate_was_suspended_on_the_way_cannot_act(phone, order, cast):
    mine = phone(cast.officer)
    mine.post(order, "accept")
    cast.without_certificate(cast.officer)
    answer = mine.post(order, "arrive", reason="到了")
    assert (answer.status_code, answer.json()["code"]) == (409, "certificate")
    assert "无有效执法证" in mine.get("/officer/").content.decode()


def test_a_companion_describes_and_the_lead_decides(phone, case_at, cast):
    case = case_at("received")
    lead, mate = dispatch.send(case, by=cast.dispatcher, officers=[cast.officer, cast.companion])
    mine = phone(cast.companion)
    page = mine.get("/officer/").content.decode()
    assert 'name="outcome"' not in page
    mine.post(mate, "accept")
    assert mine.post(mate, "confirm", note="现场有三个摊位").status_code == 200
    mine.post(mate, "arrive", reason="先到")
    assert mine.post(mate, "finish", note="已拍照", outcome="corrected").status_code == 200
    case.refresh_from_db()
    lead.refresh_from_db()
    assert (case.state, case.outcome, lead.state) == ("in_hand", "", "sent")


def test_off_duty_the_page_says_that_no_orders_come(phone, cast):
    page = phone(cast.off_duty()).get("/officer/").content.decode()
    assert "status--off" in page
    assert "data-on-duty=\"\"" in page


# --- what the screen is told -------------------------------------------------------------------------
def test_the_board_shows_an_order_then_how_it_ended_then_nothing(order, cast, noon):
    board, key, thing = boards["officer"], str(cast.officer.pk), order.case.thread
    assert board.render(key, [thing], "zh-hans")[thing]["kind"] == "task"
    dispatch.recall(order.case, by=cast.dispatcher, reason="误派")
    shown = board.render(key, [thing], "zh-hans")[thing]
    assert (shown["kind"], shown["state"], "误派" in shown["html"]) == ("over", "recalled", True)
    assert board.things(key) == {thing: Case.objects.get(pk=order.case_id).version}
    with clock.at(noon + timedelta(minutes=11)):
        assert board.things(key) == {}


def test_nothing_of_a_session_is_in_what_is_pushed(order, cast):
    html = task.payloads(cast.officer.pk)[order.case.thread]["html"]
    assert "csrfmiddlewaretoken" not in html


# --- patrol, position, shell -------------------------------------------------------------------------
def test_a_patrol_report_becomes_a_case_once(phone, cast, case_at):
    mine, photo, uuid = phone(cast.officer), uuid4(), uuid4()
    point = case_at("received").point
    mine.photo(uuid=photo, kind="report", draft_key="k" * 20)
    sent = {"uuid": uuid, "category": "TIP-03", "photos": [photo], "draft_key": "k" * 20, "idempotency_key": str(uuid),
            "lon": point.x, "lat": point.y, "accuracy": 12, "place_source": "device"}  # fmt: skip
    first, second = mine.raw("/officer/report/", sent), mine.raw("/officer/report/", sent)
    assert (first.status_code, first.json()) == (200, second.json())
    report = Report.objects.get(channel="patrol")
    assert (report.taken_by, report.photos.count(), report.case.number) == (cast.officer.user, 1, first.json()["number"])


def test_a_patrol_report_without_script_or_position_names_the_place(phone, cast, client):
    phone(cast.officer)
    page = client.get("/officer/report/")
    hidden = {name: page.context["form"][name].value() for name in ("draft_key", "started", "idempotency_key")}
    data = {"uuid": uuid4(), "category": "TIP-03", "files": picture(), **hidden}
    assert client.post("/officer/report/", data).status_code == 422
    zone = Zone.objects.filter(kind="grid").first()
    assert client.post("/officer/report/", {**data, "files": picture(), "zone": zone.code}).status_code == 302
    assert Report.objects.get(channel="patrol").case.grid == zone


def test_a_position_is_kept_and_an_impossible_one_refused(phone, cast, noon):
    mine = phone(cast.officer)
    fix = {"lon": 116.16, "lat": 37.87, "accuracy": 9, "phone_at": int(noon.timestamp() * 1000)}
    assert mine.raw("/officer/position/", fix).json() == {"kept": True}
    assert mine.raw("/officer/position/", {**fix, "lon": 10}).json()["code"] == "outside"
    assert mine.raw("/officer/position/", {**fix, "lon": "x"}).status_code == 422
    assert Position.objects.get().officer == cast.officer


def test_patrolling_with_the_page_open_keeps_the_session_on_duty_only(phone, cast, client):
    mine = phone(cast.officer)
    fix = {"lon": 116.16, "lat": 37.87, "accuracy": 9}
    assert "session_officer" in mine.raw("/officer/position/", fix).cookies
    phone(cast.off_duty())
    assert "session_officer" not in client.post("/officer/position/", fix, **FETCH).cookies
    assert "session_officer" not in client.get("/officer/now/", **FETCH).cookies


def test_the_service_worker_is_never_cached_and_touches_only_the_officers_pages(client):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    text = answer.content.decode()
    handler = text.split("const BUILD")[1]
    assert r"\u002Dofficer" not in handler
    assert "/officer/report/" in handler
    assert "/ws/" not in handler


def test_the_manifest_starts_on_the_officers_page(client):
    manifest = client.get("/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"]) == ("/officer/", "/officer/")
    assert manifest["icons"]


def test_the_first_load_stays_small(phone, order, cast):
    page = phone(cast.officer).get("/officer/").content
    total = len(gzip.compress(page)) + sum(len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in FILES)
    assert total <= 150 * 1024


def test_each_verb_has_a_word_in_the_queue():
    assert set(VERBS) <= set(words()["verbs"])


# --- the squad leader --------------------------------------------------------------------------------
def test_a_squad_leader_sees_what_nobody_accepts_until_somebody_does(phone, order, cast):
    leader = Officer.objects.filter(is_leader=True, organisation=cast.officer.organisation).exclude(pk=cast.officer.pk).first()
    Case.objects.filter(pk=order.case_id).update(escalation=1)
    shown = boards["officer"].render(str(leader.pk), [order.case.thread], "zh-hans")[order.case.thread]
    assert (shown["kind"], "无人接单" in shown["html"], cast.officer.name in shown["html"]) == ("alert", True, True)
    assert order.case.thread in boards["officer"].things(str(leader.pk))
    assert "无人接单" in phone(leader).get("/officer/").content.decode()
    Case.objects.filter(pk=order.case_id).update(escalation=0)
    assert boards["officer"].things(str(leader.pk)) == {}


def test_an_escalation_is_not_shown_to_who_leads_others(order, cast):
    Case.objects.filter(pk=order.case_id).update(escalation=2)
    others = Officer.objects.filter(is_leader=True).exclude(organisation=cast.officer.organisation).values_list("pk", flat=True)
    assert task.alerts(others) == []


def test_an_item_that_the_certificate_does_not_cover_is_refused(phone, order, cast):
    mine, photo = phone(cast.officer), uuid4()
    on_site(order, cast.officer.user)
    item = task.items_for(order, task.current())[0]
    Certificate.objects.filter(officer=cast.officer).update(fields=["不相干的部门"])
    mine.photo(order, uuid=photo)
    answer = mine.post(order, "finish", outcome="lead", note="涉嫌违法", photos=[photo], item=item.code)
    assert (answer.status_code, answer.json()["code"]) == (409, "field")
