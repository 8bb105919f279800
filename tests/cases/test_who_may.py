"""Who may act here, on this, on that day, and on what basis? Against real decisions and by property."""

from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cases import jurisdiction, places, rulebook
from cases.jurisdiction import who_may
from enforcement.models import Certificate, Item, Officer, Transfer
from grid.models import Zone
from journal import clock

SEAT, GUCHENG, VILLAGE = "131128100001001", "131128101", "131128202243"


def at(code: str) -> places.Located:
    found = places.by_code(code)
    return places.locate(places.place(found.lon, found.lat, source="zone"))


def ask(item: str, zone: str, day: str) -> jurisdiction.Power:
    with translation.override("en"):
        return who_may(zones=at(zone), item=Item.objects.get(code=item), day=date.fromisoformat(day)).powers[0]


# Decisions and their sources: docs/golden_cases.md
@pytest.mark.parametrize(("item", "zone", "day", "unit", "subject", "basis"), [
    # Weeds burnt near the city, found by its alarm platform, fined 545 yuan by the branch of the ecology bureau.
    ("HB-CF-001", SEAT, "2022-12-04", "HB", "衡水市生态环境局阜城县分局", "《大气污染防治法》第一百一十九条第一款"),
    ("HB-CF-001", SEAT, "2026-08-14", "HB", "衡水市生态环境局阜城县分局", "《大气污染防治法》第一百一十九条第一款"),
    ("HB-CF-001", SEAT, "2026-08-15", "HB", "衡水市生态环境局阜城县分局", "《生态环境法典》第一千一百三十一条第一款"),
    # Straw burnt in a township that has the power: the township's government decides.
    ("HB-CF-001", GUCHENG, "2020-10-24", "GC", "古城镇人民政府", "《大气污染防治法》第一百一十九条第一款"),
    ("HB-CF-001", GUCHENG, "2026-11-24", "GC", "古城镇人民政府", "《生态环境法典》第一千一百三十一条第一款"),
    # 45 trees felled without a permit in Gucheng: the town fined.
    ("NL-CF-002", GUCHENG, "2020-06-15", "GC", "古城镇人民政府", "《森林法》（2009年修正）第三十九条第二款"),
    ("NL-CF-002", GUCHENG, "2020-07-01", "GC", "古城镇人民政府", "《森林法》第七十六条第二款"),
    ("NL-CF-002", VILLAGE, "2020-06-15", "NL", "阜城县农业农村局", "《森林法》（2009年修正）第三十九条第二款"),
])  # fmt: skip
def test_real_decisions_have_their_decider_and_basis(db, item, zone, day, unit, subject, basis):
    power = ask(item, zone, day)
    assert (power.unit.code, power.subject.name, power.basis.text) == (unit, subject, basis)


def test_the_fine_of_a_real_decision_lies_in_the_range_of_its_day(db):
    power = ask("HB-CF-001", SEAT, "2022-12-04")
    assert power.basis.fine_min <= 545 <= power.basis.fine_max
    assert power.later.text.startswith("《生态环境法典》")  # the milder of the two counts


def test_before_the_transfer_the_county_decides_and_after_handing_back_again(db):
    assert ask("CG-CF-001", GUCHENG, "2021-07-31").unit.code == "CG"
    assert ask("CG-CF-001", GUCHENG, "2021-08-01").unit.code == "GC"
    Transfer.objects.filter(item__code="CG-CF-001").update(valid_to=date(2026, 9, 30))
    rulebook.forget()
    assert (ask("CG-CF-001", GUCHENG, "2026-09-30").unit.code, ask("CG-CF-001", GUCHENG, "2026-10-01").unit.code) == ("GC", "CG")


def test_a_past_day_is_answered_with_the_name_of_then(db):
    item = Item.objects.filter(holder__code="D-AJ").first()
    Item.objects.filter(pk=item.pk).update(valid_from=date(2015, 1, 1))
    rulebook.forget()
    then, now = ask(item.code, SEAT, "2018-06-01"), ask(item.code, SEAT, "2026-11-24")
    assert (then.unit_name, then.former_names) == ("阜城县安全生产监督管理局", ())
    assert (now.unit_name, now.former_names) == ("阜城县应急管理局", ("阜城县安全生产监督管理局",))


def test_outside_the_township_its_transfer_says_nothing(db):
    power = ask("CG-CF-001", SEAT, "2026-11-24")
    assert (power.unit.code, power.transfer) == ("CG", None)


def test_who_may_not_act_himself_is_named_with_the_reason(db, noon):
    officers = {one.officer.badge: one.why_not for one in ask("HB-CF-001", SEAT, "2026-11-24").officers}
    free = [badge for badge, why in officers.items() if not why]
    assert free and list(officers.values())[: len(free)] == [""] * len(free)
    first = Officer.objects.get(badge=free[0])
    Certificate.objects.filter(officer=first).update(fields=["交通局"])
    Officer.objects.filter(badge=free[1]).update(suspended_at=noon)
    officers = {one.officer.badge: one.why_not for one in ask("HB-CF-001", SEAT, "2026-11-24").officers}
    assert officers[free[0]] == "the certificate does not cover this field"
    assert officers[free[1]] == "is suspended from duty"


@pytest.mark.parametrize(("change", "day", "why"), [
    (lambda: Item.objects.filter(code="HB-CF-001").update(valid_to=date(2026, 9, 1)), "2026-11-24", "not in the list"),
    (lambda: Item.objects.filter(code="HB-CF-001").update(holder=None), "2026-11-24", "No organisation here holds"),
    (lambda: Item.objects.get(code="HB-CF-001").bases.filter(valid_to=None).update(valid_to=date(2026, 9, 1)), "2026-11-24", "no basis"),
    (lambda: Certificate.objects.update(status="revoked"), "2026-11-24", "No officer"),
])  # fmt: skip
def test_when_nobody_may_the_answer_says_why(db, change, day, why):
    change()
    rulebook.forget()
    assert why in ask("HB-CF-001", SEAT, day).why_not


class AnyDayAnywhere(TestCase):
    """For any item, place and day there is at most one holder, and a reason when nobody may."""

    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_there_is_one_subject_or_a_reason(self, data):
        rules = rulebook.current()
        item = data.draw(st.sampled_from(sorted(rules.items.values(), key=lambda one: one.code)))
        day = data.draw(st.dates(date(2009, 1, 1), clock.today() + timedelta(days=400)))
        township = data.draw(st.sampled_from([None, *Zone.objects.filter(kind="township").values_list("code", flat=True)]))
        holders = {rules.holder(item, township, day)} | {
            rules.organisations[one.organisation_id] for one in rules.transfers.get((item.pk, township), ()) if one.covers(day) and item.covers(day)
        }
        assert len(holders) == 1
        holder = holders.pop()
        assert holder is None or holder.legal_subject
