"""The parts of the registers' pages: what each is called, who may enter it, and where it is. The bar and the home page follow this."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.portraits import KEEPERS
from enforcement.roles import Role


@dataclass(frozen=True)
class Section:
    """`url`: name of its first page, which must refuse whoever is not in `posts`."""

    url: str
    label: str | Promise
    says: str | Promise
    icon: str
    posts: frozenset[str]


SECTIONS: tuple[Section, ...] = (
    Section("registers-powers", _("Power check"), _("Items that nobody may use today, and transfers that end soon."), "list-check",
            frozenset({Role.LEGAL_REVIEWER, Role.SUPERVISOR})),
    Section("registers-portraits", _("Portraits"), _("Pictures of officers for the roster wall and its printed sheets."), "id-badge-2", KEEPERS),
)  # fmt: skip


def sections_for(role: str) -> list[Section]:
    return [section for section in SECTIONS if role in section.posts]
