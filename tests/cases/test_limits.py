"""When what is due."""

from datetime import datetime, timedelta

import pytest

from cases import limits, rulebook
from cases.models import Case, TargetClass
from journal import clock


def case_of(code: str, started: str, *, speed: int = 1) -> Case:
    moment = datetime.fromisoformat(started).replace(tzinfo=clock.LOCAL)
    return Case(target_class=TargetClass.objects.get(code=code), started_at=moment, speed=speed)


@pytest.mark.parametrize(
    ("stage", "minutes"), [("take_in", 1), ("send", 1), ("accept", 1), ("handle", 6), ("verify", 1)]
)
def test_the_ten_minutes_are_one_one_one_six_one(db, stage, minutes):
    case = case_of("T10", "2026-11-24T03:00")
    assert limits.stage_due(case, stage, case.started_at) == case.started_at + timedelta(minutes=minutes)


def test_the_whole_loop_and_its_warning(db):
    case = case_of("T10", "2026-11-24T03:00")
    assert limits.total_due(case) - case.started_at == timedelta(minutes=10)
    assert limits.warn_due(case) - case.started_at == timedelta(minutes=7)


def test_a_class_in_working_time_stands_still_at_night_and_on_holidays(db):
    case = case_of("W8", "2026-09-30T17:00")  # 8 hours, the day before National Day
    assert limits.total_due(case).astimezone(clock.LOCAL).isoformat() == "2026-10-08T17:30:00+08:00"


def test_a_replay_divides_the_budgets_by_its_speed(db):
    case = case_of("T10", "2026-11-24T03:00", speed=60)
    assert limits.total_due(case) - case.started_at == timedelta(seconds=10)
    assert limits.stage_due(case, "handle", case.started_at) - case.started_at == timedelta(seconds=6)


def test_an_unknown_year_is_marked_provisional(db):
    assert limits.is_provisional(case_of("W8", "2031-01-03T17:00"))
    assert not limits.is_provisional(case_of("W8", "2026-11-24T09:00"))
    assert not limits.is_provisional(case_of("T10", "2031-01-03T17:00"))


def test_no_query_is_needed_with_the_rules_at_hand(db, django_assert_num_queries):
    case, rules = case_of("W8", "2026-11-24T09:00"), rulebook.current()
    with django_assert_num_queries(0):
        limits.total_due(case, rules=rules)


def test_what_was_left_of_working_time_is_left_again_after_a_night(db):
    case, rules = case_of("W8", "2026-11-24T09:00"), rulebook.current()
    due = limits.total_due(case)  # 9:30 of the next day
    evening = datetime(2026, 11, 24, 17, tzinfo=clock.LOCAL)
    assert (left := limits.seconds_left(case, due, evening, rules=rules)) == 2 * 3600
    friday = datetime(2026, 11, 27, 17, 30, tzinfo=clock.LOCAL)  # half an hour before the weekend
    assert limits.later(case, friday, left).astimezone(clock.LOCAL).isoformat()[:16] == "2026-11-30T10:00"


def test_what_is_past_stays_past_by_as_much(db):
    case = case_of("W8", "2026-11-24T09:00")
    now = limits.total_due(case) + timedelta(minutes=20)
    assert limits.later(case, now, limits.seconds_left(case, limits.total_due(case), now)) == limits.total_due(case)
