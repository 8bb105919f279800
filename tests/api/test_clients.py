"""Keys for programs."""

import hashlib

import pytest
from django.core.management import CommandError, call_command

from cases.models import ApiClient
from tests.api.conftest import SEAT


def create(capsys, *arguments) -> str:
    call_command("create_api_client", *arguments)
    return capsys.readouterr().out.strip()


def test_the_key_is_printed_once_and_only_its_hash_is_stored(db, capsys):
    key = create(capsys, "热线平台", "--per-minute", "7")
    stored = ApiClient.objects.get()
    assert (stored.name, stored.per_minute, stored.speed, stored.is_simulated) == ("热线平台", 7, 1, False)
    assert stored.key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert len(key) >= 40


def test_the_printed_key_works_until_it_is_revoked(cast, client, capsys):
    headers = {"Authorization": f"Key {create(capsys, 'x')}"}
    assert client.post("/api/reports/", SEAT, content_type="application/json", headers=headers).status_code == 201
    create(capsys, "x", "--revoke")
    assert client.post("/api/reports/", SEAT, content_type="application/json", headers=headers).status_code == 401


def test_a_simulated_client_has_a_speed(db, capsys):
    create(capsys, "回放", "--simulated", "--speed", "60")
    assert (ApiClient.objects.get().is_simulated, ApiClient.objects.get().speed) == (True, 60)


@pytest.mark.parametrize(
    "arguments", [["x", "--speed", "2"], ["x", "--per-minute", "0"], ["x", "--simulated", "--speed", "0"], ["y", "--revoke"], ["taken"]]
)
def test_what_makes_no_sense_is_refused_with_a_sentence(db, arguments):
    ApiClient.objects.create(name="taken", key_hash="x")
    with pytest.raises(CommandError):
        call_command("create_api_client", *arguments)
    assert ApiClient.objects.count() == 1


def test_production_has_no_simulated_clients(db, settings):
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="production"):
        call_command("create_api_client", "x", "--simulated")
