"""Whatever a program sends, the answer is described: never an error of ours, always a code and a sentence."""

import os

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from tests.api.conftest import KEY
from tests.api.fuzzing import BROKEN, FOLLOW, VALID, ask, needs_key, operations

REQUESTS = 2000
SHARES = {
    ("/api/reports/", VALID): 500, ("/api/reports/", BROKEN): 700, ("/api/photos/", VALID): 150, ("/api/photos/", BROKEN): 250,
    ("/api/authority/", VALID): 300, (FOLLOW, VALID): 400, ("/api/categories/", VALID): 1,
}  # fmt: skip


@pytest.fixture
def described(cast, client, api_client, settings, monkeypatch):
    """The API's own description, and limits that do not end the test."""
    api_client.per_minute = 10_000
    api_client.save(update_fields=["per_minute"])
    monkeypatch.setitem(settings.PUBLIC_LIMITS, "tracking", (10_000, 600))
    for signal in (request_started, request_finished):  # as Django's own test client does: stay in this test's transaction
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/schema/", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_no_input_is_answered_by_an_error_of_ours(described):
    """The same requests each time; with HYPOTHESIS_PROFILE=long ten times as many."""
    times = 10 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1
    asked, statuses = 0, set()
    for operation, mode in operations(described):
        headers = {"Authorization": f"Key {KEY}"} if needs_key(operation) else {}
        got = ask(operation, mode, examples=SHARES[operation.path, mode] * times, number=1, call=lambda case, with_=headers: case.call(headers=with_))
        asked, statuses = asked + got.total(), statuses | set(got)
    assert asked >= REQUESTS * times and {200, 201, 404, 422} <= statuses, (asked, statuses)
