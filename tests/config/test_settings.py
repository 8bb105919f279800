"""Variables of the environment on their way to what they do, where no page shows it."""

import runpy
import sys

import pytest

from tests.databases import ROOT


@pytest.fixture
def made(monkeypatch):
    """`made("migrate", NAME="value")`: the settings of a process with this command and these variables."""

    def read(command: str = "check", **env):
        monkeypatch.setattr(sys, "argv", ["manage.py", command])
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "config" / "settings.py"))

    return read


def test_the_owning_role_migrates_and_another_serves(made):
    urls = {"DATABASE_URL": "postgis://app:a@db/platform", "DATABASE_OWNER_URL": "postgis://owner:b@db/platform"}
    assert [made(command, **urls)["DATABASES"]["default"]["USER"] for command in ("migrate", "check")] == ["owner", "app"]


def test_web_processes_keep_their_database_connections(made):
    assert [made(KEEP_CONNECTIONS=kept)["DATABASES"]["default"]["CONN_MAX_AGE"] for kept in ("1", "0")] == [None, 0]


def test_sheets_and_messages_lead_to_the_public_address_or_to_the_first_host(made):
    hosts = {"ALLOWED_HOSTS": "ops.example,other.example", "HTTPS": "1"}
    assert [made(PUBLIC_URL=url, **hosts)["PUBLIC_URL"] for url in ("https://portal.example:8443/", "")] == [
        "https://portal.example:8443", "https://ops.example"]  # fmt: skip
