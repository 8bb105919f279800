"""The marks of an order: sent, delivered, seen, accepted. Four facts with the server's time, each by its own proof, none inferred
from another: who accepts by the telephone has not shown that the text message arrived.
"""

from django.db import transaction

from cases.locking import lock
from journal import deadlines
from journal.moves import record

from .dispatch import tell
from .models import Dispatch
from .transitions import State, Way


@transaction.atomic
def delivered(dispatch: Dispatch, *, by, way: Way) -> bool:
    """The order has reached the officer's phone by `way`. False when that was known, or the order is past waiting for it."""
    return _mark(dispatch, by=by, way=way, seen=False)


@transaction.atomic
def seen(dispatch: Dispatch, *, by, way: Way = Way.PAGE) -> bool:
    """The officer has looked at the order (which proves that it has reached him). False when that was known, or nobody waits for it."""
    return _mark(dispatch, by=by, way=way, seen=True)


def _mark(dispatch: Dispatch, *, by, way: Way, seen: bool) -> bool:
    case = lock(dispatch.case_id)
    dispatch = Dispatch.objects.select_related("officer__user").get(pk=dispatch.pk)
    if dispatch.state != State.SENT:
        return False
    subject, set_now = f"dispatch:{dispatch.pk}", []
    if dispatch.delivered_at is None:
        dispatch.delivered_at = record(case, "delivered", by=by, subject=subject, data={"officer": dispatch.officer.name, "way": way}).at
        dispatch.delivered_by = way
        set_now += ["delivered_at", "delivered_by"]
    if seen and dispatch.seen_at is None:
        dispatch.seen_at = record(case, "seen", by=by, subject=subject, data={"officer": dispatch.officer.name, "way": way}).at
        set_now += ["seen_at"]
        deadlines.cancel(case, "reach", subject=subject)
    if set_now:
        dispatch.save(update_fields=set_now)
        tell(case, dispatch)
    return bool(set_now)
