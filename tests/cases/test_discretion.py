"""How much, by whom, and when a hearing must be offered: golden cases, and properties for any item and day."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cases import discretion, rulebook
from enforcement.models import Basis, DiscretionBand, DiscretionFactor, HearingThreshold, Item, Party, Tier
from journal.refused import BadInput

STRAW, SITE, UNPLANNED = "HB-CF-001", "CG-CF-001", "CG-CF-014"
BURNT = date(2022, 12, 4)  # docs/golden_cases.md
NOW = date(2026, 11, 24)
MILD = {"过火面积": "不足一亩", "区域类别": "二类区（工业区、农村）", "时段": "非重污染天气"}


def item(code: str) -> Item:
    return Item.objects.get(code=code)


def range_of(code: str, party: str, circumstance: str = "", day: date = NOW):
    found = discretion.range_for(item(code), party, circumstance, day)
    return found and (found.low, found.high, found.of)


# --- golden --------------------------------------------------------------------------------------
def test_weeds_burnt_on_less_than_a_mu_cost_545_yuan(db):
    amount = discretion.by_factors(item(STRAW), MILD, BURNT)
    assert (amount, str(amount)) == (Decimal("545"), "545.00")
    assert range_of(STRAW, "person", day=BURNT) == (500, 2000, "")
    assert discretion.band_of(item(STRAW), "person", amount, BURNT).degree == "较轻"


def test_the_gravest_of_each_factor_stays_within_the_law(db):
    worst = {factor: max(levels, key=lambda level: level.share).level for factor, levels in discretion.factors(item(STRAW), BURNT).items()}
    assert sum(level.share for level in DiscretionFactor.objects.filter(level__in=worst.values())) == 1
    assert discretion.by_factors(item(STRAW), worst, BURNT) == Decimal("2000.00")


# --- the range -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("code", "party", "circumstance", "expected"), [
    (SITE, "person", "", (500, 2000, "")), (SITE, "organisation", "", (10000, 100000, "")), (SITE, "any", "", (500, 100000, "")),
    (SITE, "responsible", "", (500, 100000, "")), (UNPLANNED, "person", "", (5, 10, "建设工程造价（%）")),
    ("CG-CF-004", "person", "拒不改正", (5000, 20000, "")), (SITE, "organisation", "没有这种情形", (10000, 100000, "")),
])  # fmt: skip
def test_the_nearest_tier_counts_and_else_the_basis_own_range(db, code, party, circumstance, expected):
    assert range_of(code, party, circumstance) == expected


def test_the_day_of_the_conduct_chooses_the_range(db):
    Basis.objects.filter(item__code=STRAW, valid_to=None).update(fine_min=1000, fine_max=5000)
    rulebook.forget()
    assert (range_of(STRAW, "person", day=date(2026, 8, 14)), range_of(STRAW, "person", day=date(2026, 8, 15))) == ((500, 2000, ""), (1000, 5000, ""))
    assert range_of(STRAW, "person", day=date(2010, 1, 1)) is None


def test_where_no_amount_is_set_nothing_is_calculated(db):
    Basis.objects.filter(item__code=STRAW).update(fine_min=None, fine_max=None)
    rulebook.forget()
    assert range_of(STRAW, "person") is None
    assert discretion.by_factors(item(STRAW), MILD, NOW) is None


def test_a_level_that_the_standard_does_not_know_is_refused_in_a_sentence(db):
    for levels in ({"过火面积": "很大"}, {"没有的因素": "不足一亩"}):
        with translation.override("en"), pytest.raises(BadInput, match="no level") as refused:
            discretion.by_factors(item(STRAW), levels, NOW)
        assert refused.value.code == "no_such_level"


# --- bands ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("amount", "degree"), [
    (500, "较轻"), (1000, "较轻"), ("1000.01", "较重"), (1500, "较重"), (2000, "严重"), (499, None), (2001, None),
])  # fmt: skip
def test_an_amount_lies_in_one_band_the_milder_where_two_meet(db, amount, degree):
    found = discretion.band_of(item(STRAW), "person", Decimal(amount), NOW)
    assert (found and found.degree) == degree


def test_a_partys_own_bands_come_before_those_for_anyone(db):
    own = {"party": "organisation", "order": 1, "degree": "单位", "fine_min": 500, "fine_max": 2000, "source": "测试", "valid_from": BURNT}
    DiscretionBand.objects.create(item=item(STRAW), **own)
    rulebook.forget()
    assert discretion.band_of(item(STRAW), "organisation", Decimal(600), NOW).degree == "单位"
    assert discretion.band_of(item(STRAW), "person", Decimal(600), NOW).degree == "较轻"
    assert discretion.band_of(item(STRAW), "organisation", Decimal(600), date(2021, 1, 1)).degree == "较轻"


# --- hearings ------------------------------------------------------------------------------------
def test_the_fields_own_threshold_counts_and_else_the_countys_default(db):
    market = Item.objects.filter(department="食市监管局").first()
    assert discretion.hearing_threshold(market, "person", NOW).amount == 10000
    assert discretion.hearing_threshold(market, "organisation", NOW).amount == 100000
    default = discretion.hearing_threshold(item(STRAW), "responsible", NOW)
    assert (default.amount, default.department, default.confirmed) == (2000, "", False)


def test_for_anyone_the_strictest_counts_and_before_its_day_none_does(db):
    assert discretion.hearing_threshold(item(STRAW), "any", NOW).amount == 2000
    assert discretion.hearing_threshold(item(STRAW), "any", date(2020, 1, 1)) is None
    HearingThreshold.objects.filter(department="").delete()
    rulebook.forget()
    assert discretion.hearing_threshold(item(STRAW), "person", NOW) is None


# --- properties ----------------------------------------------------------------------------------
amounts = st.one_of(st.none(), st.decimals(0, 10**6, places=2))


class AnyStandard(TestCase):
    """Whatever shares and ranges a county loads."""

    @settings(max_examples=60, deadline=None)
    @given(data=st.data(), low=amounts, high=st.decimals(0, 10**6, places=2), shares=st.lists(st.decimals(0, 1, places=5), min_size=1, max_size=4))
    def test_the_amount_is_never_outside_the_range_of_the_day_and_grows_with_the_shares(self, data, low, high, shares):
        low = min(low, high) if low is not None else None
        straw = item(STRAW)
        DiscretionFactor.objects.filter(item=straw).delete()
        Basis.objects.filter(item=straw).update(fine_min=low, fine_max=high)
        levels = [DiscretionFactor(item=straw, factor=f"{n}", level="l", share=share, source="x", valid_from=BURNT) for n, share in enumerate(shares)]
        DiscretionFactor.objects.bulk_create(levels)
        rulebook.forget()
        chosen, before = {}, discretion.by_factors(straw, {}, NOW)
        assert before == (low or 0)
        for factor in data.draw(st.permutations([level.factor for level in levels])):
            chosen[factor] = "l"
            amount = discretion.by_factors(straw, chosen, NOW)
            assert (low or 0) <= before <= amount <= high
            before = amount

    @settings(max_examples=80, deadline=None)
    @given(data=st.data())
    def test_any_loaded_item_has_amounts_within_its_own_range_only(self, data):
        rules = rulebook.current()
        one = data.draw(st.sampled_from(sorted(rules.items.values(), key=lambda row: row.code)))
        day, party = data.draw(st.dates(date(2016, 1, 1), date(2028, 1, 1))), data.draw(st.sampled_from(Party.values))
        circumstance = data.draw(st.sampled_from(["", *Tier.objects.values_list("circumstance", flat=True).distinct()]))
        levels = {factor: data.draw(st.sampled_from(rows)).level for factor, rows in discretion.factors(one, day).items()}
        found = discretion.range_for(one, party, circumstance, day)
        amount = discretion.by_factors(one, levels, day, party=party, circumstance=circumstance)
        assert found is None or found.basis.covers(day)
        assert amount is None or (found.low or 0) <= amount <= found.high
