"""The parts of the registers' pages: what each is called, who may enter it, and where it is. The bar and the home page follow this."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Section:
    """`url`: name of its first page, which must refuse whoever is not in `posts`."""

    url: str
    label: str | Promise
    says: str | Promise
    icon: str
    posts: frozenset[str]


SECTIONS: tuple[Section, ...] = ()


def sections_for(role: str) -> list[Section]:
    return [section for section in SECTIONS if role in section.posts]
