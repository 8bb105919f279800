"""Fetch the county's tiles from the configured map service ahead of time, so that no map waits for it."""

import time

from django.core.management.base import BaseCommand, CommandError

from grid import tiles
from integrations.tiles import Rejected, Unreachable, problems, source
from integrations.tiles import http as service

TRIES, WAIT_S = 3, 5


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--zooms", help="two zooms within TILE_ZOOMS, as 9-14; default: all of TILE_ZOOMS")
        parser.add_argument("--per-second", type=float, default=10, help="at most so many tiles a second (default 10): services limit their keys")
        parser.add_argument("--anew", action="store_true", help="also those that are on the disk and young")
        parser.add_argument("--count", action="store_true", help="only say how many there are")

    def handle(self, *args, zooms, per_second, anew, count, **options):
        found = source()
        if found is None:
            raise CommandError("No map service is set (TILE_SOURCE)." if not problems() else "\n".join(problems()))
        low, high = _zooms(zooms, found.zooms)
        wanted = list(tiles.tiles(range(low, high + 1)))
        self.stdout.write(f"{len(wanted)} tiles at zooms {low} to {high}, {len(found.templates)} requests each")
        if count:
            return
        came = lacking = 0
        with service.client() as connection:
            for tile in wanted:
                begun = time.monotonic()
                try:
                    fetched = self._fetch(connection, found, tile, anew)
                except Rejected as error:
                    lacking += 1
                    self.stderr.write(f"{'/'.join(map(str, tile))}: {error}")
                    continue
                came += fetched
                if fetched:
                    time.sleep(max(0, 1 / per_second - (time.monotonic() - begun)))
        gone = tiles.trim()
        self.stdout.write(f"{came} fetched, {len(wanted) - came - lacking} were there, {lacking} the service has not")
        if gone:
            self.stdout.write(f"TILE_CACHE_MB is too small for all: {gone // 1024} KB of the least used were deleted again")

    def _fetch(self, connection, found, tile, anew) -> bool:
        for attempt in range(TRIES):
            try:
                return tiles.fetch_one(connection, found, *tile, anew=anew)
            except Unreachable as error:
                if attempt == TRIES - 1:
                    raise CommandError(f"The map service does not answer ({error}). What came so far is kept; run it again later.") from None
                time.sleep(WAIT_S * attempt)
        return False


def _zooms(asked: str | None, allowed: tuple[int, int]) -> tuple[int, int]:
    low, dash, high = (asked or f"{allowed[0]}-{allowed[1]}").partition("-")
    if not (dash and low.isdigit() and high.isdigit() and allowed[0] <= int(low) <= int(high) <= allowed[1]):
        raise CommandError(f"--zooms must be two zooms within {allowed[0]}-{allowed[1]}")
    return int(low), int(high)
