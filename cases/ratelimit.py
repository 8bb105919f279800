"""How often may one caller? Counts in Redis; while Redis is dead each process counts for itself.

Windows are fixed (a count per window of the clock): one INCR per question, nothing to clean up.
"""

import logging
import threading
import time
from ipaddress import IPv6Address, ip_address

import redis
from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from journal import clock, push
from journal.refused import TooMany

RETRY_REDIS_SECONDS = 5.0
MOST_KEYS = 10_000  # of the fallback, per process
log = logging.getLogger(__name__)
_lock = threading.Lock()
_counts: dict[str, int] = {}
_redis_dead_until = 0.0


def hit(name: str, who: str, *, limit: int, seconds: int) -> int | None:
    """Count one call of `who`; None while within `limit` per window of `seconds`, else the seconds until the next window."""
    moment = clock.now().timestamp()
    window, rest = divmod(moment, seconds)
    count = _count(f"limit:{name}:{who}:{int(window)}", seconds)
    return None if count <= limit else int(seconds - rest) + 1


def check(name: str, who: str, *, limit: int, seconds: int) -> None:
    """As `hit`, but raises `TooMany` with a sentence."""
    wait = hit(name, who, limit=limit, seconds=seconds)
    if wait is not None:
        raise TooMany(_("Too many requests. Please wait %(wait)d seconds and try again.") % {"wait": wait}, code="too_many", retry_after=wait)


def check_public(name: str, request) -> None:
    """`check` with the limits of settings.PUBLIC_LIMITS for the address that calls."""
    limit, seconds = settings.PUBLIC_LIMITS[name]
    check(name, caller(request), limit=limit, seconds=seconds)


def is_over(name: str, request) -> bool:
    """Count a call against settings.PUBLIC_LIMITS; whether the address is over the limit."""
    limit, seconds = settings.PUBLIC_LIMITS[name]
    return hit(name, caller(request), limit=limit, seconds=seconds) is not None


def caller(request) -> str:
    """Who calls, as a keyed hash of the address: addresses are personal data."""
    return salted_hmac("cases.ratelimit", network(request) or "", algorithm="sha256").hexdigest()[:24]


def network(request) -> str | None:
    """The visitor's address as the proxy in front gives it, of IPv6 its /64 network; None on a unix socket without a proxy
    (all callers are one then). The sign-in counts failures by it, too."""
    try:
        address = ip_address(request.META.get("HTTP_X_REAL_IP") or request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return str(address)


def redis_answers() -> bool:
    """Whether Redis is worth a try now: asked at most every few seconds while it is dead, in 0.2 s each time."""
    return _ask(lambda client: client.ping()) is not None


def _count(key: str, seconds: int) -> int:
    def ask(client):
        count = int(client.incr(key))
        if count == 1:
            client.expire(key, seconds)
        return count

    if (count := _ask(ask)) is not None:
        return count
    with _lock:
        if len(_counts) >= MOST_KEYS:
            _counts.clear()
        _counts[key] = _counts.get(key, 0) + 1
        return _counts[key]


def _ask(question):
    """What Redis answers, None while it is dead."""
    global _redis_dead_until
    if time.monotonic() < _redis_dead_until:
        return None
    try:
        return question(push.client())
    except redis.RedisError as error:
        _redis_dead_until = time.monotonic() + RETRY_REDIS_SECONDS
        log.warning("Redis does not answer, each process counts for itself: %s", type(error).__name__)
        return None
