"""Duty patterns become stretches of duty, past midnight too, and what was changed by hand stays."""

from datetime import date, datetime, time, timedelta

import pytest

from enforcement import roster
from enforcement.models import Duty, DutyPattern, User
from enforcement.tasks import roll_duty
from journal import clock

MIDNIGHT = datetime(2026, 11, 25, tzinfo=clock.LOCAL)


@pytest.fixture
def person(db):
    return User.objects.create(username="new", name="新人", role="officer")


def night(person, every=3, hours=12):
    return DutyPattern.objects.create(
        user=person, first_day=date(2026, 11, 24), every_days=every, starts=time(20), hours=hours, kind="duty")  # fmt: skip


def test_a_night_shift_that_began_yesterday_is_on_after_midnight(person):
    found = list(roster.spans(night(person), MIDNIGHT, MIDNIGHT + timedelta(days=4)))
    assert [(start.isoformat()[5:16], end.isoformat()[5:16]) for start, end in found] == [
        ("11-24T20:00", "11-25T08:00"), ("11-27T20:00", "11-28T08:00")]  # fmt: skip


def test_nothing_is_rostered_before_a_pattern_begins(person):
    before = MIDNIGHT - timedelta(days=400)
    assert list(roster.spans(night(person), before, before + timedelta(days=30))) == []


def test_the_roster_goes_on_where_it_ended(person):
    night(person, every=1)
    with clock.at(MIDNIGHT):
        roster.roll()
    first = Duty.objects.filter(user=person).count()
    with clock.at(MIDNIGHT + timedelta(days=7)):
        roll_duty()
    assert Duty.objects.filter(user=person).count() == first + 7


def test_leave_given_by_hand_stays(person):
    night(person, every=1)
    with clock.at(MIDNIGHT):
        roster.roll()
        Duty.objects.filter(user=person, starts_at__date=date(2026, 12, 1)).delete()
        roster.roll()
    assert not Duty.objects.filter(user=person, starts_at__date=date(2026, 12, 1)).exists()


def test_the_past_is_filled_only_when_asked(person):
    night(person, every=1)
    with clock.at(MIDNIGHT):
        roster.roll()
        assert Duty.objects.filter(user=person, ends_at__lt=MIDNIGHT).count() == 0
    DutyPattern.objects.filter(user=person).update(first_day=date(2026, 11, 1))
    with clock.at(MIDNIGHT):
        roster.roll(since=MIDNIGHT - timedelta(days=10))
    assert Duty.objects.filter(user=person, ends_at__lt=MIDNIGHT).count() == 10


def test_what_has_not_begun_is_forgotten_and_what_runs_stays(person):
    night(person, every=1)
    with clock.at(MIDNIGHT):
        roster.roll()
        roster.forget([person.pk])
    assert [duty.starts_at.astimezone(clock.LOCAL).day for duty in Duty.objects.filter(user=person)] == [24]


def test_people_who_left_get_no_duty(person):
    night(person)
    person.is_active = False
    person.save()
    roster.roll()
    assert not Duty.objects.filter(user=person).exists()
