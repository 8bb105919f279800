"""Who may: rules are rows. Place first, then category, then who holds an item of it there."""

from datetime import date

import pytest

from cases import jurisdiction, places, rulebook
from cases.models import Category, RoutingRule, TargetRule
from enforcement.models import Organisation, Transfer
from grid.models import County, Zone

DAY = date(2026, 11, 24)


def at(code: str) -> places.Located:
    found = places.by_code(code)
    return places.locate(places.place(found.lon, found.lat, source="zone"))


def route(category: str | None, zone: str, *, day: date = DAY):
    rules = rulebook.current()
    return jurisdiction.route(rules.categories[category] if category else None, at(zone), day=day, rules=rules)


SEAT, GUCHENG, VILLAGE = "131128100001001", "131128101", "131128202243"


@pytest.mark.parametrize(
    ("category", "zone", "organisation", "centre", "rule"),
    [
        ("TIP-01", SEAT, "CG", "CG", "R-80"),  # street vending in the seat
        ("TIP-15", SEAT, "HB", "HB", "R-80"),
        ("TIP-37", SEAT, "D-AJ", "ZX", "R-30"),  # no brigade: the department, sent by the county centre
        ("TIP-39", VILLAGE, "D-RS", "ZX", "R-50"),
        ("TIP-40", GUCHENG, "ZX", "ZX", "R-10"),  # complaints never go to those complained about
        (None, SEAT, "ZX", "ZX", "R-99"),  # not sure
    ],
)
def test_a_matter_goes_where_the_rules_say(db, category, zone, organisation, centre, rule):
    routed = route(category, zone)
    assert (routed.organisation.code, routed.centre.code, routed.rule.code) == (organisation, centre, rule)
    assert routed.because.startswith(routed.rule.note)


def item_of(category: str):
    return Category.objects.get(code=category).items.order_by("code").first()


def test_in_the_town_what_was_handed_down_is_the_towns_and_the_item_is_named(db):
    item = Transfer.objects.filter(organisation__code="GC", item__categories__brigade__code="CG").first().item
    category = item.categories.first()
    routed = route(category.code, GUCHENG)
    assert routed.organisation.code == "GC"
    assert any(code in routed.because for code in category.items.values_list("code", flat=True))
    assert route(category.code, SEAT).organisation == category.brigade


@pytest.mark.parametrize(("begins", "ends", "holder"), [
    ("2026-01-01", None, "GC"), ("2026-01-01", "2026-11-24", "GC"), ("2026-11-24", None, "GC"),
    ("2026-01-01", "2026-11-23", "WL"), ("2026-11-25", None, "WL"),
])  # fmt: skip
def test_a_transfer_counts_only_between_its_dates(db, begins, ends, holder):
    Transfer.objects.all().delete()
    Transfer.objects.create(
        item=item_of("TIP-34"), organisation=Organisation.objects.get(code="GC"), township=GUCHENG, valid_from=date.fromisoformat(begins),
        valid_to=date.fromisoformat(ends) if ends else None,
    )  # fmt: skip
    assert route("TIP-34", GUCHENG).organisation.code == holder


def test_the_first_rule_in_order_decides_and_retired_ones_do_not(db):
    zone = Zone.objects.get(code="131128100001001")
    mine = RoutingRule.objects.create(code="X", order=1, zone=zone, organisation=Organisation.objects.get(code="SC"), note="专项")
    assert route("TIP-01", SEAT).rule == mine
    RoutingRule.objects.filter(pk=mine.pk).update(is_active=False)
    rulebook.forget()
    assert route("TIP-01", SEAT).rule.code == "R-80"


def test_without_a_matching_rule_the_county_centre_takes_it_in(db):
    RoutingRule.objects.all().delete()
    routed = route("TIP-01", SEAT)
    assert (routed.organisation.code, routed.rule) == ("ZX", None)
    assert routed.because


@pytest.mark.parametrize(("category", "zone", "target"), [
    ("TIP-01", SEAT, "T10"), ("TIP-14", GUCHENG, "T10"), ("TIP-14", VILLAGE, "T60"), ("TIP-02", SEAT, "W8"), ("TIP-39", SEAT, "W40"),
])  # fmt: skip
def test_how_long_it_may_take_depends_on_place_and_category(db, category, zone, target):
    assert route(category, zone).target_class.code == target


def test_without_target_rules_the_slowest_class_is_taken_rather_than_losing_the_report(db):
    TargetRule.objects.all().delete()
    assert route("TIP-01", SEAT).target_class.code == "W40"


def test_rules_are_read_once_and_again_when_the_countys_data_was_loaded(db, django_assert_num_queries):
    first = rulebook.current()
    with django_assert_num_queries(1):
        assert rulebook.current() is first
    with django_assert_num_queries(0):
        assert rulebook.current(first.version) is first
    County.objects.update(rules_version=first.version + 1)
    assert rulebook.current() is not first
