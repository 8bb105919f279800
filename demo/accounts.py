"""Which accounts a visitor of the demonstration gets."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from config.surfaces import BY_NAME
from enforcement.models import User
from enforcement.roles import Role
from journal import clock

PASSWORD = "yanshi-demo-2026"  # noqa: S105  published on purpose; production refuses accounts that have it
# surface, post, kind of organisation whose centre it is at
WANTED = (
    ("command", Role.DISPATCHER, "CG"), ("command", Role.SHIFT_LEADER, "CG"), ("command", Role.DISPATCHER, "ZX"),
    ("officer", Role.OFFICER, "CG"), ("officer", Role.OFFICER, "GC"), ("officer", Role.HELPER, "GC"),
    ("wall", Role.DISPLAY, "ZX"), ("supervision", Role.SUPERVISOR, "ZX"), ("registers", Role.LEGAL_REVIEWER, "ZX"),
    *(("registers", role, "ZX") for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)),
)  # fmt: skip


def open_accounts() -> None:
    """Give the demonstration accounts their password, before anybody tries one and is locked out."""
    closed = User.objects.filter(is_demo=True, password__startswith="!")  # noqa: S106  unusable ones
    if closed.exists():  # one hash for all: they share a published password anyway
        closed.update(password=make_password(PASSWORD))


@dataclass(frozen=True)
class Account:
    surface: str
    path: str
    username: str
    words: str


def accounts() -> list[Account]:
    """One account of each kind, whoever has the duty now first."""
    found = []
    for surface, role, centre in WANTED:
        person = on_duty(role, centre)
        if person:
            words = f"{person.name} · {person.get_role_display()} · {person.organisation.name}"
            found.append(Account(surface, BY_NAME[surface].path, person.username, words))
    return found


def on_duty(role: str, centre: str = "") -> User | None:
    """Someone of this post at the centre (by code; any when empty), on duty now if there is one."""
    people = User.objects.filter(role=role, is_demo=True, is_active=True).select_related("organisation")
    if centre:
        people = people.filter(organisation__centre__code=centre)
    now = clock.now()
    return people.filter(duties__starts_at__lte=now, duties__ends_at__gt=now).order_by("pk").first() or people.order_by("pk").first()
