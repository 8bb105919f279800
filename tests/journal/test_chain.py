"""The journal proves itself: every chain verifies, and the first broken link is named."""

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from journal import verify
from tests import databases
from tests.cast import CaseMaker, Cast


def as_superuser(statement):
    """What a database administrator could do behind everybody's back."""
    link = psycopg2.connect(**databases.owner_parameters(connection.settings_dict["NAME"]))
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # triggers off
        cursor.execute(statement)
    link.close()


@pytest.fixture
def closed_case(committing, noon):
    return CaseMaker(Cast())("closed")


def test_an_untouched_journal_verifies(closed_case, capsys):
    call_command("verify_journal")
    assert "8 entries verified" in capsys.readouterr().out


def test_an_altered_row_is_named(closed_case, capsys):
    other = CaseMaker(Cast())("received")
    as_superuser("UPDATE journal_entry SET by_label = '别人' WHERE number = 3")
    with pytest.raises(CommandError, match=rf"{closed_case.thread} entry 3 .*altered"):
        call_command("verify_journal")
    call_command("verify_journal", thread=other.thread)
    assert capsys.readouterr().out.startswith("1 entries verified")


def test_a_removed_row_is_named(closed_case):
    as_superuser("DELETE FROM journal_entry WHERE number = 4")
    with pytest.raises(CommandError, match="entry 4 is missing"):
        call_command("verify_journal")


def test_an_entry_cut_off_the_end_is_noticed(closed_case):
    as_superuser("DELETE FROM journal_entry WHERE number = 8")
    with pytest.raises(CommandError, match=f"head of {closed_case.thread}"):
        call_command("verify_journal")


def test_a_rewritten_chain_is_noticed_by_its_head(closed_case):
    assert verify.heads_that_differ() == []
    as_superuser("UPDATE cases_case SET chain = repeat('0', 64)")
    assert verify.heads_that_differ() == [closed_case.thread]


def test_a_thread_that_was_removed_whole_is_named_without_any_root(closed_case):
    as_superuser("DELETE FROM journal_entry")
    as_superuser("UPDATE cases_case SET version = 0, chain = ''")
    with pytest.raises(CommandError, match="in its table and “nothing” in the journal"):
        call_command("verify_journal")


def test_a_case_that_is_gone_is_missed(closed_case):
    as_superuser("DELETE FROM cases_report; DELETE FROM command_dispatch; DELETE FROM cases_case")
    assert verify.heads_that_differ() == [closed_case.thread]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("cases_case SET state = 'in_hand', closed_at = NULL", "in_hand"),
        ("command_dispatch SET state = 'declined'", "declined"),
        ("cases_case SET due_at = due_at + interval '1 hour'", "due_at"),
        ("cases_case SET started_at = started_at + interval '1 minute'", "started_at"),
        ("cases_case SET closed_at = closed_at - interval '1 minute'", "closed_at"),
    ],
)
def test_what_was_changed_past_the_journal_is_named(closed_case, change, told):
    as_superuser(f"UPDATE {change}")
    with pytest.raises(CommandError, match=told):
        call_command("verify_journal")
