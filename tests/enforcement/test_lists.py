"""Published versions of the list: frozen, one at a time, and what changed from one to the next."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError

from enforcement import lists
from enforcement.models import Basis, HearingThreshold, Item, ItemList, Transfer
from journal import clock
from tests.plain import sql

INSERT = """INSERT INTO enforcement_itemlist (number, name, document, since, until, by, items, transfers, digest, content)
    VALUES (%s, 'x', '', %s, %s, 'x', 0, 0, '', '{}')"""


@pytest.fixture
def first(db, noon):
    return ItemList.objects.get(number=1)


def test_a_load_that_changes_nothing_publishes_nothing(first):
    assert lists.publish(by="测试") is None
    assert ItemList.objects.count() == 1


def test_a_change_ends_the_version_before_and_begins_the_next(first):
    Item.objects.filter(code="HB-CF-001").update(name="别的名称")
    second = lists.publish(by="测试", document="某文件")
    first.refresh_from_db()
    assert (second.number, second.until, second.document) == (2, None, "某文件")
    assert first.until == second.since
    assert second.items == Item.objects.count()


@pytest.mark.parametrize("change", ["content = '{}'", "number = 7", "digest = 'x'", "since = since - interval '1 day'", "document = 'x'", "name = 'x'"])
def test_sql_cannot_rewrite_a_version(first, change):
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql(f"UPDATE enforcement_itemlist SET {change} WHERE id = %s", first.pk)  # noqa: S608  the cases above


def test_sql_cannot_delete_a_version(first):
    with pytest.raises(DatabaseError, match="Cannot delete"):
        sql("DELETE FROM enforcement_itemlist WHERE id = %s", first.pk)


def test_sql_cannot_end_a_version_twice(first):
    ends = clock.now() + timedelta(days=1)
    sql("UPDATE enforcement_itemlist SET until = %s WHERE id = %s", ends, first.pk)
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE enforcement_itemlist SET until = NULL WHERE id = %s", first.pk)


def test_sql_cannot_have_two_versions_at_one_time_nor_one_that_ends_before_it_begins(first):
    with pytest.raises(IntegrityError, match="item_list_one_at_a_time"):
        sql(INSERT, 2, clock.now(), None)
    with pytest.raises(IntegrityError, match="item_list_times_in_order"):
        sql(INSERT, 2, first.since - timedelta(days=9), first.since - timedelta(days=10))


def test_what_changed_is_said_item_by_item_and_part_by_part(first):
    like = Item.objects.first()
    Item.objects.create(code="ZZ-CF-001", name="新增事项", kind=like.kind, department=like.department, valid_from=date(2026, 1, 1))
    Basis.objects.filter(item__code="HB-CF-001", valid_to=None).update(fine_max=3000)
    Transfer.objects.filter(item__code="CG-CF-001").update(valid_to=date(2026, 12, 31))
    Item.objects.filter(code="NL-CF-002").update(name="别的名称")
    HearingThreshold.objects.filter(department="", party="person").update(amount=3000)
    changes = lists.compare(first.content, lists.content())
    assert changes.added == ("ZZ-CF-001",)
    assert changes.removed == ()
    assert changes.changed == {"CG-CF-001": ("transfers",), "HB-CF-001": ("bases",), "NL-CF-002": ("items",)}
    assert changes.thresholds
    back = lists.compare(lists.content(), first.content)
    assert back.removed == ("ZZ-CF-001",) and back.changed == changes.changed


def test_nothing_changed_is_nothing(first):
    changes = lists.compare(first.content, lists.content())
    assert (changes.added, changes.removed, changes.changed, changes.thresholds) == ((), (), {}, False)
