"""Keys for programs."""

import hashlib
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from cases import ratelimit
from cases.models import ApiClient, Case
from journal import push
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


def test_a_simulated_client_files_what_is_marked_and_has_its_own_speed(cast, client, capsys):
    headers = {"Authorization": f"Key {create(capsys, '回放', '--simulated', '--speed', '60')}"}
    assert client.post("/api/reports/", SEAT, content_type="application/json", headers=headers).status_code == 201
    case = Case.objects.get()
    assert (case.is_simulated, case.due_at - case.started_at) == (True, timedelta(seconds=10))


def test_a_client_files_so_many_a_minute(cast, client, capsys, monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})
    headers = {"Authorization": f"Key {create(capsys, '热线平台', '--per-minute', '2')}"}
    answers = [client.post("/api/reports/", SEAT, content_type="application/json", headers=headers).status_code for _time in range(3)]
    assert answers == [201, 201, 429]


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
