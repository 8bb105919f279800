"""Keep the demonstration alive: simulated reports and a simulated crew that follows the roster, day and night."""

import asyncio
import logging
import os
import random
import time
import uuid

import httpx
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.models import ApiClient, Case
from demo import filing, stories
from demo.accounts import open_accounts
from demo.crew import PATIENCE, Crew, Pace
from demo.known import in_database
from journal import clock

QUIET_SECONDS = 22  # after so long without a change on any screen somebody reports something
REPORT_SECONDS = 170  # and at least one report in this time
MOST_OPEN = 7
MUSTER_SECONDS = 120
log = logging.getLogger("demo")


@in_database
def open_simulated() -> int:
    return Case.objects.open().filter(is_simulated=True, paused_at=None).count()


@in_database
def minute_of_day() -> int:
    now = clock.now().astimezone(clock.LOCAL)
    return now.hour * 60 + now.minute


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--base-url", default=os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000"))
        parser.add_argument("--patience", type=float, default=PATIENCE, help="most seconds that a step of a visitor's own case is left to him")
        parser.add_argument("--seed", type=int, default=None)

    def handle(self, *args, base_url, patience, seed, **options):
        if settings.ENVIRONMENT == "production":
            raise CommandError("The simulation is refused in production.")
        logging.getLogger("httpx").setLevel(logging.WARNING)
        open_accounts()
        key = filing.client_key("simulation")
        client = ApiClient.objects.get(name="simulation").pk
        asyncio.run(self.live(base_url, key, Pace(random.Random(seed), patience=patience, client=client, visitors=True)))

    async def live(self, base: str, key: str, pace: Pace) -> None:
        crew = Crew(base, pace)
        async with httpx.AsyncClient(base_url=base, timeout=30) as http:
            await self.until_healthy(http)
            mustered = last_report = 0.0
            used: set[str] = set()
            while True:
                now = time.monotonic()
                if not mustered or now - mustered > MUSTER_SECONDS:
                    await crew.muster()
                    mustered = now
                quiet = now - max(pace.last_event, last_report) > QUIET_SECONDS
                if (quiet or now - last_report > REPORT_SECONDS) and await open_simulated() < MOST_OPEN:
                    await self.report(http, key, pace.rng, used)
                    last_report = time.monotonic()
                await asyncio.sleep(1)

    async def report(self, http, key, rng, used: set[str]) -> None:
        story = stories.near_minute(rng, await minute_of_day(), used=used)
        used.add(story.code)
        told = await sync_to_async(filing.told, thread_sensitive=False)(rng, story)
        try:
            answer = await filing.file(http, key, told, once=uuid.uuid4().hex)
            if answer.status_code >= 400:
                log.warning("a simulated report was refused: %s", answer.text[:200])
        except httpx.HTTPError as error:
            log.info("site away: %s", type(error).__name__)

    async def until_healthy(self, http: httpx.AsyncClient) -> None:
        while True:
            try:
                if (await http.get("/livez")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(1)
