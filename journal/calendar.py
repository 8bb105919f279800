"""Working time: which days count, and when so many working seconds are over.

Days come from `CalendarDay` (the State Council's yearly notice, kept by an administrator). A year without rows counts
Monday to Friday and the result is marked provisional (暂按), never guessed in silence.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property

from . import clock
from .models import CalendarDay


@dataclass(frozen=True)
class Moment:
    """A moment found in working time; `provisional` when a year on the way has no calendar yet."""

    at: datetime
    provisional: bool = False


@dataclass(frozen=True)
class WorkCalendar:
    """`days`: exceptions and listed days; `hours`: spans of a working day, in local time and in order."""

    days: dict[date, bool]
    hours: tuple[tuple[time, time], ...]
    years: frozenset[int] = field(default_factory=frozenset)

    @cached_property
    def seconds_a_day(self) -> float:
        return sum((end - start).total_seconds() for start, end in self._spans(date(2000, 1, 3)))

    def is_workday(self, day: date) -> bool:
        return self.days.get(day, day.weekday() < 5)

    def is_provisional(self, day: date) -> bool:
        return day.year not in self.years

    def after(self, start: datetime, seconds: float) -> Moment:
        """When `seconds` of working time have passed since `start` (aware)."""
        if not self.seconds_a_day:
            raise ValueError("working hours are empty")
        day, left, provisional = start.astimezone(clock.LOCAL).date(), seconds, False
        while True:
            provisional = provisional or self.is_provisional(day)
            for begins, ends in self._spans(day) if self.is_workday(day) else ():
                begins = max(begins, start)
                if ends <= begins:
                    continue
                if left <= (ends - begins).total_seconds():
                    return Moment((begins + timedelta(seconds=left)).astimezone(start.tzinfo), provisional)
                left -= (ends - begins).total_seconds()
            day += timedelta(days=1)

    def between(self, start: datetime, end: datetime) -> float:
        """Seconds of working time from `start` to `end` (aware); 0 when `end` is not later."""
        total, day = 0.0, start.astimezone(clock.LOCAL).date()
        while day <= end.astimezone(clock.LOCAL).date():
            for begins, ends in self._spans(day) if self.is_workday(day) else ():
                total += max((min(ends, end) - max(begins, start)).total_seconds(), 0.0)
            day += timedelta(days=1)
        return total

    def workdays_after(self, day: date, count: int) -> tuple[date, bool]:
        """The `count`-th working day after `day`, which itself is not counted (民事诉讼法 85); and whether provisional."""
        provisional = False
        while count > 0:
            day += timedelta(days=1)
            provisional = provisional or self.is_provisional(day)
            count -= self.is_workday(day)
        return day, provisional

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        return [
            (datetime.combine(day, start, tzinfo=clock.LOCAL), datetime.combine(day, end, tzinfo=clock.LOCAL))
            for start, end in self.hours
        ]


def load(hours: list[list[str]]) -> WorkCalendar:
    """The calendar as stored now, with the county's working hours [["08:30", "12:00"], …]. One query."""
    days = dict(CalendarDay.objects.values_list("date", "is_workday"))
    spans = tuple(sorted((time.fromisoformat(start), time.fromisoformat(end)) for start, end in hours))
    return WorkCalendar(days, spans, frozenset(day.year for day in days))
