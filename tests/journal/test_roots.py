"""The signed daily root: published, verifiable, and it notices a journal that was rewritten from the start."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE journal_dailyroot SET signature = repeat('0', 128)", "signature of the root of 2026-11-24"),
        ("UPDATE journal_dailyroot SET entries = 7", "signature of the root of 2026-11-24"),
        ("DELETE FROM journal_dailyroot WHERE day = '2026-11-25'", "signed root of 2026-11-25 is missing"),
    ],
)
def test_a_forged_or_missing_root_is_named(committing, noon, change, told):
    CaseMaker(Cast())("closed")
    for day in (1, 2, 3):
        with clock.at(noon + timedelta(days=day)):
            roots.seal_missing(key=KEY)
    assert roots.differing() == ""
    as_superuser(change)
    assert told in roots.differing()


def test_a_day_is_not_sealed_while_its_last_verbs_may_still_commit(db, noon):
    midnight = clock.day_bounds(noon.date())[1]
    with clock.at(midnight + timedelta(minutes=2)):
        assert roots.seal_missing(key=KEY) == 1  # the day before only
        assert not roots.DailyRoot.objects.filter(day=noon.date()).exists()


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
        assert "no longer gives its signed root" in roots.differing()
