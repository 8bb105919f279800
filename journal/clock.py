"""The only source of time. Tests, demo history and simulations inject their own moment with `at()`."""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

LOCAL = ZoneInfo(settings.TIME_ZONE)
_injected: ContextVar[datetime | None] = ContextVar("injected_clock", default=None)


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return _injected.get() or datetime.now(UTC)  # noqa: TID251  the one place


@contextmanager
def at(moment: datetime):
    """Make `now()` answer `moment` (aware) inside the block."""
    if moment.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    token = _injected.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _injected.reset(token)


def today() -> date:
    """The local (Shanghai) calendar day, which is what every "today" on a screen means."""
    return now().astimezone(LOCAL).date()


def read_day(text: str) -> date | None:
    """A day as a person writes it (2026-11-22); None if it is none, or one so far off that it has no bounds."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Start and end (exclusive) of a local day, aware."""
    start = datetime.combine(day, time.min, tzinfo=LOCAL)
    return start, datetime.combine(day + timedelta(days=1), time.min, tzinfo=LOCAL)
