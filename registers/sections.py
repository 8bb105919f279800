"""The parts of the registers' pages: what each is called, who may enter it, and where it is. The bar and the home page follow this."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.portraits import KEEPERS
from enforcement import screens
from enforcement.models import PostChange, User
from enforcement.roles import CENTRE, FIELD, LEADING, REGISTER_READERS, Role
from registers import people
from registers.plan import gaps_ahead


@dataclass(frozen=True)
class Section:
    """`url`: name of its first page, which must refuse whoever is not in `posts`. `counted`: how much waits there for a member of
    staff; `waiting`: what it said."""

    url: str
    label: str | Promise
    says: str | Promise
    icon: str
    posts: frozenset[str]
    counted: Callable[[User], int] | None = None
    waiting: int = 0


_READERS = frozenset().union(*REGISTER_READERS.values())
SECTIONS: tuple[Section, ...] = (
    Section("registers-people", _("Officers"), _("Units, posts, certificates and their ends, exams, trainings, transfers"), "id-badge-2",
            CENTRE | {Role.SUPERVISOR, Role.LEGAL_REVIEWER}, counted=lambda user: people.ending(user).count()),
    Section("registers-trainings", _("Trainings"), _("Plans, who is enrolled, hours and results"), "school",
            LEADING | {Role.SYSTEM_ADMIN, Role.LEGAL_REVIEWER, Role.SUPERVISOR}),
    Section("registers-roster", _("Duty roster"), _("Who is on duty when and where, what is lacking, and who has come"), "calendar",
            CENTRE | FIELD | {Role.SUPERVISOR}, counted=gaps_ahead),
    Section("registers-equipment", _("Equipment"), _("Who has what since when; issue, return and service"), "truck",
            LEADING | FIELD | {Role.SUPERVISOR}),
    Section("registers-portraits", _("Portraits"), _("Pictures of officers for the roster wall and its printed sheets."), "id-badge-2", KEEPERS),
    Section("registers-powers", _("Power check"), _("Items that nobody may use today, and transfers that end soon."), "list-check",
            frozenset({Role.LEGAL_REVIEWER, Role.SUPERVISOR})),
    Section("register-lists", _("Lists"), _("Every register: search, export, templates, import, and what each row was before."), "list-details",
            _READERS),
    Section("register-imports", _("Imports"), _("Which files came into which register, by whom, when, why, and what they changed."), "history",
            _READERS),
    Section("registers-screens", _("Screens"), _("Screens on walls: which there are, who let them in, when they were last seen"), "device-tv",
            screens.REVOKERS),
    Section("registers-accounts", _("Accounts"), _("Who signs in with what; first passwords, locks, sessions"), "users",
            frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})),
    Section("admin:index", _("Look up the registers"), _("Every register as it is stored, to read"), "database", frozenset({Role.SYSTEM_ADMIN})),
    Section("registers-posts", _("Posts"), _("Requests to confirm, who may be where, locked sign-ins"), "user-shield",
            frozenset({Role.SECURITY_ADMIN}), counted=lambda user: PostChange.objects.filter(state=PostChange.State.ASKED).count()),
    Section("registers-audit", _("Audit"), _("Sign-ins, changes, contacts opened, the journal"), "eye-check", frozenset({Role.AUDIT_ADMIN})),
)  # fmt: skip


def sections_for(user: User, known: dict[str, int] | None = None) -> list[Section]:
    """Where this member of staff may go, with what waits there; `known`: figures by url that the page has already."""
    known = known or {}
    return [
        replace(one, waiting=known[one.url] if one.url in known else one.counted(user)) if one.counted else one
        for one in SECTIONS if user.role in one.posts
    ]  # fmt: skip
