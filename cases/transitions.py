"""The states of a case as data (GB/T 30428, CJJ/T 106: 受理 派遣 处置 反馈 核查 结案). `docs/states.md` is drawn from it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from enforcement.roles import CENTRE, DISPATCHING, FIELD, LEADING, Role
from journal.moves import CITIZEN_ROLE, CLIENT_ROLE, CLOCK_ROLE, Move


class State(models.TextChoices):
    RECEIVED = "received", _("Received")
    IN_HAND = "in_hand", _("In hand")
    RESOLVED = "resolved", _("Handled, to be checked")
    CLOSED = "closed", _("Closed")
    REJECTED = "rejected", _("Not accepted")
    MERGED = "merged", _("Merged")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    PASSED_ON = "passed_on", _("Passed on")


OPEN = (State.RECEIVED, State.IN_HAND, State.RESOLVED)


class Outcome(models.TextChoices):
    """How a matter ended on the spot. `NEEDS` says what each must bring."""

    CORRECTED = "corrected", _("Corrected on the spot")
    ADVISED = "advised", _("Advised")
    ORDERED = "ordered", _("Ordered to correct")
    LEAD = "lead", _("Lead for a proceeding")
    PASSED_ON = "passed_on", _("For another organisation")
    FINDING = "finding", _("Waits for a department's finding")
    POLICE = "police", _("Handed to the police")
    UNFOUNDED = "unfounded", _("Unfounded")
    NOT_FOUND = "not_found", _("Not found on site")


class PartState(models.TextChoices):
    """Of a unit's part in a joint action."""

    ASKED = "asked", _("Waits for an answer")
    AGREED = "agreed", _("Takes part")
    REFUSED = "refused", _("Refused")
    DONE = "done", _("Part done")
    ENDED = "ended", _("Part ended")


OPEN_PARTS = (PartState.ASKED, PartState.AGREED)

NEEDS = {
    Outcome.CORRECTED: ("note", "photos"),
    Outcome.ADVISED: ("note",),
    Outcome.ORDERED: ("note", "photos", "recheck_on"),
    Outcome.LEAD: ("note", "photos", "item"),
    Outcome.PASSED_ON: ("note", "organisation"),
    Outcome.FINDING: ("note", "department", "question"),
    Outcome.POLICE: ("note", "police_contact"),
    Outcome.UNFOUNDED: ("note", "photos"),
    Outcome.NOT_FOUND: ("note", "photos"),
}

_centre = frozenset(CENTRE)
_dispatching = frozenset(DISPATCHING)
_leading = frozenset(LEADING)
_citizen = frozenset({CITIZEN_ROLE})
_clock = frozenset({CLOCK_ROLE})
_S = State

CASE_MOVES = (
    Move("reported", None, _S.RECEIVED, _centre | FIELD | {Role.HELPER, CITIZEN_ROLE, CLIENT_ROLE, CLOCK_ROLE}),
    Move("taken_in", _S.RECEIVED, _S.IN_HAND, _centre | _clock),
    Move("put_back", _S.IN_HAND, _S.RECEIVED, _dispatching, ("reason",)),
    Move("rejected", _S.RECEIVED, _S.REJECTED, _leading, ("reason",)),
    Move("rejected", _S.IN_HAND, _S.REJECTED, _leading, ("reason",)),
    Move("merged", _S.RECEIVED, _S.MERGED, _centre, ("into",)),
    Move("merged", _S.IN_HAND, _S.MERGED, _centre, ("into",)),
    Move("withdrawn", _S.RECEIVED, _S.WITHDRAWN, _citizen),
    Move("resolved", _S.IN_HAND, _S.RESOLVED, frozenset(FIELD), ("outcome", "note")),
    Move("returned", _S.RESOLVED, _S.IN_HAND, _dispatching, ("reason",), note="rework: the first clock runs on"),
    Move("closed", _S.RESOLVED, _S.CLOSED, _centre, ("reply",), note="never by the handler"),
    Move("passed_on", _S.RECEIVED, _S.PASSED_ON, _dispatching, ("organisation", "reason")),
    Move("passed_on", _S.IN_HAND, _S.PASSED_ON, _dispatching, ("organisation", "reason")),
    Move("passed_on", _S.RESOLVED, _S.PASSED_ON, _dispatching, ("organisation", "reason")),
    Move("handover_returned", _S.PASSED_ON, _S.RECEIVED, _centre, ("reason",)),
    Move("reopened", _S.CLOSED, _S.IN_HAND, _leading | _citizen | {Role.SUPERVISOR}, ("reason",)),
)

_P = PartState

PART_MOVES = (
    Move("part_asked", None, _P.ASKED, _dispatching, note="a unit of another centre: that centre answers"),
    Move("part_ordered", None, _P.AGREED, _dispatching, note="a unit of the case's own centre, or ordered by the county's centre"),
    Move("part_agreed", _P.ASKED, _P.AGREED, _dispatching, note="by the unit's centre"),
    Move("part_refused", _P.ASKED, _P.REFUSED, _dispatching, ("reason",), note="by the unit's centre"),
    Move("part_done", _P.AGREED, _P.DONE, frozenset(FIELD), ("note",), note="with the result of who answers for it"),
    Move("part_ended", _P.ASKED, _P.ENDED, _dispatching, ("reason",), note="taken back"),
    Move("part_ended", _P.AGREED, _P.ENDED, _leading, ("reason",), note="who was sent for it is called back"),
    *(Move("part_dropped", state, _P.ENDED, _centre, note="the case has ended or was put back") for state in OPEN_PARTS),
)
