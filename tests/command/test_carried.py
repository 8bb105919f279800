"""Who had what with him during a case: from each one's order until its end."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from command import carried, dispatch, suggestions
from command.models import Position
from enforcement import attendance, equipment
from enforcement.models import Duty, Equipment
from grid.models import Responsibility
from journal import clock
from registers.views.equipment import below
from tests.cast import sign_in


@pytest.fixture
def cameras(cast):
    """Two body cameras in the store of the brigade."""
    return [Equipment.objects.create(code=f"CG-JLY-{n}", kind="body_camera", name=f"执法记录仪{n}号", organisation=cast.centre) for n in (1, 2)]


def hand_out(thing, officer, by):
    return equipment.issue(thing, officer=officer, by=by, below=below)


def take_back(thing, by):
    return equipment.give_back(thing, condition="完好", by=by, below=below)


def test_what_an_officer_had_between_being_sent_and_the_end_is_told(case_at, cast, cameras, noon):
    first, second = cameras
    with clock.at(noon - timedelta(hours=1)):
        hand_out(first, cast.officer, cast.leader)
    case = case_at("sent", officer=cast.officer)
    order = case.dispatches.get()
    with clock.at(noon + timedelta(minutes=5)):
        take_back(first, cast.leader)
        hand_out(second, cast.officer, cast.leader)
    with clock.at(noon + timedelta(minutes=9)):
        dispatch.recall(case, by=cast.dispatcher, reason="已由他人处理")
    with clock.at(noon + timedelta(hours=1)):
        hand_out(first, cast.officer, cast.leader)  # after the end: not with him then
        found = carried.of(case)[order.pk]
    assert [(one.code, one.since, one.until) for one in found] == [
        ("CG-JLY-1", None, noon + timedelta(minutes=5)), ("CG-JLY-2", noon + timedelta(minutes=5), None)]  # fmt: skip


def test_what_others_have_or_he_had_at_another_time_is_not(case_at, cast, cameras, noon):
    with clock.at(noon - timedelta(hours=2)):
        hand_out(cameras[0], cast.officer, cast.leader)
        hand_out(cameras[1], cast.companion, cast.leader)
    with clock.at(noon - timedelta(hours=1)):
        take_back(cameras[0], cast.leader)
    assert carried.of(case_at("sent", officer=cast.officer)) == {}


def test_one_statement_however_many_were_sent(case_at, cast, cameras):
    for thing, officer in zip(cameras, (cast.officer, cast.companion), strict=True):
        hand_out(thing, officer, cast.leader)
    case = case_at("sent", officer=cast.officer)
    dispatch.reinforce(case, by=cast.dispatcher, officers=[cast.companion])
    with CaptureQueriesContext(connection) as asked:
        found = carried.of(case)
    assert len(asked) == 1 and len(found) == 2


def test_console_and_supervision_show_it(client, case_at, cast, cameras):
    hand_out(cameras[0], cast.officer, cast.leader)
    case = case_at("sent", officer=cast.officer)
    sign_in(client, cast.leader, "command")
    sign_in(client, cast.supervisor, "supervision")
    for page in (f"/command/cases/{case.pk}/", f"/supervision/cases/{case.pk}/"):
        assert "CG-JLY-1" in client.get(page).content.decode(), page


# --- suggestions -------------------------------------------------------------------------------------
def reasons(case) -> dict:
    return {one.officer.pk: one.reasons for one in suggestions.suggest(case, limit=None)}


def test_who_has_not_come_is_suggested_after_those_who_have_and_says_so(case_at, cast, noon):
    case = case_at("in_hand")
    usual = [one.officer for one in suggestions.suggest(case, limit=None) if one.can_go]
    assert "未签到" in reasons(case)[usual[0].pk]
    last = usual[-1]
    attendance.sign_on(Duty.objects.get(user=last.user, starts_at__lte=noon, ends_at__gt=noon), by=last.user)
    first = suggestions.suggest(case, limit=None)[0]
    assert first.officer == last and "未签到" not in first.reasons
    assert suggestions.suggest(case, limit=None)[1].can_go, "the roster decides who may be sent, not the signature"


def test_within_the_grace_nobody_is_missing_and_who_has_signed_off_says_so(case_at, cast, noon):
    case, officer = case_at("in_hand"), cast.officer
    duty = Duty.objects.get(user=officer.user, starts_at__lte=noon, ends_at__gt=noon)
    assert "未签到" not in {one.officer.pk: one.reasons for one in suggestions.suggest(case, limit=None, at=duty.starts_at + timedelta(minutes=14))}[
        officer.pk]  # fmt: skip
    attendance.sign_on(duty, by=officer.user)
    attendance.sign_off(duty, by=officer.user)
    assert "已下岗" in reasons(case)[officer.pk]


def test_what_he_has_with_him_is_a_reason_and_decides_between_two_who_are_equal_otherwise(case_at, cast, cameras):
    case = case_at("in_hand")
    Position.objects.all().delete()
    Responsibility.objects.all().delete()
    first, second = (one.officer for one in suggestions.suggest(case, limit=2))
    hand_out(cameras[0], second, cast.leader)
    assert [one.officer for one in suggestions.suggest(case, limit=2)] == [second, first]
    assert "执法记录仪" in reasons(case)[second.pk]
