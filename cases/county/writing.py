"""How checked rows become rows of the database: what differs is written and counted."""

from collections import Counter
from datetime import timedelta

from django.db.models import Model

from cases.models import Category, TargetClass
from enforcement.models import Item, LegalSubject, Officer, Organisation, TrainingPlan, User
from grid.models import Zone
from journal import clock

from . import tables
from .checks import County

# What a reference to a row of the model says.
CODES = {
    Organisation: "code", LegalSubject: "code", Item: "code", TrainingPlan: "code", Zone: "code", TargetClass: "code", Category: "code",
    User: "username", Officer: "user__username",
}  # fmt: skip


class Known(dict):
    """Model → code → row: as just written, or read when first asked for. Retired rows too."""

    def __missing__(self, model: type[Model]) -> dict[str, Model]:
        rows = model.objects.defer("geometry") if model is Zone else model.objects.all()
        if model is Officer:
            rows = rows.select_related("user")
        self[model] = found = {_code(row, CODES[model]): row for row in rows}
        return found


def _code(row: Model, path: str) -> str:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


class Register:
    """Compares what should be with what is, writes the difference, and counts it: `counts[model name, what]`."""

    def __init__(self):
        self.counts = Counter()

    def note(self, model, what: str, number: int) -> None:
        if number:
            self.counts[model.__name__, what] += number

    def put(self, model, key: str | tuple, wanted: list[dict], *, only_new: dict | None = None, among=None) -> dict:
        """Create or change rows so that they equal `wanted` (fields, ids for foreign keys).

        `only_new` are further fields of new rows; `among` is the queryset to compare with (default: all rows).
        Returns all rows by key.
        """
        names = (key,) if isinstance(key, str) else key
        have = {tuple(getattr(row, name) for name in names): row for row in (model.objects.all() if among is None else among)}
        new, changed, touched = [], [], set()
        for fields in wanted:
            at = tuple(fields[name] for name in names)
            if (row := have.get(at)) is None:
                have[at] = row = model(**fields, **(only_new or {}))
                new.append(row)
            elif different := {name for name, value in fields.items() if getattr(row, name) != value}:
                for name in different:
                    setattr(row, name, fields[name])
                changed.append(row)
                touched |= different
        model.objects.bulk_create(new, batch_size=500)
        if changed:
            model.objects.bulk_update(changed, {name.removesuffix("_id") for name in touched}, batch_size=200)
        self.note(model, "created", len(new))
        self.note(model, "changed", len(changed))
        return {at[0] if isinstance(key, str) else at: row for at, row in have.items()}

    def retire(self, model, gone, **fields) -> None:
        """Make the rows of the queryset inactive (or whatever `fields` say)."""
        self.note(model, "deactivated", gone.update(**fields))

    def drop(self, model, gone) -> None:
        """Delete rows that nothing in the past refers to; their history stays."""
        self.note(model, "removed", gone.count())
        gone.delete()

    def end(self, model, pks: list[int]) -> None:
        """What left the list: it ended yesterday, or was never in force."""
        yesterday = clock.today() - timedelta(days=1)
        lost = model.objects.filter(pk__in=pks)
        self.drop(model, lost.filter(valid_from__gt=yesterday))
        self.retire(model, lost.filter(valid_from__lte=yesterday).exclude(valid_to__lte=yesterday), valid_to=yesterday)


def put_plain(register: Register, county: County, known: Known, file: str) -> None:
    """A table whose rows are as its columns say, references by their codes; rows that the file no longer has stay, end or go."""
    table = tables.BY_FILE[file]
    wanted = []
    for row in county.rows[file]:
        fields = {}
        for name, value in table.fields(row).items():
            field = table.model._meta.get_field(name)
            if field.is_relation and value is not None:
                value = known[field.related_model][value].pk
            fields[field.attname] = list(value) if isinstance(value, tuple) else value
        wanted.append(fields)
    key = tuple(table.model._meta.get_field(column.field).attname for column in table.columns if column.name in table.key)
    key = key if len(key) > 1 else key[0]
    have = register.put(table.model, key, wanted)
    if table.model in CODES:
        known[table.model] = have
    if table.gone != tables.STAYS:
        names = (key,) if isinstance(key, str) else key
        still = {tuple(one[name] for name in names) for one in wanted}
        gone = [row.pk for row in have.values() if tuple(getattr(row, name) for name in names) not in still]
        if table.gone == tables.ENDS:
            register.end(table.model, gone)
        else:
            register.drop(table.model, table.model.objects.filter(pk__in=gone))
