"""The roster's page of a centre with 25 people and with 2,000 more officers: time of an answer, statements, and where the time goes."""

import cProfile
import os
import pstats
import statistics
import time
from datetime import date, timedelta
from datetime import time as time_of_day

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bench.place import Bench
from tests.bench.tables import table

OFFICERS = 2_000
WATCHES = 3  # day, night, rest: each watch begins a day after the other


def run(bench: Bench, *, size: int = OFFICERS, repeats: int = 9) -> str:
    """Medians through the whole of Django (middleware, session, view, template) in this process; the page in bytes."""
    from django.conf import settings

    from enforcement.models import Organisation

    settings.ALLOWED_HOSTS, before = ["*"], os.getloadavg()[0]
    client, rows = _leader(), []
    _page(client)
    rows.append(_row(client, Organisation.objects.get(code="CG"), repeats))
    _fill(size)
    rows.append(_row(client, Organisation.objects.get(code="CG"), repeats))
    profile = cProfile.Profile()
    profile.runcall(_page, client)
    head = ["people", "stretches in the week", "p50 ms", "longest ms", "of it CPU of this process, ms", "statements", "their time, ms", "page, kB"]
    load = f"Load average before the run: {before:.1f}."
    return "\n\n".join([table(head, rows), _spent(profile), load])


def _leader() -> Client:
    from enforcement.models import User
    from tests.cast import sign_in

    client = Client()
    sign_in(client, User.objects.filter(role="shift_leader", organisation__centre__code="CG").first(), "registers")
    return client


def _page(client: Client) -> bytes:
    answer = client.get("/registers/roster/")
    assert answer.status_code == 200, answer.status_code
    return answer.content


def _fill(size: int) -> None:
    """Officers of the centre with a certificate each, in three watches of twelve hours, planned by the roll itself."""
    from enforcement import roster
    from enforcement.models import Certificate, DutyPattern, Exam, Officer, Organisation, User

    centre = Organisation.objects.get(code="CG")
    users = User.objects.bulk_create(
        User(username=f"bench-{n}", name=f"测试员{n}", role="officer", organisation=centre, phone=f"100-{n:08}") for n in range(size)
    )
    Exam.objects.bulk_create(Exam(user=user, kind="资格考试", taken_on=date(2020, 1, 1), passed=True) for user in users)
    officers = Officer.objects.bulk_create(Officer(user=user, badge=f"B{n}", organisation=centre) for n, user in enumerate(users))
    Certificate.objects.bulk_create(
        Certificate(number=f"BENCH-{one.pk}", officer=one, issued_by="x", valid_from=date(2020, 1, 2), valid_to=date(2099, 1, 1)) for one in officers
    )
    DutyPattern.objects.bulk_create(
        DutyPattern(user=user, first_day=date(2025, 1, 1) + timedelta(days=n % WATCHES + night), every_days=WATCHES,
                    starts=time_of_day(8 + 12 * night), hours=12) for n, user in enumerate(users) for night in (0, 1)
    )  # fmt: skip
    roster.roll()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _row(client: Client, centre, repeats: int) -> list:
    from enforcement.models import Duty, User
    from journal import clock
    from registers import week

    today = clock.today()
    since, until = week.between(today - timedelta(days=today.weekday()))
    took, worked = [], []
    for _turn in range(repeats + 1):
        begun, busy = time.perf_counter(), time.process_time()
        body = _page(client)
        took.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    with CaptureQueriesContext(connection) as asked:
        _page(client)
    mine = {"organisation__centre": centre, "is_active": True}
    stretches = Duty.objects.filter(starts_at__lt=until, ends_at__gt=since, **{f"user__{name}": value for name, value in mine.items()}).count()
    return [User.objects.filter(**mine).count(), stretches, statistics.median(took[1:]), max(took[1:]), statistics.median(worked[1:]), len(asked),
            sum(float(one["time"]) for one in asked) * 1000, len(body) / 1000]  # fmt: skip


def _spent(profile: cProfile.Profile) -> str:
    """The functions of our own in which most time passes, as shares of the whole request."""
    found = pstats.Stats(profile)
    whole = max(row[3] for row in found.stats.values())
    ours = {f"{place[0].rpartition('/')[2]}:{place[2]}": row[3] for place, row in found.stats.items() if "/registers/" in place[0]}
    first = sorted(ours.items(), key=lambda one: -one[1])[:9]
    return "Of the large page, by cProfile (which slows Python down): " + ", ".join(f"{name} {spent / whole:.0%}" for name, spent in first) + "."
