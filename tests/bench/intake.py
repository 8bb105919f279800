"""A valid report until it is stored, journalled and announced, beside a bare view, the same behind our middleware, and pgbench."""

import statistics

import psycopg2

from tests.bench import load
from tests.bench.place import Bench, client_key, points
from tests.bench.tables import table
from tests.databases import owner_parameters

CLIENTS = (1, 8, 32)
TURN = """\\set lon random(116000, 116300)
\\set lat random(37750, 37950)
BEGIN;
INSERT INTO bare_report (text, category, point, tracking, received_at, centre) VALUES ('路口有摊贩占道经营，堵住了人行道', 'TIP-01',
 ST_SetSRID(ST_MakePoint(:lon / 1000.0, :lat / 1000.0), 4326)::geography, gen_random_uuid()::text, now(), 7);
INSERT INTO bare_entry (report, verb, at, data) VALUES (currval('bare_report_id_seq'), 'reported', now(), '{"from": null, "to": "received"}');
COMMIT;
"""


def run(bench: Bench, *, seconds: float = 5, repeats: int = 3) -> str:
    """The platform's rate as a share of each yardstick's, the variants taking turns."""
    from tests.bench.bare import TABLES

    with psycopg2.connect(**owner_parameters(bench.database)) as link, link.cursor() as cursor:
        cursor.execute(TABLES)
    key, where = client_key(), points()
    bare = {"DJANGO_SETTINGS_MODULE": "tests.bench.bare"}
    sites = {
        "platform": bench.web(run="platform"),
        "bare view": bench.web(run="bare", **bare),
        "bare view, our middleware": bench.web(run="middle", BARE_MIDDLEWARE="1", **bare),
    }
    found: dict[tuple[str, int], list[load.Figures]] = {}
    for turn in range(repeats + 1):
        for clients in CLIENTS:
            for name, address in sites.items():
                figures = load.reports(address, clients=clients, seconds=seconds if turn else 1, key=key, points=where)
                if turn:  # the first one warms up
                    found.setdefault((name, clients), []).append(figures)
            if turn:
                figures = load.pgbench(bench.database, TURN, clients=clients, seconds=int(seconds), folder=bench.folder)
                found.setdefault(("pgbench", clients), []).append(figures)
    return _report(found)


def _report(found: dict) -> str:
    rows = []
    for clients in CLIENTS:
        rate = {name: statistics.median(run.rate for run in runs) for (name, count), runs in found.items() if count == clients}
        for name, value in rate.items():
            runs = found[name, clients]
            p50, p99 = (statistics.median(getattr(run, wanted) for run in runs) for wanted in ("p50", "p99"))
            rows.append([name, clients, value, p50, p99, f"{rate['platform'] / value:.2f}"])
    return table(["what", "clients", "a second", "p50 ms", "p99 ms", "platform's share of it"], rows)
