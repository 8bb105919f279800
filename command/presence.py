"""Who else has a case open, and what he does there: names in Redis that fade. Only a courtesy, so without Redis nobody is shown.

A screen says so again every ten seconds and at each change; each change is pushed to the consoles that see the case, and all of it rides on
their beat, which is also what lets a name fade whose tab or network has died."""

import json
from collections.abc import Iterable

import redis
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.audience import county_centre_pk
from cases.models import Case, GuestCentre
from enforcement.models import User
from journal import clock, push

SECONDS = 25  # a screen says so again every ten
KEY = "looking"  # {"<case>:<user>": [moment, centres, name, what he does]}


class Doing(models.TextChoices):
    LOOKS = "looks", _("is looking")
    WRITES = "writes", _("is writing")
    CHOOSES = "chooses", _("is choosing officers")


def look(case: Case, user: User, doing: str = Doing.LOOKS) -> list[list[str]]:
    """Say that `user` has the case open and what he does; the others who have, as `[user, name, doing]`."""
    doing = doing if doing in Doing.values else Doing.LOOKS
    guests = GuestCentre.objects.open().filter(case=case).values_list("centre", flat=True)
    centres = sorted({case.centre_id, *guests})
    try:
        with push.client().pipeline(transaction=False) as pipe:
            pipe.hget(KEY, f"{case.pk}:{user.pk}")
            pipe.hset(KEY, f"{case.pk}:{user.pk}", json.dumps([clock.now().timestamp(), centres, user.actor.label, doing]))
            pipe.expire(KEY, SECONDS * 4)
            former, *_rest = pipe.execute()
    except redis.RedisError:
        return []
    there = _there()
    if former is None or json.loads(former)[1:] != [centres, user.actor.label, doing] or _faded(former):
        _tell(case.pk, centres, there)
    return [one for one in _of_case(there, case.pk) if one[0] != str(user.pk)]


def leave(case: Case, user: User) -> None:
    """The case is no longer open on the user's screen."""
    try:
        former = push.client().hget(KEY, f"{case.pk}:{user.pk}")
        if former and push.client().hdel(KEY, f"{case.pk}:{user.pk}"):
            _tell(case.pk, json.loads(former)[1], _there())
    except redis.RedisError:
        pass


def of_centre(key: str, county: int) -> dict[str, list[list[str]]]:
    """{"12": [[user, name, doing], …]} of the cases that a centre sees; the county's sees all. One question to Redis, none to PostgreSQL."""
    found: dict[str, list[list[str]]] = {}
    for (case, user), (_at, centres, name, doing) in sorted(_there().items()):
        if int(key) == county or int(key) in centres:
            found.setdefault(case, []).append([user, name, doing])
    return found


def _faded(value: bytes) -> bool:
    return clock.now().timestamp() - json.loads(value)[0] >= SECONDS


def _there() -> dict[tuple[str, str], list]:
    """Everybody who has not faded; those who have are taken out."""
    try:
        found = push.client().hgetall(KEY)
        gone = [name for name, value in found.items() if _faded(value)]
        if gone:
            push.client().hdel(KEY, *gone)
    except redis.RedisError:
        return {}
    return {tuple(name.decode().split(":")): json.loads(value) for name, value in found.items() if name not in gone}


def _of_case(there: dict, pk: int) -> list[list[str]]:
    return [[user, name, doing] for (case, user), (_at, _centres, name, doing) in sorted(there.items()) if case == str(pk)]


def _tell(pk: int, centres: Iterable[int], there: dict) -> None:
    """At once to the consoles that see the case."""
    audiences = [f"centre.{centre}" for centre in {*centres, county_centre_pk()}]
    push.tell_now({"audiences": audiences, "looking": {str(pk): _of_case(there, pk)}})
