"""What the legs of closed ten-minute cases took: measured from the journal, and kept for those that ended earlier.

A closed case's legs are settled, so the worker keeps them soon after (`Spent`). What is not kept yet, and what was reopened and closed again
since, is measured by the same statement at the moment of asking: figures never depend on the worker, only their speed does.
"""

# ruff: noqa: S608  fragments are of this package
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from command.metrics import stretches
from enforcement.models import Organisation
from journal.verify import check

from .definitions import LEGS, OFFICERS_LEGS
from .models import Spent

BATCH = 1_000  # of many more PostgreSQL would rather read the whole journal
OVERLAP = timedelta(hours=1)  # the oldest closing that may have been committed after a newer one was kept
LOCK = 0x7370656E74  # "spent": one worker keeps at a time
LEAD = """
    LEFT JOIN LATERAL (
        SELECT officer_id FROM command_dispatch d
        WHERE d.case_id = c.id AND d.is_lead AND d.state IN ('sent', 'accepted', 'on_site', 'finished')
        ORDER BY d.sent_at DESC, d.id DESC LIMIT 1
    ) lead ON true
"""  # who resolved a case, or has it in hand
COLUMNS = ("loop", *LEGS)


LEG_SUMS = ", ".join(f"sum(seconds) FILTER (WHERE leg = '{leg}') AS {leg}" for leg in LEGS)
# CTE `measured` (case_id, officer_id, closed_at, COLUMNS) of the `cases` given by their keys: so PostgreSQL knows how few they are.
MEASURED = f"""
    ended AS MATERIALIZED (
        SELECT c.id, c.centre_id, c.speed, c.started_at, c.closed_at, lead.officer_id AS resolver_id FROM cases_case c {LEAD}
        WHERE c.id = ANY(%(cases)s)
    ), {stretches(("closed_at", "resolver_id"))}, measured AS (
        SELECT case_id, charged AS officer_id, closed_at,
            CASE WHEN charged IS NOT DISTINCT FROM resolver_id THEN sum(sum(seconds)) OVER (PARTITION BY case_id) END AS loop, {LEG_SUMS}
        FROM (
            SELECT *, CASE WHEN leg IN ({", ".join(map(repr, OFFICERS_LEGS))}) THEN officer_id ELSE resolver_id END AS charged FROM stretches
            WHERE paused = 0 AND seconds IS NOT NULL
        ) legs GROUP BY case_id, closed_at, resolver_id, charged
    )
"""
_ROWS = f"SELECT case_id, officer_id, closed_at, {', '.join(COLUMNS)} FROM measured"
_MISSING = """
    SELECT c.id FROM cases_case c
    WHERE c.centre_id = ANY(%s) AND c.closed_at >= %s AND c.closed_at < %s AND c.state = 'closed' AND c.is_ten_minute
        AND NOT EXISTS (SELECT 1 FROM supervision_spent s WHERE s.case_id = c.id AND s.closed_at = c.closed_at)
    ORDER BY c.closed_at
"""


def missing(centres: Iterable[int], start: datetime | str, end: datetime | str) -> list[int]:
    """Closed ten-minute cases of the centres that are not kept, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, [list(centres), start, end])
        return [pk for (pk,) in cursor.fetchall()]


def keep() -> int:
    """Keep what has been closed since the last time, the oldest first, so that an interrupted run goes on where it stopped; how many cases."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        try:
            newest = Spent.objects.aggregate(at=Max("closed_at"))["at"]
            cases = missing(Organisation.objects.values_list("pk", flat=True), newest - OVERLAP if newest else "-infinity", "infinity")
            for start in range(0, len(cases), BATCH):
                _keep(cases[start : start + BATCH])
            return len(cases)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@transaction.atomic
def _keep(cases: list[int]) -> None:
    """Once more where one was reopened and closed again."""
    Spent.objects.filter(case__in=cases).delete()
    with connection.cursor() as cursor:
        columns = f"case_id, officer_id, closed_at, {', '.join(COLUMNS)}"
        cursor.execute(f"WITH {MEASURED} INSERT INTO supervision_spent ({columns}) {_ROWS}", {"cases": cases})


@check
def kept_that_differ() -> Iterator[str]:
    """What is kept of a case must be what its journal says."""
    keys = list(Spent.objects.order_by("case").values_list("case", flat=True).distinct())
    for start in range(0, len(keys), BATCH):
        yield from (f"case:{pk}: the kept times differ from the journal" for pk in differing(keys[start : start + BATCH]))


def differing(cases: Iterable[int]) -> list[int]:
    """Cases whose kept times, where they hold, are not what the journal says."""
    held = f"""
        SELECT s.case_id, s.officer_id, s.closed_at, {", ".join(f"s.{name}" for name in COLUMNS)}
        FROM supervision_spent s JOIN cases_case c ON c.id = s.case_id AND c.closed_at = s.closed_at AND c.state = 'closed' AND c.is_ten_minute
        WHERE s.case_id = ANY(%(cases)s)
    """
    rounded = ", ".join(f"round({name}::numeric, 3)" for name in COLUMNS)
    same = f"SELECT case_id, officer_id, closed_at, {rounded} FROM"
    with connection.cursor() as cursor:
        cursor.execute(f"""
            WITH {MEASURED}, held AS ({held}), told AS ({_ROWS} WHERE case_id IN (SELECT case_id FROM held))
            SELECT DISTINCT case_id FROM (({same} held EXCEPT {same} told) UNION ALL ({same} told EXCEPT {same} held)) d ORDER BY 1
        """, {"cases": list(cases)})  # fmt: skip
        return [pk for (pk,) in cursor.fetchall()]
