"""The figures of `supervision/definitions.py` counted: in all, by one dimension, by centre along time; and the cases behind each.

Two statements for a page, two for a list, whatever lies in the archive: they read the cases that began, ended or were due in the period
by their indexes, those that are open by theirs, and the journal of the ten-minute ones among them.
"""

# ruff: noqa: S608  fragments are of this package; what an address says is a parameter
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from command.metrics import Period, Times, stretches
from journal import clock

from .definitions import BASES, BY_CODE, FIGURES, HOLDERS, OFFICERS_LEGS, SPANS, Figure

NONE = "none"  # in addresses: the cases without a zone, an officer, a category
DIMENSIONS = {
    "unit": "centre_id", "area": "area_id", "grid": "grid_id", "officer": "officer_id", "category": "category_id", "day": "day",
}  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """What is looked at. `only`: dimension → key (a primary key, a date, or None for cases without one). `channel`: of the first report."""

    centres: tuple[int, ...]
    period: Period
    only: dict[str, Any] = field(default_factory=dict)
    channel: str = ""
    weekly: bool = False  # steps along time are weeks (their Mondays), else days


@dataclass
class Measured:
    """A figure of one row: `part` of `of` cases, `amount` where it sums. A span: `times` of `part` cases, `seconds` in all of them,
    and `whole`, the seconds of all holders of the row."""

    part: int = 0
    of: int = 0
    amount: int = 0
    times: Times | None = None
    seconds: float = 0
    whole: float = 0

    @property
    def percent(self) -> float | None:
        return 100 * self.part / self.of if self.of else None

    @property
    def charged(self) -> float | None:
        """Percent of all minutes of the row that are this holder's."""
        return 100 * self.seconds / self.whole if self.whole else None

    @property
    def rest(self) -> int:
        return self.of - self.part


Row = dict[str, Measured]  # by code of figure or span


def _row() -> Row:
    return defaultdict(Measured)


@dataclass
class Found:
    """`rows`: by key of the dimension; `along`: by centre and first day of each step."""

    total: Row = field(default_factory=_row)
    rows: dict[Any, Row] = field(default_factory=lambda: defaultdict(_row))
    along: dict[tuple[int, date], Row] = field(default_factory=lambda: defaultdict(_row))

    def row(self, by_key: bool, by_step: bool, key, centre: int, step: date) -> Row:
        return self.rows[key] if by_key else self.along[centre, step] if by_step else self.total


def measure(scope: Scope, by: str) -> Found:
    """All figures and spans of the scope by the dimension; two statements."""
    found = Found()
    counts = ", ".join(_count(figure) for figure in FIGURES)
    sql = f"""
        WITH {_counted(scope, [*BASES], by)}
        SELECT GROUPING({DIMENSIONS[by]}) = 0, GROUPING(step) = 0, {DIMENSIONS[by]}, at_centre, step, {counts}
        FROM (SELECT *, centre_id AS at_centre FROM counted) counted GROUP BY GROUPING SETS ((), ({DIMENSIONS[by]}), (at_centre, step))
    """
    for by_key, by_step, key, centre, step, *numbers in _ask(sql, scope):
        row = found.row(by_key, by_step, key, centre, step)
        for place, figure in enumerate(FIGURES):
            part, of, amount = numbers[3 * place : 3 * place + 3]
            row[figure.code] = Measured(part, of, amount or 0)
    sql = f"WITH {_timed(scope)} {_percentiles('of_cases', [DIMENSIONS[by]] if by != 'officer' else [])}"
    if by == "officer":  # by whom the minutes are charged to, who need not be the one who resolved the case
        sql += f" UNION ALL {_percentiles('spent', ['charged'], whole=False)}"
    for by_key, by_step, key, centre, step, *numbers in _ask(sql, scope):
        row = found.row(by_key, by_step, key, centre, step)
        for place, code in enumerate(SPANS):
            took, seconds, of = numbers[3 * place : 3 * place + 3]
            if of:
                row[code] = Measured(part=of, of=of, times=Times(*map(float, took), of), seconds=float(seconds))
    for row in (found.total, *found.rows.values(), *found.along.values()):
        whole = sum(row[holder.code].seconds for holder in HOLDERS)
        for holder in HOLDERS:
            row[holder.code].whole = whole
    return found


@dataclass(frozen=True)
class Listed:
    """One page of the cases behind a figure: their keys in order, how many there are in all, where the next page begins."""

    keys: list[int]
    total: int
    following: tuple[datetime, int] | None


def cases(scope: Scope, code: str, which: str, *, page: int, before: tuple[datetime, int] | None = None) -> Listed:
    """Cases of a figure, the newest first by its own moment; one statement. `which`: part · of · rest (of the denominator, not the part)."""
    if code in SPANS:
        sql = f"WITH {_timed(scope)}, found AS (SELECT case_id AS id, moment FROM of_cases WHERE {code} IS NOT NULL)"
    else:
        figure = BY_CODE[code]
        holds = figure.part if which == "part" or not figure.of else figure.of if which == "of" else f"({figure.of}) AND NOT ({figure.part})"
        sql = f"WITH {_counted(scope, [figure.basis])}, found AS (SELECT id, moment FROM counted WHERE {holds})"
    sql += """
        SELECT (SELECT count(*) FROM found), id, moment FROM found
        WHERE %(before)s::timestamptz IS NULL OR (moment, id) < (%(before)s, %(below)s) ORDER BY moment DESC, id DESC LIMIT %(page)s + 1
    """
    moment, below = before or (None, None)
    rows = _ask(sql, scope, before=moment, below=below, page=page)
    shown = rows[:page]
    return Listed([pk for _n, pk, _at in shown], rows[0][0] if rows else 0, (shown[-1][2], shown[-1][1]) if len(rows) > page else None)


_COLUMNS = ", ".join(f"c.{name}" for name in (
    "id", "centre_id", "area_id", "grid_id", "category_id", "state", "is_ten_minute", "started_at", "closed_at", "due_at", "paused_at", "reworks",
    "reopenings", "speed",
))  # fmt: skip


_CARRIED = ("area_id", "grid_id", "category_id", "day", "step", "moment", "resolver_id")


# --- statements ------------------------------------------------------------------------------------
_LEAD = """
    LEFT JOIN LATERAL (
        SELECT officer_id FROM command_dispatch d
        WHERE d.case_id = dated.id AND d.is_lead AND d.state IN ('sent', 'accepted', 'on_site', 'finished')
        ORDER BY d.sent_at DESC, d.id DESC LIMIT 1
    ) lead ON true
"""


def _counted(scope: Scope, bases: Iterable[str], by: str = "", *, timed: bool = False) -> str:
    """CTE `counted`: a row for each case and basis, with its day, step and, where it is asked for, officer. Materialized: each basis
    by its index first. `timed`: for times, of which the chosen officer's are taken later, since each leg has its own."""
    wanted = [f"{DIMENSIONS[name]} IS NOT DISTINCT FROM %({name})s" for name in scope.only if name != "officer" or not timed]
    lead = timed or by == "officer" or "officer" in scope.only
    if scope.channel:
        wanted.append("(SELECT j.data->>'channel' FROM journal_entry j WHERE j.thread = 'case:' || dated.id AND j.number = 1) = %(channel)s")
    step = "date_trunc('week', day)::date" if scope.weekly else "day"
    parts = " UNION ALL ".join(
        f"SELECT {_COLUMNS}, '{name}' AS basis, c.{BASES[name].moment} AS moment FROM cases_case c"
        f" WHERE c.centre_id = ANY(%(centres)s) AND {BASES[name].holds}"
        for name in bases
    )
    return f"""
        looked_at AS MATERIALIZED ({parts}), counted AS MATERIALIZED (
            SELECT dated.*, {step} AS step, {"lead.officer_id" if lead else "NULL::bigint AS officer_id"},
                EXISTS (SELECT 1 FROM cases_pause p WHERE p.case_id = dated.id AND p.starts_at IS NOT NULL) AS was_paused
            FROM (SELECT *, (moment AT TIME ZONE %(zone)s)::date AS day FROM looked_at) dated {_LEAD if lead else ""}
            {"WHERE " + " AND ".join(wanted) if wanted else ""}
        )
    """


def _timed(scope: Scope) -> str:
    """CTE `spent`: seconds of each span by case and by the officer who is charged with them, and `of_cases`: the same by case. The
    whole loop stands with who resolved the case."""
    sums = ", ".join(f"sum(seconds) FILTER (WHERE leg IN ({_listed(span.legs)})) AS {code}" for code, span in SPANS.items() if code != "loop")
    carried = ", ".join(_CARRIED)
    only = "WHERE charged IS NOT DISTINCT FROM %(officer)s" if "officer" in scope.only else ""
    return f"""
        {_counted(scope, ["closed"], timed=True)}, ended AS (
            SELECT *, officer_id AS resolver_id FROM counted WHERE state = 'closed' AND is_ten_minute
        ), {stretches(_CARRIED)}, charged AS (
            SELECT *, CASE WHEN leg IN ({_listed(OFFICERS_LEGS)}) THEN officer_id ELSE resolver_id END AS charged FROM stretches
            WHERE paused = 0 AND seconds IS NOT NULL
        ), spent AS (
            SELECT * FROM (
                SELECT case_id, centre_id, {carried}, charged, {sums},
                    CASE WHEN charged IS NOT DISTINCT FROM resolver_id THEN sum(sum(seconds)) OVER (PARTITION BY case_id) END AS loop
                FROM charged GROUP BY case_id, centre_id, {carried}, charged
            ) every_one {only}
        ), of_cases AS (
            SELECT case_id, centre_id, {carried}, {", ".join(f"sum({code}) AS {code}" for code in SPANS)}
            FROM spent GROUP BY case_id, centre_id, {carried}
        )
    """


def _percentiles(table: str, keys: list[str], *, whole: bool = True) -> str:
    """P50 and P90, sum and number of cases of each span: by `keys`; and, as `whole`, in all and by centre along time."""
    key = keys[0] if keys else "NULL"
    if whole:
        sets = ", ".join(["()", "(at_centre, step)", *(f"({name})" for name in keys)])
        flags = f"{f'GROUPING({key}) = 0' if keys else 'false'}, GROUPING(step) = 0, {key}, at_centre, step"
    else:
        sets, flags = f"({key})", f"true, false, {key}, NULL, NULL"
    numbers = ", ".join(f"percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY {code}), sum({code}), count({code})" for code in SPANS)
    return f"SELECT {flags}, {numbers} FROM (SELECT *, centre_id AS at_centre FROM {table}) {table} GROUP BY GROUPING SETS ({sets})"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(repr(word) for word in words)


def _count(figure: Figure) -> str:
    """Part, denominator and amount of a figure, as expressions."""
    here = f"basis = '{figure.basis}'"
    of = f"count(*) FILTER (WHERE {here} AND {figure.of})" if figure.of else "0"
    amount = f"sum({figure.amount}) FILTER (WHERE {here} AND {figure.part})" if figure.amount else "0"
    return f"count(*) FILTER (WHERE {here} AND {figure.part}), {of}, {amount}"


def _ask(sql: str, scope: Scope, **more) -> list[tuple]:
    given = {
        "centres": list(scope.centres), "start": scope.period.start, "end": scope.period.end, "now": clock.now(), "zone": settings.TIME_ZONE,
        "channel": scope.channel, **scope.only, **more,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()
