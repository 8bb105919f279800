"""Plain SQL as the application's role: what somebody could do who got past the verbs."""

from django.db import connection, transaction


def sql(statement: str, *values, **named) -> int:
    """Run a statement and ask for everything that would be checked at commit; how many rows it touched."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, named or values)
        touched = cursor.rowcount
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return touched
