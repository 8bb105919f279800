"""Finding cases of any age by their words and numbers, and by a caller's number.

Words are compared folded: full-width and half-width, capital and small letters are the same (NFKC, lower case). The index holds pairs of
neighbouring characters, because Chinese has no blanks and most words have two characters (docs/decisions/search.md).
"""

import re
import unicodedata
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Least, StrIndex
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enforcement.roles import CENTRE, LEADING
from journal import clock
from journal.moves import record
from journal.refused import BadInput, Refused

from . import sealed
from .models import Case, PhoneSearch, Report
from .models.search import Grams

MOST_WORDS, MOST_FOUND = 8, 50
AROUND, MOST_SNIPPETS = 18, 3  # characters before and after a hit; places of a case that are quoted
SHORTEST_NUMBER = 5  # digits: a service line
# What a piece of a case's words is (migration 0009 writes the letters).
PIECES = {
    "p": gettext_lazy("Place"), "k": gettext_lazy("Category"), "s": pgettext_lazy("piece of a case", "Report"),
    "a": gettext_lazy("Reporter's answer"), "w": pgettext_lazy("piece of a case", "Note"), "r": gettext_lazy("Reply"),
    "o": gettext_lazy("Officer"), "c": pgettext_lazy("case", "Party"),
}  # fmt: skip


def fold(text: str) -> str:
    """As `cases_fold` of the database folds it."""
    return unicodedata.normalize("NFKC", text).lower()


@dataclass(frozen=True)
class Asked:
    """What somebody typed: `words` that all have to occur (two characters and more), `short` ones that no index finds, and the running
    number of a case when it may be one, with what its whole number then has to end in."""

    words: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    number: int | None = None
    ending: str = ""

    @property
    def looks_like_phone(self) -> bool:
        """A caller's number, most likely, typed where words belong."""
        return bool(re.fullmatch(r"(\+?86)?1[3-9]\d{9}|0\d{9,11}", "".join((*self.words, *self.short)).replace("-", "")))

    @property
    def is_only_a_number(self) -> bool:
        """A day and a running number name one case; nothing else is meant."""
        return "-" in self.ending


def asked(text: str) -> Asked:
    parts = list(dict.fromkeys(fold(text.replace("\x00", "")).split()))[:MOST_WORDS]
    words, short = tuple(part for part in parts if len(part) > 1), tuple(part for part in parts if len(part) == 1)
    whole = re.fullmatch(r"(\d*-)?(\d{1,18})", parts[0]) if len(parts) == 1 and parts[0].isascii() else None
    if whole is None:
        return Asked(words, short)
    return Asked(words, short, int(whole[2]), parts[0])


def by_words(cases: QuerySet, what: Asked) -> QuerySet:
    """Those of `cases` in which all words occur. The pairs of characters find them, the words themselves decide.

    One comparison for all words, and none by LIKE: the planner takes each LIKE for independent of the pairs, thinks even a frequent word
    rare, and fetches all its cases instead of going back through time until the page is full.
    """
    if not what.words:
        return cases
    pairs = sorted({word[at : at + 2] for word in what.words for at in range(len(word) - 1)})
    places = [StrIndex("words__folded", Value(word)) for word in (*what.words, *what.short)]
    cases = cases.alias(pairs=Grams(F("words__folded")), first=Least(*places) if len(places) > 1 else places[0])
    return cases.filter(pairs__contains=pairs, first__gt=0)


def by_number(cases: QuerySet, what: Asked) -> Case | None:
    """The case whose number, or its end, was typed."""
    found = cases.filter(pk=what.number).first() if what.number else None
    return found if found and (found.number.endswith(what.ending) or not what.is_only_a_number) else None


@dataclass(frozen=True)
class Snippet:
    """Where it was found: the kind of text, and its parts, each with whether it is a hit."""

    label: str
    parts: list[tuple[str, bool]]


def snippets(body: str, what: Asked) -> list[Snippet]:
    """The first places in which the words occur, as they were written, each word quoted at most once."""
    wanted, found = [*what.words, *what.short], []
    for piece in body.split("\x1e"):
        kind, _unit, text = piece.partition("\x1f")
        if kind not in PIECES or not (hits := _hits(text, wanted)):
            continue
        wanted = [word for word in wanted if word not in {word for _begin, _end, word in hits}]
        found.append(Snippet(str(PIECES[kind]), _cut(text, hits)))
        if not wanted or len(found) == MOST_SNIPPETS:
            break
    return found


def _hits(text: str, words: list[str]) -> list[tuple[int, int, str]]:
    """(begin, end, word) of each word's first place in `text`, none inside another, in their order."""
    folded, origin = [], []  # each folded character and the place of the one that it came from
    for place, character in enumerate(text):
        for one in fold(character):
            folded.append(one)
            origin.append(place)
    line = "".join(folded)
    found = []
    for word in sorted(words, key=len, reverse=True):
        at = line.find(word)
        if at >= 0:
            begin, end = origin[at], origin[at + len(word) - 1] + 1
            if all(end <= other or begin >= beyond for other, beyond, _word in found):
                found.append((begin, end, word))
    return sorted(found)


def _cut(text: str, hits: list[tuple[int, int, str]]) -> list[tuple[str, bool]]:
    parts, at = [], max(0, hits[0][0] - AROUND)
    if at:
        parts.append(("…", False))
    for begin, end, _word in hits:
        gap = text[at:begin]
        parts.append((gap if len(gap) <= 2 * AROUND else f"{gap[:AROUND]}…{gap[-AROUND:]}", False))
        parts.append((text[begin:end], True))
        at = end
    rest = text[at:]
    parts.append((rest if len(rest) <= AROUND else f"{rest[:AROUND]}…", False))
    return [(part, is_hit) for part, is_hit in parts if part]


# --- by a caller's number --------------------------------------------------------------------------
@dataclass(frozen=True)
class Callers:
    """What a number led to: cases, newest first, and how many reports are still held."""

    cases: list[Case]
    held: int


@transaction.atomic
def by_phone(phone: str, *, by, purpose: str, words: str = "") -> Callers:
    """The cases that were reported from a number, of those whose informants `by` may read (`sealed.may_read_contact`): the same answer
    when there are none and when they are another centre's. Each search is kept with its purpose before anything is shown."""
    if by.role not in CENTRE or by.centre is None:
        raise Refused(_("Your post may not see who reported."), code="not_allowed")
    words = " ".join(words.replace("\x00", "").split())[:100]
    if purpose not in PhoneSearch.Purpose.values or (purpose == PhoneSearch.Purpose.OTHER and len(words) < 2):
        raise BadInput(_("Say what the number is looked for; it is kept with your name."), code="missing", field="purpose")
    if len(sealed.normal_phone(phone)) < SHORTEST_NUMBER:
        raise BadInput(_("This is no telephone number. Write all its digits, with the area code for a landline."), code="phone", field="phone")
    reports = Report.objects.filter(contact__phone_index=sealed.phone_index(phone))
    if not (by.role in LEADING and by.centre.is_county_centre):
        reports = reports.filter(Q(case__centre=by.centre) | Q(case=None, centre=by.centre))
    cases = Case.objects.visible_to(by).filter(pk__in=reports.filter(case__isnull=False).values("case"))
    found = list(cases.select_related("category", "organisation", "centre", "target_class").order_by("-started_at", "-pk")[:MOST_FOUND])
    held = reports.filter(state=Report.State.HELD).count()
    search = PhoneSearch.objects.create(by=by, centre=by.centre, purpose=purpose, at=clock.now(), found=len(found) + held)
    record(search, "phone_searched", by=by, data={"purpose": purpose, "found": search.found, **({"words": words} if words else {})})
    return Callers(found, held)
