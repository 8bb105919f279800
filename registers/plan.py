"""The plan of one centre for a time: who has which stretch, whether that is enough, and who could be called. Reads only.

A constant number of statements, plain rows instead of models: a centre may have thousands of people.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache

from django.db.models import F
from django.utils.translation import gettext as _

from cases.rulebook import current
from enforcement import coverage
from enforcement.models import Certificate, Duty, Leave, Organisation, User
from enforcement.roles import CENTRE, LEADING, OUTDOORS, Role
from journal import clock
from journal.spoken import day, time_of_day

ON_THE_ROSTER = CENTRE | OUTDOORS
RANKS = {role: number for number, role in enumerate((
    Role.DEPUTY, Role.SHIFT_LEADER, Role.DISPATCHER, Role.CALL_TAKER, Role.SQUAD_LEADER, Role.OFFICER, Role.HELPER))}  # fmt: skip
REST = timedelta(hours=8)  # less between two stretches is two in a row
LONGEST_CALL = timedelta(hours=12)  # nobody is called for longer
AHEAD = timedelta(days=7)  # how far a gap is announced
Span = tuple[datetime, datetime]


@dataclass(slots=True)
class Person:
    """Somebody of the roster. `valid`: times in which a certificate of his is in force, by days; `until`: suspended from then on."""

    pk: int
    name: str
    role: str
    unit: int
    phone: str
    badge: str
    officer: int | None
    until: datetime | None
    valid: list[Span] = field(default_factory=list)
    stretches: list["Stretch"] = field(default_factory=list)
    leaves: list[Span] = field(default_factory=list)

    def is_certified_throughout(self, since: datetime, until: datetime) -> bool:
        """Whether one certificate or the next is in force through a time and the stretches at its ends."""
        return any(start <= since - LONGEST_CALL and end >= until + LONGEST_CALL for start, end in self.valid)

    def certified(self, since: datetime, until: datetime) -> Iterable[Span]:
        """The parts of a time in which he may act."""
        end = min(until, self.until) if self.until else until
        for start, stop in self.valid:
            if max(start, since) < min(stop, end):
                yield max(start, since), min(stop, end)


@dataclass(slots=True)
class Stretch:
    """A stretch of duty as the roster shows it."""

    pk: int
    user: int
    starts_at: datetime
    ends_at: datetime
    kind: str
    area: str
    vehicle: str | None
    came_at: datetime | None
    left_at: datetime | None
    instead_of: str | None


@dataclass(frozen=True)
class Plan:
    """People by key with their stretches that touch [since, until), in order."""

    centre: Organisation
    since: datetime
    until: datetime
    people: dict[int, Person]
    needs: tuple[coverage.Need, ...]
    counted: dict[str, Counter[Span]] = field(default_factory=dict, compare=False)  # by need; filled when asked for

    def steps(self, need: coverage.Need, since: datetime | None = None, until: datetime | None = None) -> list[coverage.Step]:
        """How many of those needed are there, from `since` to `until` (default: the whole time of the plan)."""
        if need.code not in self.counted:
            self.counted[need.code] = self._count(need)
        stretches = ((start, end, people) for (start, end), people in self.counted[need.code].items())
        return coverage.steps(stretches, since or self.since, until or self.until)

    def _count(self, need: coverage.Need) -> Counter[Span]:
        """How many have which times. Most people have those of their watch and nothing that cuts them."""
        whole: Counter[Span] = Counter()
        for person in self.people.values():
            if person.role not in need.posts:
                continue
            if person.until is None and (not need.certified or person.is_certified_throughout(self.since, self.until)):
                whole.update((one.starts_at, one.ends_at) for one in person.stretches)
            elif need.certified:
                whole.update(part for one in person.stretches for part in person.certified(one.starts_at, one.ends_at))
            else:
                whole.update((one.starts_at, min(one.ends_at, person.until)) for one in person.stretches if person.until > one.starts_at)
        return whole

    def gaps(self, since: datetime | None = None, until: datetime | None = None) -> list[coverage.Gap]:
        """What is lacking from `since` to `until` (default: the whole time of the plan), the next first."""
        found = [gap for need in self.needs for gap in coverage.gaps(need, self.steps(need, since, until))]
        return sorted(found, key=lambda gap: gap.since)

    def could_be_called(self, gap: coverage.Gap, *, most: int = 5) -> list[Person]:
        """Off duty in the gap, able to fill it, and not two stretches in a row; who has least to do in this time first."""
        since, until = max(gap.since, clock.now()), min(gap.until, gap.since + LONGEST_CALL)
        until = max(until, since + timedelta(minutes=1))
        able = [person for person in self.people.values() if person.role in gap.need.posts and self._could(person, gap.need, since, until)]
        return sorted(able, key=lambda person: (sum((one.ends_at - one.starts_at for one in person.stretches), timedelta()), person.pk))[:most]

    @staticmethod
    def _could(person: Person, need: coverage.Need, since: datetime, until: datetime) -> bool:
        if any(one.starts_at < until + REST and one.ends_at > since - REST for one in person.stretches):
            return False
        if any(start < until and end > since for start, end in person.leaves) or (person.until and person.until < until):
            return False
        return not need.certified or any(start <= since and end >= until for start, end in person.valid)


def read(centre: Organisation, since: datetime, until: datetime) -> Plan:
    """The plan of a centre's people from `since` to `until`. Four statements."""
    mine = {"organisation__centre": centre, "is_active": True, "role__in": ON_THE_ROSTER}
    of_user = {f"user__{name}": value for name, value in mine.items()}
    rows = User.objects.filter(**mine).order_by("officer__badge", "pk").values_list(
        "pk", "name", "role", "organisation_id", "phone", "officer__badge", "officer__pk", "officer__suspended_at")  # fmt: skip
    people = {  # who has left the field keeps a suspended officer's row, which says nothing of a post indoors
        row[0]: Person(*row[:7], row[7] if row[2] in OUTDOORS else None) for row in sorted(rows, key=lambda row: RANKS[row[2]])
    }
    first, last = since.astimezone(clock.LOCAL).date() - timedelta(days=2), until.astimezone(clock.LOCAL).date() + timedelta(days=2)
    valid = Certificate.objects.filter(
        status=Certificate.Status.VALID, valid_from__lte=last, valid_to__gte=first, **{f"officer__{name}": value for name, value in of_user.items()},
    ).order_by("valid_from").values_list("officer__user", "valid_from", "valid_to")  # fmt: skip
    midnight = cache(_midnight)
    for user, start, end in valid:
        _join(people[user].valid, midnight(max(start, first)), midnight(min(end, last) + timedelta(days=1)))
    for user, start, end in Leave.objects.filter(starts_at__lt=until, ends_at__gt=since, **of_user).values_list("user", "starts_at", "ends_at"):
        people[user].leaves.append((start, end))
    stretches = Duty.objects.filter(starts_at__lt=until + REST, ends_at__gt=since - REST, **of_user).order_by("user", "starts_at").values_list(
        "pk", "user", "starts_at", "ends_at", "kind", "area", F("vehicle__name"), "came_at", "left_at", F("instead_of__name"))  # fmt: skip
    for row in stretches:
        people[row[1]].stretches.append(Stretch(*row))
    return Plan(centre, since, until, people, coverage.needs(current().options))


def _join(spans: list[Span], start: datetime, end: datetime) -> None:
    """Add a span that begins no earlier than the others; what touches becomes one (two certificates in a row)."""
    if spans and spans[-1][1] >= start:
        start, end = spans[-1][0], max(end, spans.pop()[1])
    spans.append((start, end))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.LOCAL)


def words(gap: coverage.Gap) -> str:
    """11月26日 周四 08:00 – 20:00：1/2 certified officers"""
    return _("%(since)s to %(until)s: %(present)d of %(least)d %(what)s") % {
        "since": f"{day(gap.since)} {time_of_day(gap.since)}", "present": gap.present, "least": gap.need.least, "what": gap.need.label,
        "until": time_of_day(gap.until) if _same_day(gap) else f"{day(gap.until)} {time_of_day(gap.until)}",
    }  # fmt: skip


def _same_day(gap: coverage.Gap) -> bool:
    return gap.since.astimezone(clock.LOCAL).date() == gap.until.astimezone(clock.LOCAL).date()


def gaps_ahead(user: User) -> int:
    """How many gaps of the next seven days the person has to close: of his centre, for shift leaders and deputies."""
    now = clock.now()
    return gaps_in(read(user.centre, now, now + AHEAD), user) if user.role in LEADING and user.centre else 0


def gaps_in(plan: Plan, user: User) -> int:
    """As `gaps_ahead`, from a plan that was read already."""
    now = clock.now()
    return len(plan.gaps(now, now + AHEAD)) if user.role in LEADING else 0


def grace(options: dict | None = None) -> timedelta:
    """What nobody counts as late or as leaving early; the county's (`options`: its own, when they are at hand), a quarter of an hour where it
    does not say."""
    return timedelta(minutes=(current().options if options is None else options).get("sign_on_grace_minutes", 15))
