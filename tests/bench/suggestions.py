"""Suggestions for a case with 1,000 officers of its centre on duty: time of the first eight, of the whole list, beside one plain SQL statement."""

import random
import statistics
import time

from django.db import connection

from tests.bench.place import Bench
from tests.bench.tables import table

OFFICERS = 1_000

PLAIN = """
SELECT f.id, ST_Distance(p.point, c.point) AS metres FROM cases_case c
JOIN enforcement_organisation o ON o.centre_id = c.centre_id JOIN enforcement_officer f ON f.organisation_id = o.id
JOIN enforcement_user u ON u.id = f.user_id AND u.is_active JOIN command_position p ON p.officer_id = f.id
WHERE c.id = %(case)s AND f.suspended_at IS NULL AND EXISTS (SELECT FROM enforcement_duty d WHERE d.user_id = u.id
    AND d.starts_at <= %(now)s AND d.ends_at > %(now)s)
AND EXISTS (SELECT FROM enforcement_certificate x WHERE x.officer_id = f.id AND x.status = 'valid' AND %(day)s BETWEEN x.valid_from AND x.valid_to)
AND NOT EXISTS (SELECT FROM command_dispatch b WHERE b.officer_id = f.id AND b.state IN ('sent', 'accepted', 'on_site'))
ORDER BY 2 LIMIT 8
"""


def run(bench: Bench, *, size: int = OFFICERS, repeats: int = 40) -> str:
    """Medians and longest of many calls in one process."""
    from cases.models import Case
    from command import suggestions
    from journal import clock

    case = _fill(size)
    case = Case.objects.get(pk=case.pk)

    def plain():
        with connection.cursor() as cursor:
            cursor.execute(PLAIN, {"case": case.pk, "now": clock.now(), "day": clock.today()})
            return cursor.fetchall()

    ways = {"the first eight": lambda: suggestions.suggest(case), "all, with who cannot go and why": lambda: suggestions.suggest(case, limit=None),
            "one plain SQL statement": plain}  # fmt: skip
    rows = []
    for name, way in ways.items():
        took = []
        for turn in range(repeats + 3):
            begun = time.perf_counter()
            found = way()
            if turn >= 3:
                took.append((time.perf_counter() - begun) * 1000)
        rows.append([name, len(found), round(statistics.median(took), 1), round(max(took), 1)])
    on_duty = sum(one.can_go for one in suggestions.suggest(case, limit=None))
    return table(["suggestions", "rows", "p50 ms", "longest ms"], rows) + f"\n\nOfficers who could be sent: {on_duty:,}."


def _fill(size: int):
    """Officers of the centre, on duty now, each with a certificate and a fresh position somewhere in the county's seat; one case."""
    from datetime import date, timedelta

    from django.contrib.gis.geos import Point

    from command.models import Position
    from enforcement.models import Certificate, Duty, Exam, Officer, Organisation, User
    from journal import clock
    from tests.cast import CaseMaker, Cast

    centre, now, choose = Organisation.objects.get(code="CG"), clock.now(), random.Random(7)
    case = CaseMaker(Cast())("received")
    users = User.objects.bulk_create(User(username=f"bench-{n}", name=f"测试员{n}", role="officer", organisation=centre) for n in range(size))
    Exam.objects.bulk_create(Exam(user=user, kind="资格考试", taken_on=date(2020, 1, 1), passed=True) for user in users)
    officers = Officer.objects.bulk_create(Officer(user=user, badge=f"B{n}", organisation=centre) for n, user in enumerate(users))
    Certificate.objects.bulk_create(
        Certificate(number=f"BENCH-{one.pk}", officer=one, issued_by="x", valid_from=date(2020, 1, 2), valid_to=date(2099, 1, 1)) for one in officers
    )
    Duty.objects.bulk_create(
        Duty(user=user, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=6), came_at=now - timedelta(hours=1)) for user in users
    )
    spot = case.point
    Position.objects.bulk_create(
        Position(officer=one, point=Point(spot.x + choose.uniform(-0.05, 0.05), spot.y + choose.uniform(-0.05, 0.05), srid=4326),
                 accuracy_m=10, at=now)
        for one in officers
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return case
