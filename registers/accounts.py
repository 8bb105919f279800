"""Accounts as the administrators see them: how each stands, which one looks for, what was done to it."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enforcement.models import Organisation, PostChange, User
from enforcement.roles import Role
from journal.models import Entry
from registers import posted
from registers.sentences import account_sentence

LOCKED, WAITING, CLOSED = Q(account__locked_at__isnull=False), Q(is_active=False, waits=True), Q(is_active=False)
SCREEN = Q(screen__isnull=False)
NEVER, HANDED = Q(is_active=True, password__startswith="!"), Q(is_active=True, must_change_password=True)  # noqa: S106  unusable ones
# Code of a state → its word, the shape before it (a class of .state) and which accounts; the first that fits is the one.
STATES: dict[str, tuple[Promise, str, Q]] = {
    "locked": (_("Locked"), "declined", LOCKED),
    "waiting": (_("Waits for its post"), "held", WAITING),
    "closed": (_("Closed"), "withdrawn", CLOSED),
    "screen": (_("Screen"), "closed", SCREEN),
    "no_password": (_("No password yet"), "received", NEVER),
    "handed": (_("First password handed out"), "accepted", HANDED),
    "works": (_("Works"), "closed", Q(is_active=True)),
}  # fmt: skip


def _with_waiting() -> QuerySet[User]:
    asked = PostChange.objects.filter(user=OuterRef("pk"), state=PostChange.State.ASKED)
    return User.objects.filter(is_superuser=False).annotate(waits=Exists(asked)).select_related("organisation", "account", "screen")


def state_of(user: User) -> str:
    """Code in STATES of a user from `_with_waiting`."""
    account = getattr(user, "account", None)
    if account and account.locked_at:
        return "locked"
    if not user.is_active:
        return "waiting" if user.waits else "closed"
    if hasattr(user, "screen"):
        return "screen"
    if user.password.startswith("!"):
        return "no_password"
    return "handed" if user.must_change_password else "works"


@dataclass(frozen=True)
class Line:
    user: User

    @property
    def state(self) -> str:
        return state_of(self.user)

    @property
    def word(self):
        return STATES[self.state][0]

    @property
    def shape(self) -> str:
        return STATES[self.state][1]


def find(query: QueryDict) -> QuerySet[User]:
    """Accounts by words (name, account, staff number), unit, post and state."""
    rows = _with_waiting().order_by("organisation__code", "username")
    words = query.get("q", "").replace("\x00", "").strip()[:60]
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(username__icontains=words) | Q(staff_number__iexact=words))
    if unit := posted.key(query, "unit"):
        rows = rows.filter(organisation=unit)
    if query.get("post") in Role.values:
        rows = rows.filter(role=query["post"])
    state = query.get("state", "")
    if state in STATES:
        for code, (_word, _shape, wanted) in STATES.items():
            if code == state:
                rows = rows.filter(wanted)
                break
            rows = rows.exclude(pk__in=_with_waiting().filter(wanted).values("pk"))
    return rows


def one(pk: int) -> Line | None:
    user = _with_waiting().filter(pk=pk).first()
    return Line(user) if user else None


def history(user: User, *, verbs: Collection[str] = (), most: int = 100) -> list[tuple[Entry, str]]:
    """What was done to the account (only `verbs`, if any are named), the newest first, each with its sentence."""
    entries = Entry.objects.filter(thread=f"account:{user.pk}").order_by("-number")
    return [(entry, account_sentence(entry)) for entry in (entries.filter(verb__in=verbs) if verbs else entries)[:most]]


def units() -> QuerySet[Organisation]:
    """Units in which members of staff have posts."""
    return Organisation.objects.filter(is_active=True, centre__isnull=False).select_related("centre")
