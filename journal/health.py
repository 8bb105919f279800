"""The state of database, Redis, worker, its schedule and clock, each asked for itself and within a second."""

import time

import redis
from django.db import DatabaseError, connection

from . import push
from .locks import CLOCK_LOCK

STALE_SECONDS = {"worker": 30, "schedule": 400}  # the schedule's stamp waits behind tasks, each of at most CELERY_TASK_TIME_LIMIT


def parts() -> dict[str, str]:
    return {"database": database(), "redis": redis_state(), "worker": stamped("worker"), "schedule": stamped("schedule"), "clock": clock_state()}


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


def stamped(name: str) -> str:
    """Who lives stamps Redis ("worker": the process itself; "schedule": a task of beat's that was done); a dead one's stamp grows old."""
    try:
        found = push.client().get(f"health:{name}")
    except redis.RedisError:
        return "missing"
    return "ok" if found and time.time() - float(found) < STALE_SECONDS[name] else "missing"


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


def stamp(name: str) -> None:
    """Say that it lives; a dead Redis is said by its own part."""
    try:
        push.client().set(f"health:{name}", str(time.time()), ex=STALE_SECONDS[name] * 4)
    except redis.RedisError:
        pass

