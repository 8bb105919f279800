"""A guest sees a case that is another centre's; who acts on it stays its own centre."""

import pytest
from django.db import DatabaseError, transaction

from cases import guests
from cases.locking import lock
from cases.models import Case, GuestCentre
from command.boards.centre import CentreBoard
from command.boards.wall import WallBoard
from enforcement.models import Organisation
from tests.cast import sign_in
from tests.command.desk import Desk
from tests.plain import sql

ASKED, PART = GuestCentre.Because.ASKED, GuestCentre.Because.PART


@pytest.fixture
def market(db) -> Organisation:
    return Organisation.objects.get(code="SC")


@pytest.fixture
def desk(client, cast) -> Desk:
    return Desk(client).sit(cast.dispatcher_elsewhere)


@transaction.atomic
def welcome(case, centre, because=PART):
    guests.begin(lock(case), centre.pk, because)


@transaction.atomic
def dismiss(case, centre, because=PART):
    guests.end(lock(case), centre.pk, because)


def sees(user, case) -> set[bool]:
    """By the door to cases, the console and the wall: one answer."""
    key = str(user.centre.pk)
    return {
        Case.objects.visible_to(user).filter(pk=case.pk).exists(),
        *(case.thread in board.things(key) and case.thread in board.render(key, [case.thread], "zh-hans") for board in (CentreBoard(), WallBoard())),
    }


def test_a_guest_sees_the_case_as_long_as_one_reason_holds(cast, case_at, market):
    case, guest = case_at("in_hand"), cast.dispatcher_elsewhere
    assert sees(guest, case) == {False}
    welcome(case, market, ASKED)
    welcome(case, market, PART)
    welcome(case, market, PART)
    assert sees(guest, case) == sees(cast.dispatcher, case) == {True}
    dismiss(case, market, ASKED)
    assert sees(guest, case) == {True}
    dismiss(case, market, PART)
    assert sees(guest, case) == {False} and sees(cast.dispatcher, case) == {True}
    assert sees(cast.town_dispatcher, case) == {False}


def test_a_guest_looks_and_acts_on_nothing(desk, case_at, market):
    case, mine = case_at("in_hand"), case_at("in_hand", category="TIP-29")
    welcome(case, market)
    html = desk.panel(case)
    assert case.number in html and f"/command/cases/{case.pk}/send/" not in html
    assert desk.act(case, "send", lead=1).status_code == 404
    assert desk.act(mine, "merge", into=case.pk).status_code == 422, "nor is it there to merge into"
    assert desk.get(f"/command/cases/{case.pk}/cannot-go/").status_code == 404


def test_a_guest_does_not_read_who_reported(desk, cast, case_at, market):
    case = case_at("in_hand", contact={"name": "张三", "phone": "13900001111"})
    welcome(case, market)
    answer = desk.post(f"/command/reports/{case.reports.get().pk}/contact/", reason="核实")
    assert answer.status_code == 409 and "张三" not in answer.content.decode()


def test_a_guest_finds_the_case_in_the_archive(client, cast, case_at, market):
    case = case_at("in_hand")
    sign_in(client, cast.dispatcher_elsewhere, "command")
    assert case.number not in client.get("/command/cases/").content.decode()
    welcome(case, market)
    assert case.number in client.get("/command/cases/").content.decode()


@pytest.mark.parametrize("statement", [
    "DELETE FROM cases_guestcentre",
    "UPDATE cases_guestcentre SET until = NULL WHERE until IS NOT NULL",
    "UPDATE cases_guestcentre SET centre_id = %(other)s",
    "UPDATE cases_guestcentre SET since = since - interval '1 day'",
    "UPDATE cases_guestcentre SET until = since - interval '1 second' WHERE until IS NULL",
    "INSERT INTO cases_guestcentre (case_id, centre_id, because, since) SELECT case_id, centre_id, because, since FROM cases_guestcentre"
    " WHERE until IS NULL",
])  # fmt: skip
def test_sql_cannot_lose_or_reword_who_was_a_guest(case_at, market, statement):
    case = case_at("in_hand")
    welcome(case, market)
    dismiss(case, market)
    welcome(case, market)
    with pytest.raises(DatabaseError):
        sql(statement, other=Organisation.objects.get(code="CG").pk)
