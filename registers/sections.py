"""The parts of the registers' pages: what each is called, who may enter it, and where it is. The bar and the home page follow this."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enforcement.roles import REGISTER_READERS


@dataclass(frozen=True)
class Section:
    """`url`: name of its first page, which must refuse whoever is not in `posts`."""

    url: str
    label: str | Promise
    says: str | Promise
    icon: str
    posts: frozenset[str]


_READERS = frozenset().union(*REGISTER_READERS.values())
SECTIONS: tuple[Section, ...] = (
    Section(
        "register-lists", _("Lists"), _("Every register: search, export, templates, import, and what each row was before."), "list-details", _READERS,
    ),
    Section(
        "register-imports", _("Imports"), _("Which files came into which register, by whom, when, why, and what they changed."), "history", _READERS,
    ),
)  # fmt: skip


def sections_for(role: str) -> list[Section]:
    return [section for section in SECTIONS if role in section.posts]
