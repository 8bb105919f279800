"""What the audit administrator reads: who came in, what was changed, who opened contacts, whether the journal is whole."""

import csv
import io
from datetime import timedelta

import pytest
from axes.models import AccessFailureLog, AccessLog
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from cases import ratelimit, sealed
from config.management.commands.preflight import problems
from enforcement import accounts
from enforcement.models import User
from enforcement.tasks import clear_sign_ins
from journal import checking, clock, push
from journal.models import Entry, JournalCheck
from journal.refused import Refused
from journal.tasks import check_journal
from tests.plain import sql

CONTACT = {"name": "王建国", "phone": "13800001234"}


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


def rows(client, show: str, **more) -> list[list[str]]:
    query = "&".join(f"{name}={value}" for name, value in ({"show": show, "to": "2099-01-01", "from": "2020-01-01"} | more).items())
    answer = client.get(f"/registers/audit/export.csv?{query}")
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))[1:]


def test_sign_ins_and_failures_are_read_with_person_page_and_address(cast, three, client, as_):
    user = User.objects.get(pk=cast.dispatcher.pk)
    user.set_password("the-right-one-1")
    user.save()
    client.post("/command/login/", {"username": user.username, "password": "wrong"}, headers={"X-Real-IP": "203.0.113.7"})
    client.post("/command/login/", {"username": user.username, "password": "the-right-one-1"}, headers={"X-Real-IP": "203.0.113.7"})
    reader = as_(three.audit)
    assert [row[1:5] for row in rows(reader, "sign-ins")] == [[user.username, user.actor.label, "/command/login/", "203.0.113.7"]]
    assert [row[1:5] for row in rows(reader, "failures")] == [[user.username, user.actor.label, "/command/login/", "203.0.113.7"]]
    assert rows(reader, "sign-ins", who="nobody") == []
    assert rows(reader, "failures", to="2020-01-02") == rows(reader, "failures", **{"from": "2098-01-01"}) == []
    assert "wrong" not in str(rows(reader, "failures"))


def test_changes_of_accounts_are_read_in_sentences(cast, three, as_):
    accounts.lock_account(cast.dispatcher, by=three.system, reason="离岗")
    (row,) = rows(as_(three.audit), "changes")
    assert row[1] == cast.dispatcher.username and "离岗" in row[3] and row[4] == three.system.actor.label


def test_who_opened_contacts_is_read_without_contact_reason_or_text(cast, three, case_at, as_):
    case = case_at("received", contact=CONTACT, text="这是举报正文")
    for _time in range(2):
        sealed.read_contact(case.reports.get(), by=cast.dispatcher, reason="核实烟酒店老板的说法")
    reader = as_(three.audit)
    assert [row[1:] for row in rows(reader, "contacts")] == [[cast.dispatcher.actor.label, case.number]] * 2
    page = reader.get("/registers/audit/?show=contacts").content.decode()
    assert case.number in page and f"<b>2</b> {cast.dispatcher.actor.label}" in page
    for secret in ("王建国", "13800001234", "核实烟酒店", "这是举报正文"):
        assert secret not in page and secret not in str(rows(reader, "contacts"))


def test_a_cell_that_a_program_would_take_for_a_formula_is_quoted(cast, three, client, as_):
    AccessLog.objects.create(username="=cmd|' /C calc'!A0", user_agent="x", http_accept="x", path_info="/x/")
    assert rows(as_(three.audit), "sign-ins")[0][1].startswith("'=")


def test_the_audit_administrator_changes_nothing(cast, three, as_):
    client = as_(three.audit)
    for path in (f"accounts/{cast.dispatcher.pk}/lock/", f"accounts/{cast.dispatcher.pk}/sessions/", "accounts/new/", "accounts/passwords/"):
        assert client.post(f"/registers/{path}", {"reason": "测试"}).status_code == 404
    for act in (accounts.lock_account, accounts.end_sessions, accounts.give_password, accounts.lift_lockout):
        with pytest.raises(Refused):
            act(cast.dispatcher, by=three.audit, reason="测试")


def test_sign_ins_are_kept_for_six_months_at_least_and_cleared_after_the_setting(db, settings):
    def aged(days: int) -> None:
        for model in (AccessLog, AccessFailureLog):
            row = model.objects.create(username="x", user_agent="x", http_accept="x", path_info="/")
            model.objects.filter(pk=row.pk).update(attempt_time=clock.now() - timedelta(days=days))

    aged(183), aged(300), aged(500)
    clear_sign_ins()
    assert AccessLog.objects.count() == AccessFailureLog.objects.count() == 2
    settings.SIGN_IN_LOG_DAYS = 30
    clear_sign_ins()
    assert AccessLog.objects.count() == AccessFailureLog.objects.count() == 1, "the law's six months stay whatever is set"
    assert any("SIGN_IN_LOG_DAYS" in sentence for sentence in problems())


# --- the journal ----------------------------------------------------------------------------------
def test_the_button_has_the_whole_journal_checked_and_the_result_is_shown(three, case_at, as_, django_capture_on_commit_callbacks, monkeypatch):
    case_at("closed")
    started = []
    monkeypatch.setattr(check_journal, "delay_on_commit", started.append)
    client = as_(three.audit)
    assert client.post("/registers/audit/check/").status_code == 302
    assert client.post("/registers/audit/check/").status_code == 409, "one at a time"
    check_journal(*started)
    row = JournalCheck.objects.get()
    assert (row.fault, row.entries) == ("", Entry.objects.count())
    assert "完整" in client.get("/registers/audit/").content.decode()
    check_journal(*started)
    assert JournalCheck.objects.get().ended_at == row.ended_at, "a task that runs twice changes nothing"


def test_a_broken_account_is_found_as_a_broken_case_is(cast, three, as_):
    accounts.lock_account(cast.dispatcher, by=three.system, reason="离岗")
    sql("UPDATE enforcement_account SET version = 0 WHERE user_id = %s", cast.dispatcher.pk)
    with pytest.raises(CommandError, match=f"account:{cast.dispatcher.pk}"):
        call_command("verify_journal", verbosity=0)
    row = checking.run(JournalCheck.objects.create(asked_by="x", asked_at=clock.now()).pk)
    assert f"account:{cast.dispatcher.pk}" in row.fault
    assert "异常" in as_(three.audit).get("/registers/audit/").content.decode()


def test_sql_cannot_reword_or_lose_a_check(db):
    row = checking.run(JournalCheck.objects.create(asked_by="x", asked_at=clock.now()).pk)
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE journal_journalcheck SET fault = 'x' WHERE id = %s", row.pk)
    with pytest.raises(DatabaseError, match="Cannot delete"):
        sql("DELETE FROM journal_journalcheck WHERE id = %s", row.pk)
    with pytest.raises(DatabaseError, match="journal_check_times_in_order"):
        sql("INSERT INTO journal_journalcheck (asked_by, asked_at, ended_at, entries, fault) VALUES ('x', now(), now() - interval '1 day', 0, '')")
    assert connection.vendor == "postgresql"
