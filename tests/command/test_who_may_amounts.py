"""The page "who may?": amounts, and the calculator in the page's own address."""

import pytest

from cases import rulebook
from enforcement.models import Basis
from tests.cast import sign_in

SEAT = "131128100001001"
MILD = {"level1": "不足一亩", "level2": "二类区（工业区、农村）", "level3": "非重污染天气"}


@pytest.fixture
def ask(client, cast):
    sign_in(client, cast.dispatcher, "command")

    def asked(**question) -> str:
        answer = client.get("/command/who-may/", {"zone": SEAT, "item": "HB-CF-001", "day": "2022-12-04", **question})
        assert answer.status_code == 200
        return answer.content.decode()

    return asked


def test_it_shows_amounts_bands_hearing_and_the_version_of_the_list(ask):
    html = ask()
    for words in ("500元至2000元", "较轻", "听证", "2000元以上", "待核", "清单第1版", 'href="/disclosure/items/HB-CF-001/"'):
        assert words in html
    assert 'class="sum__answer"' not in html


def test_the_calculator_says_amount_band_and_whether_a_hearing_is_due(ask):
    html = ask(of="HB-CF-001", party="person", **MILD)
    assert "545.00" in html and "较轻" in html and "未达到听证标准" in html
    worst = ask(of="HB-CF-001", party="person", level1="五亩以上", level2="一类区（城区、居民集中区）", level3="重污染天气应急响应期间")
    assert "2000.00" in worst and "应当告知听证权利" in worst
    assert 'name="day" value="2022-12-04"' in html, "the question is kept"


def test_without_factors_an_amount_is_weighed_against_the_law(ask):
    html = ask(item="CG-CF-001", day="2026-11-24", of="CG-CF-001", party="organisation", amount="9,999")
    assert "9999.00" in html and "超出当日法律规定的幅度" in html
    assert "超出当日" not in ask(item="CG-CF-001", day="2026-11-24", of="CG-CF-001", party="organisation", amount="10000")
    for nonsense in ("viel", "-1", "NaN", "1e400"):
        assert "无法计算" in ask(item="CG-CF-001", day="2026-11-24", of="CG-CF-001", amount=nonsense)


def test_the_circumstance_and_the_day_of_the_conduct_choose_the_range(ask):
    stubborn = {"item": "CG-CF-004", "day": "2026-11-24", "of": "CG-CF-004", "party": "organisation", "amount": "4999"}
    assert ("超出当日" in ask(**stubborn, circumstance="拒不改正"), "超出当日" in ask(**stubborn)) == (True, False)
    Basis.objects.filter(item__code="HB-CF-001", valid_to=None).update(fine_min=1000, fine_max=5000)
    rulebook.forget()
    ranges = [ask(day="2026-11-24", acted_on=day) for day in ("2026-08-14", "2026-08-15")]
    assert ["1000元至5000元" in html for html in ranges] == [False, True]


def test_what_the_form_does_not_know_counts_nothing(ask):
    assert "500.00" in ask(of="HB-CF-001", party="somebody", circumstance="没有", level1="没有这一档", level9="x")
