"""What was reported stays as it was reported, whoever writes SQL: tried as the application's role."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from cases import drafts
from cases.models import Case, Photo
from journal import clock
from tests.cast import photo_drafts
from tests.plain import sql


@pytest.fixture
def report(case_at):
    return case_at.report(contact={"name": "", "phone": "10012345678"}, **photo_drafts(None)).report


@pytest.mark.parametrize("state", ["in_hand", "closed", "rejected"])
def test_sql_cannot_bring_a_case_into_the_world_in_its_middle(case_at, state):
    case = case_at("received")
    case.pk, case.state, case.closed_at, case.outcome = None, state, None if state == "in_hand" else clock.now(), "advised"
    with pytest.raises(DatabaseError, match="Cannot insert"):
        case.save(force_insert=True)


def test_sql_cannot_change_a_state_without_the_journal(case_at):
    case = case_at("received")
    for statement in ("UPDATE cases_case SET state = 'in_hand' WHERE id = %s",
                      "UPDATE cases_case SET state = 'in_hand', version = version + 1 WHERE id = %s"):  # fmt: skip
        with pytest.raises(DatabaseError, match="without a journal entry"):
            sql(statement, case.pk)


@pytest.mark.parametrize("change", ["tracking_hash = 'x'", "idempotency_key = 'x'", "original_lon = 1", "channel = 'api'", "content_hash = ''"])
def test_sql_cannot_change_what_was_said_nor_whose_code_it_is(report, change):
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql(f"UPDATE cases_report SET {change} WHERE id = %s", report.pk)


def test_sql_cannot_take_a_report_from_its_case(report, case_at):
    other = case_at("received")
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE cases_report SET case_id = %s WHERE id = %s", other.pk, report.pk)


@pytest.mark.parametrize("state", ["held", "discarded"])
def test_sql_cannot_make_an_accepted_report_unseen(report, state):
    with pytest.raises(DatabaseError, match="Invalid transition"):
        sql("UPDATE cases_report SET state = %s, case_id = NULL WHERE id = %s", state, report.pk)


def test_sql_cannot_exchange_the_informant(report):
    with pytest.raises(DatabaseError, match="Cannot update or delete"):
        sql("UPDATE cases_contact SET sealed = ''")


@pytest.mark.parametrize("statement", [
    "DELETE FROM cases_photo", "UPDATE cases_photo SET report_id = NULL", "UPDATE cases_photo SET case_id = NULL",
    "UPDATE cases_photo SET sha256 = 'x'", "UPDATE cases_photo SET sealed_name = 'x'",
])  # fmt: skip
def test_sql_cannot_lose_nor_exchange_a_photo_that_was_sent(report, statement):
    with pytest.raises(DatabaseError, match=r"Cannot (update|delete)"):
        sql(statement)


def test_a_photo_that_nobody_sent_may_go(db, noon):
    draft = photo_drafts(None)
    drafts.remove(draft["photo_ids"][0], draft_key=draft["draft_key"])
    assert not Photo.objects.exists()


@pytest.mark.parametrize("change", ["closed_at = now()", "speed = 0", "speed = 2", "merged_into_id = id", "state = 'merged'"])
def test_sql_cannot_write_a_case_that_makes_no_sense(case_at, change):
    case = case_at("received")
    with pytest.raises(DatabaseError):
        sql(f"UPDATE cases_case SET {change} WHERE id = %s", case.pk)
    assert Case.objects.get(pk=case.pk).state == "received"


def test_sql_cannot_write_a_report_that_makes_no_sense(case_at):
    held = case_at.report(hold_reason="too_many").report
    with pytest.raises(DatabaseError, match="report_accepted_has_case"):
        sql("UPDATE cases_report SET state = 'accepted' WHERE id = %s", held.pk)
    held.pk, held.began_at = None, held.received_at + timedelta(minutes=1)
    held.tracking_hash, held.idempotency_key = "another", "another"
    with pytest.raises(DatabaseError, match="report_began_before_received"):
        held.save(force_insert=True)
