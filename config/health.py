"""The state of database, Redis, worker and clock, each asked for itself and within a second."""

import time

import redis
from django.db import DatabaseError, connection

from journal import push
from journal.locks import CLOCK_LOCK

WORKER_BEAT_KEY = "health:worker"
STALE_SECONDS = 30



def parts() -> dict[str, str]:
    return {"database": database(), "redis": redis_state(), "worker": worker(), "clock": clock_state()}


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok"
    except DatabaseError:
        return "missing"


def redis_state() -> str:
    try:
        push.client().ping()
        return "ok"
    except redis.RedisError:
        return "missing"


def worker() -> str:
    """The worker stamps Redis by a beat task: a dead worker, beat or broker lets the stamp grow old."""
    try:
        stamp = push.client().get(WORKER_BEAT_KEY)
    except redis.RedisError:
        return "missing"
    return "ok" if stamp and time.time() - float(stamp) < STALE_SECONDS else "missing"


def clock_state() -> str:
    """The ticking clock holds an advisory lock as long as it lives."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND ((classid::bigint << 32) | objid::bigint) = %s"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                [CLOCK_LOCK],
            )
            return "ok" if cursor.fetchone()[0] else "missing"
    except DatabaseError:
        return "missing"


def stamp_worker() -> None:
    push.client().set(WORKER_BEAT_KEY, str(time.time()), ex=STALE_SECONDS * 4)


