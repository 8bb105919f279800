"""Periods and units to choose from, and lines of cases with what each stage took."""

from dataclasses import dataclass
from datetime import timedelta

from cases.models import Case, Pause
from cases.transitions import State
from command import metrics, stages
from command.boards.cases import STAGES, category_name, zone_words
from command.metrics import Period
from enforcement.models import Organisation
from journal import clock

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
class CaseLine:
    """A case with what each stage took, in seconds; an open one has no times yet."""

    case: Case
    spent: dict[str, float]
    pauses: int

    @property
    def in_time(self) -> bool | None:
        """None while there is nothing to say: open and not late, or on pause, or ended otherwise."""
        if self.case.is_open:
            return False if self.case.due_at < clock.now() and not self.case.paused_at else None
        return self.case.closed_at <= self.case.due_at if self.case.state == State.CLOSED else None

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


def lines(user, keys: list[int]) -> list[CaseLine]:
    """The cases of the keys in their order, as far as the person sees them; a fixed number of statements."""
    rows = Case.objects.visible_to(user).filter(pk__in=keys).select_related("category", "centre", "target_class", *ZONES)
    known = {case.pk: case for case in rows.defer(*(f"{zone}__geometry" for zone in ZONES))}
    shown = [known[key] for key in keys if key in known]
    ended = [case for case in shown if not case.is_open]
    spent = metrics.spent([case.pk for case in ended]) | stages.in_working_time(c for c in ended if c.target_class.in_working_time)
    paused: dict[int, int] = {}
    for case in Pause.objects.filter(case__in=shown, starts_at__isnull=False).values_list("case", flat=True):
        paused[case] = paused.get(case, 0) + 1
    return [CaseLine(case, spent.get(case.pk, {}), paused.get(case.pk, 0)) for case in shown]
