"""What a row of a register was before: who changed what, when and why, the newest first."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils.translation import gettext as _

from cases.county import labels
from cases.county.columns import Column
from cases.county.tables import Table
from cases.county.writing import CODES
from cases.models import Category, CategoryItem
from enforcement.models import Item, LegalSubject, Officer, Organisation, User
from grid.models import Zone
from journal import spoken

# What is said of a row that is referred to, beside its code.
NAMED = {Organisation: "short_name", LegalSubject: "name", User: "name", Officer: "user__name", Zone: "name", Category: "name"}
MOST = 200  # changes of one row that are shown


@dataclass(frozen=True)
class Change:
    """`by`: "" when it was not told (by hand in the database, or before histories were kept). `changes`: label, before, after."""

    at: datetime
    number: int
    by: str
    reason: str
    document: str
    run: int | None
    is_new: bool
    is_gone: bool
    changes: tuple[tuple[str, str, str], ...]


def of(table: Table, pk: int) -> list[Change]:
    """Changes of the row with this key. Statements do not grow with them."""
    found = []
    for model, names in _models(table, pk).items():
        found += _changes(table, model, names)
    if table.model is Category:
        found += _items(table, pk)
    return sorted(found, key=lambda change: (change.at, change.number), reverse=True)[:MOST]


def _models(table: Table, pk: int) -> dict[type[Model], tuple[int, dict[str, Column | str]]]:
    """Model → key of its row, and what each of its fields is called: a column of the table, or words of its own."""
    own = {column.field: column for column in table.columns if column.field}
    if table.file == "calendar.csv":
        columns = {column.name: column for column in table.columns}
        own |= {"is_workday": columns["kind"], "source": columns["name"]}
    if any(field.name == "is_active" for field in table.model._meta.fields):
        own["is_active"] = _("In force")
    found = {table.model: (pk, own)}
    if table.model is User and (officer := Officer.objects.filter(user=pk).values_list("pk", flat=True).first()):
        columns = {column.name: column for column in table.columns}
        found[Officer] = (officer, {"badge": columns["badge"], "rank": columns["rank"], "suspended_reason": _("Suspended because")})
    return found


def _changes(table: Table, model: type[Model], told: tuple[int, dict]) -> list[Change]:
    pk, fields = told
    names = [name for name in fields if _has(model, name)]
    history = model._meta.get_field("history").related_model
    events = list(history.objects.filter(pgh_obj=pk).order_by("-pgh_id")[: MOST + 1])[::-1]
    if not events:
        return []
    codes = _codes(model, names, events)
    made, before = [], None
    for event in events:
        now = {name: codes[name].get(getattr(event, f"{name}_id"), "") if name in codes else getattr(event, name) for name in names}
        changes = tuple(
            (_label(table, fields[name]), _shown(table, fields[name], before and before[name]) if before else "", _shown(table, fields[name], value))
            for name, value in now.items() if before is None or before[name] != value
        )  # fmt: skip
        gone = event.pgh_label == "delete"
        if changes or gone:
            first = event.pgh_label == "insert"
            made.append(_change(event, () if gone else tuple(one for one in changes if one[1] or one[2]), is_new=first, is_gone=gone))
        before = now
    return made


def _has(model: type[Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.fields)


def _codes(model: type[Model], names: list[str], events: list) -> dict[str, dict[int, str]]:
    """Field of a reference → key in the database → code and name."""
    found = {}
    for name in names:
        field = model._meta.get_field(name)
        if field.is_relation:
            asked = {getattr(event, field.attname) for event in events} - {None}
            path, named = CODES.get(field.related_model), NAMED.get(field.related_model)
            rows = field.related_model.objects.filter(pk__in=asked).values_list("pk", path, named or path) if path else ()
            found[name] = {pk: f"{word} ({code})" if named else code for pk, code, word in rows}
    return found


def _label(table: Table, what: Column | str) -> str:
    return str(labels.column(table, what).label) if isinstance(what, Column) else what


def _shown(table: Table, what: Column | str, value) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool) and not isinstance(what, Column):
        return _("Yes") if value else _("No")
    if not isinstance(what, Column):
        return str(value)
    if table.file == "calendar.csv" and isinstance(value, bool):
        value = "workday" if value else "holiday"
    if what.refers:  # already in words, or the code of a zone
        return spoken.listed(value) if isinstance(value, list) else str(value)
    return labels.shown(table, what, value)


def _change(event, changes: tuple, *, is_new: bool = False, is_gone: bool = False) -> Change:
    about = event.pgh_context or {}
    at = datetime.fromisoformat(about["at"]) if "at" in about else event.pgh_created_at
    why = (about.get(name, "") for name in ("by", "reason", "document"))
    return Change(at, event.pgh_id, *why, about.get("run"), is_new, is_gone, changes)


def _items(table: Table, pk: int) -> list[Change]:
    """Items that came to a category and left it: those of one moment are one change."""
    history = CategoryItem._meta.get_field("history").related_model
    together = defaultdict(list)
    for event in history.objects.filter(category_id=pk).order_by("-pgh_id")[:MOST]:
        together[event.pgh_created_at].append(event)
    codes = dict(Item.objects.filter(pk__in={event.item_id for events in together.values() for event in events}).values_list("pk", "code"))
    label = str(labels.column(table, next(column for column in table.columns if column.name == "items")).label)
    made = []
    for events in together.values():
        lost, new = ([codes.get(event.item_id, "?") for event in events if (event.pgh_label == "delete") == is_lost] for is_lost in (True, False))
        made.append(_change(events[0], ((label, ", ".join(sorted(lost)), ", ".join(sorted(new))),)))
    return made
