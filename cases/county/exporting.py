"""The county out of the database again: the inverse of storing, row by row as the files spell it."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases.models import Category
from cases.rulebook import NoCounty
from enforcement.models import User
from enforcement.roles import FIELD, OUTDOORS, Role
from grid.models import County as StoredCounty
from grid.models import Zone

from . import tables
from .checks import County, check_references
from .reading import Row
from .settings import FILE
from .tables import BY_FILE, TABLES, Table
from .writing import CODES

# Paths of columns that are no field of the table's own model.
PATHS = {
    (tables.OFFICERS, "badge"): "officer__badge", (tables.OFFICERS, "rank"): "officer__rank",
    (tables.TIERS, "item"): "basis__item__code", (tables.TIERS, "basis_from"): "basis__valid_from",
    ("cameras.csv", "lon"): "point", ("cameras.csv", "lat"): "point", ("calendar.csv", "kind"): "is_workday", ("calendar.csv", "name"): "source",
    (tables.CATEGORIES, "items"): "pk",
}  # fmt: skip


def path(table: Table, column) -> str:
    """Where a query of the table's model finds what the column says."""
    if (special := PATHS.get((table.file, column.name))) is not None:
        return special
    field = table.model._meta.get_field(column.field)
    return f"{column.field}__{CODES[field.related_model]}" if field.is_relation else column.field


def held(table: Table) -> QuerySet:
    """The rows that the county's files would have: not those that have become inactive. In the order of their key."""
    found = table.model.objects.all()
    if table.model is User:
        stays = Q(is_active=True) | Q(account__locked_at__isnull=False)  # a lock is no end
        found = found.filter(stays, is_superuser=False, organisation__isnull=False, screen__isnull=True)
    elif any(field.name == "is_active" for field in table.model._meta.fields):
        found = found.filter(is_active=True)
    columns = {column.name: column for column in table.columns}
    return found.order_by(*(path(table, columns[name]) for name in table.key), "pk")


def values(table: Table, found: QuerySet) -> Iterator[tuple[int, dict]]:
    """(key in the database, values by column) of each row of the queryset, as the file's parser would give them. Two statements at most."""
    changes = _changes(table, found)
    paths = [path(table, column) for column in table.columns]
    for pk, *cells in found.values_list("pk", *paths):
        row = {}
        for column, value in zip(table.columns, cells, strict=True):
            row[column.name] = column.empty if value is None or value == [] or value == "" else value
        for name, change in changes.items():
            row[name] = change(row)
        yield pk, row


def _changes(table: Table, found: QuerySet) -> dict[str, Callable[[dict], object]]:
    """Columns whose value is made from what was read."""
    if table.file == tables.OFFICERS:  # who goes out no more has kept his number
        return {name: lambda row, name=name: row[name] if row["post"] in OUTDOORS else "" for name in ("badge", "rank")}
    if table.file == "cameras.csv":
        return {"lon": lambda row: row["lon"].x, "lat": lambda row: row["lat"].y}
    if table.file == "calendar.csv":
        return {"kind": lambda row: "workday" if row["kind"] else "holiday"}
    if table.file == tables.CATEGORIES:
        items = defaultdict(list)
        for category, code in Category.items.through.objects.order_by("item__code").values_list("category_id", "item__code"):
            items[category].append(code)
        return {"items": lambda row: items.get(row["items"], ())}
    return {}


def cells(table: Table, row: dict) -> list[str]:
    """A row's values as the file spells them."""
    return [column.spell(row[column.name]) for column in table.columns]


def rows(table: Table, found: QuerySet | None = None) -> list[Row]:
    """Rows as the checks want them; numbered below zero, since they are in no file."""
    made = []
    for number, (_pk, row) in enumerate(values(table, held(table) if found is None else found), start=1):
        made.append(Row(table.file, -number, row))
        made[-1].known_as = table.known_as(made[-1])
    return made


def county() -> County:
    """The whole county as it stands, zones without their shape (the outline has its own). Rows may hang on what has become inactive."""
    here = StoredCounty.objects.first()
    if here is None:
        raise NoCounty("no county is loaded")
    settings = {"code": here.code, "grid_code": here.grid_code_pattern}
    zones = {here.code: Row("county.geojson", -1, {"code": here.code, "name": here.name, "kind": "county"}, here.outline, here.name)}
    found = Zone.objects.filter(is_active=True).values_list("code", "name", "kind", "is_seat", "parent__code")
    for number, (code, name, kind, seat, parent) in enumerate(found, start=2):
        named = {"code": code, "name": name, "kind": kind, "seat": seat, "parent": parent or here.code}
        zones[code] = Row(tables.ZONES, -number, named, None, name)
    made = {table.file: rows(table) for table in TABLES}
    lines = defaultdict(lambda: 1)
    return County(Row(FILE, -1, {"county": settings, "options": here.options, "lines": lines}, None, _("County settings")),
                  made, zones, [], known(made, zones))  # fmt: skip


def known(rows: dict[str, list[Row]], zones: dict[str, Row]) -> dict[str, set]:
    """The keys that references may name, by file."""
    return {file: {row[BY_FILE[file].key[0]] for row in found} for file, found in rows.items()} | {tables.ZONES: set(zones)}


def files() -> dict[str, list[list[str]]]:
    """File → header and rows as the CSV files of the county would have them: without rows that hang on what has become inactive, or on
    somebody's going out who does not any more."""
    here = county()
    standing(here)
    _going_out(here)
    return {table.file: [[column.name for column in table.columns], *(cells(table, row.values) for row in here.rows[table.file])]
            for table in TABLES}  # fmt: skip


def standing(here: County) -> None:
    """Take out the rows that name what is not there, and those that name these."""
    for _problem in check_references(here):
        pass


def _going_out(here: County) -> None:
    """Take out what only who goes out has (`checks.check_people`): after a change of post it waits in the database for his return."""
    posts = {row["username"]: row["post"] for row in here.rows[tables.OFFICERS]}
    fit = {
        tables.CERTIFICATES: lambda row: posts[row["officer"]] in FIELD,
        "recusals.csv": lambda row: posts[row["officer"]] in OUTDOORS,
        "responsibilities.csv": lambda row: posts[row["officer"]] in OUTDOORS and (row["role"] == "helper") == (posts[row["officer"]] == Role.HELPER),
    }
    for file, fits in fit.items():
        here.rows[file] = [row for row in here.rows[file] if fits(row)]
    for row in here.rows["equipment.csv"]:
        if row["holder"] and posts[row["holder"]] not in OUTDOORS:
            row.values["holder"] = None
