"""What the wall gets: facts, never what a person typed or who he is; who is on duty; figures that the display may see."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from cases.models import RoutingRule
from command import dispatch
from command.boards import wall
from command.boards.wall import ROSTER, WallBoard
from config.surfaces import BY_NAME, session_cookie
from enforcement.models import Duty
from grid.models import Zone
from journal import clock
from journal.models import Entry
from tests.cast import sign_in as cast_sign_in

SECRETS = ("张大民", "13800138000", "我家门口的摊贩骂人", "东街二条七号", "现场态度恶劣")


def later(**span):
    return clock.at(clock.now() + timedelta(**span))


@pytest.fixture
def board():
    return WallBoard()


def seen(board, key, language="zh-hans"):
    with translation.override(language):
        return board.render(str(key), list(board.things(str(key))), language), board.figures(str(key))


def test_nothing_that_a_person_typed_and_no_informant_reaches_the_wall(cast, case_at, board):
    place = {"contact": {"name": "张大民", "phone": "13800138000"}, "text": "我家门口的摊贩骂人"}
    case = case_at("resolved", **place)
    type(case).objects.filter(pk=case.pk).update(place="东街二条七号")
    order = dispatch.send(case_at("in_hand", **place), by=cast.dispatcher, officers=[cast.companion])[0]
    dispatch.decline(order, by=cast.companion.user, reason="现场态度恶劣")
    said = json.dumps(seen(board, cast.centre.pk), ensure_ascii=False)
    assert "骂人" not in said and not [secret for secret in SECRETS if secret in said]


def test_versions_of_things_and_payloads_agree_so_that_beats_find_nothing_to_heal(cast, case_at, board):
    case_at("accepted")
    case_at("closed", grid=3)
    key = str(cast.centre.pk)
    assert {thing: one["v"] for thing, one in board.render(key, board.things(key), "zh-hans").items()} == board.things(key)


def test_an_ended_case_is_seen_for_a_while_and_then_gone(cast, case_at, board):
    case = case_at("closed")
    payloads, _figures = seen(board, cast.centre.pk)
    assert payloads[case.thread]["ended"] and payloads[case.thread]["stage"] == ""
    with later(seconds=91):
        assert case.thread not in board.things(str(cast.centre.pk))


def test_each_centre_sees_its_own_and_the_county_all(cast, case_at, board):
    case = case_at("received")
    keys = [str(centre.pk) for centre in (cast.centre, cast.dispatcher_elsewhere.centre, cast.county_dispatcher.centre)]
    assert [case.thread in things for things in board.things_of(keys).values()] == [True, False, True]


def test_grouped_versions_cost_the_same_for_any_number_of_centres(cast, case_at, board, django_assert_num_queries):
    case_at("closed")
    keys = [str(cast.centre.pk), str(cast.dispatcher_elsewhere.centre.pk), str(cast.county_dispatcher.centre.pk)]
    for some in (keys[:1], keys):
        with django_assert_num_queries(4):
            board.things_of(some)


def test_the_last_event_is_told_even_when_the_night_is_quiet(cast, case_at, board):
    case = case_at("closed")
    with later(hours=5):
        payloads, figures = seen(board, cast.centre.pk)
        other = seen(WallBoard(), cast.dispatcher_elsewhere.centre.pk)[1]
    assert [thing for thing in payloads if thing != ROSTER] == []
    assert figures["events"][0][0] == case.thread and "结案" in figures["events"][0][4]
    assert other["events"] == []


def test_who_is_on_duty_follows_the_clock(cast, board):
    key = str(cast.centre.pk)
    before = seen(board, key)[0][ROSTER]
    assert str(cast.officer.pk) in before["officers"] and before["reachable"]
    now = clock.now()
    Duty.objects.filter(user=cast.officer.user, starts_at__lte=now, ends_at__gt=now).update(ends_at=now + timedelta(minutes=1))
    gone = str(cast.officer.pk)
    with later(minutes=3):
        after = seen(board, key)[0][ROSTER]
    assert after["v"] > before["v"] and gone not in after["officers"]


def test_reading_a_contact_is_no_news_for_the_wall(cast, case_at, board):
    from cases.sealed import read_contact

    received = case_at.report(contact={"name": "张大民", "phone": "13800138000"})
    read_contact(received.report, by=cast.dispatcher, reason="回访核实")
    assert Entry.objects.filter(verb="contact_read").exists()
    verbs = json.dumps(seen(board, cast.centre.pk), ensure_ascii=False)
    assert "回访" not in verbs and str(wall.SENTENCES["contact_read"].plain) not in verbs


def test_names_and_sentences_come_in_the_readers_language(cast, case_at, board):
    case = case_at("received")
    (chinese, _), (english, figures) = seen(board, cast.centre.pk), seen(board, cast.centre.pk, "en")
    assert chinese[case.thread]["title"] != english[case.thread]["title"]
    assert english[case.thread]["events"][0][2] == "Reported" and figures["centres"][0]["name"].isascii()


@pytest.fixture
def sign_in(cast):
    def client_of(user) -> Client:
        client = Client(headers={"host": "localhost"})
        cast_sign_in(client, user, "wall")
        return client

    return client_of


def test_a_display_looks_without_end_and_can_act_nowhere(cast, case_at, sign_in):
    case, client = case_at("resolved"), sign_in(cast.display)
    answer = client.get(reverse("wall"))
    assert answer.status_code == 200
    assert answer.cookies[session_cookie(BY_NAME["wall"])]["max-age"] > 300 * 86400
    assert client.post(reverse("wall")).status_code == 405
    cast_sign_in(client, cast.display, "command")
    assert client.post(reverse("command-close", args=[case.pk]), {"reply": "办结"}).status_code == 404
    case.refresh_from_db()
    assert case.state == "resolved"


def test_an_officer_has_no_wall(cast, sign_in):
    assert sign_in(cast.officer.user).get(reverse("wall")).status_code == 404


def test_the_map_of_a_towns_wall_opens_on_the_town(client, cast):
    def home(centre: str):
        cast_sign_in(client, cast.person("display", centre=centre), "wall")
        return client.get("/command/wall/").context["page"]["home"]

    town = Zone.objects.get(kind="township", code=RoutingRule.objects.get(organisation__code="GC").zone.code)
    assert home("GC") == pytest.approx(town.geometry.extent)
    assert home("CG") is None and home("ZX") is None, "these work wherever their matters lie"
