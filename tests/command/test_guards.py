"""What must never happen, tried with plain SQL as the application's role: the database itself says no."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from command import dispatch, endings
from command.transitions import ACTIVE
from journal import clock
from journal.moves import move
from journal.refused import Refused
from tests import databases
from tests.plain import sql


def send_by_sql(case, officer, *, lead=True, at=databases.NOON, state="sent"):
    sql(
        "INSERT INTO command_dispatch (case_id, officer_id, is_lead, state, sent_at, ended_at, certificate, reasons, arrival_reason)"
        " VALUES (%s, %s, %s, %s, %s, %s, '', '[]', '')",
        case.pk, officer.pk, lead, state, at, None if state in ACTIVE else at,
    )  # fmt: skip


def test_the_suite_runs_as_the_serving_role_and_not_as_the_owner(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, (SELECT tableowner FROM pg_tables WHERE tablename = 'cases_case') = current_user"
                       " FROM pg_roles WHERE rolname = current_user")  # fmt: skip
        assert cursor.fetchone() == (False, False)


def test_sql_cannot_switch_the_guards_off(case_at):
    case = case_at("sent")
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(tgname)::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger%%'")
        (every_trigger,) = cursor.fetchone()
    with pytest.raises(DatabaseError, match="transition"), transaction.atomic():
        sql("SELECT set_config('pgtrigger.ignore', %s, false)", every_trigger)
        sql("UPDATE cases_case SET state = 'closed', outcome = 'corrected', closed_at = now() WHERE id = %s", case.pk)
    for setting in ("session_replication_role = replica", "ROLE owner"):
        with pytest.raises(DatabaseError, match="permission denied"):
            sql(f"SET {setting}")


def test_sql_cannot_send_an_officer_without_a_valid_certificate(case_at, cast):
    officer = cast.without_certificate(cast.officer)
    with pytest.raises(DatabaseError, match="no valid certificate"):
        send_by_sql(case_at("in_hand"), officer)


def test_sql_cannot_send_an_officer_off_duty_or_suspended(case_at, cast, noon):
    case, suspended = case_at("in_hand"), cast.officer
    suspended.suspended_at = noon
    suspended.save()
    with pytest.raises(DatabaseError, match="suspended"):
        send_by_sql(case, suspended)
    with pytest.raises(DatabaseError, match="off duty"):
        send_by_sql(case, cast.off_duty())


def test_sql_cannot_let_a_helper_lead(case_at, cast):
    with pytest.raises(DatabaseError, match="never leads"):
        send_by_sql(case_at("in_hand"), cast.helper)


def test_sql_cannot_send_an_officer_twice_nor_two_leads_to_a_case(case_at, cast):
    officer, other = cast.officer, cast.companion
    case = case_at("sent", officer=officer)
    with pytest.raises(DatabaseError, match="officer_one_active_dispatch"):
        send_by_sql(case_at("in_hand"), officer)
    with pytest.raises(DatabaseError, match="case_one_active_lead"):
        send_by_sql(case, other)


def test_nothing_ends_a_case_that_binds_an_officer(case_at, cast):
    case = case_at("sent")
    case.closed_at = clock.now()
    with pytest.raises(DatabaseError, match="binds an officer"), transaction.atomic():
        move(case, "rejected", by=cast.leader, data={"reason": "x"}, fields=["closed_at"])
        sql("SELECT 1")


def test_sql_cannot_send_to_an_ended_case(case_at, cast):
    case = case_at("rejected")
    with pytest.raises(DatabaseError, match="binds an officer"):
        send_by_sql(case, cast.officer)


def test_sql_cannot_send_without_the_journal(case_at, cast):
    with pytest.raises(DatabaseError, match="is not in the journal"):
        send_by_sql(case_at("in_hand"), cast.officer)


@pytest.mark.parametrize("state", ["accepted", "on_site", "finished", "recalled"])
def test_sql_cannot_begin_an_order_in_its_middle(case_at, cast, state):
    with pytest.raises(DatabaseError, match="begins as sent"):
        send_by_sql(case_at("in_hand"), cast.officer, state=state)


def test_sql_cannot_back_date_an_order_to_a_moment_when_the_officer_might_go(case_at, cast, noon):
    officer = cast.officer
    officer.suspended_at = noon + timedelta(minutes=1)
    officer.save()
    with clock.at(noon + timedelta(minutes=2)):
        case = case_at("in_hand")
    with pytest.raises(DatabaseError, match="back-dated"):
        send_by_sql(case, officer, at=noon)


@pytest.mark.parametrize("state", ["accepted", "declined", "recalled"])
def test_sql_cannot_answer_an_order_without_the_journal(case_at, state):
    order = case_at("sent").dispatches.get()
    ended = None if state in ACTIVE else clock.now()
    with pytest.raises(DatabaseError, match="without a journal entry"):
        sql("UPDATE command_dispatch SET state = %s, ended_at = %s WHERE id = %s", state, ended, order.pk)


@pytest.mark.parametrize(("state", "target"), [("sent", "on_site"), ("sent", "finished"), ("accepted", "sent"), ("accepted", "expired")])
def test_sql_cannot_jump_over_a_state_of_an_order(case_at, state, target):
    order = case_at(state).dispatches.get()
    with pytest.raises(DatabaseError, match="Invalid transition"):
        sql("UPDATE command_dispatch SET state = %s, ended_at = now() WHERE id = %s", target, order.pk)


@pytest.mark.parametrize(("state", "target"), [("received", "closed"), ("received", "resolved"), ("closed", "received")])
def test_sql_cannot_jump_over_a_state(case_at, state, target):
    case = case_at(state)
    with pytest.raises(DatabaseError):
        sql("UPDATE cases_case SET state = %s, outcome = 'advised' WHERE id = %s", target, case.pk)


@pytest.mark.parametrize("table", ["cases_case", "cases_report", "command_dispatch"])
def test_sql_cannot_delete_what_happened(case_at, table):
    case_at("closed")
    with pytest.raises(DatabaseError, match=r"(?i)cannot delete|constraint"):
        sql(f"DELETE FROM {table}")


@pytest.mark.parametrize("statement", [
    "UPDATE journal_entry SET verb = 'x'", "DELETE FROM journal_entry", "TRUNCATE journal_entry",
    "UPDATE journal_dailyroot SET root = 'x'",
])  # fmt: skip
def test_sql_cannot_change_the_journal(case_at, statement):
    case_at("received")
    with pytest.raises(DatabaseError, match="permission denied"):
        sql(statement)


def test_sql_cannot_append_an_entry_that_does_not_follow_its_chain(case_at):
    case = case_at("received")
    with pytest.raises(DatabaseError, match="does not follow"):
        sql(
            "INSERT INTO journal_entry (thread, number, subject, verb, by_kind, by_id, by_label, at, data, algorithm, previous_hash, hash)"
            " VALUES (%s, 2, '', 'x', '', '', '', now(), '{}', 'sha256', 'forged', 'forged')", case.thread,
        )  # fmt: skip


def test_sql_cannot_let_one_person_approve_his_own_pause(case_at, cast):
    case = case_at("in_hand")
    with pytest.raises(DatabaseError, match="pause_two_persons"):
        sql("INSERT INTO cases_pause (case_id, reason, asked_by_id, asked_at, approved_by_id, remaining)"
            " VALUES (%s, 'x', %s, now(), %s, '{}')", case.pk, cast.leader.pk, cast.leader.pk)  # fmt: skip


def test_the_verb_refuses_before_the_trigger_has_to(case_at, cast):
    """The same rule in words: no DatabaseError ever reaches a user."""
    with pytest.raises(Refused):
        dispatch.send(case_at("in_hand"), by=cast.dispatcher, officers=[cast.off_duty()])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE command_dispatch SET officer_id = officer_id + 1",
        "UPDATE command_dispatch SET is_lead = NOT is_lead",
        "UPDATE command_dispatch SET sent_at = sent_at - interval '1 day'",
        "UPDATE command_dispatch SET certificate = 'X'",
    ],
)
def test_sql_cannot_turn_an_order_into_another(case_at, statement):
    case_at("sent")
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases_case SET started_at = started_at + interval '1 minute'",
        "UPDATE cases_case SET is_simulated = true",
        "UPDATE cases_report SET text = 'x'",
        "UPDATE cases_report SET received_at = received_at + interval '1 minute'",
    ],
)
def test_sql_cannot_move_the_first_clock_nor_reword_a_report(case_at, statement):
    case_at("received")
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql(statement)


def test_sql_cannot_lose_an_informant_or_a_round_of_rework(case_at, cast):
    endings.return_for_rework(case_at("resolved", contact={"name": "", "phone": "10012345678"}), by=cast.leader, reason="照片不清")
    for statement in ("DELETE FROM cases_contact", "DELETE FROM cases_rework"):
        with pytest.raises(DatabaseError, match=r"Cannot .*delete"):
            sql(statement)
