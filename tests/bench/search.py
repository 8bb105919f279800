"""Search over all cases: words of two characters in 20,000 and in 200,000 generated cases; the index of pairs beside pg_trgm and beside none."""

import bisect
import io
import itertools
import random
import statistics
import time
from datetime import timedelta

import psycopg2
from django.db import connection, connections

from tests.bench.place import Bench
from tests.bench.tables import table
from tests.databases import owner_parameters

LARGE, TENTH = 200_000, 10
CENTRES = 8
WORDS, IN_TEXT = 6_000, 40  # kinds of words, and words of a case: about a hundred characters with what stands in every case
HANZI = [chr(code) for code in range(0x4E00, 0x4E00 + 1_800)]
WANTED = {"every third case": 1 / 3, "every thirtieth": 1 / 30, "one in 300": 1 / 300, "one in 3,000": 1 / 3_000}


def run(bench: Bench, *, size: int = LARGE, repeats: int = 9) -> str:
    from command.models import Dispatch  # noqa: F401  apps are ready

    rows, growth, words = [], {}, None
    for count in (size // TENTH, size):
        words = _fill(count, fresh=words is None)
        for way in ("pairs", "pg_trgm", "none"):
            _index(way)
            for name, typed in words.items():
                growth[way, name, count] = _ask(typed, way, repeats)
    for name, typed in words.items():
        small, large = growth["pairs", name, size // TENTH], growth["pairs", name, size]
        rows.append([name, typed, large[1], small[0], large[0], f"{large[0] / small[0]:.1f}", growth["pg_trgm", name, size][0],
                     growth["none", name, size][0]])  # fmt: skip
    head = ["words", "typed", f"found of {size:,}", f"ms of {size // TENTH:,}", f"ms of {size:,}", "growth", "pg_trgm ms", "no index ms"]
    return table(head, rows) + f"\n\nMedians of {repeats}, the first {51} newest, as the county's centre asks. {_sizes()}"


def _words(choose: random.Random) -> tuple[list[str], list[float]]:
    names = list(dict.fromkeys("".join(choose.sample(HANZI, 2)) for _ in range(WORDS)))
    return names, list(itertools.accumulate(1 / rank for rank in range(1, len(names) + 1)))


def _fill(count: int, *, fresh: bool) -> dict[str, str]:
    """So many cases in all, one every ninety seconds back from now, and what to ask for."""
    from cases.models import Case
    from journal import clock
    from tests.cast import CaseMaker, Cast

    if fresh:
        CaseMaker(Cast()).report()
    base = Case.objects.latest("pk")
    done = Case.objects.count()
    choose = random.Random(7)
    names, weights = _words(choose)
    seen = dict.fromkeys(names, 0)
    now, body, dates = clock.now(), io.StringIO(), io.StringIO()
    for number in range(count):
        picked = {names[bisect.bisect(weights, choose.random() * weights[-1])] for _ in range(IN_TEXT)}
        for word in picked:
            seen[word] += 1
        if number < done:
            continue
        pk = 1_000_000 + number
        body.write(f"{pk}\ts\x1f{'，'.join(sorted(picked))}\x1ep\x1f第{number}号\n")
        dates.write(f"{pk}\t{(now - timedelta(seconds=90 * number)).isoformat()}\n")
    link = psycopg2.connect(**owner_parameters(connection.settings_dict["NAME"]))
    with link, link.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; CREATE TEMP TABLE made (id bigint, at timestamptz)")
        for text, target in ((dates, "made"), (body, "cases_searchtext (case_id, body)")):
            text.seek(0)
            cursor.copy_expert(f"COPY {target} FROM STDIN", text)
        cursor.execute("SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'cases_case'::regclass AND attnum > 0"
                       " AND NOT attisdropped AND attname NOT IN ('id', 'started_at')")  # fmt: skip
        (columns,) = cursor.fetchone()
        one = f"(SELECT {columns} FROM cases_case WHERE id = %s) c"
        cursor.execute(f"INSERT INTO cases_case (id, started_at, {columns}) SELECT m.id, m.at, {columns} FROM made m, {one}", [base.pk])
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE cases_searchtext")
        cursor.execute("VACUUM ANALYZE cases_case")
    link.close()
    asked = {name: min(names, key=lambda word: abs(seen[word] / count - share)) for name, share in WANTED.items()}
    frequent = sorted(names, key=lambda word: -seen[word])
    asked["two of them in every tenth"] = " ".join(frequent[8:10])
    asked["nowhere"] = "無有"
    return asked


def _index(way: str) -> None:
    """The one that is asked for, and no other."""
    statements = {
        "pairs": "CREATE INDEX IF NOT EXISTS search_grams ON cases_searchtext USING gin (cases_grams(folded)); DROP INDEX IF EXISTS bench_trgm",
        "pg_trgm": "DROP INDEX IF EXISTS search_grams; CREATE EXTENSION IF NOT EXISTS pg_trgm;"
                   " CREATE INDEX bench_trgm ON cases_searchtext USING gin (folded gin_trgm_ops)",
        "none": "DROP INDEX IF EXISTS search_grams; DROP INDEX IF EXISTS bench_trgm",
    }  # fmt: skip
    link = psycopg2.connect(**owner_parameters(connection.settings_dict["NAME"]))
    link.autocommit = True
    with link.cursor() as cursor:
        for statement in statements[way].split(";"):
            cursor.execute(statement)
        cursor.execute("ANALYZE cases_searchtext")
    link.close()


def _ask(typed: str, way: str, repeats: int) -> tuple[float, int]:
    """(median ms of the first page, how many there are). The other ways have the words alone to go by."""
    from cases import searching
    from cases.models import Case

    what = searching.asked(typed)
    found = searching.by_words(Case.objects.all(), what) if way == "pairs" else Case.objects.all()
    for word in what.words if way != "pairs" else ():
        found = found.filter(words__folded__contains=word)
    took = []
    for _turn in range(repeats):
        begun = time.perf_counter()
        list(found.order_by("-started_at", "-pk")[:51])
        took.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(took), 1), found.count()


def _sizes() -> str:
    _index("pairs")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_relation_size('search_grams')), pg_size_pretty(pg_total_relation_size('cases_searchtext'))")
        index, whole = cursor.fetchone()
        cursor.execute("SELECT round(avg(length(folded))) FROM cases_searchtext")
        (length,) = cursor.fetchone()
    connections.close_all()
    return f"Texts of {length} characters; index of pairs {index}, with the texts {whole}."
