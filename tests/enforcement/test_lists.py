"""Published versions of the list: when there is a new one, and what changed from one to the next (guards: test_register_guards.py)."""

from datetime import date

import pytest

from enforcement import lists
from enforcement.models import Basis, HearingThreshold, Item, ItemList, Transfer


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
