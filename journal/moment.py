"""A transaction in which all questions see the same moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

COLLISIONS = ("40001", "40P01")  # of PostgreSQL: somebody else wrote the row since, two waited for each other


@contextmanager
def one_moment(*, writes: bool = False, still: tuple[str, ...] = ()) -> Iterator[None]:
    """All questions see the same moment: a platform that goes on working meanwhile differs from nothing.

    `writes`: whoever writes a row that somebody else has written since gets an OperationalError (`collided`) instead of writing over it.
    `still`: tables to which others write nothing meanwhile. Inside somebody's transaction it is a part of that one, as that one is."""
    with transaction.atomic():
        if not connection.savepoint_ids and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ {'WRITE' if writes else 'ONLY'}")
                if still:  # before the first question: it is the moment that is seen
                    cursor.execute("LOCK TABLE {} IN SHARE MODE".format(", ".join(f'"{name}"' for name in still)))
        yield


def collided(error: OperationalError) -> bool:
    """Whether a transaction was given up because of another one: tried again it may hold."""
    return getattr(error.__cause__, "pgcode", None) in COLLISIONS
