"""Feed any CSV of messages through the HTTP intake while a simulated crew handles them; end with a table that adds up."""

import asyncio
import json
import logging
import os
import random
import time
from collections import Counter
from pathlib import Path

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from cases.models import ApiClient, Case
from demo import filing, result, rows
from demo.accounts import open_accounts
from demo.crew import Crew, Pace
from demo.known import in_database
from journal import clock

TRIES = 8
PROGRESS_SECONDS = 5


@in_database
def still_open(client_pk: int) -> int:
    return Case.objects.open().filter(reports__client=client_pk).distinct().count()


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--base-url", default=os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000"))
        for name, default in (("text", "text"), ("title", ""), ("time", ""), ("lon", ""), ("lat", ""), ("zone", ""), ("place", ""), ("category", "")):
            parser.add_argument(f"--{name}-column", default=default, help=f"column of the {name}")
        parser.add_argument("--fit", action="store_true", help="lay the file's own box of coordinates over the county")
        parser.add_argument("--per-minute", type=float, help="arrivals per (simulated) minute instead of the file's own times")
        parser.add_argument("--speed", type=int, default=1, help="divides arrivals, human delays and budgets alike")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--limit", type=int)
        parser.add_argument("--drain", type=float, default=45, help="simulated minutes to wait for open cases after the last row")
        parser.add_argument("--no-crew", action="store_true", help="file only; somebody else handles")
        parser.add_argument("--json", type=Path, help="write the result here too")

    def handle(self, *args, **options):
        if settings.ENVIRONMENT == "production":
            raise CommandError("A replay is refused in production.")
        if options["speed"] < 1:
            raise CommandError("--speed is 1 or more.")
        logging.getLogger("httpx").setLevel(logging.WARNING)
        open_accounts()
        rng = random.Random(options["seed"])
        columns = rows.Columns(**{name: options[f"{name}_column"] for name in ("text", "title", "time", "lon", "lat", "zone", "place", "category")})
        try:
            arriving = list(rows.arrivals(options["file"], columns, rng=rng, fit=options["fit"], limit=options["limit"]))
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise CommandError(f"cannot read {options['file']}: {error}") from None
        if not options["per_minute"] and not options["time_column"]:
            raise CommandError("Say when rows arrive: --time-column or --per-minute.")
        name = f"replay {clock.now():%Y-%m-%d %H:%M:%S.%f}"
        key = filing.client_key(name, speed=options["speed"], per_minute=100_000)
        client = ApiClient.objects.get(name=name)
        run = Run(self, options, client, key, rng)
        began = time.monotonic()
        try:
            asyncio.run(run.everything(arriving))
        finally:
            connection.close()  # the database may have been restarted meanwhile
            ApiClient.objects.filter(pk=client.pk).update(is_active=False)
        found = result.result(client, read=len(arriving), answered=run.stored, rejected=run.rejected, speed=options["speed"])
        for line in result.table(found):
            self.stdout.write(line)
        self.stdout.write(f"real time {time.monotonic() - began:.0f} s at speed {options['speed']}")
        if options["json"]:
            options["json"].write_text(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        if found.problems:
            raise CommandError("the table does not add up")


class Run:
    """One replay in progress."""

    def __init__(self, command, options, client, key, rng):
        self.command, self.options, self.client, self.key, self.rng = command, options, client, key, rng
        self.stored, self.rejected = 0, Counter()

    async def everything(self, arriving: list[rows.Arrival]) -> None:
        speed = self.options["speed"]
        crew = Crew(self.options["base_url"], Pace(self.rng, speed=speed, client=self.client.pk))
        async with httpx.AsyncClient(base_url=self.options["base_url"], timeout=30) as http:
            if not self.options["no_crew"]:
                await crew.muster()
            telling = asyncio.create_task(self.tell_progress(len(arriving)))
            begin = time.monotonic()
            filing_now = []
            for arrival in arriving:
                per_minute = self.options["per_minute"]
                due = (arrival.number - 1) * 60 / per_minute if per_minute else arrival.after
                await asyncio.sleep(max(0.0, begin + due / speed - time.monotonic()))
                filing_now.append(asyncio.create_task(self.file(http, arrival)))
            await asyncio.gather(*filing_now)
            limit = time.monotonic() + self.options["drain"] * 60 / speed
            while time.monotonic() < limit and await still_open(self.client.pk):  # noqa: ASYNC110  other processes close them
                await asyncio.sleep(1)
            telling.cancel()
            await crew.stop()

    async def file(self, http, arrival: rows.Arrival) -> None:
        """Until the site has said yes or no; a cut connection is tried again under the same key."""
        reason = ""
        for attempt in range(TRIES):
            try:
                answer = await filing.file(http, self.key, arrival.report, once=f"{self.client.pk}-{arrival.number}")
            except httpx.HTTPError as error:
                reason = f"no answer ({type(error).__name__})"
            else:
                if answer.status_code in (200, 201):
                    self.stored += 1
                    return
                if answer.status_code < 500 and answer.status_code != 429:
                    self.rejected[f"{answer.status_code} {self.sentence(answer)}"] += 1
                    return
                reason = f"{answer.status_code}"
            await asyncio.sleep(min(5, 0.5 * 2**attempt))
        self.rejected[reason] += 1

    def sentence(self, answer) -> str:
        try:
            said = answer.json()
        except ValueError:
            return ""
        return str(said.get("detail", said))[:60]

    async def tell_progress(self, total: int) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            open_now = await still_open(self.client.pk)
            done = self.stored + sum(self.rejected.values())
            self.command.stdout.write(f"filed {done} of {total}, open now {open_now}")
