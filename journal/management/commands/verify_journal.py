"""Recompute every chain of the journal, compare the cases with it, and name the first broken link."""

from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from journal import roots
from journal.verify import broken_link, checks, heads_that_differ


@contextmanager
def one_moment():
    """All questions see the same moment: a platform that goes on working meanwhile differs from nothing."""
    with transaction.atomic():
        if not connection.savepoint_ids and not connection.needs_rollback:  # not inside somebody's transaction
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--thread", help="one thread only, for example case:12")

    @one_moment()
    def handle(self, *args, thread=None, **options):
        checked, link = broken_link(thread=thread)
        if link is not None:
            raise CommandError(f"broken link: {link}")
        strays = heads_that_differ(thread=thread)
        if strays:
            raise CommandError(f"the head of {strays[0]} differs from its last entry")
        for check in checks if thread is None else ():
            if (differs := next(check(), None)) is not None:
                raise CommandError(differs)
        if thread is None and (why := roots.differing()):
            raise CommandError(why)
        self.stdout.write(f"{checked} entries verified, no broken link")
