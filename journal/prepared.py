"""Statements that are planned once for each connection: for what every request asks, planning costs more than answering."""

from functools import cache
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections

_known: WeakKeyDictionary[object, set[str]] = WeakKeyDictionary()  # driver's connection → names of what is prepared there


def fetch(name: str, text: str, values: list) -> list[tuple]:
    """The rows of a SELECT whose text ($1, $2 … for `values`) never changes under its `name`. Raises what cursor.execute() raises."""
    link = connections[DEFAULT_DB_ALIAS]
    with link.cursor() as cursor:
        names = _known.setdefault(link.connection, set())
        if name not in names:
            cursor.execute(f"PREPARE {name} AS {text}")
            names.add(name)
        cursor.execute(_execute(name, len(values)), values)
        return cursor.fetchall()


@cache
def _execute(name: str, count: int) -> str:
    return f"EXECUTE {name}({', '.join(['%s'] * count)})"
