"""Approving, charging, inspecting and penalising one party are for different people, whatever their accounts."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection
from django.db import connections as databases

from enforcement import separation
from enforcement.models import PartyAct, User
from enforcement.parties import credit_code
from journal.refused import Refused
from tests.command.bars import CODE, NAME
from tests.plain import sql

DAY = date(2026, 11, 24)
DO = """INSERT INTO enforcement_partyact (user_id, party, party_name, act, acted_on, source, recorded_by, person, is_demo)
    VALUES (%s, %s, %s, %s, '2026-11-24', %s, '', 'somebody else', false)"""


@pytest.fixture
def two(db) -> list[User]:
    return list(User.objects.order_by("pk")[:2])


def take(user, act, *, party=CODE, source="文书1"):
    return separation.take_part(user=user, party=party, party_name=NAME, act=act, on=DAY, source=source, by=user)


@pytest.mark.parametrize("act", [act for act in PartyAct.Act.values if act != "licensing"])
def test_who_has_approved_a_licence_does_nothing_else_towards_the_party(two, act):
    take(two[0], "licensing")
    with pytest.raises(Refused, match=two[0].name) as refused:
        take(two[0], act, source="文书2")
    assert refused.value.code == "separated"
    take(two[1], act)
    take(two[0], "licensing", source="文书3")
    take(two[0], act, party="92131128MA0DEF2H3B", source="文书2")


def test_the_same_act_from_the_same_paper_counts_once(two):
    assert take(two[0], "inspecting").pk == take(two[0], "inspecting").pk


def test_sql_cannot_let_two_accounts_of_one_person_do_both(two):
    User.objects.filter(pk__in=[one.pk for one in two]).update(staff_number="FC-7")
    sql(DO, two[0].pk, CODE, NAME, "licensing", "a")
    with pytest.raises(IntegrityError, match="party_acts_exclude_each_other"):
        sql(DO, two[1].pk, CODE, NAME, "inspecting", "b")
    two[1].refresh_from_db()
    with pytest.raises(Refused):
        take(two[1], "inspecting")


def test_sql_cannot_make_one_person_of_two_who_did_both(two):
    sql(DO, two[0].pk, CODE, NAME, "licensing", "a")
    sql(DO, two[1].pk, CODE, NAME, "penalising", "b")
    with pytest.raises(IntegrityError, match="party_acts_exclude_each_other"):
        sql("UPDATE enforcement_user SET staff_number = 'FC-7' WHERE id IN (%s, %s)", two[0].pk, two[1].pk)


@pytest.mark.parametrize("statement", [
    "UPDATE enforcement_partyact SET act = 'inspecting'", "UPDATE enforcement_partyact SET user_id = user_id + 1",
    "UPDATE enforcement_partyact SET party = '92131128MA0DEF2H3B'", "UPDATE enforcement_partyact SET source = 'x'",
    "DELETE FROM enforcement_partyact",
])  # fmt: skip
def test_sql_cannot_undo_or_rewrite_what_somebody_did(two, statement):
    take(two[0], "licensing")
    with pytest.raises(Exception, match=r"Cannot (update|delete)"):
        sql(statement)


def test_sql_cannot_write_an_act_into_somebody_elses_name(two):
    done = take(two[0], "licensing")
    sql("UPDATE enforcement_partyact SET person = 'nobody'")
    done.refresh_from_db()
    assert done.person == f"account {two[0].pk}"
    with pytest.raises(IntegrityError, match="party_act_names_party"):
        sql(DO, two[0].pk, "", NAME, "licensing", "c")


def test_at_the_same_moment_on_two_accounts_one_is_refused(committing):
    people = list(User.objects.order_by("pk")[:2])
    User.objects.filter(pk__in=[one.pk for one in people]).update(staff_number="FC-7")
    people = list(User.objects.order_by("pk")[:2])
    gate, answers = threading.Barrier(2), []

    def run(user, act):
        gate.wait()
        try:
            take(user, act, source=act)
            answers.append("done")
        except Refused as refused:
            answers.append(refused.code)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(people, ("licensing", "inspecting"), strict=True)]
    [thread.start() for thread in threads]
    [thread.join(20) for thread in threads]
    assert sorted(answers) == ["done", "separated"]
    assert PartyAct.objects.count() == 1
    assert connection.vendor == "postgresql"


@pytest.mark.parametrize(("code", "fault"), [
    ("91131128MA0CAB0X1", "18"), (CODE[:-1] + "0", "末位"), (CODE[:-1] + "O", "18"), ("", "18"), (CODE.lower(), "18"),
])  # fmt: skip
def test_a_code_that_does_not_fit_is_told_why(code, fault):
    with pytest.raises(ValueError):
        credit_code(code)


def test_a_real_code_fits():
    assert credit_code("91110000802100433B") == "91110000802100433B"  # as printed on a licence
    assert credit_code(CODE) == CODE
