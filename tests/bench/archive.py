"""What grows with the archive: taking in, console, wall and a citizen's page beside 1,000 and 1,000,000 closed cases."""

import random
import statistics
import time

import psycopg2
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import databases
from tests.bench import filling, load
from tests.bench.place import Bench, client_key, points
from tests.bench.tables import table
from tests.databases import owner_parameters, url_for

OPEN = 40  # cases in work, in both databases
SMALL, LARGE = 1_000, 1_000_000


def run(bench: Bench, *, size: int = LARGE, seconds: float = 4, repeats: int = 3) -> str:
    """Medians of both databases in turn, and their ratio; statements of one request of each."""
    key, where, pages = client_key(), points(), _people_and_cases()
    names = {SMALL: bench.database, size: f"{bench.database}_large"}
    connections.close_all()
    databases.copy(names[SMALL], names[size])
    try:
        took = {count: _fill(name, count) for count, name in names.items()}
        sites = {
            count: bench.web(run=f"web{count}", DATABASE_URL=url_for(bench.environment["DATABASE_URL"], name), WEB_WORKERS="1")
            for count, name in names.items()
        }
        found: dict[tuple[str, int], list[load.Figures]] = {}
        for what in (*pages, "report"):  # reports last: each is one more open case in the pages
            for turn in range(repeats + 1):
                for count, address in sites.items():
                    figures = (
                        load.reports(address, clients=4, seconds=seconds, key=key, points=where)
                        if what == "report"
                        else load.page(address + pages[what][0], cookie=pages[what][1], clients=4, seconds=seconds)
                    )
                    if turn:  # the first one warms up
                        found.setdefault((what, count), []).append(figures)
        statements = {count: _statements(name, pages) for count, name in names.items()}
        for name in names.values():
            _verify(name)
        return _report(found, statements, size, took[size])
    finally:
        bench.stop()
        connections.close_all()
        databases.execute(f'DROP DATABASE IF EXISTS "{names[size]}" WITH (FORCE)')


def _people_and_cases() -> dict[str, tuple[str, str]]:
    """Open cases at several stages and one closed one, by the real verbs; what to ask for: path and cookie by name of the page."""
    from config.surfaces import BY_NAME, session_cookie
    from enforcement import roster
    from enforcement.roles import Role
    from journal import clock
    from tests.cast import CaseMaker, Cast, session_of

    now = clock.now()
    roster.roll(since=now.replace(hour=0), until=now.replace(hour=23))
    cast = Cast()
    make = CaseMaker(cast)
    for number in range(OPEN):
        received = make.report(text=f"路口有摊贩占道经营，第 {number} 处")
    with clock.at(now.replace(microsecond=0)):
        make("closed")
    cookie = {
        surface: f"{session_cookie(BY_NAME[surface])}={session_of(person, surface)}"
        for surface, person in (("command", cast.dispatcher), ("wall", cast.person(Role.DISPLAY, centre="ZX")))
    }
    return {
        "console": ("/command/", cookie["command"]),
        "case on the console": (f"/command/cases/{received.case.pk}/", cookie["command"]),
        "wall": ("/command/wall/", cookie["wall"]),
        "citizen's page": (f"/t/{received.code}/", ""),
    }


def _fill(name: str, count: int) -> float:
    """Seconds it took."""
    began = time.monotonic()
    link = psycopg2.connect(**owner_parameters(name))
    try:
        filling.fill(link, count)
    finally:
        link.close()
    return time.monotonic() - began


def _statements(name: str, pages: dict) -> dict[str, int]:
    """SQL statements of one request for each page, counted in this process."""
    connections.close_all()
    connections["default"].settings_dict["NAME"] = name
    counts = {}
    for what, (path, cookie) in pages.items():
        client = Client(headers={"x-real-ip": f"10.0.0.{random.randrange(256)}"} | ({"cookie": cookie} if cookie else {}))
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answers {answer.status_code}")
        counts[what] = len(asked)
    return counts


def _verify(name: str, samples: int = 100) -> None:
    """RuntimeError if a chain that was filled in does not verify."""
    from journal import verify

    connections.close_all()
    connections["default"].settings_dict["NAME"] = name
    with connection.cursor() as cursor:
        cursor.execute("SELECT case_id FROM bench_copy ORDER BY random() LIMIT %s", [samples])
        for (pk,) in cursor.fetchall():
            _checked, broken = verify.broken_link(thread=f"case:{pk}")
            if broken or verify.heads_that_differ(thread=f"case:{pk}"):
                raise RuntimeError(f"{name}: {broken or f'case:{pk} has another head'}")


def _report(found: dict, statements: dict, size: int, seconds: float) -> str:
    rows = []
    for what in dict.fromkeys(name for name, _count in found):
        p50 = {count: statistics.median(run.p50 for run in found[what, count]) for count in (SMALL, size)}
        counts = [statements[count].get(what, "–") for count in (SMALL, size)]
        rows.append([what, p50[SMALL], p50[size], f"{p50[size] / p50[SMALL]:.2f}", " / ".join(map(str, counts))])
    text = table(["request, 4 clients", f"p50 ms, {SMALL:,} closed", f"p50 ms, {size:,} closed", "growth", "statements"], rows)
    return f"{text}\n\n{size:,} cases with reports, orders, timers and chained entries were filled in by SQL in {seconds:,.0f} s."
