"""/healthz names what is missing; /livez asks only this process and its database."""

from config import health
from journal import push


def test_health_names_each_missing_part(client, db):
    push.client().delete(health.WORKER_BEAT_KEY)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["clock", "worker"]
    assert answer.json()["parts"]["database"] == "ok"


def test_a_worker_that_stamps_is_well(client, db):
    health.stamp_worker()
    assert client.get("/healthz").json()["parts"]["worker"] == "ok"


def test_liveness_does_not_ask_redis(client, db, monkeypatch):
    monkeypatch.setattr(health, "redis_state", lambda: "missing")
    assert client.get("/livez").status_code == 200
