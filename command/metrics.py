"""What the figures of walls and supervision are counted from. Every number has a unit, a period and a denominator.

    reported   reports received in the period that belong to a case (also those merged later); by the case's centre and place
    closed     cases checked and closed in the period (state "closed"); other ends are counted apart
    in time    of the closed ones: closed no later than due. `ten`: of those on the ten-minute clock; `every`: of all, each
               against its own target. Reworked and reopened cases count once, with their final closing; a pause moves the
               due time and is not time used
    loop       from the start of the clock to the final closing, pauses left out, of the closed ones on the ten-minute clock: a
               reopened case was not done in between, as the share says too
    stage      the same of one stage, all rounds together; arriving and handling are one stage of two legs

What supervision counts beside these is defined in `supervision/definitions.py`, from the same legs.

A replay at n times the speed counts n seconds for each. A fixed number of statements, whatever lies in the archive:
open cases by their partial index, the rest by the centre's indexes over start and end.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce

from cases.models import Case, Report, TargetClass
from cases.transitions import OPEN, State
from command.boards.cases import STAGES
from enforcement.models import Organisation
from journal import clock


@dataclass(frozen=True)
class Period:
    """Local days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return clock.day_bounds(self.first)[0]

    @property
    def end(self) -> datetime:
        return clock.day_bounds(self.last)[1]

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def contains(self, name: str) -> Q:
        return Q(**{f"{name}__gte": self.start, f"{name}__lt": self.end})


def today() -> Period:
    return Period(clock.today(), clock.today())


@dataclass
class Share:
    """`part` of `of`; without a denominator there is no percentage."""

    part: int = 0
    of: int = 0

    @property
    def percent(self) -> float | None:
        return 100 * self.part / self.of if self.of else None

    def as_json(self) -> list[int]:
        return [self.part, self.of]


@dataclass
class Counts:
    """Of a centre, a place or everything. Open ones are counted now, the rest within the period."""

    reported: int = 0
    open: int = 0
    late: int = 0  # open and past due, pauses left out
    closed: int = 0
    otherwise: int = 0  # rejected, merged, withdrawn, passed on
    ten: Share = field(default_factory=Share)
    every: Share = field(default_factory=Share)

    def as_json(self) -> dict:
        return {
            "reported": self.reported, "open": self.open, "late": self.late, "closed": self.closed, "otherwise": self.otherwise,
            "ten": self.ten.as_json(), "every": self.every.as_json(),
        }  # fmt: skip


@dataclass(frozen=True)
class Times:
    """Seconds: median and 90th percentile of `of` cases."""

    median: float
    p90: float
    of: int

    def as_json(self) -> list:
        return [round(self.median), round(self.p90), self.of]


@dataclass
class Counted:
    """`counts`: everything, each centre (by pk) and each place (by pk of its patrol area, else grid, else township)."""

    total: Counts = field(default_factory=Counts)
    centres: dict[int, Counts] = field(default_factory=lambda: defaultdict(Counts))
    places: dict[int | None, Counts] = field(default_factory=lambda: defaultdict(Counts))

    def of(self, row: dict) -> tuple[Counts, Counts, Counts]:
        return self.total, self.centres[row["at_centre"]], self.places[row["where"]]


def centres_of(organisation: Organisation) -> list[int]:
    """The centres that an organisation's centre answers for: the county's for all, the others for themselves."""
    if organisation.is_county_centre:
        return list(Organisation.objects.filter(has_centre=True).order_by("pk").values_list("pk", flat=True))
    return [organisation.pk]


def counts(centres: Iterable[int], period: Period) -> Counted:
    """Counts of the centres' cases; three statements."""
    centres, counted, now = list(centres), Counted(), clock.now()
    where = Coalesce("area", "grid", "township")
    reports = Report.objects.filter(period.contains("received_at"), case__centre__in=centres).values(
        at_centre=F("case__centre"), where=Coalesce("case__area", "case__grid", "case__township")
    )
    for row in reports.annotate(count=Count("pk")).order_by():
        for one in counted.of(row):
            one.reported += row["count"]
    open_ones = Case.objects.filter(state__in=[*OPEN], centre__in=centres).values(where=where, at_centre=F("centre_id"))
    for row in open_ones.annotate(count=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now, paused_at__isnull=True))).order_by():
        for one in counted.of(row):
            one.open += row["count"]
            one.late += row["late"]
    ended = Case.objects.filter(period.contains("closed_at"), centre__in=centres).exclude(state__in=[*OPEN])
    ended = ended.values("state", "is_ten_minute", where=where, at_centre=F("centre_id"))
    for row in ended.annotate(count=Count("pk"), in_time=Count("pk", filter=Q(closed_at__lte=F("due_at")))).order_by():
        for one in counted.of(row):
            if row["state"] != State.CLOSED:
                one.otherwise += row["count"]
                continue
            one.closed += row["count"]
            for share in (one.every, one.ten) if row["is_ten_minute"] else (one.every,):
                share.of += row["count"]
                share.part += row["in_time"]
    return counted


# Stages as command.stages reads them, for any number of cases in one statement: each entry that changes the leg opens a
# stretch that the next one ends; between "paused" and "resumed" the time is the pause's. A leg is a stage, but for the way and the
# work on site, which are two.
_CLOSED_TEN = """
    WITH ended AS MATERIALIZED (  -- by its index first: joined at once, the planner would rather read every case in parallel
        SELECT * FROM cases_case
        WHERE state = 'closed' AND is_ten_minute AND centre_id = ANY(%(centres)s) AND closed_at >= %(start)s AND closed_at < %(end)s
    ),
"""
_THESE = "WITH ended AS (SELECT * FROM cases_case WHERE id = ANY(%(cases)s)),"
_SPENT = """
    , spent AS (
        SELECT case_id, centre_id, CASE WHEN GROUPING(stage) = 1 THEN 'loop' ELSE stage END AS stage, sum(seconds) AS seconds
        FROM (SELECT *, CASE WHEN leg IN ('travel', 'on_site') THEN 'handle' ELSE leg END AS stage FROM stretches) staged
        WHERE paused = 0 AND seconds IS NOT NULL
        GROUP BY GROUPING SETS ((case_id, centre_id, stage), (case_id, centre_id))
        HAVING GROUPING(stage) = 1 OR stage <> 'ended'
    )
"""
_PERCENTILES = """
    SELECT stage, centre_id, percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seconds), count(*)
    FROM spent GROUP BY GROUPING SETS ((stage), (stage, centre_id))
"""
_EACH = "SELECT case_id, stage, seconds FROM spent"


def stretches(carried: tuple[str, ...] = ()) -> str:
    """CTE `stretches` (case_id, centre_id, speed, paused, leg, officer_id, seconds) of the cases in a CTE `ended` (id, centre_id, speed,
    started_at). The officer is the lead of then. `carried`: more columns of `ended`, which a join with it afterwards would make the
    planner compare row by row, since it cannot guess how many there are."""
    kept = ("centre_id", "speed", *carried)
    return f"""
    steps AS (
        SELECT e.id AS case_id, {", ".join(f"e.{name}" for name in kept)}, j.number, CASE WHEN d.is_lead THEN d.officer_id END AS officer_id,
            CASE WHEN j.number = 1 THEN e.started_at ELSE j.at END AS since,
            CASE
                WHEN j.number = 1 OR j.verb IN ('put_back', 'handover_returned') THEN 'take_in'
                WHEN j.verb IN ('taken_in', 'returned', 'reopened') THEN 'send'
                WHEN j.verb = 'resolved' THEN 'verify'
                WHEN j.verb IN ('closed', 'rejected', 'merged', 'withdrawn', 'passed_on') THEN 'ended'
                WHEN j.verb = 'sent' AND d.is_lead THEN 'accept'
                WHEN j.verb = 'accepted' AND d.is_lead THEN 'travel'
                WHEN j.verb = 'arrived' AND d.is_lead THEN 'on_site'
                WHEN j.verb IN ('declined', 'stepped_aside', 'expired', 'recalled') AND d.is_lead THEN 'send'
            END AS leg,
            CASE j.verb WHEN 'paused' THEN 1 WHEN 'resumed' THEN -1 ELSE 0 END AS pausing
        FROM ended e JOIN journal_entry j ON j.thread = 'case:' || e.id
        LEFT JOIN command_dispatch d ON d.id = CASE WHEN j.subject LIKE 'dispatch:%%' THEN substr(j.subject, 10)::bigint END
    ), changes AS (
        SELECT *, count(leg) OVER (PARTITION BY case_id ORDER BY number) AS round,
            sum(pausing) OVER (PARTITION BY case_id ORDER BY number) AS paused
        FROM steps WHERE leg IS NOT NULL OR pausing <> 0
    ), stretches AS (
        SELECT case_id, {", ".join(kept)}, paused, first_value(leg) OVER round AS leg, first_value(officer_id) OVER round AS officer_id,
            speed * extract(epoch FROM lead(since) OVER (PARTITION BY case_id ORDER BY number) - since) AS seconds
        FROM changes WINDOW round AS (PARTITION BY case_id, round ORDER BY number)
    )
    """  # noqa: S608  column names of callers in the code


def times(centres: Iterable[int], period: Period) -> dict[int | None, dict[str, Times]]:
    """{None or a centre's pk: {"loop" or a stage: Times}} of the ten-minute cases closed in the period; one statement."""
    found: dict[int | None, dict[str, Times]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED_TEN + stretches() + _SPENT + _PERCENTILES, {"centres": list(centres), "start": period.start, "end": period.end})
        for stage, centre, (median, p90), of in cursor.fetchall():
            found[centre][stage] = Times(float(median), float(p90), of)
    return found


def spent(cases: Iterable[int]) -> dict[int, dict[str, float]]:
    """{case pk: {"loop" or a stage: seconds}} of ended cases; one statement."""
    found: dict[int, dict[str, float]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_THESE + stretches() + _SPENT + _EACH, {"cases": list(cases)})
        for case, stage, seconds in cursor.fetchall():
            found[case][stage] = float(seconds)
    return found


def budgets() -> dict[str, int]:
    """Seconds of each stage of the ten-minute clock, and "loop" for the whole; {} when the county has no such class."""
    found = TargetClass.objects.filter(is_ten_minute=True).order_by("pk").first()
    return {**{stage: getattr(found, stage) for stage in STAGES}, "loop": found.total} if found else {}
