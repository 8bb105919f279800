"""Screens on walls (大屏终端): made, let in by a link, changed and revoked by who leads a centre.

A screen has an account of its own with the post “display”, so that everything that holds for that post holds for it. It has no password:
whoever opens the link on the screen lets that browser in, once and within a quarter of an hour. Everything is told on the account's thread.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from journal import clock, history
from journal.moves import Actor, record
from journal.refused import BadInput, Refused

from . import accounts
from .models import Account, Organisation, Screen, User
from .models.screens import TURN_SECONDS
from .roles import LEADING, Role

LINK_LASTS = timedelta(minutes=15)
SEEN_EVERY = timedelta(seconds=60)
REVOKERS = LEADING | {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}  # these see no case, so they let no screen in, but cut any off


def of(user: User) -> QuerySet[Screen]:
    """Screens that somebody sees in the list: of the own centre, all for the county's and for administrators."""
    found = Screen.objects.select_related("user__organisation", "made_by", "revoked_by").order_by("user__organisation__code", "made_at")
    if user.role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN):
        return found
    return found.filter(user__organisation__in=[one.pk for one in centres(user)])


def centres(user: User) -> list[Organisation]:
    """Centres in which somebody who leads has a say over the screens."""
    if user.role not in LEADING or user.centre is None:
        return []
    found = Organisation.objects.filter(has_centre=True, is_active=True)
    return list((found if user.centre.is_county_centre else found.filter(pk=user.centre.pk)).order_by("code"))


@history.tells
@transaction.atomic
def add(*, by: User, centre: Organisation, name: str, scene: str, rotate_s: int, language: str) -> tuple[Screen, str]:
    """A new screen of a centre, and the code that lets it in: known only now."""
    _check_leads(by, centre)
    list(Organisation.objects.select_for_update().filter(pk=centre.pk))  # of two screens with one name the second is refused
    name = _checked(name, centre)
    shown = _shown(scene, rotate_s, language)
    user = User.objects.create(username=f"screen-{secrets.token_hex(4)}", name=name, organisation=centre, role=Role.DISPLAY,
                               password=make_password(None))  # fmt: skip
    screen = Screen.objects.create(user=user, made_by_id=int(by.actor.id), made_at=clock.now(), **shown)
    account = accounts.lock(user)
    account.origin = Account.Origin.SCREEN
    account.save(update_fields=["origin"])
    record(account, "screen_made", by=by, data={"name": name, "unit": centre.short_name})
    return screen, _give_link(account, screen, by)


@transaction.atomic
def new_link(screen: Screen, *, by: User) -> str:
    """Another code, for another browser or because the first was not used in time. What is let in now stays so until it is used."""
    account, screen = _locked(screen, by)
    return _give_link(account, screen, by)


def _give_link(account: Account, screen: Screen, by) -> str:
    code = accounts.new_password()
    screen.link_hash, screen.link_until = _hash(code), clock.now() + LINK_LASTS
    screen.save(update_fields=["link_hash", "link_until"])
    record(account, "screen_link_made", by=by)
    return code


@history.tells
@transaction.atomic
def change(screen: Screen, *, by: User, name: str, scene: str, rotate_s: int, language: str) -> Screen:
    """What it is called and shows. The screen follows by itself."""
    account, screen = _locked(screen, by)
    name = _checked(name, screen.user.organisation, besides=screen)
    for field, value in _shown(scene, rotate_s, language).items():
        setattr(screen, field, value)
    screen.save(update_fields=["scene", "rotate_s", "language"])
    screen.user.name = name
    screen.user.save(update_fields=["name"])
    record(account, "screen_changed", by=by, data={"name": name, "scene": screen.scene, "rotate_s": screen.rotate_s, "language": screen.language})
    return screen


@history.tells
@transaction.atomic
def revoke(screen: Screen, *, by: User, reason: str) -> Screen:
    """Cut it off, for good: its page and its open socket end at once."""
    reason = accounts.said(reason)
    account, screen = _locked(screen, by, revoking=True)
    user = screen.user
    user.is_active = False
    user.session_round += 1
    user.save(update_fields=["is_active", "session_round"])
    screen.revoked_at, screen.revoked_by_id, screen.link_hash, screen.link_until = clock.now(), int(by.actor.id), "", None
    screen.save(update_fields=["revoked_at", "revoked_by", "link_hash", "link_until"])
    record(account, "screen_revoked", by=by, data={"name": user.name, "unit": user.organisation.short_name, "reason": reason})
    accounts.tell_sockets(account)
    return screen


@transaction.atomic
def pair(code: str) -> Screen:
    """Who holds a code that is neither used nor over is the screen from now on; a browser that was it before is no more. One sentence
    refuses everything else, so that nothing can be learnt by trying."""
    digest = _hash(code)
    found = Screen.objects.filter(link_hash=digest).first()
    if found:
        account = accounts.lock(found.pk)
        found = Screen.objects.select_related("user__organisation__centre").get(pk=found.pk)
    if not found or not constant_time_compare(found.link_hash, digest) or found.link_until <= clock.now() or found.revoked_at:
        raise BadInput(_("This link lets no screen in: it was used already, is older than a quarter of an hour, or was mistyped. Have a new one "
                         "made."), code="pairing", field="code")  # fmt: skip
    found.paired_at = found.seen_at = clock.now()
    found.link_hash, found.link_until = "", None
    found.save(update_fields=["paired_at", "seen_at", "link_hash", "link_until"])
    found.user.session_round += 1
    found.user.save(update_fields=["session_round"])
    record(account, "screen_paired", by=Actor("user", str(found.pk), found.user.actor.label), data={"name": found.user.name})
    accounts.tell_sockets(account)
    return found


def seen(screen: Screen) -> None:
    """It has just asked for something; written at most once a minute."""
    now = clock.now()
    if screen.seen_at is None or now - screen.seen_at >= SEEN_EVERY:
        Screen.objects.filter(pk=screen.pk, revoked_at__isnull=True).update(seen_at=now)


# --- rules -----------------------------------------------------------------------------------------
def _locked(screen: Screen, by: User, *, revoking: bool = False) -> tuple[Account, Screen]:
    """The account and the screen, read afresh under lock. Refused for another centre's, and once it is revoked."""
    account = accounts.lock(screen.pk)
    screen = Screen.objects.select_related("user__organisation").get(pk=screen.pk)
    if not (revoking and by.role in REVOKERS - LEADING):
        _check_leads(by, screen.user.organisation)
    if screen.revoked_at:
        raise Refused(_("This screen was disconnected for good. Make another one."), code="wrong_state")
    return account, screen


def _check_leads(by: User, centre: Organisation) -> None:
    if centre.pk not in {one.pk for one in centres(by)}:
        raise Refused(_("Your post does not allow this step."), code="not_allowed")


def _checked(name: str, centre: Organisation, besides: Screen | None = None) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not 2 <= len(name) <= 40:
        raise BadInput(_("Give the screen a name (2 to 40 signs), so that everybody knows which one it is."), code="name", field="name")
    others = Screen.objects.filter(user__organisation=centre, user__name=name, revoked_at__isnull=True)
    if others.exclude(pk=besides and besides.pk).exists():
        raise BadInput(_("Another screen of this centre has this name."), code="name", field="name")
    return name


def _shown(scene: str, rotate_s: int, language: str) -> dict:
    least, most = TURN_SECONDS
    if scene not in Screen.Scene.values:
        raise BadInput(_("Choose a scene."), code="scene", field="scene")
    if rotate_s != 0 and not least <= rotate_s <= most:
        raise BadInput(_("Scenes turn every %(least)d to %(most)d seconds; 0 means not at all.") % {"least": least, "most": most}, code="rotate_s",
                       field="rotate_s")  # fmt: skip
    if language not in dict(settings.LANGUAGES):
        raise BadInput(_("Choose a language."), code="language", field="language")
    return {"scene": scene, "rotate_s": rotate_s, "language": language}


def _hash(code: str) -> str:
    """Of a code as it was typed: large letters, blanks and missing strokes do not matter."""
    plain = "".join(sign for sign in code.lower() if sign.isalnum())[:64]
    return salted_hmac("enforcement.screens", plain, algorithm="sha256").hexdigest()
