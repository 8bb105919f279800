"""Swaps of duty: asked for by who has the stretch, decided by a shift leader or deputy who is neither, moved in one transaction."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from enforcement import roster
from enforcement.models import Certificate, Duty, DutySwap, Roster, User
from enforcement.roles import FIELD, OUTDOORS
from journal import clock
from journal.moves import move, record
from journal.refused import BadInput, Refused

from .duties import check_free, may_plan, span, unopened

State = DutySwap.State
SHOWN = timedelta(days=7)  # so long both see how it ended


def mine(user: User) -> QuerySet:
    """Swaps that concern a person: those that wait and those that ended lately, the newest first."""
    recent = Q(state=State.ASKED) | Q(decided_at__gt=clock.now() - SHOWN)
    return _whole(DutySwap.objects.filter(recent, Q(asked_by=user) | Q(to=user)))


def waiting(centre_pk: int) -> QuerySet:
    """Swaps of a centre that wait for an answer, the first to begin first."""
    found = DutySwap.objects.filter(state=State.ASKED, asked_by__organisation__centre=centre_pk, duty__starts_at__gt=clock.now())
    return _whole(found).order_by("duty__starts_at")


def _whole(swaps: QuerySet) -> QuerySet:
    return swaps.select_related("duty__user", "to", "in_return__user", "asked_by", "decided_by")


def partners(user: User) -> QuerySet:
    """Who could take a stretch of this person: the same post in the same centre."""
    return User.objects.filter(organisation__centre=user.centre, role=user.role, is_active=True).exclude(pk=user.pk).order_by("name", "pk")


def ahead(user: User) -> QuerySet:
    """Stretches of a person that have not begun."""
    return Duty.objects.filter(user=user, starts_at__gt=clock.now(), came_at__isnull=True).order_by("starts_at")


@transaction.atomic
def ask(duty: Duty, *, to: User, reason: str, by: User, in_return: Duty | None = None) -> DutySwap:
    """Ask that `to` takes the stretch, in exchange for `in_return` of his or for nothing."""
    thread = roster.lock(_centre(by))
    duty, in_return = _fresh(duty, in_return)
    if duty.user_id != by.pk:
        raise Refused(_("This stretch of duty is no longer yours."), code="not_yours")
    if not reason.strip():
        raise BadInput(_("Give a reason."), code="missing", field="reason")
    if DutySwap.objects.filter(duty=duty, state=State.ASKED).exists():
        raise Refused(_("A swap is asked for this stretch already."), code="asked")
    _check(duty, to, in_return)
    made = DutySwap.objects.create(duty=duty, to=to, in_return=in_return, reason=reason.strip()[:200], asked_by=by, asked_at=clock.now())
    record(thread, "swap_asked", by=by, subject=f"dutyswap:{made.pk}", data={"from": None, "to": State.ASKED, **_told(made)})
    return made


@transaction.atomic
def approve(swap: DutySwap, *, by: User) -> DutySwap:
    """Let it be so: everything is looked at again, then the stretches change hands. Refused where that opens a gap."""
    thread, swap = _to_decide(swap, by)
    duty, back = _fresh(swap.duty, swap.in_return)
    giver = duty.user
    if giver.pk != swap.asked_by_id:
        raise Refused(_("The stretch is no longer %(who)s's.") % {"who": swap.asked_by.name}, code="changed")
    _check(duty, swap.to, back)
    over = [one for one in (duty, back) if one]
    with unopened(thread, (min(one.starts_at for one in over), max(one.ends_at for one in over))):
        _move(duty, swap.to, back, giver)
    return _end(swap, "swap_approved", thread, by=by)


@transaction.atomic
def refuse(swap: DutySwap, *, reason: str, by: User) -> DutySwap:
    """Leave the plan as it is, and say why."""
    thread, swap = _to_decide(swap, by)
    if not reason.strip():
        raise BadInput(_("Give a reason."), code="missing", field="reason")
    return _end(swap, "swap_refused", thread, by=by, answer=reason)


@transaction.atomic
def withdraw(swap: DutySwap, *, by: User, reason: str = "") -> DutySwap:
    """Who has asked needs it no more."""
    thread = roster.lock(_centre(by))
    swap = _open(swap)
    if swap.asked_by_id != by.pk:
        raise Refused(_("Only who has asked can withdraw it."), code="not_yours")
    return _end(swap, "swap_withdrawn", thread, by=by, answer=reason or _("no longer needed"))


def _move(duty: Duty, to: User, back: Duty | None, giver: User) -> None:
    """One of two stretches steps out of the table while the other changes hands: nobody is on duty twice, not even for a moment,
    and a constraint that could wait until commit would forbid the roll its ON CONFLICT."""
    if back:
        Duty.objects.filter(pk=back.pk)._raw_delete(Duty.objects.db)  # what points at it is looked at when all is done
    _hand_over(duty, to)
    duty.save(update_fields=["user", "instead_of", "by_hand"])
    if back:
        _hand_over(back, giver)
        back.save(force_insert=True)


def _hand_over(duty: Duty, to: User) -> None:
    planned = duty.instead_of_id or duty.user_id
    duty.instead_of_id = None if planned == to.pk else planned
    duty.user, duty.by_hand = to, True


def _check(duty: Duty, to: User, in_return: Duty | None) -> None:
    """Whether both may: the stretches lie ahead, the same post and centre, free, and able to act."""
    giver = duty.user
    if to.pk == giver.pk or to.role != giver.role or to.centre != giver.centre or not to.is_active:
        raise Refused(_("%(who)s has another post or belongs to another centre.") % {"who": to.name}, code="other_post")
    if in_return and in_return.user_id != to.pk:
        raise Refused(_("What is offered in return is no longer a stretch of %(who)s.") % {"who": to.name}, code="changed")
    for one, person, given in ((duty, to, in_return), (in_return, giver, duty)):
        if one is None:
            continue
        if one.starts_at <= clock.now() or one.came_at:
            raise Refused(_("%(span)s has begun already.") % {"span": span(one.starts_at, one.ends_at)}, code="begun")
        check_free(person, one.starts_at, one.ends_at, but=[one.pk, given.pk] if given else [one.pk])
        _check_able(person, one)


def _check_able(person: User, duty: Duty) -> None:
    officer = getattr(person, "officer", None)
    if person.role in OUTDOORS and officer and officer.suspended_at and officer.suspended_at < duty.ends_at:
        raise Refused(_("%(who)s is suspended from duty.") % {"who": person.name}, code="suspended")
    if person.role not in FIELD:
        return
    first, last = duty.starts_at.astimezone(clock.LOCAL).date(), (duty.ends_at - timedelta(seconds=1)).astimezone(clock.LOCAL).date()
    for on in {first, last}:
        if officer is None or not Certificate.objects.in_force(on).filter(officer=officer).exists():
            raise Refused(_("%(who)s has no certificate in force on %(day)s.") % {"who": person.name, "day": on.isoformat()}, code="certificate")


def _centre(user: User):
    if user.centre is None:
        raise Refused(_("You belong to no command centre."), code="no_centre")
    return user.centre


def _fresh(duty: Duty, in_return: Duty | None) -> tuple[Duty, Duty | None]:
    found = Duty.objects.select_related("user__organisation__centre").in_bulk([one.pk for one in (duty, in_return) if one])
    if duty.pk not in found or (in_return and in_return.pk not in found):
        raise Refused(_("This stretch of duty is no longer in the plan."), code="gone")
    return found[duty.pk], found[in_return.pk] if in_return else None


def _open(swap: DutySwap) -> DutySwap:
    found = DutySwap.objects.select_related(
        "duty", "in_return", "to__organisation__centre", "to__officer", "asked_by__organisation__centre").filter(pk=swap.pk).first()  # fmt: skip
    if found is None or found.state != State.ASKED:
        raise Refused(_("This swap has been decided or withdrawn meanwhile."), code="decided")
    return found


def _to_decide(swap: DutySwap, by: User) -> tuple[Roster, DutySwap]:
    """The locked roster and the swap; refused to who may not plan this centre, and to who is part of it."""
    centre = swap.asked_by.centre
    if centre is None or not may_plan(by, centre):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    thread = roster.lock(centre)
    swap = _open(swap)
    if by.pk in (swap.asked_by_id, swap.to_id):
        raise Refused(_("You are part of this swap: somebody else decides."), code="own")
    return thread, swap


def _end(swap: DutySwap, verb: str, thread: Roster, *, by: User, answer: str = "") -> DutySwap:
    swap.decided_by, swap.decided_at, swap.answer = by, clock.now(), answer.strip()[:200]
    told = {**_told(swap), "answer": swap.answer}
    move(swap, verb, by=by, thread=thread, data=told, fields=("decided_by", "decided_at", "answer"))
    return swap


def _told(swap: DutySwap) -> dict:
    back = swap.in_return
    return {
        "who": swap.asked_by.name, "to_name": swap.to.name, "duty": swap.duty_id, "since": swap.duty.starts_at.isoformat(),
        "until": swap.duty.ends_at.isoformat(), "in_return": back.pk if back else None, "reason": swap.reason,
    }  # fmt: skip
