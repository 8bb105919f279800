"""New rows of several tables in one round trip to the database."""

from functools import cache

from django.db import DEFAULT_DB_ALIAS, connections, models


def insert(*rows: models.Model) -> None:
    """INSERT `rows` in their order: what save(force_insert=True) does for each, without signals, in one batch.

    A row without a key gets one from the database and does not learn it; geometries must have their field's coordinate
    system. Raises IntegrityError like save(); the caller's transaction is the frame. The text of a table's statement never
    changes and is made once: making it anew for each row was most of save()'s cost.
    """
    texts, values, link = [], [], connections[DEFAULT_DB_ALIAS]
    for row in rows:
        text, fields = _statement(type(row), row.pk is not None)
        texts.append(text)
        values += [field.get_db_prep_save(field.pre_save(row, add=True), link) for field in fields]
        row._state.adding, row._state.db = False, link.alias
    with link.cursor() as cursor:
        cursor.execute("; ".join(texts), values)


@cache
def _statement(model: type[models.Model], with_key: bool) -> tuple[str, tuple[models.Field, ...]]:
    fields = tuple(field for field in model._meta.concrete_fields if with_key or not field.primary_key)
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns, marks = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})", fields  # noqa: S608  names of our own models
