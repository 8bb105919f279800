"""Reaching an officer: the open page first; as long as nobody has looked at the order, a text message, a call, then his squad leader.

Each way has its time limit (`order_ways` of the county). Seeing, accepting, declining or the end of the order stops it.
"""

from cases import limits
from cases.locking import lock
from cases.models import Case
from cases.transitions import OPEN
from journal import clock, deadlines
from journal.models import Deadline

from . import messages, ways
from .dispatch import tell
from .escalation import SQUAD_LEADER, escalate, leaders
from .models import Dispatch
from .transitions import State


@deadlines.on("reach")
def next_way(deadline: Deadline) -> None:
    """The time of one way is up and the order has not been looked at."""
    case = lock(int(deadline.thread.split(":")[1]))
    dispatch = Dispatch.objects.select_related("officer__user").get(pk=int(deadline.subject.split(":")[1]))
    if case.state in OPEN and not case.paused_at:
        go_on(dispatch, case)


def go_on(dispatch: Dispatch, case: Case) -> None:
    """The next way, of an order of a locked case. One that leads nowhere (no gateway, no number) has its time all the same."""
    left = ways.after(dispatch.way)
    if dispatch.state != State.SENT or dispatch.seen_at or not left:
        return
    (dispatch.way, seconds), told = left[0], []
    dispatch.save(update_fields=["way"])
    if dispatch.way == ways.LEADER:
        escalate(case, SQUAD_LEADER, stage="reach")
        told = leaders(case)
    else:
        messages.write(dispatch, case, dispatch.way)
    if len(left) > 1:
        deadlines.set_many(case, {"reach": limits.later(case, clock.now(), seconds / case.speed)}, subject=f"dispatch:{dispatch.pk}")
    tell(case, dispatch, leaders=told)
