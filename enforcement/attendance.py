"""Signing on and off duty: what came of the plan. The server's time counts; the phone's is kept beside it in the journal."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal import clock
from journal.moves import record
from journal.refused import Refused
from journal.spoken import when

from . import roster
from .models import Duty, User

EARLY = timedelta(hours=2)  # so long before it begins one may sign on for a stretch
AFTER = timedelta(hours=6)  # so long after its end one may still sign off from it


class Came(models.TextChoices):
    """What came of a stretch so far; on call there is nothing to sign."""

    AHEAD = "ahead", gettext_lazy("Planned")
    DUE = "due", gettext_lazy("Expected")
    MISSING = "missing", gettext_lazy("Not signed on")
    ABSENT = "absent", gettext_lazy("Did not come")
    ON = "on", gettext_lazy("There")
    LATE = "late", gettext_lazy("Came late")
    LEFT = "left", gettext_lazy("Left early")
    DONE = "done", gettext_lazy("Was there")


@dataclass(frozen=True)
class Actual:
    """How a stretch went: its word, and by how much it was late or ended early."""

    came: Came
    off_by: timedelta = timedelta()


def actual(starts_at: datetime, ends_at: datetime, kind: str, came_at: datetime | None, left_at: datetime | None, *,
           now: datetime, grace: timedelta) -> Actual:  # fmt: skip
    """Planned against actual; `grace`: what nobody counts as late or early. Left early says more than came late."""
    if kind != "duty":
        return Actual(Came.AHEAD)
    if came_at is None:
        if now < starts_at:
            return Actual(Came.AHEAD)
        if now >= ends_at:
            return Actual(Came.ABSENT)
        return Actual(Came.MISSING, now - starts_at) if now > starts_at + grace else Actual(Came.DUE)
    if left_at is not None and left_at < ends_at - grace:
        return Actual(Came.LEFT, ends_at - left_at)
    if came_at > starts_at + grace:
        return Actual(Came.LATE, came_at - starts_at)
    return Actual(Came.ON if left_at is None and now < ends_at else Came.DONE)


def at_hand(user: User) -> Duty | None:
    """The stretch that one may sign on to or off from now: the one that runs, else one not yet signed off, else the next when it is near."""
    now = clock.now()
    near = Duty.objects.filter(user=user, kind="duty", starts_at__lte=now + EARLY, ends_at__gt=now - AFTER).order_by("starts_at")
    fits = [(duty.ends_at <= now, duty.starts_at > now, duty) for duty in near if duty.ends_at > now or (duty.came_at and not duty.left_at)]
    return min(fits, key=lambda one: one[:2], default=(None,))[-1]


@transaction.atomic
def sign_on(duty: Duty, *, by: User, phone_at: datetime | None = None) -> Duty:
    """Say that one is there. Again after signing off: the end is taken back; when one first came stays."""
    thread, duty = _own(duty, by)
    now = clock.now()
    if now < duty.starts_at - EARLY:
        raise Refused(_("This stretch begins at %(time)s: sign on when it is near.") % {"time": when(duty.starts_at)}, code="too_early")
    if now >= duty.ends_at:
        raise Refused(_("This stretch ended at %(time)s. Tell your shift leader when you were there.") % {"time": when(duty.ends_at)},
                      code="too_late")  # fmt: skip
    if duty.came_at and duty.left_at is None:
        return duty  # pressed twice
    duty.came_at, duty.left_at = duty.came_at or now, None
    duty.save(update_fields=["came_at", "left_at"])
    record(thread, "signed_on", by=by, subject=f"duty:{duty.pk}", data=_told(phone_at))
    return duty


@transaction.atomic
def sign_off(duty: Duty, *, by: User, phone_at: datetime | None = None) -> Duty:
    """Say that one leaves; before the end it counts as leaving early."""
    thread, duty = _own(duty, by)
    if duty.came_at is None:
        raise Refused(_("You have not signed on for this stretch."), code="not_on")
    if duty.left_at is not None:
        return duty
    duty.left_at = clock.now()
    duty.save(update_fields=["left_at"])
    record(thread, "signed_off", by=by, subject=f"duty:{duty.pk}", data=_told(phone_at))
    return duty


def _own(duty: Duty, by: User):
    """The locked roster of the person's centre and his stretch, fresh."""
    if by.centre is None:
        raise Refused(_("You belong to no command centre."), code="no_centre")
    thread = roster.lock(by.centre)
    found = Duty.objects.filter(pk=duty.pk, user=by).first()
    if found is None:
        raise Refused(_("This stretch of duty is no longer yours."), code="not_yours")
    if found.kind != "duty":
        raise Refused(_("On call there is nothing to sign."), code="on_call")
    return thread, found


def _told(phone_at: datetime | None) -> dict:
    return {"phone_at": phone_at.isoformat()} if phone_at else {}
