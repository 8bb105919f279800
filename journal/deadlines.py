"""Set, cancel and fire deadlines. `manage.py run_clock` calls `fire_due()` every second."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from . import clock, rows
from .models import Deadline, Thread

# The kinds that belong to the running clock of a case; a re-check and an asked finding outlive its end.
CASE_CLOCK = ("take_in", "send", "accept", "handle", "verify", "warn", "total", "escalate", "reach", "assist", "redispatch", "part", "offer")

_handlers: dict[str, Callable[[Deadline], None]] = {}
_locks: dict[str, Callable[[int], object]] = {}


def locks(kind: str):
    """Register how the row of a kind of thread ("case") is locked: `lock(pk)`.

    A verb locks its thread first and its deadlines after; the clock has to do the same, or the two would wait for each other.
    """

    def register(lock):
        _locks[kind] = lock
        return lock

    return register


def on(kind: str):
    """Register the handler of a kind of deadline: `handler(deadline)`, run inside the firing transaction."""

    def register(handler):
        if kind in _handlers and _handlers[kind] is not handler:
            raise ValueError(f"two handlers for {kind}")
        _handlers[kind] = handler
        return handler

    return register


def set_many(thread: Thread, due: dict[str, datetime], *, subject: str = "") -> None:
    """Set one deadline per kind (one round trip)."""
    if due:
        rows.insert(*new(thread, due, subject=subject))


def new(thread: Thread, due: dict[str, datetime], *, subject: str = "") -> list[Deadline]:
    """One deadline per kind, not yet written."""
    return [Deadline(thread=thread.thread, kind=kind, subject=subject, due_at=moment) for kind, moment in due.items()]


def open_of(thread: Thread, *kinds: str, subject: str | None = None):
    """QuerySet of a thread's open deadlines, of `kinds` (all when empty) and `subject` (any when None)."""
    found = Deadline.objects.filter(thread=thread.thread, fired_at__isnull=True, cancelled_at__isnull=True)
    if kinds:
        found = found.filter(kind__in=kinds)
    return found if subject is None else found.filter(subject=subject)


def cancel(thread: Thread, *kinds: str, subject: str | None = None) -> int:
    """Cancel a thread's open deadlines; returns how many."""
    return open_of(thread, *kinds, subject=subject).update(cancelled_at=clock.now())


def fire_due(*, limit: int = 100, thread: str | None = None) -> int:
    """Fire what is due (of one thread, when named), each in a transaction of its own; returns how many fired.

    Rows that another clock holds are skipped. A handler that fails leaves its row open (it is tried again at
    the next tick) and never stops the others: its error is logged by the caller through `FireError`.
    """
    fired, failed = 0, []
    due = Deadline.objects.filter(fired_at__isnull=True, cancelled_at__isnull=True, due_at__lte=clock.now())
    if thread is not None:
        due = due.filter(thread=thread)
    for pk, thread in list(due.order_by("due_at").values_list("pk", "thread")[:limit]):
        try:
            with transaction.atomic():
                kind, _colon, thread_pk = thread.partition(":")
                _locks[kind](int(thread_pk))
                row = due.select_for_update(skip_locked=True).filter(pk=pk).first()
                if row is None:
                    continue
                row.fired_at = clock.now()
                row.save(update_fields=["fired_at"])
                _handlers[row.kind](row)
                fired += 1
        except Exception as error:  # the clock must outlive any single handler
            failed.append((pk, error))
    if failed:
        raise FireError(fired, failed)
    return fired


class FireError(Exception):
    """Some handlers failed: `failed` lists (deadline id, error); the others fired."""

    def __init__(self, fired: int, failed: list):
        super().__init__(f"{len(failed)} deadline handlers failed, the first with {failed[0][1]!r}")
        self.fired, self.failed = fired, failed
