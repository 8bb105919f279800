"""One register as a list: searched, narrowed, page by page; the same choice as a file."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property

from cases.county import exporting, labels, tables
from cases.county.columns import Column
from cases.county.tables import BY_FILE, ZONES, Table
from enforcement.models import Certificate, User
from grid.models import Zone
from journal import clock, spoken
from registers import books

PER_PAGE = 50
MOST_CHOICES = 200  # of a filter
LISTS = ("kept", "current", "ended")
# What a reference is called beside its code.
NAMES = {
    tables.SUBJECTS: "name", tables.ORGANISATIONS: "short_name", tables.OFFICERS: "name", tables.ITEMS: "name", tables.TRAININGS: "name",
    tables.CATEGORIES: "name", tables.CLASSES: "name",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """`text`: as people read it; `code`: the code behind it, when it is a reference or a choice."""

    column: Column
    text: str
    code: str = ""


class Listing:
    """What of a register is asked for: ?q=words&list=kept|current|ended&<column>=value."""

    def __init__(self, table: Table, asked: Any):
        self.table = table
        self.words = asked.get("q", "").replace("\x00", "").strip()[:80]
        self.which = asked.get("list") if asked.get("list") in LISTS and books.has_end(table) else "kept"
        self.chosen = {column.name: value for column in books.filters(table) if (value := asked.get(column.name, "").replace("\x00", "")[:80])}

    def rows(self) -> QuerySet:
        found = self._of_list()
        for word in self.words.split():
            found = found.filter(self._says(word))
        for column in books.filters(self.table):
            if value := self.chosen.get(column.name):
                found = found.filter(**{exporting.path(self.table, column): self._given(column, value)})
        return found

    def _of_list(self) -> QuerySet:
        today, table = clock.today(), self.table
        if self.which == "kept":
            return exporting.held(table)
        by_key = exporting.held(table).query.order_by
        if table.gone == tables.ENDS:
            over = Q(valid_to__lt=today)
            return exporting.held(table).filter(over if self.which == "ended" else ~over & Q(valid_from__lte=today))
        if table.gone == tables.REVOKED:
            holds = Q(status=Certificate.Status.VALID, valid_from__lte=today, valid_to__gte=today)
            return exporting.held(table).filter(holds if self.which == "current" else ~holds)
        if self.which == "current":
            return exporting.held(table)
        gone = table.model.objects.filter(is_active=False)
        return (gone.filter(is_superuser=False) if table.model is User else gone).order_by(*by_key)

    def _says(self, word: str) -> Q:
        """Codes and texts that hold the word; for references also the name of what they refer to."""
        says = Q()
        for column in self.table.columns:
            if column.kind in ("text", "code") and (path := exporting.path(self.table, column)) != "point":
                says |= Q(**{f"{path}__icontains": word})
                if "__" in path and column.refers in NAMES:
                    says |= Q(**{f"{path.rpartition('__')[0]}__{NAMES[column.refers]}__icontains": word})
        if self.table.file == tables.CATEGORIES:
            says |= Q(items__code=word)
        return says

    @staticmethod
    def _given(column: Column, value: str):
        return value == "yes" if column.kind == "yes_no" else value == "workday" if column.name == "kind" and value in labels.CALENDAR else value

    @cached_property
    def total(self) -> int:
        return self._of_list().count()

    def page(self, number) -> Page:
        return Paginator(self.rows(), PER_PAGE).get_page(number)

    def cells(self, page: Page) -> list[tuple[int, list[Cell]]]:
        """(key in the database, cells of the shown columns) of the rows of a page. A statement for each register referred to."""
        start = (page.number - 1) * PER_PAGE
        return described(self.table, list(exporting.values(self.table, self.rows()[start : start + PER_PAGE])), books.shown(self.table))

    def choices(self) -> list[tuple[Column, str, list[tuple[str, str]], str]]:
        """Filters: column, label, (value, name), chosen."""
        found = []
        for column in books.filters(self.table):
            if column.values:
                options = list(labels.choices(self.table, column).items())
            else:
                path = exporting.path(self.table, column)
                held = exporting.held(self.table).exclude(**{path: None}).order_by(path).values_list(path, flat=True).distinct()
                codes = [code for code in held[:MOST_CHOICES] if code]
                names = called({column.refers: set(codes)}).get(column.refers, {}) if column.refers else {}
                options = [(code, names.get(code, code)) for code in codes]
            found.append((column, labels.column(self.table, column).label, options, self.chosen.get(column.name, "")))
        return found


def described(table: Table, rows: list[tuple[int, dict]], columns: list[Column]) -> list[tuple[int, list[Cell]]]:
    """Rows as people read them: references by name, choices by label, yes and no in words."""
    asked = defaultdict(set)
    for _pk, row in rows:
        for column in columns:
            if column.refers:
                value = row[column.name]
                asked[column.refers] |= set(value if isinstance(value, list | tuple) else [value] if value else [])
    names = called(asked)
    return [(pk, [_cell(table, column, row[column.name], names.get(column.refers, {})) for column in columns]) for pk, row in rows]


def _cell(table: Table, column: Column, value, names: dict[str, str]) -> Cell:
    code = column.spell(value)
    if column.refers and code:
        return Cell(column, spoken.listed(names.get(one, one) for one in code.split(";")) if column.kind == "codes" else names.get(code, code), code)
    text = labels.shown(table, column, value)
    return Cell(column, text, code if text != code else "")


def codes(file: str, *, most: int) -> list[tuple[str, str]]:
    """The first codes of a register, or of the zones that references name, with their names."""
    if file == ZONES:
        found = Zone.objects.filter(is_active=True).order_by("kind", "code").values_list("code", "name")
    else:
        found = exporting.held(BY_FILE[file]).values_list(BY_FILE[file].key[0], NAMES[file])
    return list(found[:most])


def called(asked: dict[str, set[str]]) -> dict[str, dict[str, str]]:
    """File → code → name, of the codes asked for; one statement for each file."""
    found = {}
    for file, codes in asked.items():
        if not codes:
            continue
        if file == ZONES:
            found[file] = dict(Zone.objects.filter(code__in=codes).values_list("code", "name"))
        elif file in NAMES:
            model, key = BY_FILE[file].model, BY_FILE[file].key[0]
            found[file] = dict(model.objects.filter(**{f"{key}__in": codes}).values_list(key, NAMES[file]))
    return found
