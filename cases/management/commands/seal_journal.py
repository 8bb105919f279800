"""Sign and publish the daily root of the journal for every day that has ended."""

from django.core.management.base import BaseCommand

from cases import keys
from journal import roots


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        self.stdout.write(f"{roots.seal_missing(key=keys.hash_key(keys.JOURNAL))} days sealed")
