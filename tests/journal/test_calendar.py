"""Working time over the State Council's calendar (CalendarDay)."""

from datetime import date, datetime, time, timedelta

import pytest

from journal import calendar, clock

HOURS = [["08:30", "12:00"], ["14:00", "18:00"]]


@pytest.fixture
def work(db):
    return calendar.load(HOURS)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.LOCAL)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-02-12", 5, "2026-02-26"), ("2026-09-24", 7, "2026-10-12"), ("2026-09-29", 2, "2026-10-08"),
        ("2026-04-30", 3, "2026-05-08"), ("2026-11-20", 7, "2026-12-01"), ("2026-11-20", 20, "2026-12-18"),
    ],
)  # fmt: skip
def test_working_days_are_counted_over_holidays_and_make_up_saturdays(work, start, count, end):
    assert work.workdays_after(date.fromisoformat(start), count) == (date.fromisoformat(end), False)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-24T09:00", 1, "2026-11-24T10:00"),  # within the morning
        ("2026-11-24T11:30", 1, "2026-11-24T14:30"),  # over noon
        ("2026-11-24T17:30", 1, "2026-11-25T09:00"),  # over night
        ("2026-11-24T03:00", 1, "2026-11-24T09:30"),  # before opening
        ("2026-11-27T17:00", 2, "2026-11-30T09:30"),  # over a weekend
        ("2026-09-30T17:30", 1, "2026-10-08T09:00"),  # over National Day
        ("2026-10-09T17:30", 1, "2026-10-10T09:00"),  # into a working Saturday
    ],
)
def test_working_hours_run_only_inside_working_time(work, start, hours, end):
    moment = work.after(local(start), hours * 3600)
    assert (moment.at, moment.provisional) == (local(end), False)


def test_a_year_without_a_calendar_counts_monday_to_friday_and_says_so(work):
    assert work.workdays_after(date(2031, 1, 1), 1) == (date(2031, 1, 2), True)
    assert work.after(local("2031-01-03T17:30"), 3600) == calendar.Moment(local("2031-01-06T09:00"), provisional=True)


def test_a_limit_that_ends_with_the_day_does_not_slip_to_the_next(work):
    assert work.after(local("2026-11-24T08:30"), 7.5 * 3600).at == local("2026-11-24T18:00")


def test_time_between_is_the_inverse_of_time_after(work):
    start = local("2026-09-29T16:00")
    end = work.after(start, 5 * 3600 + 17).at
    assert work.between(start, end) == 5 * 3600 + 17
    assert work.between(end, start) == 0


def test_a_county_without_working_hours_is_a_clear_error():
    empty = calendar.WorkCalendar({}, ((time(9), time(9)),))
    with pytest.raises(ValueError, match="working hours"):
        empty.after(local("2026-11-24T09:00"), timedelta(hours=1).total_seconds())
