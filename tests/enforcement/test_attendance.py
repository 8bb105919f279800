"""Signing on and off: what came of the plan."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError

from enforcement import attendance, roster
from enforcement.attendance import Came
from enforcement.models import Duty, Equipment, Roster
from journal import clock
from journal.models import Entry
from journal.refused import Refused
from journal.verify import broken_link, heads_that_differ
from tests.plain import sql

QUARTER = timedelta(minutes=15)


@pytest.fixture
def duty(cast, noon):
    """The stretch of an officer that runs at noon."""
    return Duty.objects.get(user=cast.officer.user, starts_at__lte=noon, ends_at__gt=noon)


def after(duty, now, came=None, left=None):
    return attendance.actual(duty.starts_at, duty.ends_at, duty.kind, came, left, now=now, grace=QUARTER)


def test_who_signs_on_is_there_and_the_roster_tells_it_with_the_phones_time(duty, cast, noon):
    attendance.sign_on(duty, by=cast.officer.user, phone_at=noon - timedelta(minutes=7))
    duty.refresh_from_db()
    assert (duty.came_at, duty.left_at) == (noon, None)
    entry = Entry.objects.get(thread=f"roster:{cast.centre.pk}")
    assert (entry.verb, entry.subject, entry.data["phone_at"]) == ("signed_on", f"duty:{duty.pk}", (noon - timedelta(minutes=7)).isoformat())
    assert broken_link()[1] is None and heads_that_differ() == []


def test_signing_on_twice_is_signing_on_once(duty, cast):
    attendance.sign_on(duty, by=cast.officer.user)
    attendance.sign_on(duty, by=cast.officer.user)
    assert Entry.objects.filter(verb="signed_on").count() == 1


def test_who_signs_on_again_after_leaving_came_when_he_first_came(duty, cast, noon):
    person = cast.officer.user
    attendance.sign_on(duty, by=person)
    with clock.at(noon + timedelta(hours=1)):
        attendance.sign_off(duty, by=person)
        attendance.sign_on(duty, by=person)
    duty.refresh_from_db()
    assert (duty.came_at, duty.left_at) == (noon, None)


def test_nobody_signs_on_long_before_nor_after_his_stretch_nor_for_another(duty, cast):
    person = cast.officer.user
    for moment, code in ((duty.starts_at - timedelta(hours=3), "too_early"), (duty.ends_at, "too_late")):
        with clock.at(moment), pytest.raises(Refused) as refused:
            attendance.sign_on(duty, by=person)
        assert refused.value.code == code
    with pytest.raises(Refused) as refused:
        attendance.sign_on(duty, by=cast.companion.user)
    assert refused.value.code == "not_yours"


def test_nobody_signs_off_who_has_not_signed_on(duty, cast):
    with pytest.raises(Refused) as refused:
        attendance.sign_off(duty, by=cast.officer.user)
    assert refused.value.code == "not_on"


def test_planned_against_actual_has_a_word_for_each_case(duty):
    start, end, minute = duty.starts_at, duty.ends_at, timedelta(minutes=1)
    for now, came, left, word in (
        (start - minute, None, None, Came.AHEAD), (start + minute, None, None, Came.DUE), (start + 16 * minute, None, None, Came.MISSING),
        (end, None, None, Came.ABSENT), (start + 60 * minute, start + minute, None, Came.ON),
        (start + 60 * minute, start + 20 * minute, None, Came.LATE),
        (end + minute, start, end - 30 * minute, Came.LEFT), (end + minute, start, end, Came.DONE), (end + minute, start, None, Came.DONE),
    ):  # fmt: skip
        assert after(duty, now, came, left).came == word, word
    assert after(duty, end, start + 20 * minute).off_by == 20 * minute
    duty.kind = "on_call"
    assert after(duty, end).came == Came.AHEAD, "on call there is nothing to sign"


def test_the_stretch_that_runs_is_at_hand_else_the_one_that_is_near(duty, cast, noon):
    person = cast.officer.user
    assert attendance.at_hand(person) == duty
    with clock.at(duty.starts_at - timedelta(hours=1)):
        assert attendance.at_hand(person) == duty
    with clock.at(duty.ends_at + timedelta(hours=1)):
        assert attendance.at_hand(person) is None, "nobody has signed on: there is nothing to sign off from"


def test_a_roster_is_locked_by_whoever_changes_it(cast):
    assert roster.lock(cast.centre.pk).thread == f"roster:{cast.centre.pk}"
    assert Roster.objects.count() == 1


# --- plain SQL ---------------------------------------------------------------------------------------
def test_sql_cannot_say_that_somebody_came_at_another_time_nor_lose_his_stretch(duty, cast):
    attendance.sign_on(duty, by=cast.officer.user)
    for statement in (
        "UPDATE enforcement_duty SET came_at = came_at - interval '1 hour' WHERE id = %s", "UPDATE enforcement_duty SET came_at = NULL WHERE id = %s",
        "UPDATE enforcement_duty SET starts_at = starts_at + interval '1 hour' WHERE id = %s",
        f"UPDATE enforcement_duty SET user_id = {cast.companion.user.pk} WHERE id = %s", "DELETE FROM enforcement_duty WHERE id = %s",
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match=r"Cannot (update|delete)"):
            sql(statement, duty.pk)


def test_sql_cannot_plan_somebody_who_is_on_leave_nor_give_leave_to_who_is_planned(duty, cast):
    person = cast.officer.user
    leave = "INSERT INTO enforcement_leave (user_id, starts_at, ends_at, reason) VALUES (%s, %s, %s, '')"
    with pytest.raises(DatabaseError, match="on duty in that time"):
        sql(leave, person.pk, duty.starts_at, duty.ends_at)
    free = duty.ends_at + timedelta(minutes=1)
    sql(leave, person.pk, free, free + timedelta(hours=1))
    with pytest.raises(DatabaseError, match="on leave in that time"):
        sql("UPDATE enforcement_duty SET ends_at = %s WHERE id = %s", free + timedelta(minutes=5), duty.pk)
    with pytest.raises(IntegrityError, match="leave_never_overlaps"):
        sql(leave, person.pk, free, free + timedelta(hours=2))
    with pytest.raises(IntegrityError, match="leave_span_in_order"):
        sql(leave, person.pk, free + timedelta(hours=9), free + timedelta(hours=8))


def test_sql_cannot_give_one_vehicle_to_two_at_a_time(duty, cast, noon):
    vehicle = Equipment.objects.filter(kind="motorcycle").first()
    other = Duty.objects.get(user=cast.companion.user, starts_at__lte=noon, ends_at__gt=noon)
    sql("UPDATE enforcement_duty SET vehicle_id = %s WHERE id = %s", vehicle.pk, duty.pk)
    with pytest.raises(IntegrityError, match="duty_vehicle_once"):
        sql("UPDATE enforcement_duty SET vehicle_id = %s WHERE id = %s", vehicle.pk, other.pk)
