"""Who is on duty when: duty patterns rolled forward into stretches of duty, and the lock of a centre's roster."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from journal import clock, deadlines

from .models import Duty, DutyPattern, Leave, Organisation, Roster

AHEAD = timedelta(days=35)  # a month's plan stands, and a week in which a missed roll costs nothing


@deadlines.locks("roster")
def lock(centre: Organisation | int) -> Roster:
    """The roster of a centre (its key), locked until the end of the transaction: who changes a plan waits for the other."""
    pk = centre if isinstance(centre, int) else centre.pk
    found = Roster.objects.select_for_update().filter(pk=pk).first()
    if found is None:  # the first change of this centre's roster
        Roster.objects.bulk_create([Roster(pk=pk)], ignore_conflicts=True)
        found = Roster.objects.select_for_update().get(pk=pk)
    return found


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
def roll(*, since: datetime | None = None, until: datetime | None = None, users: Iterable[int] | None = None,
         freed: tuple[datetime, datetime] | None = None) -> int:  # fmt: skip
    """Write the duty that the patterns of active people (`users`: of these) ask for, up to `until` (default: 35 days ahead).

    Without `since` each person's roster goes on after the last stretch that it wrote itself; with it, gaps from that moment on are
    filled too. What was changed by hand stays: no stretch in a leave, none again that another has taken over, none over one that is
    there. Of a stretch that reaches into a time that was `freed` the part in it is written: a leave had cut it out.
    Returns how many stretches were written.
    """
    now = clock.now()
    until = until or now + AHEAD
    last = dict(Duty.objects.filter(by_hand=False).values_list("user").annotate(Max("starts_at"))) if since is None else {}
    taken = _taken((since or now) - timedelta(days=1))  # a stretch that runs may have begun in a leave that has ended since
    patterns = DutyPattern.objects.filter(user__is_active=True)
    if users is not None:
        patterns = patterns.filter(user__in=users)
    wanted = []
    for pattern in patterns:
        after, away = last.get(pattern.user_id), taken.get(pattern.user_id, ())
        found = spans(pattern, since or now, until)
        if freed:
            found = (_within(span, freed) for span in found)
        wanted += [
            Duty(user_id=pattern.user_id, starts_at=start, ends_at=end, kind=pattern.kind)
            for start, end in found
            if (after is None or start > after) and not any(start < ends and end > starts for starts, ends in away)
        ]
    before = Duty.objects.count()
    Duty.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=2000)  # what is there already stays
    return Duty.objects.count() - before


def _within(span: tuple[datetime, datetime], freed: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """The part of a stretch that lies in a time; the whole stretch where it lies beside it."""
    start, end = max(span[0], freed[0]), min(span[1], freed[1])
    return (start, end) if start < end else span


def _taken(since: datetime) -> dict[int, list[tuple[datetime, datetime]]]:
    """By user the times in which no pattern plans him: his leaves, and what another has taken over from him."""
    found = defaultdict(list)
    rows = Leave.objects.filter(ends_at__gt=since).values_list("user", "starts_at", "ends_at")
    swapped = Duty.objects.filter(ends_at__gt=since, instead_of__isnull=False).values_list("instead_of", "starts_at", "ends_at")
    for user, starts, ends in (*rows, *swapped):
        found[user].append((starts, ends))
    return found


@transaction.atomic
def forget(user_ids: Iterable[int], *, by_hand: bool = False) -> None:
    """Drop the duty of these people that has not begun, because their pattern changed; `by_hand`: also what was changed by hand,
    because they have left."""
    ahead = Duty.objects.filter(user_id__in=list(user_ids), starts_at__gt=clock.now(), came_at__isnull=True)
    (ahead if by_hand else ahead.filter(by_hand=False)).delete()
