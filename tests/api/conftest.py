"""A client with a key, and how it calls."""

import hashlib

import pytest

from cases import ratelimit
from cases.models import ApiClient
from journal import push

KEY = "the-clients-key"
SEAT = {"text": "鼓楼街有人占道摆摊", "category": "TIP-01", "lon": 116.1595, "lat": 37.861}


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def api_client(cast) -> ApiClient:
    return ApiClient.objects.create(name="热线平台", key_hash=hashlib.sha256(KEY.encode()).hexdigest(), per_minute=60)


@pytest.fixture
def file_report(client, api_client):
    """`file_report(text="…", key=…, idempotency_key=…, language=…)` → response."""

    def call(*, key: str | None = KEY, idempotency_key: str = "", language: str = "zh-hans", body=None, **given):
        headers = {"Accept-Language": language}
        if key is not None:
            headers["Authorization"] = f"Key {key}"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return client.post("/api/reports/", {**SEAT, **given} if body is None else body, content_type="application/json", headers=headers)

    return call
