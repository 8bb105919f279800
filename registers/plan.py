"""The plan of one centre for a time: who has which stretch, whether that is enough, and who could be called. Reads only.

A constant number of statements, plain rows instead of models: a centre may have thousands of people.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

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
    vehicle: str
    came_at: datetime | None
    left_at: datetime | None
    instead_of: str


@dataclass(frozen=True)
class Plan:
    """People by key with their stretches that touch [since, until), in order."""

    centre: Organisation
    since: datetime
    until: datetime
    people: dict[int, Person]
    needs: tuple[coverage.Need, ...]

    def steps(self, need: coverage.Need) -> list[coverage.Step]:
        """How many of those needed are there, through the whole time of the plan."""
        found = []
        for person in self.people.values():
            if person.role in need.posts:
                for one in person.stretches:
                    if need.certified:
                        found += [(start, end, 1) for start, end in person.certified(one.starts_at, one.ends_at)]
                    elif person.until is None or person.until > one.starts_at:
                        found.append((one.starts_at, min(one.ends_at, person.until or one.ends_at), 1))
        return coverage.steps(found, self.since, self.until)

    def gaps(self, since: datetime | None = None) -> list[coverage.Gap]:
        """What is lacking from `since` on, the next first."""
        found = [gap for need in self.needs for gap in coverage.gaps(need, self.steps(need)) if since is None or gap.until > since]
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
    people = {row[0]: Person(*row) for row in sorted(rows, key=lambda row: RANKS[row[2]])}
    first, last = since.astimezone(clock.LOCAL).date() - timedelta(days=1), until.astimezone(clock.LOCAL).date() + timedelta(days=1)
    valid = Certificate.objects.filter(
        status=Certificate.Status.VALID, valid_from__lte=last, valid_to__gte=first, **{f"officer__{name}": value for name, value in of_user.items()},
    ).order_by("valid_from").values_list("officer__user", "valid_from", "valid_to")  # fmt: skip
    for user, start, end in valid:
        _join(people[user].valid, _midnight(max(start, first)), _midnight(min(end, last) + timedelta(days=1)))
    for user, start, end in Leave.objects.filter(starts_at__lt=until, ends_at__gt=since, **of_user).values_list("user", "starts_at", "ends_at"):
        people[user].leaves.append((start, end))
    stretches = Duty.objects.filter(starts_at__lt=until + REST, ends_at__gt=since - REST, **of_user).order_by("user", "starts_at").values_list(
        "pk", "user", "starts_at", "ends_at", "kind", "area", F("vehicle__name"), "came_at", "left_at", F("instead_of__name"))  # fmt: skip
    for row in stretches:
        people[row[1]].stretches.append(Stretch(*row[:6], row[6] or "", *row[7:9], row[9] or ""))
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


def ahead(centre: Organisation) -> list[coverage.Gap]:
    """What is lacking in the next seven days."""
    now = clock.now()
    return read(centre, now, now + AHEAD).gaps()


def gaps_ahead(user: User) -> int:
    """How many gaps the person has to close: of his centre, for shift leaders and deputies."""
    return len(ahead(user.centre)) if user.role in LEADING and user.centre else 0


def grace() -> timedelta:
    """What nobody counts as late or as leaving early; the county's, a quarter of an hour where it does not say."""
    return timedelta(minutes=current().options.get("sign_on_grace_minutes", 15))
