"""How often: counted in Redis, and without it by each process."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from cases import ratelimit
from journal import clock, push
from journal.refused import TooMany


@pytest.fixture(params=["redis", "dead redis"])
def anyhow(request, settings, monkeypatch):
    monkeypatch.setattr(ratelimit, "_counts", {})
    monkeypatch.setattr(ratelimit, "_redis_dead_until", 0.0)
    if request.param == "dead redis":
        settings.REDIS_URL = "unix:///nowhere/redis.sock"
        monkeypatch.setattr(push, "_client", None)
    else:
        push.client().flushdb()


def test_the_limit_holds_for_each_caller_with_or_without_redis(anyhow, noon):
    answers = [ratelimit.hit("photos", "a", limit=3, seconds=60) for _ in range(4)]
    assert answers[:3] == [None] * 3
    assert 0 < answers[3] <= 61
    assert ratelimit.hit("photos", "b", limit=3, seconds=60) is None
    assert ratelimit.hit("reports", "a", limit=3, seconds=60) is None
    with clock.at(noon + timedelta(seconds=61)):
        assert ratelimit.hit("photos", "a", limit=3, seconds=60) is None


def test_beyond_the_limit_there_is_a_sentence_with_the_seconds_to_wait(anyhow, noon):
    ratelimit.check("x", "a", limit=1, seconds=60)
    with pytest.raises(TooMany) as refused:
        ratelimit.check("x", "a", limit=1, seconds=60)
    assert str(refused.value.extra["retry_after"]) in str(refused.value.sentence)
    assert refused.value.status == 429


def test_a_dead_redis_is_asked_only_now_and_then(anyhow, monkeypatch):
    asked = []
    real = push.client
    monkeypatch.setattr(push, "client", lambda: asked.append(1) or real())
    for _ in range(20):
        ratelimit.hit("x", "a", limit=99, seconds=60)
    assert len(asked) in (1, 20)


def test_the_memory_of_the_fallback_is_bounded(monkeypatch):
    monkeypatch.setattr(ratelimit, "_redis_dead_until", float("inf"))
    monkeypatch.setattr(ratelimit, "MOST_KEYS", 10)
    for number in range(50):
        ratelimit.hit("x", str(number), limit=1, seconds=60)
    assert len(ratelimit._counts) <= 10


def caller(**meta) -> str:
    return ratelimit.caller(RequestFactory().get("/", **meta))


def test_callers_are_told_apart_by_address_which_is_never_stored():
    assert caller(REMOTE_ADDR="10.0.0.1") != caller(REMOTE_ADDR="10.0.0.2")
    assert "10.0.0.1" not in caller(REMOTE_ADDR="10.0.0.1")
    assert caller(HTTP_X_REAL_IP="10.0.0.1", REMOTE_ADDR="127.0.0.1") == caller(REMOTE_ADDR="10.0.0.1")


def test_a_phone_that_changes_its_ipv6_address_within_its_network_is_the_same_caller():
    assert caller(REMOTE_ADDR="2001:db8::1") == caller(REMOTE_ADDR="2001:db8::ffff")
    assert caller(REMOTE_ADDR="2001:db8::1") != caller(REMOTE_ADDR="2001:db8:0:1::1")
    assert caller(REMOTE_ADDR="::ffff:10.0.0.1") == caller(REMOTE_ADDR="10.0.0.1")


def test_a_forged_forwarding_header_changes_nothing():
    assert caller(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4") == caller(REMOTE_ADDR="10.0.0.1")
