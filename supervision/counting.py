"""The figures of `supervision/definitions.py` counted: in all, by one dimension, by centre along time; and the cases behind each.

Three statements for a page, two for a list, whatever lies in the archive: they read the cases that began, ended or were due in the period
by their indexes, those that are open by theirs, and what the legs of the ten-minute ones among them took (`supervision/spent.py`).
"""

# ruff: noqa: S608  fragments are of this package; what an address says is a parameter
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from command.metrics import Period, Times
from journal import clock

from .definitions import BASES, BY_CODE, FIGURES, HOLDERS, SPANS, STAGES, Figure, Span
from .spent import COLUMNS, LEAD, MEASURED, missing

WORK_MEMORY = "64MB"  # in which a year's cases are sorted; PostgreSQL's own 4 MB would write them to the disk several times
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
    """All figures and spans of the scope by the dimension; three statements."""
    found = Found()
    for by_key, by_step, key, centre, step, *numbers in _ask(_counts(scope, by), scope):
        row = found.row(by_key, by_step, key, centre, step)
        for place, figure in enumerate(FIGURES):
            part, of, amount = numbers[3 * place : 3 * place + 3]
            row[figure.code] = Measured(int(part), int(of), int(amount))
    for by_key, by_step, key, centre, step, *numbers in _ask(_times(scope, by), scope, cases=_missing(scope)):
        row = found.row(by_key, by_step, key, centre, step)
        for place, code in enumerate(SPANS):
            took, seconds, of = numbers[3 * place : 3 * place + 3]
            if of:
                row[code] = Measured(part=of, of=of, times=Times(*took, of) if took else None, seconds=seconds)
    for row in (found.total, *found.rows.values()):
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
    """Cases of a figure, the newest first by its own moment; one statement, of a span two. `which`: part · of · rest (of the
    denominator, not the part)."""
    if code in SPANS:
        sql = f"WITH {_spans(scope)}, found AS (SELECT case_id AS id, moment FROM of_cases WHERE {_took(SPANS[code])} IS NOT NULL)"
    else:
        figure = BY_CODE[code]
        holds = figure.part if which == "part" or not figure.of else figure.of if which == "of" else f"({figure.of}) AND NOT ({figure.part})"
        sql = f"WITH found AS (SELECT id, moment FROM {_looked_at(scope, figure.basis)} looked_at WHERE {holds})"
    sql += """
        SELECT (SELECT count(*) FROM found), id, moment FROM found
        WHERE %(before)s::timestamptz IS NULL OR (moment, id) < (%(before)s, %(below)s) ORDER BY moment DESC, id DESC LIMIT %(page)s + 1
    """
    moment, below = before or (None, None)
    rows = _ask(sql, scope, before=moment, below=below, page=page, cases=_missing(scope) if code in SPANS else [])
    shown = rows[:page]
    return Listed([pk for _n, pk, _at in shown], rows[0][0] if rows else 0, (shown[-1][2], shown[-1][1]) if len(rows) > page else None)


# --- statements ------------------------------------------------------------------------------------
def _looked_at(scope: Scope, basis: str, by: str = "", *, timed: bool = False) -> str:
    """A subquery: the cases of a basis that the filters leave, with moment, day, step, was_paused and, as `key`, the dimension. `timed`: for
    times, of which the chosen officer's are taken later, since each leg has its own."""
    wanted = [f"{DIMENSIONS[name]} IS NOT DISTINCT FROM %({name})s" for name in scope.only if name != "officer" or not timed]
    needs_lead = not timed and (by == "officer" or "officer" in scope.only)
    if scope.channel:
        wanted.append("(SELECT j.data->>'channel' FROM journal_entry j WHERE j.thread = 'case:' || c.id AND j.number = 1) = %(channel)s")
    return f"""(
        SELECT c.*, {DIMENSIONS[by] if by and (by != "officer" or needs_lead) else "NULL::bigint"} AS key,
            {"day - (day - DATE '2001-01-01') %% 7" if scope.weekly else "day"} AS step,
            EXISTS (SELECT 1 FROM cases_pause p WHERE p.case_id = c.id AND p.starts_at IS NOT NULL) AS was_paused
        FROM (
            SELECT c.*, c.{BASES[basis].moment} AS moment, (c.{BASES[basis].moment} AT TIME ZONE %(zone)s)::date AS day FROM cases_case c
            WHERE c.centre_id = ANY(%(centres)s) AND {BASES[basis].holds}
        ) c {LEAD if needs_lead else ""} {"WHERE " + " AND ".join(wanted) if wanted else ""}
    )"""


def _counts(scope: Scope, by: str) -> str:
    """Part, denominator and amount of each figure: first by everything at once, each basis by its index, then those sums put together."""
    counted = " UNION ALL ".join(f"""
        SELECT key, centre_id AS at_centre, step, {", ".join(_count(figure) if figure.basis == basis else "0, 0, 0" for figure in FIGURES)}
        FROM {_looked_at(scope, basis, by)} looked_at GROUP BY 1, 2, 3""" for basis in BASES)  # fmt: skip
    columns = [f"n{place}" for place in range(3 * len(FIGURES))]
    return f"""
        WITH counted (key, at_centre, step, {", ".join(columns)}) AS ({counted})
        SELECT GROUPING(key) = 0, GROUPING(step) = 0, key, at_centre, step, {", ".join(f"COALESCE(sum({one}), 0)" for one in columns)}
        FROM counted GROUP BY GROUPING SETS ((), (key), (at_centre, step))
    """


def _count(figure: Figure) -> str:
    """Part, denominator and amount of a figure, as expressions."""
    of = f"count(*) FILTER (WHERE {figure.of})" if figure.of else "0"
    amount = f"COALESCE(sum({figure.amount}) FILTER (WHERE {figure.part}), 0)" if figure.amount else "0"
    return f"count(*) FILTER (WHERE {figure.part}), {of}, {amount}"


_CARRIED = ("centre_id", "key", "step", "moment")


def _spans(scope: Scope, by: str = "") -> str:
    """CTE `of_officers`: seconds of each span by case and by the officer who is charged with them, as kept and, for what is not kept yet, as
    measured now; and `of_cases`: the same by case. The whole loop stands with who resolved the case."""
    kept = ", ".join(("c.id AS case_id", *(f"c.{name}" for name in _CARRIED), "s.officer_id", *(f"s.{name}" for name in COLUMNS)))
    only = "AND s.officer_id IS NOT DISTINCT FROM %(officer)s" if "officer" in scope.only else ""
    return f"""
        closed AS MATERIALIZED (
            SELECT id, {", ".join(_CARRIED)} FROM {_looked_at(scope, "closed", by, timed=True)} c WHERE state = 'closed' AND is_ten_minute
        ), {MEASURED}, of_officers AS (
            SELECT {kept} FROM closed c JOIN supervision_spent s ON s.case_id = c.id AND s.closed_at = c.moment
            WHERE c.id <> ALL(%(cases)s) {only}
            UNION ALL SELECT {kept} FROM closed c JOIN measured s ON s.case_id = c.id WHERE true {only}
        ), of_cases AS (
            SELECT case_id, {", ".join(f"min({name}) AS {name}" for name in _CARRIED)}, {", ".join(f"sum({name}) AS {name}" for name in COLUMNS)}
            FROM of_officers GROUP BY case_id
        )
    """


def _took(span: Span) -> str:
    """Seconds of a span as an expression over COLUMNS; none where no leg of it was passed."""
    return "loop" if span.code == "loop" else span.legs[0] if len(span.legs) == 1 else f"COALESCE({' + '.join(span.legs)}, {', '.join(span.legs)})"


def _times(scope: Scope, by: str) -> str:
    """Of each span sum and number of cases and, where the page shows them, P50 and P90: by the dimension, by centre along time, in all.
    A percentile sorts all its cases, so none is taken that nobody reads."""
    # by officer: by whom the minutes are charged to, who need not be the one who resolved the case
    table, key = ("of_officers", "officer_id") if by == "officer" else ("of_cases", "key")
    loop = STAGES[:1]
    return f"""
        WITH {_spans(scope, by)}
        SELECT true, false, {key}, NULL, NULL, {_figures(STAGES, (*STAGES, *HOLDERS))} FROM {table} GROUP BY {key}
        UNION ALL SELECT false, true, NULL, centre_id, step, {_figures(loop, loop)} FROM of_cases GROUP BY centre_id, step
        UNION ALL SELECT false, false, NULL, NULL, NULL, {_figures((*STAGES, *HOLDERS), (*STAGES, *HOLDERS))} FROM of_cases
    """


def _figures(sorted_ones: Iterable[Span], summed: Iterable[Span]) -> str:
    parts = []
    for span in SPANS.values():
        took = _took(span)
        parts.append(f"percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY {took})" if span in sorted_ones else "NULL::float8[]")
        parts.append(f"sum({took}), count({took})" if span in summed else "NULL::float8, 0")
    return ", ".join(parts)


def _missing(scope: Scope) -> list[int]:
    return missing(scope.centres, scope.period.start, scope.period.end)


def _ask(sql: str, scope: Scope, **more) -> list[tuple]:
    given = {
        "centres": list(scope.centres), "start": scope.period.start, "end": scope.period.end, "now": clock.now(), "zone": settings.TIME_ZONE,
        "channel": scope.channel, **scope.only, **more,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        cursor.execute(sql, given)
        return cursor.fetchall()
