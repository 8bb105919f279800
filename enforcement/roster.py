"""Who is on duty when: duty patterns rolled forward into stretches of duty."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from journal import clock

from .models import Duty, DutyPattern

AHEAD = timedelta(days=35)  # a month's plan stands, and a week in which a missed roll costs nothing


def spans(pattern, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of a pattern (`first_day`, `every_days`, `starts`, `hours`) that touch [since, until), in order."""
    length = timedelta(hours=float(pattern.hours))
    reach = (since - length).astimezone(clock.LOCAL).date()
    missed = max(0, -((pattern.first_day - reach).days // pattern.every_days))
    day = pattern.first_day + timedelta(days=missed * pattern.every_days)
    while True:
        start = datetime.combine(day, pattern.starts, tzinfo=clock.LOCAL)
        if start >= until:
            return
        if start + length > since:
            yield start, start + length
        day += timedelta(days=pattern.every_days)


@transaction.atomic
def roll(*, since: datetime | None = None, until: datetime | None = None) -> int:
    """Write the duty that the patterns of active people ask for, up to `until` (default: 35 days ahead).

    Without `since` each person's roster goes on after its last stretch, so that what was changed by hand stays;
    with it, gaps from that moment on are filled too. Returns how many stretches were written.
    """
    now = clock.now()
    until = until or now + AHEAD
    last = dict(Duty.objects.values_list("user").annotate(Max("starts_at"))) if since is None else {}
    wanted = []
    for pattern in DutyPattern.objects.filter(user__is_active=True):
        after = last.get(pattern.user_id)
        wanted += [
            Duty(user_id=pattern.user_id, starts_at=start, ends_at=end, kind=pattern.kind)
            for start, end in spans(pattern, since or now, until)
            if after is None or start > after
        ]
    before = Duty.objects.count()
    Duty.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=2000)  # what is there already stays
    return Duty.objects.count() - before


@transaction.atomic
def forget(user_ids: Iterable[int]) -> None:
    """Drop the duty of these people that has not begun: their pattern changed or they left."""
    Duty.objects.filter(user_id__in=list(user_ids), starts_at__gt=clock.now()).delete()
