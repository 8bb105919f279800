"""Fire deadlines as they fall due. Needs only PostgreSQL; a second copy waits as standby."""

import logging
import signal
import time

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from journal import clock, deadlines
from journal.locks import CLOCK_LOCK

TICK_SECONDS = 1.0
log = logging.getLogger("clock")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="one tick, then end")

    def handle(self, *args, once=False, **options):
        self.ticking = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while self.ticking:
            began = time.monotonic()
            try:
                if self.holds_lock():
                    self.tick()
            except (DatabaseError, InterfaceError) as error:
                # PostgreSQL restarts: drop the connection and try again; what was due is still due.
                log.warning("database away: %s", type(error).__name__)
                connection.close()
            if once:
                return
            time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - began)))

    def stop(self, *args):
        self.ticking = False

    def holds_lock(self) -> bool:
        """The lock belongs to the database session: asked for again after each reconnect, held by one copy only."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
                " AND ((classid::bigint << 32) | objid::bigint) = %s) OR pg_try_advisory_lock(%s)",
                [CLOCK_LOCK, CLOCK_LOCK],
            )
            return cursor.fetchone()[0]

    def tick(self):
        try:
            while deadlines.fire_due() and self.ticking:
                pass
        except deadlines.FireError as error:
            for pk, cause in error.failed:
                log.error("deadline %s failed at %s", pk, clock.now().isoformat(), exc_info=cause)
