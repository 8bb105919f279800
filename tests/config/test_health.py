"""/healthz names what is missing; /livez asks only this process and its database."""

from journal import health, push


def test_health_names_each_missing_part(client, db):
    push.client().delete("health:worker", "health:schedule")
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["clock", "schedule", "worker"]
    assert answer.json()["parts"]["database"] == "ok"


def test_a_worker_that_stamps_is_well_and_its_schedule_is_another_matter(client, db):
    push.client().delete("health:schedule")
    health.stamp("worker")
    assert {name: client.get("/healthz").json()["parts"][name] for name in ("worker", "schedule")} == {"worker": "ok", "schedule": "missing"}


def test_the_worker_stamps_with_each_heartbeat_however_long_its_tasks_take(db):
    from celery.signals import heartbeat_sent

    push.client().delete("health:worker")
    heartbeat_sent.send(sender=None)
    assert health.stamped("worker") == "ok"


def test_liveness_does_not_ask_redis(client, db, monkeypatch):
    monkeypatch.setattr(health, "redis_state", lambda: "missing")
    assert client.get("/livez").status_code == 200
