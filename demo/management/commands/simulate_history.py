"""Fill an empty demonstration with simulated past weeks, made by the real verbs under the injected clock."""

import random
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max

from cases.models import Case
from demo import planning, portraits
from demo.past import LONGEST, Past
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
        self.stdout.write(f"history: {portraits.hang()} placeholder portraits")
        if Case.objects.exists() and not again:
            self.stdout.write("history: there are cases already, nothing added")
            return
        before = Case.objects.aggregate(newest=Max("pk"))["newest"] or 0
        past = Past(random.Random(seed))
        today = clock.today()
        roster.roll(since=clock.now() - timedelta(days=days + 1))
        for back in range(days, -1, -1):
            past.attend(today - timedelta(days=back))
            past.day(today - timedelta(days=back), reports=max(1, round(past.rng.gauss(per_day, per_day / 5))))
        past.come_back(clock.now() - LONGEST)
        planning.plan(random.Random(seed))
        self.stdout.write(f"history: {days} days simulated: {account(past, after=before)}")


def account(past: Past, *, after: int) -> str:
    """What became of the weeks, so that it adds up: reports and what came back by itself = cases (newer than `after`), by state."""
    lived = Case.objects.filter(is_simulated=True, pk__gt=after)
    states = Counter(lived.values_list("state", flat=True))
    back = lived.filter(follows__isnull=False).count()
    told = f"{len(past.told)} reports + {back} re-checks that came back = {states.total()} cases: "
    told += ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return told + "".join(f"; {count} stopped ({code})" for code, count in sorted(past.stopped.items()))
