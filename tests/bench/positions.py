"""Phones that move: from the moment that the server dates a fix until the wall has its bytes, and what the database pays."""

import math
import multiprocessing
import secrets
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from tests.bench.audience import Work
from tests.bench.heard import percentile
from tests.bench.phones import Phone, ride
from tests.bench.place import Bench, points
from tests.bench.screens import Screens, Seat
from tests.bench.shares import CORES, loaded, tree_seconds
from tests.bench.tables import table

PHONES = 1000
EVERY_SECONDS = 5
WALLS = 20


def run(bench: Bench, *, seconds: float = 120, repeats: int = 1) -> str:
    """`seconds` of fixes through nginx and the address that the officer's page posts to; walls listen meanwhile."""
    state, web, (sockets, direct) = loaded(), bench.web(), bench.sockets()
    front = bench.nginx(run="front", WEB_ADDRESS=web.removeprefix("http://"), SOCKETS_ADDRESS=direct.removeprefix("http://"))
    phones, walls = _phones(Work()), Screens()
    try:
        walls.open(front, _seats())
        parts = {"database": _postmaster(), "web": bench.children[0].pid, "sockets": sockets.pid}
        before, begun = {name: tree_seconds(pid) for name, pid in parts.items()}, time.monotonic()
        found = _send(front, phones, seconds)
        took = time.monotonic() - begun
        cpu = {name: (tree_seconds(pid) - before[name]) / took for name, pid in parts.items()}
        time.sleep(3)
        heard = walls.positions()
    finally:
        walls.stop()
    late, lost, stored = _late(heard)
    found["took"].sort()
    rows = [[
        PHONES, len(found["took"]) / took, found["accepted"], len(found["refused"]), stored, percentile(found["took"], 0.5),
        percentile(found["took"], 0.99), percentile(late, 0.5), percentile(late, 0.99), late[-1] if late else math.nan, lost,
        cpu["database"] * 100, cpu["web"] * 100, cpu["sockets"] * 100, found["cpu"] / took / CORES * 100,
    ]]  # fmt: skip
    head = [
        "phones", "fixes a second", "accepted", "refused", "rows stored", "answer p50 ms", "answer p99 ms", "to the wall p50 ms", "p99 ms",
        "longest ms", "fixes that a wall missed", "database: % of a core", "web: % of a core", "sockets: % of a core", "client: % of the machine",
    ]  # fmt: skip
    refused = Counter(found["refused"])
    return "\n\n".join([table(head, rows), *(f"Refused {count} times: {said.decode()}" for said, count in refused.most_common(3)), state])


def _phones(work: Work) -> list[Phone]:
    """That many officers more, on duty now, each with a session."""
    from config.surfaces import BY_NAME, session_cookie
    from enforcement.models import Duty, Officer, User
    from journal import clock
    from tests.cast import session_of

    brigade, now, where = work.cast.officer.organisation, clock.now(), points()
    names = [f"bench{number}" for number in range(PHONES)]
    users = User.objects.bulk_create(
        User(username=name, name=name, role="officer", organisation=brigade, password=secrets.token_hex(8)) for name in names
    )
    officers = Officer.objects.bulk_create(Officer(user=user, badge=user.username, organisation=brigade) for user in users)
    Duty.objects.bulk_create(Duty(user=user, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=6)) for user in users)
    cookie, made = session_cookie(BY_NAME["officer"]), []
    for number, (user, officer) in enumerate(zip(users, officers, strict=True)):
        token = secrets.token_hex(16)
        made.append(Phone(officer.pk, f"{cookie}={session_of(user, 'officer')}; csrf_officer={token}", token, *where[number % len(where)]))
    return made


def _seats() -> list[Seat]:
    from config.surfaces import BY_NAME, session_cookie
    from tests.cast import Cast, session_of

    display = Cast().display
    cookie = f"{session_cookie(BY_NAME['wall'])}={session_of(display, 'wall')}"
    return [Seat("/ws/wall/?lang=zh-Hans", f"wall.{display.centre.pk}", cookie=cookie) for _ in range(WALLS)]


def _send(origin: str, phones: list[Phone], seconds: float) -> dict:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    child = context.Process(target=ride, args=(theirs, origin, phones, EVERY_SECONDS, seconds), daemon=True)
    child.start()
    theirs.close()
    found = mine.recv()
    child.join()
    return found


def _postmaster() -> int:
    """The parent of this connection's backend: the bench's own PostgreSQL."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _late(heard: list[dict]) -> tuple[list[float], int, int]:
    """(ms from each stored fix to each wall, in order; fixes that a wall never had; rows stored). `heard`: for each wall
    {(officer, lon, lat): Unix ns of the first message with it}."""
    from command.models import Track

    late, lost, rows = [], 0, list(Track.objects.values_list("officer_id", "point", "at"))
    for officer, point, at in rows:
        fix = officer, round(point.x, 6), round(point.y, 6)
        for wall in heard:
            if fix in wall:
                late.append(wall[fix] / 1e6 - at.timestamp() * 1000)
            else:
                lost += 1
    return sorted(late), lost, len(rows)
