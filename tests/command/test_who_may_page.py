"""The page "who may?" of the console."""

import pytest

PAGE = "/command/who-may/"


def test_the_page_names_decider_subject_basis_and_officers(desk, cast):
    html = desk.get(f"{PAGE}?zone=131128101&item=HB-CF-001&day=2026-11-24").content.decode()
    for words in ("古城镇综合行政执法管理局", "古城镇人民政府", "阜城县人民政府", "第一千一百三十一条", "罚款500至2000元", "2016-06-01起下放"):
        assert words in html
    html = desk.get(f"{PAGE}?zone=131128100001001&category=TIP-01").content.decode()
    assert "阜城县城市管理综合执法大队" in html and cast.officer.name in html


def test_a_name_that_several_places_bear_is_a_choice(desk):
    answer = desk.get(f"{PAGE}?place=杨庄&item=HB-CF-001")
    html = answer.content.decode()
    assert answer.status_code == 422 and html.count("zone=") >= 2
    assert 'value="杨庄"' in html


@pytest.mark.parametrize("question", [
    "place=&item=HB-CF-001", "zone=131128101", "zone=131128101&item=nothing", "zone=131128101&item=HB-CF-001&day=x",
])  # fmt: skip
def test_a_bad_question_keeps_what_was_typed_and_says_what_is_missing(desk, question):
    answer = desk.get(f"{PAGE}?{question}")
    assert answer.status_code == 422
    assert "notice--error" in answer.content.decode()


def test_a_township_by_its_name_is_place_enough_for_the_question(desk):
    html = desk.get(f"{PAGE}?place=古城镇&item=HB-CF-001&day=2026-11-24").content.decode()
    assert "古城镇综合行政执法管理局" in html and "<dd>古城镇</dd>" in html
    answer = desk.get(f"{PAGE}?place=月球镇&item=HB-CF-001")
    assert answer.status_code == 422 and "请填写本县的乡镇、村或网格名称。" in answer.content.decode()
