"""Stopping the clock: one person asks with a reason, a second approves (the on-call deputy at night). Counted apart.

What was left is left again in the case's own time: of a class in working time a night that the clock stood costs and gives nothing.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from enforcement.roles import CENTRE, LEADING
from journal import clock, deadlines
from journal.moves import record
from journal.refused import BadInput, Refused

from . import limits
from .audience import announce
from .locking import check_seen, lock
from .models import Case, Pause
from .transitions import OPEN


def _only(by, roles) -> None:
    if by.actor.roles.isdisjoint(roles):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")


@transaction.atomic
def ask(case: Case, *, by, reason: str, until: datetime | None = None, seen: int | None = None) -> Pause:
    """Ask to stop the clock of an open case; nothing stops until a second person approves. `until`: when it is expected to run on, which
    the next shift is told; no clock starts it by itself."""
    case = lock(case)
    check_seen(case, seen, by)
    _only(by, CENTRE)
    if case.state not in OPEN:
        raise Refused(_("The case has ended; its clock stands already."), code="wrong_state")
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    if until is not None and until <= clock.now():
        raise BadInput(_("The expected end has to lie ahead."), code="past", field="until")
    if case.pauses.filter(ends_at__isnull=True, refused_at__isnull=True).exists():
        raise Refused(_("A pause of this case is already asked for or running."), code="twice")
    pause = Pause.objects.create(case=case, reason=reason.strip(), until=until, asked_by=by, asked_at=clock.now())
    record(case, "pause_asked", by=by, subject=f"pause:{pause.pk}", data={"reason": pause.reason, "until": until and until.isoformat()})
    announce(case)
    return pause


def _lock_pause(pause: Pause) -> Pause:
    case = lock(pause.case_id)
    pause = Pause.objects.get(pk=pause.pk)
    pause.case = case
    return pause


@transaction.atomic
def approve(pause: Pause, *, by, seen: int | None = None) -> Pause:
    """A second person, shift leader or on-call deputy, lets the clock stand from now on."""
    pause = _lock_pause(pause)
    case = pause.case
    check_seen(case, seen, by)
    _only(by, LEADING)
    if pause.starts_at or pause.refused_at or pause.ends_at:
        raise Refused(_("This request has been answered already."), code="twice")
    if pause.asked_by_id == by.pk:
        raise Refused(_("Who asks for a pause cannot approve it."), code="same_person")
    if case.state not in OPEN:
        raise Refused(_("The case has ended; its clock stands already."), code="wrong_state")
    now = clock.now()
    # Who is set aside is free again when his time is over, and an offer wants its answer, pause or not.
    standing = deadlines.open_of(case).exclude(kind__in=["reserved", "offer"])
    pause.remaining = [
        [kind, subject, limits.seconds_left(case, due_at, now)]
        for kind, subject, due_at in standing.values_list("kind", "subject", "due_at")
    ]
    standing.update(cancelled_at=now)
    pause.approved_by, pause.starts_at = by, now
    pause.save(update_fields=["approved_by", "starts_at", "remaining"])
    case.paused_at = now
    record(case, "paused", by=by, subject=f"pause:{pause.pk}", data={"reason": pause.reason}, save=False)
    case.save(update_fields=["paused_at", "version", "chain"])
    announce(case)
    return pause


@transaction.atomic
def refuse(pause: Pause, *, by, seen: int | None = None) -> Pause:
    """The second person says no; the clock never stood."""
    pause = _lock_pause(pause)
    check_seen(pause.case, seen, by)
    _only(by, LEADING)
    if pause.starts_at or pause.refused_at or pause.ends_at:
        raise Refused(_("This request has been answered already."), code="twice")
    if pause.asked_by_id == by.pk:
        raise Refused(_("Who asks for a pause cannot answer the request."), code="same_person")
    pause.refused_at = clock.now()
    pause.save(update_fields=["refused_at"])
    record(pause.case, "pause_refused", by=by, subject=f"pause:{pause.pk}")
    announce(pause.case)
    return pause


@transaction.atomic
def resume(case: Case, *, by, seen: int | None = None) -> Case:
    """Let the clock run on: what was left of each deadline is left again."""
    case = lock(case)
    check_seen(case, seen, by)
    _only(by, CENTRE)
    if case.paused_at is None:
        raise Refused(_("The clock of this case is running."), code="wrong_state")
    resume_locked(case, by=by)
    announce(case)
    return case


def keep_for_later(case: Case, due: dict[str, datetime]) -> None:
    """Timers that were set anew while the clock of a locked case stands: they begin to run with it, with what is left of them."""
    pause = case.pauses.get(starts_at__isnull=False, ends_at__isnull=True)
    kept = [row for row in pause.remaining if row[0] not in due]
    pause.remaining = kept + [[kind, "", limits.seconds_left(case, due_at, pause.starts_at)] for kind, due_at in due.items()]
    pause.save(update_fields=["remaining"])


def resume_locked(case: Case, *, by, restart: bool = True) -> None:
    """As `resume`, for a verb that holds the lock; `restart=False` when the case ends and nothing is due any more."""
    now = clock.now()
    pause = case.pauses.get(starts_at__isnull=False, ends_at__isnull=True)
    pause.ends_at = now
    pause.save(update_fields=["ends_at"])
    if restart:
        for kind, subject, seconds in pause.remaining:
            deadlines.set_many(case, {kind: limits.later(case, now, seconds)}, subject=subject)
    case.due_at = limits.later(case, now, limits.seconds_left(case, case.due_at, pause.starts_at))
    case.paused_at = None
    record(case, "resumed", by=by, subject=f"pause:{pause.pk}",
           data={"seconds": round((now - pause.starts_at).total_seconds()), "due_at": case.due_at.isoformat()}, save=False)  # fmt: skip
    case.save(update_fields=["due_at", "paused_at", "version", "chain"])
