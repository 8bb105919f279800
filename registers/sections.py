"""The parts of the registers' pages: what each is called, who may enter it, and where it is. The bar and the home page follow this."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enforcement.models import User
from enforcement.roles import CENTRE, FIELD, LEADING, Role
from registers.plan import gaps_ahead


@dataclass(frozen=True)
class Section:
    """`url`: name of its first page, which must refuse whoever is not in `posts`; `figure`: what waits there for a person."""

    url: str
    label: str | Promise
    says: str | Promise
    icon: str
    posts: frozenset[str]
    figure: Callable[[User], int] | None = None
    count: int = 0


SECTIONS: tuple[Section, ...] = (
    Section("registers-roster", _("Duty roster"), _("Who is on duty when and where, what is lacking, and who has come"), "calendar",
            CENTRE | FIELD | {Role.SUPERVISOR}, figure=gaps_ahead),
    Section("registers-equipment", _("Equipment"), _("Who has what since when; issue, return and service"), "truck",
            LEADING | FIELD | {Role.SUPERVISOR}),
)  # fmt: skip


def sections_for(role: str) -> list[Section]:
    return [section for section in SECTIONS if role in section.posts]


def sections_of(user: User, known: dict[str, int] | None = None) -> list[Section]:
    """Those that the person may enter, each with what waits for him there; `known`: figures by url that the page has already."""
    known = known or {}
    return [replace(section, count=known[section.url] if section.url in known else section.figure(user)) if section.figure else section
            for section in sections_for(user.role)]  # fmt: skip
