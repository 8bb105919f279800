"""Who else has a case open: names in Redis that fade after a minute. Only a courtesy, so without Redis nobody is shown."""

import json

import redis

from enforcement.models import User
from journal import clock, push

SECONDS = 45  # a screen says so again every twenty


def look(case_pk: int, user: User) -> list[str]:
    """Say that `user` has the case open; returns the others who do ("段立娟 · 县指挥中心")."""
    key, now = f"looking:{case_pk}", clock.now().timestamp()
    try:
        with push.client().pipeline(transaction=False) as pipe:
            pipe.hset(key, str(user.pk), json.dumps([now, user.actor.label]))
            pipe.expire(key, SECONDS * 2)
            pipe.hgetall(key)
            found = pipe.execute()[-1]
    except redis.RedisError:
        return []
    others = (json.loads(value) for pk, value in found.items() if pk.decode() != str(user.pk))
    return sorted(label for at, label in others if now - at < SECONDS)


def leave(case_pk: int, user: User) -> None:
    """The case is no longer open on the user's screen."""
    try:
        push.client().hdel(f"looking:{case_pk}", str(user.pk))
    except redis.RedisError:
        pass
