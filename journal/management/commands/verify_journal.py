"""Recompute every chain of the journal and name the first broken link."""

from django.core.management.base import BaseCommand, CommandError

from journal import roots
from journal.verify import broken_link, heads_that_differ


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--thread", help="one thread only, for example case:12")

    def handle(self, *args, thread=None, **options):
        checked, link = broken_link(thread=thread)
        if link is not None:
            raise CommandError(f"broken link: {link}")
        strays = heads_that_differ(thread=thread)
        if strays:
            raise CommandError(f"the head of {strays[0]} differs from its last entry")
        if thread is None and (kept := roots.differing()):
            raise CommandError(f"the journal of {kept.day} and before no longer gives its signed root")
        self.stdout.write(f"{checked} entries verified, no broken link")
