"""The signed daily root: published, verifiable, and it notices a journal that was rewritten from the start."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command

from journal import clock, roots
from tests.cast import CaseMaker, Cast
from tests.journal.test_chain import as_superuser

KEY = b"k" * 32


def test_a_sealed_day_is_published_with_a_signature_that_holds(case_at, client, noon):
    case_at("closed")
    with clock.at(noon + timedelta(days=1)):
        roots.seal_missing(key=KEY)
        told = client.get("/journal/roots.json").json()["roots"][0]
    message = f"journal-root|1|{told['day']}|{told['threads']}|{told['entries']}|{told['root']}"
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(told["public_key"])).verify(bytes.fromhex(told["signature"]), message.encode())
    assert (told["threads"], told["entries"]) == (1, 8)


def test_a_day_is_sealed_once_and_not_before_its_end(case_at, noon):
    case_at("received")
    with pytest.raises(ValueError, match="not ended"):
        roots.seal(noon.date(), key=KEY)
    with clock.at(noon + timedelta(days=3)):
        assert roots.seal_missing(key=KEY) == 1
        assert roots.seal_missing(key=KEY) == 0


def test_a_thread_that_vanished_whole_is_noticed_by_the_root(committing, noon):
    CaseMaker(Cast())("closed")
    with clock.at(noon + timedelta(days=1)):
        roots.seal_missing(key=KEY)
        as_superuser("DELETE FROM journal_entry")
        as_superuser("UPDATE cases_case SET version = 0, chain = ''")
        with pytest.raises(CommandError, match="signed root"):
            call_command("verify_journal")
