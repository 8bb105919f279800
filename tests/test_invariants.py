"""docs/invariants.md against the database: nothing guards that is not explained, nothing is promised that is not there."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from cases import pauses
from command import endings
from enforcement.models import Item, Organisation
from tests.databases import ROOT
from tests.plain import sql

PAGE = (ROOT / "docs" / "invariants.md").read_text()
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| ") and "| Guard |" not in line]
OURS = ("journal_", "enforcement_", "grid_", "cases_", "command_", "registers_", "supervision_")


def guards() -> set[str]:
    """Names of the triggers and of the named constraints of our tables (not of keys and column types), as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal")
        triggers = {(table, re.sub(r"^pgtrigger_(\w+)_[0-9a-f]{5}$", r"\1", name)) for table, name in cursor.fetchall()}
        cursor.execute("""
            SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype IN ('c', 'x', 'u') UNION
            SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index WHERE indisunique AND NOT indisprimary""")
        given = {(table, name) for table, name in cursor.fetchall() if not re.search(r"_(key|uniq|check\d*|[0-9a-f]{8}.*)$", name)}
    return {name for table, name in triggers | given if table.startswith(OURS)}


def test_every_guard_is_explained_and_every_explained_one_is_there(db):
    told = {name for row in ROWS for name in re.findall(r"`(\w+)`", row[1])}
    assert sorted(guards() - told) == [], "not in docs/invariants.md"
    assert sorted(told - guards() - {"report_idempotency_key"}) == [], "not in the database"
    assert len(ROWS) > 25


def test_every_invariant_names_a_test_that_exists():
    for row in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", row[2])
        assert named, row
        for file, test in named:
            assert not test or f"def {test}(" in (ROOT / file).read_text(), (file, test)
            assert (ROOT / file).is_file(), file


def test_sql_cannot_delete_what_belongs_to_a_case(case_at, cast, noon):
    pauses.ask(case_at("received"), by=cast.dispatcher, reason="等待吊车")
    case_at("passed_on")
    case_at("closed", outcome="ordered", details={"recheck_on": noon.date() + timedelta(days=3), "photos": 1})
    case_at("closed", outcome="lead", details={"item": Item.objects.filter(categories__code="TIP-01", holder__code="CG").first(), "photos": 1})
    department = Organisation.objects.filter(kind="department").first()
    case_at("closed", outcome="finding", details={"department": department, "question": "是否违法建设"})
    for table in ("pause", "handover", "order", "lead", "finding"):
        with pytest.raises(DatabaseError, match="Cannot delete"):
            sql(f"DELETE FROM cases_{table}")


def test_sql_cannot_count_a_round_twice_nor_answer_a_handover_both_ways(case_at, cast):
    case = endings.return_for_rework(case_at("resolved"), by=cast.leader, reason="照片不清")
    with pytest.raises(DatabaseError, match="rework_round_once"):
        sql("INSERT INTO cases_rework (case_id, round, reason, at) VALUES (%s, 1, 'x', now())", case.pk)
    case_at("passed_on", grid=2)
    with pytest.raises(DatabaseError, match="handover_one_answer"):
        sql("UPDATE cases_handover SET accepted_at = now(), returned_at = now()")
