"""Powers against plain SQL: one holder, one basis, nothing handed down that may not be."""

import pytest
from django.db import DatabaseError, IntegrityError

from enforcement.models import Item, Organisation, Transfer
from tests.plain import sql

HAND_DOWN = """INSERT INTO enforcement_transfer (item_id, organisation_id, township, document, is_demo, valid_from, valid_to)
    VALUES (%s, %s, %s, '', false, %s, %s)"""
REST = "INSERT INTO enforcement_basis (item_id, text, valid_from, valid_to) VALUES (%s, '《某法》第一条', %s, %s)"


def at_once() -> None:
    """What waits for the commit is asked now."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")


def refusal(guard: str):
    return pytest.raises(IntegrityError, match=guard)


@pytest.mark.parametrize(("begins", "ends"), [("2026-01-01", None), ("2020-01-01", "2021-08-01"), ("2022-01-01", "2022-01-01")])
def test_sql_cannot_let_two_hold_one_item_in_one_place_at_one_time(db, begins, ends):
    held = Transfer.objects.get(item__code="CG-CF-001")
    other = Organisation.objects.get(code="SC")
    with refusal("item_held_once"):
        sql(HAND_DOWN, held.item_id, other.pk, held.township, begins, ends)
        at_once()


@pytest.mark.parametrize(("township", "begins", "ends"), [("131128102", "2026-01-01", None), ("131128101", "2020-01-01", "2021-07-31")])
def test_another_township_or_another_time_may_have_it(db, township, begins, ends):
    held = Transfer.objects.get(item__code="CG-CF-001")
    sql(HAND_DOWN, held.item_id, Organisation.objects.get(code="SC").pk, township, begins, ends)
    at_once()


def test_sql_cannot_give_an_item_two_bases_at_one_time(db):
    item = Item.objects.get(code="HB-CF-001")
    with refusal("basis_one_at_a_time"):
        sql(REST, item.pk, "2026-08-14", "2026-08-15")
        at_once()


def test_sql_cannot_hand_down_what_may_not_be(db):
    item = Item.objects.filter(transferable=False).first()
    with pytest.raises(DatabaseError, match="may not be handed down"):
        sql(HAND_DOWN, item.pk, Organisation.objects.get(code="GC").pk, "131128101", "2026-01-01", None)
