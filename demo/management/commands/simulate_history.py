"""Fill an empty demonstration with simulated past weeks, made by the real verbs under the injected clock."""

import random
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.models import Case
from demo.past import Past
from enforcement import roster
from journal import clock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--days", type=int, default=14)
        parser.add_argument("--per-day", type=int, default=10)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--again", action="store_true", help="although there are cases already")

    def handle(self, *args, days, per_day, seed, again, **options):
        if settings.ENVIRONMENT == "production":
            raise CommandError("Simulated history is refused in production.")
        if Case.objects.exists() and not again:
            self.stdout.write("history: there are cases already, nothing added")
            return
        past = Past(random.Random(seed))
        today = clock.today()
        roster.roll(since=clock.now() - timedelta(days=days + 1))
        for back in range(days, -1, -1):
            past.day(today - timedelta(days=back), reports=max(1, round(past.rng.gauss(per_day, per_day / 5))))
        told = ", ".join(f"{what} {count}" for what, count in sorted(past.counted.items()))
        self.stdout.write(f"history: {days} days simulated ({told})")
