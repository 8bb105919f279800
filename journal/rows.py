"""New rows of several tables in one round trip to the database."""

from datetime import datetime
from functools import cache
from itertools import groupby
from types import NoneType

from django.db import DEFAULT_DB_ALIAS, connections, models

PLAIN = {str, int, float, bool, datetime, NoneType}
AS_IT_IS = (models.CharField, models.TextField, models.IntegerField, models.FloatField, models.BooleanField, models.DateTimeField, models.ForeignKey)


def insert(*rows: models.Model) -> None:
    """INSERT `rows` in their order: what save(force_insert=True) does for each, without signals; a statement for each table.

    A row without a key gets one from the database and does not learn it; geometries must have their field's coordinate
    system. Raises IntegrityError like save(); the caller's transaction is the frame. The text of a table's statement never
    changes and is made once: making it anew for each row was most of save()'s cost.
    """
    texts, values, link = [], [], connections[DEFAULT_DB_ALIAS]
    for (model, with_key), alike in groupby(rows, key=lambda row: (type(row), row.pk is not None)):
        text, marks, fields = _statement(model, with_key)
        alike = list(alike)
        texts.append(text + ", ".join([marks] * len(alike)))
        for row in alike:
            held = row.__dict__
            for field, is_plain in fields:
                value = held[field.attname] if is_plain else field.pre_save(row, add=True)
                values.append(value if is_plain and type(value) in PLAIN else field.get_db_prep_save(value, link))
            row._state.adding, row._state.db = False, link.alias
    with link.cursor() as cursor:
        cursor.execute("; ".join(texts), values)


@cache
def _statement(model: type[models.Model], with_key: bool) -> tuple[str, str, list[tuple[models.Field, bool]]]:
    """The text, the marks of one row, and its fields, each with whether the row's own plain value goes to the driver as it is."""
    fields = [field for field in model._meta.concrete_fields if with_key or not field.primary_key]
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns, marks = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    text = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608  names of our own models
    return text, f"({marks})", [(field, isinstance(field, AS_IT_IS) and not _dates_itself(field)) for field in fields]


def _dates_itself(field: models.Field) -> bool:
    return getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
