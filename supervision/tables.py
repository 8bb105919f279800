"""What the page of figures shows, as tables: the page, its drawings and its files are made of these and of nothing else."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from command import metrics
from journal import spoken

from .counting import Found, Measured, Row, measure
from .definitions import BY_CODE, DEFINITIONS, FIGURES, HOLDERS, SPANS, STAGES, Figure, Span
from .forms import LABELS, Asked, Option

EMPTY = "—"
BROKEN_DOWN = ("begun", "ten", "every", "due", "overdue", "rework")  # the figures of each row; the rest stands in the summary


@dataclass(frozen=True)
class Cell:
    """`text`: as people read it; `value`: the same as a number, for files and drawings (percent as a fraction of one, times in seconds, a
    moment as the local clock shows it). `query`: of the list of the cases behind it; in a row's name, of the page narrowed to the row.
    `rule`: in a row's name, the code of the figure whose rule explains the row."""

    text: str
    value: float | datetime | None = None
    kind: str = "text"  # text · number · percent · time · moment
    query: str = ""
    rule: str = ""
    late: bool = False

    @property
    def raw(self) -> str:
        """`value` for scripts, whatever the reader's language; "" without one."""
        return "" if self.value is None else str(round(self.value, 4))


@dataclass(frozen=True)
class Head:
    """A heading over `span` columns; `rule` is the code of the figure whose rule explains it."""

    text: str
    span: int = 1
    rule: str = ""


@dataclass
class Table:
    """`heads` over `columns`; the first cell of a row names it. `words`: what a drawing of it says."""

    code: str
    caption: str
    note: str
    heads: list[Head]
    columns: list[str]
    rows: list[list[Cell]]
    words: dict[str, str] = field(default_factory=dict)

    @property
    def is_grouped(self) -> bool:
        """Whether the upper line says anything."""
        return any(head.text for head in self.heads)

    @property
    def has_cases(self) -> bool:
        """Whether there is anything to draw, of a table whose last column counts cases."""
        return any(row[-1].value for row in self.rows)


# --- cells -----------------------------------------------------------------------------------------
def number(value: float, query: str = "") -> Cell:
    return Cell(f"{value:,}", value, "number", query if value else "")


def percent(value: float | None) -> Cell:
    return Cell(EMPTY) if value is None else Cell(f"{value:.1f}%", value / 100, "percent")


def time(seconds: float | None, limit: float | None = None) -> Cell:
    """As a clock shows it: 06:20."""
    return Cell(EMPTY) if seconds is None else Cell(spoken.countdown(seconds), seconds, "time", late=limit is not None and seconds > limit)


def _figure(figure: Figure, found: Measured, asked: Asked, **row: str) -> list[Cell]:
    """Percent, part and denominator with their cases; of a count the count alone."""
    part = number(found.part, asked.cases(figure.code, "part", **row))
    if not figure.of:
        return [part]
    return [percent(found.percent), part, number(found.of, asked.cases(figure.code, "of", **row))]


def _span(span: Span, found: Measured, asked: Asked, limit: float | None, **row: str) -> list[Cell]:
    """P50, P90 and how many cases they are of."""
    took = found.times
    return [
        time(took.median if took else None, limit), time(took.p90 if took else None, limit), number(found.part, asked.cases(span.code, "part", **row))
    ]  # fmt: skip


def _charged(span: Span, found: Measured, asked: Asked, **row: str) -> list[Cell]:
    """Minutes, their share of all minutes of the row, and the cases that they were spent in."""
    minutes = Cell(f"{found.seconds / 60:,.1f}", round(found.seconds / 60, 1), "number") if found.whole else Cell(EMPTY)
    return [minutes, percent(found.charged), number(found.part, asked.cases(span.code, "part", **row))]


def _parts() -> list[str]:
    """The columns of a share."""
    return [pgettext("figure", "Share"), pgettext("numerator", "Counted"), pgettext("denominator", "Of")]


def _took() -> list[str]:
    """The columns of a span."""
    return [_("Median (P50)"), _("90th percentile (P90)"), _("Cases")]


# --- the page --------------------------------------------------------------------------------------
@dataclass
class Page:
    """Everything on the page of figures."""

    asked: Asked
    total: Row
    limits: dict[str, int]
    summary: Table
    stages: Table
    holders: Table
    divided: list[Table]
    units: list[tuple[Option, Table]]
    rules: Table

    @property
    def tables(self) -> list[Table]:
        """In the order of the page."""
        return [self.summary, self.stages, self.holders, *self.divided, *(table for _unit, table in self.units), self.rules]

    @property
    def cards(self) -> list[tuple[Figure, Measured, list[Cell], str]]:
        """The shares: figure, what was found, its cells, and the query of the cases that are in the denominator only."""
        shares = [BY_CODE[code] for code in BROKEN_DOWN if BY_CODE[code].of]
        return [(one, self.total[one.code], _figure(one, self.total[one.code], self.asked), self.asked.cases(one.code, "rest")) for one in shares]

    @property
    def loop(self) -> list[Cell]:
        """The whole loop's line of the stages: name, limit, P50, P90, cases."""
        return self.stages.rows[0]

    @property
    def rules_by_code(self) -> list[tuple[str, list[Cell]]]:
        return list(zip((one.code for one in DEFINITIONS), self.rules.rows, strict=True))

    @property
    def apart(self) -> list[tuple[Figure, list[Cell], int]]:
        """The figures beside the shares, and in how many cases those with an amount lie."""
        return [(one, self._apart(one), self.total[one.code].part) for one in FIGURES if one.code not in BROKEN_DOWN or not one.of]

    def _apart(self, one: Figure) -> list[Cell]:
        found = self.total[one.code]
        return [number(found.amount, self.asked.cases(one.code, "part"))] if one.amount else _figure(one, found, self.asked)


def page(asked: Asked) -> Page:
    """Count and lay out; the number of statements is the same whatever was asked for."""
    found, limits = measure(asked.scope, asked.by), metrics.budgets()
    return Page(
        asked, found.total, limits, _summary(found.total, asked), _stages(found.total, asked, limits), _holders(found.total, asked),
        _divided(found, asked, limits), _units(found, asked, limits), rules(),
    )  # fmt: skip


def _summary(total: Row, asked: Asked) -> Table:
    rows = []
    for figure in FIGURES:
        found = total[figure.code]
        shown = [Cell(str(figure.name)), *(_figure(figure, found, asked) if figure.of else [Cell(EMPTY), _amount(figure, found, asked), Cell(EMPTY)])]
        rows.append([*shown, Cell(str(figure.counted)), Cell(str(figure.among) or EMPTY)])
    columns = [_("Figure"), *_parts(), _("What is counted"), _("Of what")]
    return Table("summary", _("The period at a glance"), "", [Head("", len(columns))], columns, rows)


def _amount(figure: Figure, found: Measured, asked: Asked) -> Cell:
    return number(found.amount if figure.amount else found.part, asked.cases(figure.code, "part"))


def _stages(total: Row, asked: Asked, limits: dict[str, int]) -> Table:
    rows = []
    for span in STAGES:
        limit = limits.get(span.limit)
        rows.append([Cell(str(span.name), rule=span.code), time(limit), *_span(span, total[span.code], asked, limit)])
    return Table(
        "stages", _("Stages of the ten-minute matters"),
        _("Minutes and seconds; ▲ over the limit. Of ten-minute matters closed in the period; pauses left out."),
        [Head("", 5)], [_("Stage"), _("Limit"), *_took()], rows, {"limit": _("Limit"), "axis": _("minutes")},
    )  # fmt: skip


def _holders(total: Row, asked: Asked) -> Table:
    rows = [
        [Cell(str(one.name), rule=one.code), *_charged(one, total[one.code], asked)[:2], *_span(one, total[one.code], asked, None)] for one in HOLDERS
    ]  # fmt: skip
    return Table(
        "holders", _("Where the minutes went"), _("Each minute from report to closing is charged to one holder; together they are the whole loop."),
        [Head("", 6)], [pgettext("of minutes", "Holder"), _("Minutes"), pgettext("of minutes", "Share"), *_took()], rows,
        {"axis": _("minutes")},
    )  # fmt: skip


def _divided(found: Found, asked: Asked, limits: dict[str, int]) -> list[Table]:
    """The rows of the chosen dimension, in three tables."""
    label = str(LABELS[asked.by])
    options = _days(asked) if asked.by == "day" else asked.names.of(asked.by, found.rows.keys() | _always(asked))
    shares, times, minutes = [], [], []
    figures, none = [BY_CODE[code] for code in BROKEN_DOWN], Measured()
    for option in options:
        row, own = found.rows.get(option.key, {}), {asked.by: option.code}
        narrowed = asked.address(**({"from": option.code, "to": option.code, "by": ""} if asked.by == "day" else {**own, "by": ""}))
        name = Cell(option.name, query=narrowed)
        shares.append([name, *(cell for one in figures for cell in _figure(one, row.get(one.code, none), asked, **own))])
        times.append([
            name, *(cell for one in STAGES for cell in _span(one, row.get(one.code, none), asked, limits.get(one.limit), **own))
        ])  # fmt: skip
        minutes.append([name, *(cell for one in HOLDERS for cell in _charged(one, row.get(one.code, none), asked, **own))])
    parts, took = _parts(), _took()
    spent = [_("Minutes"), pgettext("of minutes", "Share"), _("Cases")]
    return [
        Table(
            "shares", _("Shares by %(dimension)s") % {"dimension": label.lower()}, "",
            [Head("", 1), *(Head(str(one.short), 3 if one.of else 1, one.code) for one in figures)],
            [label, *(column for one in figures for column in (parts if one.of else [_("Cases")]))], shares,
        ),
        Table(
            "times", _("Times of the ten-minute matters by %(dimension)s") % {"dimension": label.lower()}, "",
            [Head("", 1), *(Head(str(one.name), 3, one.code) for one in STAGES)], [label, *took * len(STAGES)], times,
        ),
        Table(
            "minutes", _("Minutes of the ten-minute matters by %(dimension)s") % {"dimension": label.lower()}, "",
            [Head("", 1), *(Head(str(one.name), 3, one.code) for one in HOLDERS)], [label, *spent * len(HOLDERS)], minutes,
        ),
    ]  # fmt: skip


def _always(asked: Asked) -> set[Any]:
    """Units are shown also when nothing happened in them."""
    return set(asked.scope.centres) if asked.by == "unit" else set()


def _days(asked: Asked) -> list[Option]:
    period = asked.choice.period
    days = [period.first + timedelta(days=n) for n in range(period.days)]
    if "day" in asked.chosen:
        days = [day for day in days if day == asked.chosen["day"].key]
    return [Option(day, day.isoformat(), spoken.day(day)) for day in days]


def _units(found: Found, asked: Asked, limits: dict[str, int]) -> list[tuple[Option, Table]]:
    """Small multiples: each unit along the period, by day or by week."""
    period, ten, loop = asked.choice.period, BY_CODE["ten"], SPANS["loop"]
    weekly = asked.scope.weekly
    first = period.first - timedelta(days=period.first.weekday() if weekly else 0)
    steps = [first + timedelta(days=n) for n in range(0, (period.last - first).days + 1, 7 if weekly else 1)]
    made = []
    for unit in asked.names.of("unit", set(asked.scope.centres)):
        rows = []
        for step in steps:
            row = found.along.get((unit.key, step), {})
            start, end = max(step, period.first), min(step + timedelta(days=6 if weekly else 0), period.last)
            own = {"unit": unit.code, "from": start.isoformat(), "to": end.isoformat()}
            name = f"{spoken.day(start)} – {spoken.day(end)}" if start != end else spoken.day(start)
            rows.append([
                Cell(name), *_figure(ten, row.get("ten", Measured()), asked, **own),
                *_span(loop, row.get("loop", Measured()), asked, limits.get("loop"), **own),
            ])  # fmt: skip
        made.append((unit, Table(
            f"unit-{unit.code}", unit.name, "", [Head("", 1), Head(str(ten.short), 3, "ten"), Head(str(loop.name), 3, "loop")],
            [_("Week") if weekly else _("Day"), *_parts(), *_took()], rows,
            {"limit": _("Limit"), "axis": _("minutes")},
        )))  # fmt: skip
    return made


def rules() -> Table:
    """Every figure with what is counted, of what, and by which rule."""
    columns = [_("Figure"), _("What is counted"), _("Of what"), pgettext("of counting", "Rule")]
    rows = [
        [Cell(str(one.name)), Cell(str(one.counted)), Cell(str(one.among) or EMPTY), Cell(str(one.rule))] for one in DEFINITIONS
    ]  # fmt: skip
    return Table("rules", _("How it is counted"), "", [Head("", 4)], columns, rows)


