"""Reaching an officer who has not looked at his order: message, call, squad leader; the carrier is slow, forgetful and repeats itself."""

import json
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cases import rulebook
from cases.county.settings import SETTINGS
from command import dispatch, marks, messages
from command.models import Dispatch, OrderMessage
from integrations.messages import fake
from integrations.messages.http import headers
from journal import clock, deadlines
from journal.models import Deadline, Entry
from tests.command.test_loop import tick
from tests.informant import names_him

SECRET = "a secret of the gateway, long enough"
PAGE, SMS, VOICE = 15, 15, 20  # data/fucheng/county.toml
RECEIPTS = "/inbound/messages/"


@pytest.fixture
def carrier(settings):
    """A real one on this machine, whose receipts the tests take and post themselves."""
    one = fake.Carrier(0, "http://127.0.0.1:9/", SECRET).start()
    settings.MESSAGE_GATEWAY_URL, settings.MESSAGE_GATEWAY_SECRET = one.url, SECRET
    yield one
    one.stop()


@pytest.fixture
def order(case_at, cast) -> Dispatch:
    cast.officer.user.phone = "13812345678"
    cast.officer.user.save()
    return case_at("sent", officer=cast.officer).dispatches.get()


def report(client, message, outcome, detail="", *, secret=SECRET, stamp=None):
    """The carrier's receipt, signed as it signs."""
    body = json.dumps({"receipts": [{"reference": message.reference, "outcome": outcome, "detail": detail}]}).encode()
    signed = headers(secret, body) | ({"X-Stamp": stamp} if stamp else {})
    return client.post(RECEIPTS, body, content_type="application/json", headers=signed).status_code


def told(order, *verbs):
    entries = Entry.objects.filter(thread=order.case.thread, subject=f"dispatch:{order.pk}", verb__in=verbs).order_by("number")
    return [(entry.verb, entry.data["way"]) for entry in entries]


def texted(order, noon) -> OrderMessage:
    tick(noon, PAGE)
    with clock.at(noon + timedelta(seconds=PAGE)):
        messages.send_due()
    return order.messages.get(way="sms")


def test_who_looks_at_the_page_gets_no_message(order, carrier, cast, noon):
    marks.seen(order, by=cast.officer.user)
    tick(noon, PAGE + SMS)
    assert not order.messages.exists() and not carrier.taken


def test_delivered_is_not_seen_so_the_message_goes_out_all_the_same(order, carrier, cast, noon):
    marks.delivered(order, by=cast.officer.user, way="page")
    assert texted(order, noon).state == "handed"


def test_a_text_then_a_call_then_the_squad_leader_each_after_its_time(order, carrier, noon):
    for seconds, written in ((PAGE - 1, []), (PAGE, ["sms"]), (PAGE + SMS - 1, ["sms"]), (PAGE + SMS, ["sms", "voice"])):
        tick(noon, seconds)
        assert list(order.messages.order_by("pk").values_list("way", flat=True)) == written
    tick(noon, PAGE + SMS + VOICE)
    order.case.refresh_from_db()
    escalated = Entry.objects.get(thread=order.case.thread, verb="escalated")
    assert (order.case.escalation, escalated.data["stage"]) == (1, "reach")
    assert not Deadline.objects.filter(thread=order.case.thread, kind="reach", fired_at=None, cancelled_at=None).exists()


def test_without_a_gateway_or_a_number_the_squad_leader_is_told_at_the_same_moment(order, noon):
    for seconds in (PAGE, PAGE + SMS):
        tick(noon, seconds)
    assert not order.messages.exists()
    order.case.refresh_from_db()
    assert order.case.escalation == 0
    tick(noon, PAGE + SMS + VOICE)
    order.case.refresh_from_db()
    assert order.case.escalation == 1


def test_the_text_says_what_and_where_by_zones_and_nothing_that_somebody_wrote(case_at, carrier, cast, noon, settings):
    settings.PUBLIC_URL = "https://ops.example"
    cast.officer.user.phone = "138 1234 5678"
    cast.officer.user.save()
    order = case_at("sent", officer=cast.officer).dispatches.get()
    message = texted(order, noon)
    assert carrier.taken[0]["number"] == "13812345678" == message.number
    text = carrier.taken[0]["text"]
    assert order.case.number in text and "https://ops.example/officer/" in text and order.case.township.name in text
    assert not [written for written in (*order.case.reports.values_list("text", flat=True), order.case.place) if written and written in text]
    assert not names_him(text.encode())


@pytest.mark.parametrize("outcomes, marked", [
    (["delivered"], ("sms", False)), (["delivered", "delivered"], ("sms", False)), (["failed"], ("", False)),
])  # fmt: skip
def test_a_receipt_marks_the_order_once_however_often_it_comes(client, order, carrier, noon, outcomes, marked):
    message = texted(order, noon)
    assert {report(client, message, outcome) for outcome in outcomes} == {204}
    order.refresh_from_db()
    assert (order.delivered_by, order.seen_at is not None) == marked
    assert len(told(order, "delivered", "not_notified")) == 1


def test_who_presses_a_key_on_the_telephone_has_seen_the_order(client, order, carrier, noon):
    texted(order, noon)
    tick(noon, PAGE + SMS)
    with clock.at(noon + timedelta(seconds=PAGE + SMS)):
        assert messages.send_due() == 1
        call = order.messages.get(way="voice")
        assert report(client, call, "answered") == report(client, call, "confirmed") == report(client, call, "failed") == 204
    order.refresh_from_db()
    assert (order.delivered_by, bool(order.seen_at), order.state) == ("voice", True, "sent")
    tick(noon, PAGE + SMS + VOICE)
    order.case.refresh_from_db()
    assert order.case.escalation == 0


def test_a_number_out_of_service_makes_the_next_way_come_at_once(client, order, carrier, noon):
    message = texted(order, noon)
    with clock.at(noon + timedelta(seconds=PAGE + 1)):
        assert report(client, message, "failed", "number out of service") == 204
        deadlines.fire_due()
    assert list(order.messages.order_by("pk").values_list("way", "state")) == [("sms", "failed"), ("voice", "queued")]
    assert told(order, "notified", "not_notified") == [("notified", "sms"), ("not_notified", "sms"), ("notified", "voice")]


def test_a_receipt_after_the_order_has_ended_changes_nothing_of_it(client, order, carrier, cast, noon):
    message = texted(order, noon)
    dispatch.decline(order, by=cast.officer.user, reason="距离过远")
    number = Entry.objects.filter(thread=order.case.thread).count()
    assert report(client, message, "failed") == 204
    assert Entry.objects.filter(thread=order.case.thread).count() == number


def test_an_order_that_was_accepted_meanwhile_is_not_sent_after(order, carrier, cast, noon):
    tick(noon, PAGE)
    dispatch.accept(order, by=cast.officer.user)
    with clock.at(noon + timedelta(seconds=PAGE)):
        assert messages.send_due() == 0
    assert not carrier.taken and order.messages.get().state == "dropped"


def test_a_gateway_that_is_down_is_asked_again_later_and_given_up_in_the_end(order, carrier, noon):
    carrier.is_down = True
    message = texted(order, noon)
    assert (message.state, message.attempts, message.failure) == ("queued", 1, "HTTP 503")
    with clock.at(noon + timedelta(seconds=PAGE + 4)):
        assert messages.send_due() == 0 and OrderMessage.objects.get(pk=message.pk).attempts == 1
    at, tries = noon + timedelta(seconds=PAGE), 1
    while OrderMessage.objects.get(pk=message.pk).state == "queued":
        at = OrderMessage.objects.get(pk=message.pk).next_at
        with clock.at(at):
            messages.send_due()
        tries += 1
    assert OrderMessage.objects.get(pk=message.pk).state == "failed" and tries == len(messages.BACKOFF_S) + 1
    assert told(order, "not_notified") == [("not_notified", "sms")]


def test_the_carrier_sends_one_reference_once_although_the_worker_died_in_between(order, carrier, noon):
    message = texted(order, noon)
    OrderMessage.objects.filter(pk=message.pk).update(state="queued")  # the answer was lost
    with clock.at(noon + timedelta(minutes=1)):
        assert messages.send_due() == 1
    assert len(carrier.taken) == 1


@pytest.mark.parametrize("forged", [
    {"secret": "another secret, long enough as well"}, {"stamp": str(int(time.time()) - 3600)}, {"stamp": "x"}, {"stamp": "٣" * 10},
])  # fmt: skip
def test_nobody_else_reports_for_the_carrier(client, order, carrier, noon, forged):
    message = texted(order, noon)
    assert report(client, message, "delivered", **forged) == 401
    order.refresh_from_db()
    assert order.delivered_at is None


def test_what_is_no_receipt_is_refused_and_an_unknown_reference_is_nothing(client, order, carrier, settings):
    for body in (b"{}", b"[]", b"x", json.dumps({"receipts": [{"reference": 1, "outcome": "delivered"}]}).encode(),
                 json.dumps({"receipts": [{"reference": "x", "outcome": "eaten"}]}).encode(), b'{"receipts": ' + b"[" * 60000):  # fmt: skip
        assert client.post(RECEIPTS, body, content_type="application/json", headers=headers(SECRET, body)).status_code == 422, body[:40]
    body = json.dumps({"receipts": [{"reference": "of nobody", "outcome": "delivered"}]}).encode()
    assert client.post(RECEIPTS, body, content_type="application/json", headers=headers(SECRET, body)).status_code == 204
    settings.MESSAGE_GATEWAY_URL = ""
    assert client.post(RECEIPTS, body, content_type="application/json", headers=headers(SECRET, body)).status_code == 401


def test_the_console_shows_each_message_with_what_became_of_it(client, desk, order, carrier, noon):
    report(client, texted(order, noon), "failed", "number out of service")
    html = desk.get(f"/command/cases/{order.case_id}/").content.decode()
    assert "未送达 (number out of service)" in html and "短信通知" in html


def test_one_message_for_each_way_of_an_order(order, carrier, noon):
    message = texted(order, noon)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderMessage.objects.create(reference="other", dispatch=order, way="sms", number="1", created_at=noon, next_at=noon)
    assert message.attempts == 1


@pytest.mark.parametrize("bad", [
    [], [["sms", 10]], [["page", 1], ["sms", 10]], [["page", 10], ["page", 10]], [["page", 10], ["pigeon", 10]], [["page"]], "page",
])  # fmt: skip
def test_a_county_cannot_name_ways_that_there_are_not(bad):
    with pytest.raises(ValueError):
        SETTINGS["options"]["order_ways"](bad)


def test_the_county_may_choose_other_ways(order, carrier, noon, monkeypatch):
    monkeypatch.setitem(rulebook.current().options, "order_ways", [["page", PAGE], ["voice", 30]])
    tick(noon, PAGE)
    assert list(order.messages.values_list("way", flat=True)) == ["voice"]


def test_the_carrier_of_the_demonstration_fails_delays_and_repeats():
    """Of many numbers some are dead, some silent, some receipts come twice; which, follows from number and reference."""
    assert fake.fate("sms", "13800000000", "r") == [(0.5, "failed", "number out of service")]
    assert fake.fate("sms", "13800009999", "r") == [] and fake.fate("voice", "13800009999", "r")[0][1] == "failed"
    fates = [fake.fate("sms", "13812345678", f"r{number}") for number in range(200)]
    assert {len(one) for one in fates} == {1, 2} and all(0.5 <= one[0][0] <= 2.5 for one in fates)
    assert {tuple(what for _s, what, _d in fake.fate("voice", "13812345678", f"r{n}"))[:2] for n in range(50)} >= {("answered", "confirmed")}
