"""Whatever a program sends, the answer is described: never an error of ours, always a code and a sentence."""

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.api.conftest import KEY

CHECKS = (not_a_server_error, status_code_conformance, response_schema_conformance)
GENEROUS = settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


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


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [
        *((path, "POST", mode) for path in ("/api/reports/", "/api/photos/") for mode in GenerationMode),
        ("/api/reports/{code}/", "GET", GenerationMode.POSITIVE), ("/api/categories/", "GET", GenerationMode.POSITIVE),
    ],
)  # fmt: skip
def test_no_input_is_answered_by_an_error_of_ours(described, path, method, mode):
    headers = {"Authorization": f"Key {KEY}"} if method == "POST" else {}
    operation = described[path][method]

    @GENEROUS
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    ask()
