"""Every figure of supervision, defined once: what it is called, what is counted of what, by which rule, and the SQL that counts it.

The page, its files, the lists of cases behind the figures and `docs/decisions/figures.md` are made from these tables. Formulas:
GB/T 30428, CJJ/T 106 (按期结案率, 返工率, 延期率); the share of the ten-minute loop (十分钟达标率) is this platform's own.
No figure is one of fines, of their number or amount (行政处罚法 74).

SQL names columns of `counted` (`supervision/counting.py`): a case's own, and `was_paused`.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.transitions import OPEN
from command.sentences import STAGES as STAGE_WORDS


@dataclass(frozen=True)
class Basis:
    """Which cases a figure looks at. `holds`: SQL over `cases_case c`; `moment`: the column that says on which day a case is counted."""

    holds: str
    moment: str


_OPEN = f"state IN ({', '.join(repr(state.value) for state in OPEN)})"
BASES = {
    "begun": Basis("c.started_at >= %(start)s AND c.started_at < %(end)s", "started_at"),
    "closed": Basis("c.closed_at >= %(start)s AND c.closed_at < %(end)s", "closed_at"),
    "due": Basis("c.due_at >= %(start)s AND c.due_at < LEAST(%(end)s, %(now)s)", "due_at"),
    "open": Basis(f"c.{_OPEN}", "started_at"),
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """`part` of `of`, both conditions in SQL; without `of` it is a count. `amount`: a column that is summed over the part."""

    code: str
    name: Promise
    short: Promise  # at the head of a column
    counted: Promise  # the numerator in words
    among: Promise | str  # the denominator in words
    rule: Promise
    basis: str
    part: str
    of: str = ""
    amount: str = ""
    good: bool = True  # whether the part is what is wanted; else the rest is


_IN_TIME = "closed_at <= due_at"
_CLOSED, _TEN = "state = 'closed'", "state = 'closed' AND is_ten_minute"
_closed_words, _ten_words = _("all matters closed in the period"), _("ten-minute matters closed in the period")

FIGURES = (
    Figure(
        "begun", _("New cases"), pgettext_lazy("column", "New"), _("cases whose clock started in the period"), "",
        _("By the start of the clock, at which the report came in. Several reports of one matter are one case; cases merged later are counted."),
        "begun", "true",
    ),
    Figure(
        "ten", _("Ten-minute matters within target"), _("Ten-minute matters within target"),
        _("those closed no later than their limit"), _ten_words,
        _("From the report to closing after the centre's check. The first clock runs on through rework and reopening, and the final closing counts; "
          "a pause that two persons agreed moves the limit."),
        "closed", f"{_TEN} AND {_IN_TIME}", _TEN,
    ),
    Figure(
        "every", _("All matters within target"), _("All matters within target"), _("those closed no later than their limit"), _closed_words,
        _("Each matter against the limit of its own class, ten-minute matters among them."),
        "closed", f"{_CLOSED} AND {_IN_TIME}", _CLOSED,
    ),
    Figure(
        "due", _("Closed in time of those due"), _("Closed in time of those due"), _("those closed no later than their limit"),
        _("cases whose limit fell into the period and has passed"),
        _("By the day of the limit, whenever the case began: a case that is still open counts as not in time. Left out: cases on pause now, not "
          "accepted, merged, withdrawn or passed on."),
        "due", f"{_CLOSED} AND {_IN_TIME}", f"({_OPEN} OR {_CLOSED}) AND paused_at IS NULL",
    ),
    Figure(
        "overdue", _("Open and overdue"), _("Overdue of those open"), _("those past their limit"), _("cases that are open now"),
        _("As of now, whatever the period; by day: of the cases that began on that day. A case on pause is open but not overdue."),
        "open", "due_at < %(now)s AND paused_at IS NULL", "true", good=False,
    ),
    Figure(
        "rework", pgettext_lazy("figure", "Rework"), pgettext_lazy("figure", "Rework"),
        _("those that the check sent back at least once"), _closed_words,
        _("A case counts once, however often it came back."), "closed", f"{_CLOSED} AND reworks > 0", _CLOSED, good=False,
    ),
    Figure(
        "rounds", _("Rounds of rework"), _("Rounds of rework"), _("rounds that the check sent back, of the matters closed in the period"), "",
        _("Each round counts; the cases are those of “rework”."), "closed", f"{_CLOSED} AND reworks > 0", amount="reworks", good=False,
    ),
    Figure(
        "reopened", _("Reopened cases"), _("Reopened cases"), _("those that were reopened at least once"), _closed_words,
        _("Counted with the final closing."), "closed", f"{_CLOSED} AND reopenings > 0", _CLOSED, good=False,
    ),
    Figure(
        "paused", _("Paused cases"), _("Paused cases"), _("those that were on pause at least once"), _closed_words,
        _("Pauses that two persons agreed; one that was refused is none."), "closed", f"{_CLOSED} AND was_paused", _CLOSED, good=False,
    ),
    Figure(
        "otherwise", _("Ended otherwise"), _("Ended otherwise"), _("those not accepted, merged, withdrawn or passed on"),
        _("all cases that ended in the period"), _("In no share of matters closed."), "closed", "state <> 'closed'", "true", good=False,
    ),
)  # fmt: skip
BY_CODE = {figure.code: figure for figure in FIGURES}


@dataclass(frozen=True)
class Span:
    """Time between journal entries, all rounds of a case together. `legs`: of `command.metrics.stretches`; `limit`: the stage whose
    limit is drawn. `counted` is what percentiles are taken of."""

    code: str
    name: Promise
    counted: Promise
    rule: Promise
    legs: tuple[str, ...]
    limit: str = ""
    among = ""  # a span has no denominator


_passed = _("ten-minute matters closed in the period that passed it")
LEGS = ("take_in", "send", "accept", "travel", "on_site", "verify", "ended")  # "ended": until it was reopened, or came back

STAGES = (
    Span("loop", _("Report to closing"), _ten_words, _("From the start of the clock to the final closing; pauses left out."), LEGS, "loop"),
    Span("take_in", STAGE_WORDS["take_in"], _passed, _("From the report until it is taken in."), ("take_in",), "take_in"),
    Span("send", STAGE_WORDS["send"], _passed, _("From taking in until the order goes out; also after an order that was declined, recalled or not "
         "accepted in time, and after rework."), ("send",), "send"),
    Span("accept", STAGE_WORDS["accept"], _passed, _("From the order until the lead accepts it, or it ends without that."), ("accept",), "accept"),
    Span("handle", STAGE_WORDS["handle"], _passed, _("From accepting until the lead has fed back."), ("travel", "on_site"), "handle"),
    Span("verify", STAGE_WORDS["verify"], _passed, _("From the feedback until the centre has checked."), ("verify",), "verify"),
)  # fmt: skip
# Who has the matter in hand: each minute of the loop is charged to exactly one.
HOLDERS = (
    Span("dispatcher", _("Waiting for the dispatcher"), _passed, _("Taking in and sending."), ("take_in", "send")),
    Span("officer", _("Waiting for the officer"), _passed, _("Until the order is accepted; charged to the officer who had it."), ("accept",)),
    Span("travel", _("On the way"), _passed, _("From accepting to arriving; charged to the lead of then."), ("travel",)),
    Span("on_site", _("Handling on site"), _passed, _("From arriving to the feedback; charged to the lead of then."), ("on_site",)),
    Span("checking", _("Waiting for the check"), _passed, _("From the feedback to closing or rework; of a case that was reopened or came back, also "
         "the time until then: the check had let it go."), ("verify", "ended")),
)  # fmt: skip
DEFINITIONS = (*FIGURES, *STAGES, *HOLDERS)
SPANS = {span.code: span for span in (*STAGES, *HOLDERS)}
OFFICERS_LEGS = ("accept", "travel", "on_site")  # what an officer's own figures are charged with, whoever resolved the case

# What holds for all of them, said on the page and in its files.
NOTES = (
    _("Cases are counted by their moments in the journal, times are differences of its entries; the server's clock counts. Days are local days, "
      "both ends of a period included."),
    _("A case belongs to the centre, patrol area, grid and category that it has now, and to the officer whose feedback resolved it, while it is open "
      "to the lead on it; times of accepting, of the way and on site belong to the officer who had the order then."),
    _("Median (P50): half of the cases took no longer. 90th percentile (P90): nine in ten took no longer. Both are taken of single cases, never "
      "averaged from other figures. What would be divided by nought is “—”."),
    _("A replay at a higher speed counts as many seconds as it stands for."),
    _("Rows stand in the order of their codes. Nobody is ranked, and fines are neither counted nor a target (Administrative Penalty Law, "
      "article 74)."),
)  # fmt: skip
