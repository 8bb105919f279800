"""Recompute every chain of the journal, compare the cases with it, and name the first broken link."""

from django.core.management.base import BaseCommand, CommandError

from journal.verify import look_through


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--thread", help="one thread only, for example case:12")

    def handle(self, *args, thread=None, **options):
        checked, fault = look_through(thread=thread)
        if fault:
            raise CommandError(fault)
        self.stdout.write(f"{checked} entries verified, no broken link")
