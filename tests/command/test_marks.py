"""Orders that are known to have arrived: sent, delivered, seen, accepted, each a fact of its own."""

import pytest
from django.db import DatabaseError, transaction

from cases.audience import county_centre_pk
from command import dispatch, marks
from command.boards import cases as boards
from command.models import Dispatch
from command.transitions import Way
from journal.models import Entry
from tests.cast import sign_in
from tests.plain import sql


@pytest.fixture
def order(case_at, cast) -> Dispatch:
    return case_at("sent", officer=cast.officer).dispatches.get()


def told(order, verb) -> int:
    return Entry.objects.filter(thread=order.case.thread, subject=f"dispatch:{order.pk}", verb=verb).count()


def post(client, order, mark):
    return client.post(f"/officer/dispatches/{order.pk}/{mark}/", headers={"X-Requested-With": "fetch", "Accept": "application/json"})


def test_the_phones_page_says_delivered_and_then_seen_and_each_is_kept_once(client, order, cast, noon):
    sign_in(client, cast.officer.user, "officer")
    assert post(client, order, "delivered").json() == {"marked": True}
    order.refresh_from_db()
    assert (order.delivered_by, order.seen_at, order.reached) == ("page", None, "delivered") and order.delivered_at >= order.sent_at
    assert post(client, order, "seen").json() == {"marked": True}
    assert post(client, order, "seen").json() == post(client, order, "delivered").json() == {"marked": False}
    order.refresh_from_db()
    assert (order.reached, order.accepted_at) == ("seen", None)
    assert [told(order, verb) for verb in ("delivered", "seen", "accepted")] == [1, 1, 0]


def test_what_was_seen_was_delivered_too_but_what_was_accepted_was_not_therefore_seen(order, cast):
    marks.seen(order, by=cast.officer.user)
    order.refresh_from_db()
    assert order.delivered_at and order.seen_at


def test_accepting_invents_no_mark_and_ends_the_waiting_for_one(order, cast):
    dispatch.accept(order, by=cast.officer.user)
    assert not marks.delivered(order, by=cast.officer.user, way=Way.SMS)
    order.refresh_from_db()
    assert (order.delivered_at, order.seen_at, order.reached) == (None, None, "")


def test_nobody_marks_the_order_of_another(client, order, cast):
    for user in (cast.companion.user, cast.helper.user):
        sign_in(client, user, "officer")
        assert post(client, order, "seen").status_code == 404
    order.refresh_from_db()
    assert order.delivered_at is None


def test_a_mark_makes_no_dispatchers_screen_stale_but_every_screen_newer(order, cast):
    case = order.case
    case.refresh_from_db()
    seen = case.version
    marks.seen(order, by=cast.officer.user)
    assert boards.open_versions([str(case.centre_id)], county_centre_pk())[str(case.centre_id)][case.thread] > seen
    dispatch.recall(case, by=cast.dispatcher, reason="另有任务", seen=seen)


def test_the_console_shows_what_is_known_of_the_order(desk, order, cast):
    assert desk.get(f"/command/cases/{order.case_id}/").content.decode().count("mark--known") == 1
    assert "未送达" in desk.get("/command/").content.decode()
    marks.seen(order, by=cast.officer.user)
    html = desk.get(f"/command/cases/{order.case_id}/").content.decode()
    assert html.count("mark--known") == 3 and "执法端页面" in html


def test_sql_can_neither_invent_nor_move_nor_take_back_a_mark(order, cast, noon):
    moves = "UPDATE command_dispatch SET delivered_at = %s, delivered_by = 'sms' WHERE id = %s"
    with pytest.raises(DatabaseError, match="without a journal entry"), transaction.atomic():
        sql(moves, noon, order.pk)
    with pytest.raises(DatabaseError, match=r"dispatch_seen_after_delivered|without a journal entry"), transaction.atomic():
        sql("UPDATE command_dispatch SET seen_at = %s WHERE id = %s", noon, order.pk)
    marks.delivered(order, by=cast.officer.user, way=Way.PAGE)
    for change in ("delivered_at = NULL, delivered_by = ''", "delivered_by = 'sms'", "delivered_at = delivered_at + interval '1 hour'"):
        with pytest.raises(DatabaseError, match="is changed"), transaction.atomic():
            sql(f"UPDATE command_dispatch SET {change} WHERE id = %s", order.pk)
