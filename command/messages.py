"""Text messages and calls for one order: a row each, sent by the worker, answered by the carrier's receipts.

A message says what kind of matter waits and where by zones, nothing that a person wrote. It goes out at least once: the carrier knows
a repeated reference. Nothing waits for it, and when the gateway is dead the next way is tried.
"""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

import integrations.messages as carrier
from cases.locking import lock
from cases.models import Case
from cases.rulebook import current
from journal import clock, deadlines
from journal.moves import Actor, record

from . import marks
from .boards.cases import category_name, zone_words
from .dispatch import tell
from .models import Dispatch, OrderMessage
from .tasks import send_messages
from .transitions import State, Way

CARRIER = Actor("system", "carrier", "通信网关")
LEASE = timedelta(seconds=30)  # a worker that died with a message in hand gives it back after this
BACKOFF_S = (5, 15, 45, 120)  # between tries, while the order still waits
def write(dispatch: Dispatch, case: Case, way: str) -> OrderMessage | None:
    """The message of an order of a locked case; None when there is no gateway or no number to send it to."""
    number = "".join(sign for sign in dispatch.officer.user.phone if sign.isdigit())
    if not number or carrier.gateway() is None:
        return None
    current().fill(case)
    message = OrderMessage.objects.create(
        reference=uuid4().hex, dispatch=dispatch, way=way, number=number, text=_text(case), created_at=clock.now(), next_at=clock.now()
    )
    record(case, "notified", by=CARRIER, subject=f"dispatch:{dispatch.pk}", data={"officer": dispatch.officer.name, "way": way})
    send_messages.delay_on_commit()
    return message


def _text(case: Case) -> str:
    """Read on a locked screen or aloud: category and zones, no address that was typed, no informant."""
    return _("[%(centre)s] New order %(number)s: %(what)s, %(where)s. Accept it at %(url)s") % {
        "centre": case.centre.short_name, "number": case.number, "what": category_name(case.category), "where": zone_words(case),
        "url": settings.PUBLIC_URL + reverse("officer"),
    }  # fmt: skip


# --- out -------------------------------------------------------------------------------------------
def send_due(*, limit: int = 50) -> int:
    """Hand over what waits to go out; how many were taken. Each is claimed first, and no row is locked while the gateway answers."""
    gateway, taken = carrier.gateway(), 0
    waiting = OrderMessage.objects.filter(state=OrderMessage.State.QUEUED, next_at__lte=clock.now()).order_by("next_at")
    for pk in list(waiting.values_list("pk", flat=True)[:limit]):
        if (message := _claim(pk)) is not None:
            taken += _hand_over(gateway, message)
    return taken


@transaction.atomic
def _claim(pk: int) -> OrderMessage | None:
    now = clock.now()
    waiting = OrderMessage.objects.select_for_update(skip_locked=True, of=("self",)).select_related("dispatch")
    message = waiting.filter(pk=pk, state=OrderMessage.State.QUEUED, next_at__lte=now).first()
    if message is None:
        return None
    if message.dispatch.state != State.SENT or message.dispatch.seen_at:
        message.state, message.ended_at = OrderMessage.State.DROPPED, now
    else:
        message.attempts, message.next_at = message.attempts + 1, now + LEASE
    message.save(update_fields=["state", "ended_at", "attempts", "next_at"])
    return message if message.state == OrderMessage.State.QUEUED else None


def _hand_over(gateway, message: OrderMessage) -> bool:
    mine = OrderMessage.objects.filter(pk=message.pk, state=OrderMessage.State.QUEUED)  # a receipt may be faster than the answer
    try:
        if gateway is None:
            raise carrier.Unreachable("no gateway")
        gateway.send(carrier.Message(message.reference, message.way, message.number, message.text))
    except carrier.Rejected as why:
        end(message.reference, carrier.FAILED, str(why))
        return False
    except carrier.Unreachable as why:
        if message.attempts > len(BACKOFF_S):
            end(message.reference, carrier.FAILED, str(why))
        else:
            mine.update(next_at=clock.now() + timedelta(seconds=BACKOFF_S[message.attempts - 1]), failure=str(why)[:80])
        return False
    mine.update(state=OrderMessage.State.HANDED, handed_at=clock.now(), failure="")
    return True


# --- back ------------------------------------------------------------------------------------------
@transaction.atomic
def end(reference: str, outcome: str, detail: str = "") -> bool:
    """What became of a message, as its carrier says. False when the reference is none of ours or that was known: repeats do no harm."""
    dispatch_of = OrderMessage.objects.filter(reference=reference).values_list("dispatch__case", flat=True).first()
    if dispatch_of is None:
        return False
    case = lock(dispatch_of)
    message = OrderMessage.objects.select_related("dispatch__officer__user").get(reference=reference)
    state = OrderMessage.State(outcome)
    if message.state not in BEFORE[state]:
        return False
    message.state, message.ended_at, message.failure = state, clock.now(), detail[:80] if state == OrderMessage.State.FAILED else ""
    message.save(update_fields=["state", "ended_at", "failure"])
    dispatch, way, subject = message.dispatch, Way(message.way), f"dispatch:{message.dispatch_id}"
    match outcome:
        case carrier.DELIVERED | carrier.ANSWERED:
            marks.delivered(dispatch, by=CARRIER, way=way)
        case carrier.CONFIRMED:
            marks.seen(dispatch, by=CARRIER, way=way)
        case carrier.FAILED if dispatch.state == State.SENT:
            record(case, "not_notified", by=CARRIER, subject=subject, data={"officer": dispatch.officer.name, "way": way, "reason": message.failure})
            if dispatch.way == way and deadlines.cancel(case, "reach", subject=subject):  # the next way need not wait
                deadlines.set_many(case, {"reach": clock.now()}, subject=subject)
            tell(case, dispatch)
    return True


_open = {OrderMessage.State.QUEUED, OrderMessage.State.HANDED}
BEFORE = {OrderMessage.State.DELIVERED: _open, OrderMessage.State.ANSWERED: _open, OrderMessage.State.FAILED: _open,
          OrderMessage.State.CONFIRMED: _open | {OrderMessage.State.ANSWERED}}  # fmt: skip
