""""Who may?" with 5,000 zones and 20,000 items: the platform's function beside one plain SQL statement that answers the same."""

import random
import statistics
import time
from collections.abc import Callable
from itertools import cycle

from django.db import connection

from tests.bench.place import Bench
from tests.bench.tables import table

ZONES, ITEMS = 5_000, 20_000
QUESTIONS = 400  # different places and items, asked in turn

PLAIN = """
WITH place AS (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) AS here),
here AS (SELECT z.kind, z.code, z.name FROM grid_zone z, place WHERE z.is_active AND ST_Intersects(z.geometry, place.here)),
item AS (SELECT * FROM enforcement_item WHERE code = %(item)s AND valid_from <= %(day)s AND coalesce(valid_to, 'infinity') >= %(day)s),
held AS (SELECT coalesce((SELECT t.organisation_id FROM enforcement_transfer t, here WHERE t.item_id = item.id AND here.kind = 'township'
    AND t.township = here.code AND t.valid_from <= %(day)s AND coalesce(t.valid_to, 'infinity') >= %(day)s LIMIT 1), item.holder_id) AS unit
    FROM item),
RECURSIVE_UNITS
SELECT (SELECT array_agg(code) FROM here), o.name, s.name, b.text, (
    SELECT count(*) FROM enforcement_officer f JOIN enforcement_user u ON u.id = f.user_id WHERE f.organisation_id IN (SELECT id FROM below)
    AND u.is_active AND NOT f.is_helper AND (f.suspended_at IS NULL OR f.suspended_at::date > %(day)s) AND EXISTS (
        SELECT FROM enforcement_certificate c WHERE c.officer_id = f.id AND c.status = 'valid' AND %(day)s BETWEEN c.valid_from AND c.valid_to
        AND (c.fields = '{}' OR item.department = ANY (c.fields))))
FROM item, held LEFT JOIN enforcement_organisation o ON o.id = held.unit LEFT JOIN enforcement_legalsubject s ON s.id = o.legal_subject_id
LEFT JOIN LATERAL (SELECT text FROM enforcement_basis b WHERE b.item_id = (SELECT id FROM item) AND b.valid_from <= %(day)s
    AND coalesce(b.valid_to, 'infinity') >= %(day)s) b ON true
""".replace("WITH place", "WITH RECURSIVE place").replace(
    "RECURSIVE_UNITS", "below AS (SELECT unit AS id FROM held UNION SELECT o.id FROM enforcement_organisation o JOIN below ON o.parent_id = below.id)"
)


def run(bench: Bench, *, seconds: float = 5, repeats: int = 3) -> str:
    """Questions a second of each way in turn, and what reading the registers anew costs a process."""
    from cases import jurisdiction, places, rulebook
    from journal import clock

    _fill()
    began = time.perf_counter()
    rules, day = rulebook.current(), clock.today()
    read = time.perf_counter() - began
    asked = _questions(rules)

    def platform(lon: float, lat: float, item) -> None:
        where = places.locate(places.Place(lon, lat, "map"))
        jurisdiction.who_may(zones=where, item=item, day=day, rules=rules)

    def plain(lon: float, lat: float, item) -> None:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN, {"lon": lon, "lat": lat, "item": item.code, "day": day})
            cursor.fetchall()

    ways = {"platform": platform, "one plain SQL statement": plain}
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for turn in range(repeats + 1):
        for name, way in ways.items():
            figures = _measure(way, asked, seconds)
            if turn:  # the first one warms up
                found[name].append(figures)
    rows = [[name, *(statistics.median(column) for column in zip(*runs, strict=True))] for name, runs in found.items()]
    share = rows[0][1] / rows[1][1]
    text = table(["who may? (a point, an item, today)", "a second", "p50 ms", "p99 ms"], rows)
    return (f"{text}\n\nThe platform's share of the statement's: {share:.2f}. Zones, items: {len(rules.zones):,}, {len(rules.items):,}; "
            f"reading all rules and registers anew took a process {read:.2f} s (after each load of the county's data, once).")  # fmt: skip


def _measure(way: Callable, asked: list[tuple], seconds: float) -> tuple[float, float, float]:
    """(questions a second, median and 99th of a hundred in ms)."""
    took, until = [], time.perf_counter() + seconds
    for question in cycle(asked):
        began = time.perf_counter()
        way(*question)
        took.append(time.perf_counter() - began)
        if began > until:
            break
    took.sort()
    return len(took) / sum(took), took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000


def _questions(rules) -> list[tuple]:
    choose, items = random.Random(4), sorted(rules.items.values(), key=lambda item: item.code)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geometry) AS p FROM grid_zone ORDER BY code) AS inner_points")
        points = cursor.fetchall()
    return [(*choose.choice(points), choose.choice(items)) for _each in range(QUESTIONS)]


def _fill() -> None:
    """Grids over the whole county and copies of the items with their bases; every third is handed down in some township."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM grid_zone")
        missing = ZONES - cursor.fetchone()[0]
        cursor.execute("""
            INSERT INTO grid_zone (kind, code, name, geometry, is_seat, is_demonstration, is_active)
            SELECT 'grid', 'bench' || row_number() OVER (), 'bench', ST_Multi(cell.geom), false, true, true
            FROM grid_county c, ST_SquareGrid(sqrt(ST_Area(c.outline) / %s), c.outline) AS cell
            WHERE ST_Intersects(ST_Centroid(cell.geom), c.outline) LIMIT %s""", [missing, missing])  # fmt: skip
        cursor.execute("""
            INSERT INTO enforcement_item (code, name, kind, department, holder_id, notes, transferable, valid_from, valid_to)
            SELECT code || 'bench-' || n, name || ' ' || n, kind, department, holder_id, notes, transferable, valid_from, valid_to
            FROM enforcement_item, generate_series(1, %s / (SELECT count(*) FROM enforcement_item) + 1) AS n
            LIMIT %s - (SELECT count(*) FROM enforcement_item)""", [ITEMS, ITEMS])  # fmt: skip
        cursor.execute("""
            INSERT INTO enforcement_basis (item_id, text, valid_from, valid_to, fine_min, fine_max)
            SELECT copy.id, b.text, b.valid_from, b.valid_to, b.fine_min, b.fine_max FROM enforcement_basis b
            JOIN enforcement_item i ON i.id = b.item_id JOIN enforcement_item copy ON regexp_replace(copy.code, 'bench-[0-9]+$', '') = i.code
            WHERE copy.code LIKE '%bench%'""")  # fmt: skip
        cursor.execute("""
            INSERT INTO enforcement_transfer (item_id, organisation_id, township, document, is_demo, valid_from)
            SELECT i.id, (SELECT organisation_id FROM enforcement_transfer LIMIT 1), z.code, '', true, i.valid_from FROM enforcement_item i
            JOIN grid_zone z ON z.kind = 'township' WHERE i.transferable AND i.id % 3 = 0 AND NOT EXISTS (
                SELECT FROM enforcement_transfer t WHERE t.item_id = i.id)""")  # fmt: skip
        cursor.execute("UPDATE grid_county SET rules_version = rules_version + 1")
        cursor.execute("ANALYZE")
