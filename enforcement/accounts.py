"""Accounts of members of staff: made by the system administrator, worked with only after a second person has confirmed the post
(`enforcement.posts`). Passwords are handed out once, and belong to their owner alone after the first sign-in.

Everything is told on the account's own thread of the journal ("account:<key of the user>"), by whom and why.
"""

import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from axes.models import AccessAttempt
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from journal import clock, deadlines, history, push
from journal.models import Entry
from journal.moves import Actor, next_entry, record
from journal.refused import BadInput, Refused

from .models import Account, Officer, Organisation, User
from .roles import ADMINISTRATORS, Role

INSTALLER = Actor("system", "installer", "安装人员")  # whoever runs commands on the machine
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like another
MANY_AT_ONCE = 100  # hashing each takes a tenth of a second, within one request


@deadlines.locks("account")
def lock(user: User | int) -> Account:
    """The account, made if it has no row yet, locked until the end of the transaction; its user is read afresh."""
    pk = user if isinstance(user, int) else user.pk
    Account.objects.bulk_create([Account(pk=pk)], ignore_conflicts=True)
    Account.objects.select_for_update().get(pk=pk)
    return Account.objects.select_related("user__organisation__centre").get(pk=pk)


def check_no_screen(user: User) -> None:
    """Refuse a screen's account: it has no password, no other post and no lock, but is disconnected on its own page."""
    if hasattr(user, "screen"):
        raise Refused(_("This is a screen's account. It has no password and no other post; it is disconnected under “Screens”."), code="screen")


def check_post(by, *roles: str) -> None:
    """Refuse whoever holds none of the posts."""
    if by.actor.roles.isdisjoint(roles):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")


def said(text: str, *, field: str = "reason") -> str:
    """A reason as it is kept; refused when there is none."""
    text = " ".join(text.replace("\x00", "").split())[:200]
    if len(text) < 2:
        raise BadInput(_("Give a reason; it is kept with your name."), code="missing", field=field)
    return text


@history.tells
@transaction.atomic
def create(*, by, username: str, name: str, staff_number: str, organisation: Organisation, phone: str = "") -> User:
    """A new account: inactive, without password, without a confirmed post. Only ever called with a request for a post (`posts.create`)."""
    check_post(by, Role.SYSTEM_ADMIN)
    username, name, staff_number = username.strip().lower(), " ".join(name.split()), staff_number.strip()
    if not re.fullmatch(r"[a-z][a-z0-9.-]{2,39}", username):
        raise BadInput(_("The account's name has 3 to 40 signs: small letters, digits, “.” and “-”, a letter first."), code="username",
                       field="username")  # fmt: skip
    if not 2 <= len(name) <= 40:
        raise BadInput(_("Enter the person's name (2 to 40 signs)."), code="name", field="name")
    if not re.fullmatch(r"[\w.-]{1,24}", staff_number):
        raise BadInput(_("Enter the staff number (at most 24 letters, digits and “-”): it says who the person is."), code="staff_number",
                       field="staff_number")  # fmt: skip
    if not re.fullmatch(r"[0-9+ -]{0,20}", phone.strip()):
        raise BadInput(_("This is not a telephone number."), code="phone", field="phone")
    try:
        with transaction.atomic():
            user = User.objects.create(username=username, name=name, staff_number=staff_number, organisation=organisation, phone=phone.strip(),
                                       role=Role.DISPLAY, is_active=False, password=make_password(None))  # fmt: skip
    except IntegrityError:
        raise BadInput(_("An account with this name exists already."), code="username", field="username") from None
    account = lock(user)
    account.origin = Account.Origin.PAGES
    account.save(update_fields=["origin"])
    record(account, "account_created", by=by, data={"username": username, "name": name, "unit": organisation.short_name})
    return user


# --- passwords -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Handed:
    """A first password, known only now: the database holds its hash."""

    user: User
    password: str


def new_password() -> str:
    """Four groups of four signs, 79 bits: long enough to be safe, short enough to be typed once."""
    return "-".join("".join(secrets.choice(_SIGNS) for _sign in range(4)) for _group in range(4))


@transaction.atomic
def give_password(user: User, *, by, reason: str) -> Handed:
    """Hand out a first password, or a new one where the old is lost: shown once, to be changed at the next sign-in; every session ends."""
    return give_passwords([user], by=by, reason=reason)[0]


@transaction.atomic
def give_passwords(users: Collection[User], *, by, reason: str) -> list[Handed]:
    """First passwords for many at once (a list to be printed)."""
    check_post(by, Role.SYSTEM_ADMIN)
    reason = said(reason)
    if len(users) > MANY_AT_ONCE:
        raise Refused(_("At most %(most)d passwords can be handed out at once.") % {"most": MANY_AT_ONCE}, code="too_many")
    handed = []
    for user in sorted(users, key=lambda one: one.pk):
        account = lock(user)
        if str(account.user_id) == by.actor.id:
            raise Refused(_("Change your own password on its own page."), code="own")
        if account.user.role == Role.DISPLAY and account.user.is_active:  # whose post is not confirmed yet has that one meanwhile
            raise Refused(_("A screen has no password: it is let in by a link, under “Screens”."), code="screen")
        if account.user.role in ADMINISTRATORS:  # or he could come in as the one who decides on what he asks for
            raise Refused(_("An administrator's password is not handed out by another one, but on the machine itself."), code="administrator")
        handed.append(_hand(account, by=by, reason=reason))
    return handed


def _hand(account: Account, *, by, reason: str) -> Handed:
    user, password = account.user, new_password()
    user.set_password(password)
    user.must_change_password = True
    user.session_round += 1
    user.save(update_fields=["password", "must_change_password", "session_round"])
    record(account, "password_given", by=by, data={"reason": reason})
    tell_sockets(account)
    return Handed(user, password)


@transaction.atomic
def change_password(user: User, *, password: str, old: str) -> User:
    """The owner's own: the old one has to be known, the new one keeps the rules. Every other session of the account ends."""
    account = lock(user)
    fresh = account.user
    if not fresh.check_password(old):
        raise BadInput(_("The present password is not right."), code="old_password", field="old")
    if password == old:
        raise BadInput(_("The new password must be another than the present one."), code="same", field="new")
    try:
        validate_password(password, fresh)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), code="weak", field="new") from None
    fresh.set_password(password)
    fresh.must_change_password = False
    fresh.save(update_fields=["password", "must_change_password"])
    record(account, "password_changed", by=fresh)
    tell_sockets(account)
    return fresh


# --- locks and sessions --------------------------------------------------------------------------
@history.tells
@transaction.atomic
def lock_account(user: User, *, by, reason: str) -> Account:
    """Nobody signs in with it any more and its sessions end at once; post and history stay. The centre of a case in his hands is told."""
    check_post(by, Role.SYSTEM_ADMIN)
    account, reason = lock(user), said(reason)
    check_no_screen(account.user)
    if str(account.user_id) == by.actor.id:
        raise Refused(_("Nobody locks his own account."), code="own")
    if account.locked_at:
        raise Refused(_("This account is locked already."), code="wrong_state")
    if not account.user.is_active and account.origin != Account.Origin.PAGES:  # else unlocking would open it again, without a second person
        raise Refused(_("This account is closed. It comes back by a confirmed post only."), code="wrong_state")
    account.locked_at, account.locked_reason = clock.now(), reason
    account.save(update_fields=["locked_at", "locked_reason"])
    account.user.is_active = False
    account.user.session_round += 1
    account.user.save(update_fields=["is_active", "session_round"])
    record(account, "account_locked", by=by, data={"reason": reason})
    if officer := Officer.objects.filter(user=account.pk).first():  # who cannot sign in cannot act: his cases hear of it (`command.barring`)
        deadlines.set_many(account, {"standing": clock.now()}, subject=f"officer:{officer.pk}")
    tell_sockets(account)
    return account


@history.tells
@transaction.atomic
def unlock_account(user: User, *, by, reason: str) -> Account:
    """It works again with the post that was last confirmed."""
    check_post(by, Role.SYSTEM_ADMIN)
    account, reason = lock(user), said(reason)
    if not account.locked_at:
        raise Refused(_("This account is not locked."), code="wrong_state")
    account.locked_at, account.locked_reason = None, ""
    account.save(update_fields=["locked_at", "locked_reason"])
    record(account, "account_unlocked", by=by, data={"reason": reason})
    activate(account)
    return account


def activate(account: Account) -> None:
    """Let the account of a locked row work, if it is not locked and its post was confirmed. The database refuses a second post
    beside an administrator's."""
    if account.locked_at or (account.origin == Account.Origin.PAGES and not account.user.post_changes.filter(state="confirmed").exists()):
        return
    account.user.is_active = True
    try:
        with transaction.atomic():
            account.user.save(update_fields=["is_active"])
    except IntegrityError:
        raise Refused(_("This person would hold an administrator's post beside another. Close the other account first."), code="one_post") from None


@transaction.atomic
def end_sessions(user: User, *, by, reason: str) -> Account:
    """Sign the account out everywhere, now."""
    check_post(by, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
    account, reason = lock(user), said(reason)
    account.user.session_round += 1
    account.user.save(update_fields=["session_round"])
    record(account, "sessions_ended", by=by, data={"reason": reason})
    tell_sockets(account)
    return account


def tell_sockets(account: Account) -> None:
    """His open pages ask at once whether they may stay, not at their next check."""
    push.tell([f"user.{account.pk}"], f"user:{account.pk}", account.version)


# --- what the county's files bring ------------------------------------------------------------------
def note_loaded(changes: Iterable[tuple[User, dict]], *, by: str) -> None:
    """The files gave these accounts another post, unit or end: `changes` are (user, {"was", "now"}). The operator of the machine is
    trusted with that; it is told all the same."""
    actor = Actor("system", "files", by[:80])
    accounts, entries = [], []
    wanted = {user.pk: data for user, data in changes}
    Account.objects.bulk_create([Account(pk=pk) for pk in wanted], ignore_conflicts=True)
    for account in Account.objects.select_for_update().filter(pk__in=wanted).order_by("pk"):
        entries.append(next_entry(account, "account_loaded", by=actor, data=wanted[account.pk]))
        accounts.append(account)
    Entry.objects.bulk_create(entries, batch_size=500)
    Account.objects.bulk_update(accounts, ["version", "chain"], batch_size=500)


# --- administrators, on the machine itself --------------------------------------------------------
@transaction.atomic
def first_administrators(people: dict[str, tuple[str, str]], *, organisation: Organisation) -> list[Handed]:
    """The three administrators of a new installation, with a first password each. `people`: post → (name, staff number).

    Refused when an administrator can sign in already: from then on accounts are made on the pages, by two persons."""
    if set(people) != set(ADMINISTRATORS):
        raise Refused(_("All three administrators are needed at once."), code="missing")
    numbers = [number.strip() for _name, number in people.values()]
    if len(set(numbers)) != len(people) or not all(numbers):
        raise Refused(_("The three administrators are three persons: give three different staff numbers."), code="one_post")
    list(Organisation.objects.select_for_update().filter(pk=organisation.pk))
    if User.objects.filter(role__in=ADMINISTRATORS, is_active=True).exclude(password__startswith="!").exists():  # noqa: S106  unusable ones
        raise Refused(_("There are administrators who can sign in. Further accounts are made on the registers' pages."), code="exists")
    if User.objects.filter(staff_number__in=numbers, is_active=True).exclude(role__in=ADMINISTRATORS).exists():
        raise Refused(_("One of these persons has an account with another post. An administrator holds nothing else."), code="one_post")
    handed = []
    User.objects.filter(role__in=ADMINISTRATORS, is_active=True).exclude(staff_number__in=numbers).update(is_active=False)
    for role, (name, number) in sorted(people.items()):
        user = User.objects.filter(role=role, staff_number=number.strip(), is_active=True).first() or User(
            username=role.replace("_", "-"), role=role, staff_number=number.strip(), organisation=organisation)  # fmt: skip
        user.name = " ".join(name.split())
        if user.pk is None and User.objects.filter(username=user.username).exists():
            user.username += f"-{secrets.token_hex(2)}"
        user.save()
        account = lock(user)
        account.origin = Account.Origin.MACHINE
        account.save(update_fields=["origin"])
        record(account, "account_created", by=INSTALLER, data={"username": user.username, "name": user.name, "unit": organisation.short_name})
        handed.append(_hand(account, by=INSTALLER, reason="first_administrators"))
    return handed


def password_rules() -> list[str]:
    """The rules for passwords, a sentence each."""
    return [*password_validators_help_texts(), _("It must be another than the present one.")]


@transaction.atomic
def administrator_password(staff_number: str) -> Handed:
    """A new password for an administrator who has none or has lost his, by whoever runs commands on the machine."""
    user = User.objects.filter(staff_number=staff_number, role__in=ADMINISTRATORS, is_active=True).first()
    if user is None:
        raise Refused(_("No administrator who works has this staff number."), code="unknown")
    return _hand(lock(user), by=INSTALLER, reason="on_the_machine")


@transaction.atomic
def lift_lockout(user: User, *, by, reason: str) -> int:
    """Forget the wrong passwords of an account, so that it may sign in before the half hour is over. Returns how many rows there were."""
    check_post(by, Role.SECURITY_ADMIN)
    account, reason = lock(user), said(reason)
    gone, _rows = AccessAttempt.objects.filter(username=account.user.username).delete()
    if not gone:
        raise Refused(_("This account is not locked out."), code="wrong_state")
    record(account, "lockout_lifted", by=by, data={"reason": reason})
    return gone
