"""Published versions of the list of items, and what each changed."""

from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enforcement.lists import Changes, compare
from enforcement.models import ItemList

MOST = 200  # lines of a section that a page shows; all are in the file
WORDS = {
    "items": _("name, holder or dates"), "bases": _("legal basis"), "tiers": _("amounts"), "transfers": _("townships"),
    "bands": _("discretion standard"), "factors": _("discretion standard"),
}  # fmt: skip  by part of a version
KEPT = 100  # comparisons in memory: a version never changes, but its content is large


@dataclass(frozen=True)
class Version:
    """A version without its content. `changes` None: it is the first one."""

    row: ItemList
    changes: Changes | None


def versions(rows: list[ItemList]) -> list[Version]:
    """These versions (read without content) with what each changed against the one before."""
    digests = dict(ItemList.objects.filter(number__in=[row.number - 1 for row in rows]).values_list("number", "digest"))
    return [Version(row, _changes(row.number, row.digest, digests[row.number - 1]) if row.number - 1 in digests else None) for row in rows]


@lru_cache(maxsize=KEPT)
def _changes(number: int, digest: str, digest_before: str) -> Changes:
    """Between two versions that the digests name."""
    held = dict(ItemList.objects.filter(number__in=(number - 1, number)).values_list("number", "content"))
    return compare(held[number - 1], held[number])


@dataclass(frozen=True)
class Line:
    """An item that a version changed; `in_force` False: it is no longer in the list, and has its last name. `parts`: what of it changed."""

    code: str
    name: str
    in_force: bool
    parts: tuple[Promise, ...] = ()


def lines(version: Version) -> list[tuple[Promise, list[Line], int]]:
    """What a version changed, to be read: (heading, the first MOST lines, how many further ones there are)."""
    changes = version.changes
    if changes is None:
        return []
    names: dict[str, str] = {}
    number = version.row.number
    for content in ItemList.objects.filter(number__in=(number - 1, number)).order_by("number").values_list("content", flat=True):
        names |= {code: name for code, name, *_rest in content["items"]}
    sections = (
        (_("Added"), [Line(code, names[code], True) for code in changes.added]),
        (_("Removed"), [Line(code, names[code], False) for code in changes.removed]),
        (_("Changed"), [Line(code, names[code], True, tuple(dict.fromkeys(WORDS[part] for part in parts)))
                        for code, parts in changes.changed.items()]),
    )  # fmt: skip
    return [(heading, rows[:MOST], len(rows[MOST:])) for heading, rows in sections if rows]
