"""Supervision's figures over long periods: a day, a week, thirty days and a year of an archive, through the whole of Django."""

import statistics
import time
from datetime import timedelta

import psycopg2
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bench import filling
from tests.bench.place import Bench
from tests.bench.shares import loaded
from tests.bench.tables import table
from tests.databases import owner_parameters

SIZE = 350_000  # one every 94 seconds: 919 a day
SPANS = {"today": 1, "seven days": 7, "thirty days": 30, "366 days": 366}
# An archive of one case copied would be too kind: units, zones, categories and times differ, as they do in a county.
SCATTER = """
    SET session_replication_role = replica;
    WITH units AS (SELECT array_agg(id) AS ids FROM enforcement_organisation WHERE has_centre),
        grids AS (SELECT array_agg(id) AS ids FROM grid_zone WHERE kind = 'grid'),
        areas AS (SELECT array_agg(id) AS ids FROM grid_zone WHERE kind = 'area'),
        categories AS (SELECT array_agg(id) AS ids FROM cases_category)
    UPDATE cases_case c SET centre_id = units.ids[1 + c.id % array_length(units.ids, 1)],
        grid_id = grids.ids[1 + c.id * 7 % array_length(grids.ids, 1)], area_id = areas.ids[1 + c.id * 5 % array_length(areas.ids, 1)],
        category_id = categories.ids[1 + c.id * 3 % array_length(categories.ids, 1)]
    FROM units, grids, areas, categories
"""
OFFICERS = """
    SET session_replication_role = replica;
    WITH people AS (SELECT array_agg(id) AS ids FROM enforcement_officer)
    UPDATE command_dispatch d SET officer_id = people.ids[1 + d.case_id % array_length(people.ids, 1)] FROM people
"""
TIMES = """
    UPDATE supervision_spent SET (take_in, send, accept, travel, on_site, verify) = (SELECT 60 * random(), 90 * random(), 60 * random(),
        200 * random(), 300 * random(), 90 * random() WHERE case_id IS NOT NULL);
    UPDATE supervision_spent SET loop = take_in + send + accept + travel + on_site + verify
"""


def run(bench: Bench, *, size: int = SIZE, repeats: int = 3) -> str:
    """Medians of the page and of a list; how fast the worker keeps up."""
    from cases.models import Case
    from command import metrics
    from journal import clock
    from supervision import spent
    from tests.cast import CaseMaker, Cast, sign_in

    cast = Cast()
    CaseMaker(cast)("closed")
    link = psycopg2.connect(**owner_parameters(connection.settings_dict["NAME"]))
    filling.fill(link, size)
    with link.cursor() as cursor:
        for statement in (SCATTER, OFFICERS):
            cursor.execute(statement)
        for name in ("cases_case", "command_dispatch"):
            cursor.execute(f"VACUUM ANALYZE {name}")
    client = Client(headers={"host": "localhost"})
    sign_in(client, cast.supervisor, "supervision")
    load, today = loaded(), clock.today()

    def took(path: str, days: int, times: int = repeats) -> list:
        address = f"{path}&from={today - timedelta(days=days - 1)}&to={today}"
        found = []
        for _turn in range(times):
            began = time.perf_counter()
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(address)
            found.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answers {answer.status_code}")
        return [statistics.median(found), max(found), len(asked), sum(float(one["time"]) for one in asked) * 1000]

    def closed(days: int) -> int:
        return Case.objects.filter(metrics.Period(today - timedelta(days=days - 1), today).contains("closed_at")).count()

    began = time.monotonic()
    kept = spent.keep()
    keeping = time.monotonic() - began
    with link.cursor() as cursor:
        cursor.execute(TIMES)
        cursor.execute("VACUUM ANALYZE supervision_spent")
    link.close()
    rows = []
    for name, days in SPANS.items():
        for words, path in (("by unit", "/supervision/?by=unit"), ("by officer", "/supervision/?by=officer"), ("by day", "/supervision/?by=day")):
            rows.append([f"{name}, {words}", closed(days), *took(path, days)])
        rows.append([f"{name}, list of cases", closed(days), *took("/supervision/cases/?figure=loop", days)])
    connections.close_all()
    head = ["period", "closed cases", "p50 ms", "longest ms", "statements", "their time, ms"]
    said = f"The worker kept the times of {kept:,} cases in {keeping:,.0f} s, {kept / keeping:,.0f} a second."
    return f"{table(head, rows)}\n\n{said}\n\n{load}"
