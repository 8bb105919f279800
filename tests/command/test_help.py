"""An officer calls for help: heard at once by who can help, until somebody has answered, and never refused to an officer."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cases.audience import county_centre_pk
from command import help
from command.models import HelpCall, Position
from journal import clock, push
from journal.models import Entry
from journal.refused import Refused
from journal.verify import look_through
from tests.cast import sign_in
from tests.command.desk import FETCH
from tests.command.test_loop import tick
from tests.plain import sql

PLACE = {"lon": "116.1600", "lat": "37.8681"}


@pytest.fixture
def press(client, cast):
    """`press(officer, "", …)`: what his phone posts."""

    def post(officer, path="", uuid=None, **fields):
        sign_in(client, officer.user, "officer")
        return client.post(f"/officer/help/{path}", {"uuid": str(uuid or uuid4()), **fields}, **FETCH)

    return post


def shown(kind: str, key) -> dict:
    """What a screen of the audience shows of calls."""
    board = push.boards[kind]
    things = [thing for thing in board.things(str(key)) if thing.startswith("helpcall:")]
    return board.render(str(key), things, "zh-hans")


def test_centre_county_walls_and_colleagues_see_it_at_once_and_nobody_else(press, case_at, cast):
    case = case_at("on_site", officer=cast.officer)
    assert press(cast.officer, **PLACE).status_code == 200
    call = HelpCall.objects.get()
    assert (call.case, call.centre, round(call.point.x, 2)) == (case, cast.centre, 116.16)
    for kind, key in (("centre", cast.centre.pk), ("centre", county_centre_pk()), ("wall", cast.centre.pk), ("wall", county_centre_pk())):
        (payload,) = shown(kind, key).values()
        assert f"{cast.officer.name}紧急求助" in payload["html"] and not payload["answered"]
    (his,) = shown("officer", cast.officer.pk).values()
    (colleagues,) = shown("officer", cast.companion.pk).values()
    assert "您已发出求助" in his["html"] and f"{cast.officer.name}紧急求助" in colleagues["html"]
    elsewhere = cast.officer_elsewhere
    assert not shown("centre", elsewhere.organisation.centre_id) and not shown("officer", elsewhere.pk) and not shown("officer", cast.off_duty().pk)


def test_it_is_never_refused_to_an_officer(press, cast, noon):
    suspended = cast.without_certificate(cast.officer)
    suspended.suspended_at = noon
    suspended.save()
    for officer in (suspended, cast.off_duty(), cast.helper):
        assert press(officer, lon="x", lat="999").status_code == 200
    assert HelpCall.objects.count() == 3


def test_without_a_place_of_the_phone_the_newest_fix_counts(press, cast, noon):
    Position.objects.update_or_create(officer=cast.officer, defaults={"point": "SRID=4326;POINT(116.2 37.9)", "at": noon})
    press(cast.officer)
    assert HelpCall.objects.get().point.x == pytest.approx(116.2)


def test_pressed_twice_it_is_one_call_with_the_newer_place_and_a_repeat_of_the_phone_is_nothing_new(press, cast):
    uuid = uuid4()
    assert press(cast.officer, uuid=uuid).json() == press(cast.officer, uuid=uuid).json()
    press(cast.officer, **PLACE)
    call = HelpCall.objects.get()
    assert round(call.point.x, 2) == 116.16 and call.version == 2


def test_somebody_answers_and_everybody_sees_who_and_the_second_reads_it(press, client, cast, desk):
    press(cast.officer)
    call = HelpCall.objects.get()
    assert desk.post(f"/command/help/{call.pk}/answer/").status_code == 200
    (payload,) = shown("wall", cast.centre.pk).values()
    assert payload["answered"] and f"{cast.dispatcher.name}已响应" in payload["html"]
    answer = desk.sit(cast.county_dispatcher).post(f"/command/help/{call.pk}/answer/")
    assert answer.status_code == 409 and cast.dispatcher.name in answer.json()["detail"]


def test_it_is_said_again_until_somebody_answers(press, cast, noon):
    press(cast.officer)
    call = HelpCall.objects.get()
    for seconds in (29, 30, 60):
        tick(noon, seconds)
    assert Entry.objects.filter(thread=call.thread, verb="help_unanswered").count() == 2
    with clock.at(noon + timedelta(seconds=61)):
        help.answer(call, by=cast.dispatcher)
    tick(noon, 300)
    assert Entry.objects.filter(thread=call.thread, verb="help_unanswered").count() == 2


def test_he_says_that_he_is_safe_or_who_answered_says_how_it_ended(press, cast, desk):
    press(cast.officer)
    first = HelpCall.objects.get()
    assert press(cast.officer, f"{first.pk}/end/").status_code == 200
    assert not shown("centre", cast.centre.pk) and not shown("officer", cast.officer.pk)
    press(cast.officer)
    second = HelpCall.objects.latest("pk")
    desk.sit(cast.dispatcher)
    assert desk.post(f"/command/help/{second.pk}/end/", words="已到").json()["code"] == "wrong_state"
    desk.post(f"/command/help/{second.pk}/answer/")
    assert desk.post(f"/command/help/{second.pk}/end/").json()["code"] == "missing"
    assert desk.post(f"/command/help/{second.pk}/end/", words="民警已到场").status_code == 200
    assert Entry.objects.filter(thread=second.thread).latest("number").data == {"words": "民警已到场"}
    assert look_through()[1] == ""


def test_nobody_ends_the_call_of_another_and_another_centre_sees_none(press, cast, desk):
    press(cast.officer)
    call = HelpCall.objects.get()
    assert press(cast.companion, f"{call.pk}/end/").status_code == 404
    for verb in ("answer", "end"):
        assert desk.sit(cast.dispatcher_elsewhere).post(f"/command/help/{call.pk}/{verb}/", words="x").status_code == 404
    with pytest.raises(Refused):
        help.answer(call, by=cast.officer.user)


def test_the_phone_offers_it_and_shows_that_somebody_has_answered(press, client, cast):
    press(cast.officer)
    help.answer(HelpCall.objects.get(), by=cast.dispatcher)
    html = client.get("/officer/").content.decode()
    assert "立即求助" in html and f"指挥中心{cast.dispatcher.name}已响应" in html and "我已安全" in html


def test_sql_opens_no_second_call_answers_for_nobody_and_deletes_none(press, cast, noon):
    press(cast.officer)
    call = HelpCall.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        sql("INSERT INTO command_helpcall (version, chain, officer_id, centre_id, called_at) VALUES (0, '', %s, %s, %s)",
            cast.officer.pk, cast.centre.pk, noon)  # fmt: skip
    for change in ("DELETE FROM command_helpcall WHERE id = %s", "UPDATE command_helpcall SET answered_at = now() WHERE id = %s",
                   "UPDATE command_helpcall SET called_at = called_at + interval '1 hour' WHERE id = %s"):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            sql(change, call.pk)
