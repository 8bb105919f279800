"""Timers end once, whoever writes SQL: tried as the application's role."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from journal import clock, deadlines
from tests.plain import sql


@pytest.mark.parametrize("end", ["fired_at", "cancelled_at"])
def test_what_has_fired_or_was_cancelled_never_fires_again(case_at, noon, end):
    case = case_at("received")
    if end == "fired_at":
        with clock.at(noon + timedelta(minutes=2)):
            deadlines.fire_due()
    else:
        deadlines.cancel(case, "take_in")
    for change in (f"{end} = NULL", "fired_at = now(), cancelled_at = NULL"):
        with pytest.raises(DatabaseError, match="Cannot update"):
            sql(f"UPDATE journal_deadline SET {change} WHERE {end} IS NOT NULL")


@pytest.mark.parametrize("statement", [
    "DELETE FROM journal_deadline", "UPDATE journal_deadline SET due_at = due_at + interval '1 hour'", "UPDATE journal_deadline SET kind = 'x'",
    "UPDATE journal_deadline SET thread = 'case:0'", "UPDATE journal_deadline SET fired_at = now(), cancelled_at = now()",
])  # fmt: skip
def test_sql_cannot_move_nor_lose_a_deadline(case_at, statement):
    case_at("received")
    with pytest.raises(DatabaseError, match=r"Cannot (update|delete)|deadline_fired_or_cancelled"):
        sql(statement)
