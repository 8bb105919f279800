"""Production refuses what belongs to a demonstration."""

import pytest
from django.core.management import CommandError, call_command

from cases import keys
from config.management.commands.preflight import problems
from enforcement.models import User


@pytest.fixture
def production(settings, tmp_path, db):
    settings.ENVIRONMENT, settings.DEBUG, settings.HTTPS = "production", False, True
    settings.SECRET_KEY, settings.ALLOWED_HOSTS, settings.KEYS_DIR = "k" * 60, ["ops.example.gov.cn"], tmp_path
    for name in ("encryption-0001", *keys.NAMED):
        key = tmp_path / f"{name}.key"
        key.write_text("x")
        key.chmod(0o600)
    User.objects.update(is_active=False)
    return settings


def test_a_clean_installation_may_serve(production):
    assert problems() == []


@pytest.mark.parametrize(("name", "value", "word"), [
    ("DEBUG", True, "DEBUG"), ("HTTPS", False, "HTTPS"), ("SECRET_KEY", "short", "SECRET_KEY"),
    ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS"), ("ENVIRONMENT", "demo", "ENVIRONMENT"),
])  # fmt: skip
def test_an_unsafe_setting_is_named(production, name, value, word):
    setattr(production, name, value)
    assert [sentence for sentence in problems() if word in sentence]


def test_demo_accounts_and_simulated_cases_are_named(case_at, request):
    case_at("received", is_simulated=True)
    request.getfixturevalue("production")
    person = User.objects.filter(is_demo=True).first()
    person.set_password("demonstration")
    person.is_active = True
    person.save()
    found = " ".join(problems())
    assert "simulated cases" in found
    assert "demonstration accounts" in found


def test_the_command_fails_with_the_sentences(production):
    production.DEBUG = True
    with pytest.raises(CommandError, match="DEBUG is on"):
        call_command("preflight")


def test_a_key_that_a_new_version_needs_is_asked_for(production):
    (production.KEYS_DIR / "certificates.key").unlink()
    assert [sentence for sentence in problems() if "lacks certificates" in sentence]
