"""Who gets which post: the system administrator asks, the security administrator decides (GB/T 22239: 权限由他人授予).

A confirmed post takes effect at once: the account's sessions end, and who no longer goes out is suspended from duty.
"""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from journal import clock, deadlines, history, push
from journal.moves import record
from journal.refused import BadInput, Refused

from . import accounts
from .models import Account, Equipment, Officer, Organisation, PostChange, User
from .roles import ADMINISTRATORS, OUTDOORS, Role


@history.tells
@transaction.atomic
def create(*, by, username: str, name: str, staff_number: str, organisation: Organisation, role: str, reason: str, phone: str = "",
           badge: str = "") -> PostChange:  # fmt: skip
    """A new account and the request for its post. Nobody works with it before the request is confirmed."""
    user = accounts.create(by=by, username=username, name=name, staff_number=staff_number, organisation=organisation, phone=phone)
    return ask(user, by=by, role=role, organisation=organisation, reason=reason, badge=badge)


@transaction.atomic
def ask(user: User, *, by, role: str, organisation: Organisation, reason: str, badge: str = "") -> PostChange:
    """Ask for a post. Until it is confirmed the account keeps what it has."""
    accounts.check_post(by, Role.SYSTEM_ADMIN)
    account, reason = accounts.lock(user), accounts.said(reason)
    user, badge = account.user, badge.strip()
    accounts.check_no_screen(user)
    if str(user.pk) == by.actor.id:
        raise Refused(_("Nobody asks for a post of his own."), code="own")
    if role not in Role.values:
        raise BadInput(_("Choose a post."), code="missing", field="role")
    if role == Role.DISPLAY:
        raise BadInput(_("Screens have accounts of their own, which are made under “Screens”."), code="screen", field="role")
    if not organisation.is_active or organisation.centre_id is None:
        raise BadInput(_("Choose a unit that a command centre stands above."), code="unit", field="organisation")
    if role in ADMINISTRATORS and not user.staff_number:
        raise Refused(_("An administrator needs a staff number, so that nobody holds two such posts."), code="staff_number")
    officer = Officer.objects.filter(user=user).first()
    badge = badge or (officer.badge if officer else "")
    if role in OUTDOORS:
        _check_badge(badge, user)
    elif badge and officer is None:
        raise BadInput(_("A badge is needed by officers, squad leaders and helpers, and only by them."), code="badge", field="badge")
    works = user.is_active or user.post_changes.filter(state=PostChange.State.CONFIRMED).exists()
    if works and (user.role, user.organisation_id) == (role, organisation.pk):
        raise Refused(_("The account has this post already."), code="same")
    if PostChange.objects.filter(user=user, state=PostChange.State.ASKED).exists():
        raise Refused(_("A post has been asked for already and waits for the security administrator."), code="open")
    change = PostChange.objects.create(
        user=user, role=role, organisation=organisation, badge=badge if role in OUTDOORS else "", reason=reason,
        held=f"{user.get_role_display()} · {user.organisation.short_name}" if works and user.organisation_id else "",
        asked_by_id=int(by.actor.id), asked_at=clock.now(),
    )  # fmt: skip
    record(account, "post_asked", by=by, subject=f"postchange:{change.pk}", data=_words(change, reason=reason))
    return change


def _check_badge(badge: str, user: User) -> None:
    if not 1 <= len(badge) <= 24:
        raise BadInput(_("Who goes out needs a badge number (at most 24 signs)."), code="badge", field="badge")
    if Officer.objects.filter(badge=badge).exclude(user=user).exists():
        raise BadInput(_("Another officer has this badge number."), code="badge", field="badge")


def _words(change: PostChange, **more) -> dict:
    return {"role": change.role, "unit": change.organisation.short_name, **more}


def _open(change: PostChange) -> tuple[Account, PostChange]:
    account = accounts.lock(change.user_id)
    change = PostChange.objects.select_related("organisation").get(pk=change.pk)
    if change.state != PostChange.State.ASKED:
        raise Refused(_("This is no longer possible: the state is now “%(state)s”.") % {"state": change.get_state_display()}, code="wrong_state")
    return account, change


def _end(change: PostChange, state: str, *, by, answer: str = "") -> None:
    change.state, change.decided_by_id, change.decided_at, change.answer = state, int(by.actor.id), clock.now(), answer
    change.save(update_fields=["state", "decided_by", "decided_at", "answer"])


@transaction.atomic
def withdraw(change: PostChange, *, by) -> PostChange:
    """Whoever may ask takes a request back."""
    accounts.check_post(by, Role.SYSTEM_ADMIN)
    account, change = _open(change)
    _end(change, PostChange.State.WITHDRAWN, by=by)
    record(account, "post_withdrawn", by=by, subject=f"postchange:{change.pk}", data=_words(change))
    return change


@transaction.atomic
def refuse(change: PostChange, *, by, reason: str) -> PostChange:
    accounts.check_post(by, Role.SECURITY_ADMIN)
    reason = accounts.said(reason)
    account, change = _open(change)
    _check_second(change, by)
    _end(change, PostChange.State.REFUSED, by=by, answer=reason)
    record(account, "post_refused", by=by, subject=f"postchange:{change.pk}", data=_words(change, reason=reason))
    return change


@history.tells
@transaction.atomic
def confirm(change: PostChange, *, by, note: str = "") -> PostChange:
    """The account has the post from now on."""
    accounts.check_post(by, Role.SECURITY_ADMIN)
    account, change = _open(change)
    _check_second(change, by)
    _end(change, PostChange.State.CONFIRMED, by=by, answer=" ".join(note.split())[:200])
    user = account.user
    user.role, user.organisation = change.role, change.organisation
    user.session_round += 1
    if change.role in ADMINISTRATORS:  # whoever asked may know the first password: the machine gives another
        user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(update_fields=["role", "organisation", "session_round", "password"])
    except IntegrityError:
        raise Refused(_("This person would hold an administrator's post beside another. Close the other account first."), code="one_post") from None
    accounts.activate(account)
    record(account, "post_confirmed", by=by, subject=f"postchange:{change.pk}", data=_words(change, reason=change.answer))
    _set_officer(account, change)
    push.tell([f"user.{user.pk}"], f"user:{user.pk}", account.version)
    return change


def _check_second(change: PostChange, by) -> None:
    """Persons, not accounts: whoever has several of them is one."""
    decides = User.objects.get(pk=int(by.actor.id))
    if any(one.is_same_person(decides) for one in User.objects.filter(pk__in=[change.asked_by_id, change.user_id])):
        raise Refused(_("A second person decides: not whoever asked, nor whoever is to get the post."), code="own")


# Why somebody is off duty whose post does not go out any more: kept on the officer's row, in the language of the county's records. A post
# that goes out ends it.
POST_CHANGED, LEFT = "已调离外勤岗位", "已不在县域数据中。"
BY_POST = (POST_CHANGED, LEFT, "No longer in the county's data.")  # the last as loads in English once wrote it


def _set_officer(account: Account, change: PostChange) -> None:
    """The row of who goes out follows the post; who no longer does is suspended from duty, and the centre hears of it. Refused while he
    has equipment, which nobody indoors holds."""
    officer = Officer.objects.select_for_update().filter(user_id=account.pk).first()
    if change.role not in OUTDOORS:
        held = Equipment.objects.filter(holder=officer).order_by("code").first() if officer else None
        if held:
            raise Refused(_("%(who)s has %(name)s: it has to be given back first.") % {"who": account.user.name, "name": held.name}, code="held")
        if officer and not officer.suspended_at:
            officer.suspended_at, officer.suspended_reason = clock.now(), POST_CHANGED
            officer.save(update_fields=["suspended_at", "suspended_reason"])
            deadlines.set_many(account, {"standing": clock.now()}, subject=f"officer:{officer.pk}")
        return
    officer = officer or Officer(user_id=account.pk)
    _check_badge(change.badge, account.user)
    officer.badge, officer.organisation = change.badge, change.organisation
    officer.is_helper, officer.is_leader = change.role == Role.HELPER, change.role == Role.SQUAD_LEADER
    if officer.suspended_reason in BY_POST:
        officer.suspended_at, officer.suspended_reason = None, ""
    officer.save()
    deadlines.set_many(account, {"standing": clock.now()}, subject=f"officer:{officer.pk}")  # another unit, or a helper now
