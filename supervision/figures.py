"""The overview: figures of a period and the cases behind them."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q, QuerySet

from cases.models import Case, Pause
from cases.transitions import State
from command import metrics, stages
from command.boards.cases import STAGES, category_name, zone_words
from command.metrics import Period, Times
from command.sentences import STAGES as STAGE_WORDS
from enforcement.models import Organisation
from journal import clock

PAGE = 50
LONGEST_DAYS = 366
ZONES = ("township", "village", "grid", "area")


def presets() -> dict[str, Period]:
    """The periods that one click chooses."""
    today = clock.today()
    return {
        "today": Period(today, today), "yesterday": Period(today - timedelta(days=1), today - timedelta(days=1)),
        "week": Period(today - timedelta(days=6), today), "month": Period(today.replace(day=1), today),
        "thirty": Period(today - timedelta(days=29), today),
    }  # fmt: skip


def units(centre: Organisation) -> list[Organisation]:
    """The units that a supervisor of the centre may choose from."""
    return list(Organisation.objects.filter(pk__in=metrics.centres_of(centre)).order_by("code"))


@dataclass(frozen=True)
class StageLine:
    """A stage (or the whole loop): its limit in seconds and what it took."""

    word: str
    limit: int | None
    times: Times | None

    @property
    def is_late(self) -> bool:
        return bool(self.times and self.limit and self.times.median > self.limit)


@dataclass(frozen=True)
class UnitLine:
    unit: Organisation
    counts: metrics.Counts
    loop: Times | None


def overview(units: list[Organisation], period: Period) -> dict:
    """Everything above the list of cases; a fixed number of statements."""
    centres = [unit.pk for unit in units]
    counted, times, limits = metrics.counts(centres, period), metrics.times(centres, period), metrics.budgets()
    whole = times.get(None, {})
    return {
        "total": counted.total,
        "loop": StageLine("", limits.get("loop"), whole.get("loop")),
        "stages": [StageLine(str(STAGE_WORDS[stage]), limits.get(stage), whole.get(stage)) for stage in STAGES],
        "lines": [UnitLine(unit, counted.centres[unit.pk], times.get(unit.pk, {}).get("loop")) for unit in units],
        "apart": metrics.apart(centres, period),
    }


@dataclass(frozen=True)
class CaseLine:
    """A closed case with what each stage took, in seconds."""

    case: Case
    spent: dict[str, float]
    pauses: int

    @property
    def in_time(self) -> bool:
        return self.case.closed_at <= self.case.due_at

    @property
    def title(self) -> str:
        return category_name(self.case.category)

    @property
    def where(self) -> str:
        return zone_words(self.case)

    @property
    def loop(self) -> float | None:
        return self.spent.get("loop")

    @property
    def stages(self) -> list[tuple[float | None, bool]]:
        """Seconds of each stage, and whether they are over its limit."""
        target = self.case.target_class
        known = [(self.spent.get(stage), getattr(target, stage)) for stage in STAGES]
        return [(seconds, seconds is not None and seconds > limit) for seconds, limit in known]


def closed(user, units: list[Organisation], period: Period, only: str) -> QuerySet[Case]:
    """The closed cases behind the shares, newest first. `only`: "" all · ten the ten-minute ones · late those not in time ·
    late-ten both."""
    rows = Case.objects.visible_to(user).filter(period.contains("closed_at"), state=State.CLOSED, centre__in=units)
    if only.endswith("ten"):
        rows = rows.filter(is_ten_minute=True)
    return rows.filter(closed_at__gt=F("due_at")) if only.startswith("late") else rows


def page_of(rows: QuerySet[Case], before: tuple | None) -> tuple[list[CaseLine], str]:
    """PAGE lines after the key (closed_at, pk) of the last one seen, and the key of the next page ("" at the end)."""
    if before:
        moment, pk = before
        rows = rows.filter(Q(closed_at__lt=moment) | Q(closed_at=moment, pk__lt=pk))
    rows = rows.select_related("category", "centre", "target_class", *ZONES).defer(*(f"{zone}__geometry" for zone in ZONES))
    found = list(rows.order_by("-closed_at", "-pk")[: PAGE + 1])
    shown, more = found[:PAGE], len(found) > PAGE
    spent = metrics.spent([case.pk for case in shown]) | stages.in_working_time(c for c in shown if c.target_class.in_working_time)
    paused: dict[int, int] = {}
    for case in Pause.objects.filter(case__in=shown, starts_at__isnull=False).values_list("case", flat=True):
        paused[case] = paused.get(case, 0) + 1
    lines = [CaseLine(case, spent.get(case.pk, {}), paused.get(case.pk, 0)) for case in shown]
    return lines, f"{shown[-1].closed_at.isoformat()}~{shown[-1].pk}" if more else ""
