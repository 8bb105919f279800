"""What the law wants public, made from the registers that the platform follows."""

import csv
import io
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import published, remedies, rulebook
from cases.models import Report
from enforcement import lists
from enforcement.models import Basis, ConductRule, HearingThreshold, Item, ItemList, Officer, OrganisationName, ProcedureStep, Transfer
from journal import clock
from tests.cast import sign_in


def page(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_organs_are_named_with_units_reconsideration_and_court_and_no_officer(db, client):
    html = page(client, "/disclosure/")
    for words in ("衡水市生态环境局阜城县分局", "阜城县环境综合执法大队", "古城镇人民政府", "古城镇综合行政执法管理局", "阜城县人民法院"):
        assert words in html
    assert not any(officer.name in html for officer in Officer.objects.select_related("user")[:40])


@pytest.mark.parametrize(("question", "there", "absent"), [
    ("q=秸秆", "HB-CF-001", "CG-CF-001"), ("q=hb-cf-001", "HB-CF-001", "HB-CF-002"), ("q=第一千一百三十一条 秸秆", "HB-CF-001", "CG-CF-001"),
    ("unit=GC&q=滥伐", "NL-CF-002", "NL-CF-001"), ("kind=许可&q=林木", "NL-XK-001", "NL-CF-001"), ("q=没有这样的事项", "", "CF-001"),
])  # fmt: skip
def test_items_are_found_by_words_code_law_unit_and_kind(db, client, question, there, absent):
    html = page(client, f"/disclosure/items/?{question}")
    assert f'id="{there}"' in html or not there
    assert f'id="{absent}"' not in html


def test_an_item_says_who_holds_it_where_and_on_what_basis_today(db, client):
    html = page(client, "/disclosure/items/?q=HB-CF-001")
    assert "在古城镇：古城镇综合行政执法管理局" in html and "阜城县环境综合执法大队" in html
    assert "第一千一百三十一条第一款" in html and "大气污染防治法" not in html


def test_the_lists_for_programs_and_tables_say_the_same_as_the_page(db, client):
    listed = client.get("/disclosure/items.json").json()["items"]
    table = list(csv.DictReader(io.StringIO(client.get("/disclosure/items.csv").content.decode("utf-8-sig"))))
    assert listed == table
    assert {one["code"] for one in listed} == set(Item.objects.values_list("code", flat=True))


def test_what_is_no_longer_in_force_is_not_shown(db, client):
    Item.objects.filter(code="HB-CF-001").update(valid_to=date(2026, 11, 1))
    Transfer.objects.filter(item__code="NL-CF-002").update(valid_to=date(2026, 11, 1))
    rulebook.forget()
    assert 'id="HB-CF-001"' not in page(client, "/disclosure/items/?q=HB-CF-001")
    assert "在古城镇" not in page(client, "/disclosure/items/?q=NL-CF-002")


def test_the_number_of_statements_does_not_grow_with_the_list(db, client, django_assert_max_num_queries):
    page(client, "/disclosure/items/")
    for path in ("/disclosure/", "/disclosure/items/", "/disclosure/items/?page=3", "/disclosure/items.csv"):
        with django_assert_max_num_queries(4):
            client.get(path)


# --- one item ------------------------------------------------------------------------------------
def test_an_items_page_says_who_decides_where_on_what_and_how_much(db, client):
    html = page(client, "/disclosure/items/HB-CF-001/")
    for words in (
        "阜城县环境综合执法大队", "衡水市生态环境局阜城县分局", "古城镇综合行政执法管理局", "试点划转事项清单（演示）",
        "《生态环境法典》第一千一百三十一条第一款", "《大气污染防治法》第一百一十九条第一款", "500元至2000元", "较轻", "面积不足一亩",
        "二类区（工业区、农村）", "0.03", "2000元以上", "待核", "清单第1版",
    ):  # fmt: skip
        assert words in html, words
    assert html.index("生态环境法典") < html.index("大气污染防治法"), "the newest first"


def test_tiers_by_party_and_multiples_are_told_apart(db, client):
    html = page(client, "/disclosure/items/CG-CF-001/")
    assert "自然人" in html and "500元至2000元" in html and "10000元至100000元" in html
    assert "建设工程造价（%）：5至10" in page(client, "/disclosure/items/CG-CF-014/")


def test_an_item_that_ended_says_so_and_one_that_never_was_is_not_there(db, client):
    Item.objects.filter(code="HB-CF-001").update(valid_to=date(2026, 11, 1))
    rulebook.forget()
    assert "已不在清单内" in page(client, "/disclosure/items/HB-CF-001/")
    assert client.get("/disclosure/items/XX-1/").status_code == 404


def test_the_list_leads_to_each_item_and_its_columns_keep_their_places(db, client):
    assert 'href="/disclosure/items/HB-CF-001/"' in page(client, "/disclosure/items/?q=HB-CF-001")
    row = client.get("/disclosure/items.json?q=HB-CF-001").json()["items"][0]
    assert list(row)[:11] == ["code", "name", "kind", "unit", "unit_name", "subject", "basis", "basis_since", "fine_min", "fine_max", "handed_down"]
    assert "较轻: 500.00-1000.00" in row["bands"] and "过火面积/不足一亩: 0" in row["factors"] and row["hearing_person"] == "2000.00"
    assert client.get("/disclosure/items.json?q=CG-CF-004").json()["items"][0]["tiers"] == "any 拒不改正: 5000.00-20000.00"


def test_a_confirmed_threshold_of_the_field_is_no_longer_marked(db, client):
    HearingThreshold.objects.filter(department="").update(confirmed=True)
    rulebook.forget()
    assert "待核</span>" not in page(client, "/disclosure/items/HB-CF-001/")


# --- names over time -----------------------------------------------------------------------------
def test_a_unit_has_the_name_of_the_day_and_its_former_ones(db, client):
    rules = rulebook.current()
    bureau = next(one for one in rules.organisations.values() if one.code == "D-AJ")
    assert rules.name_on(bureau, date(2019, 3, 31)) == "阜城县安全生产监督管理局" == bureau.name
    assert rules.name_on(bureau, date(2019, 4, 1)) == "阜城县应急管理局"
    assert (rules.former_names(bureau, date(2019, 3, 31)), rules.former_names(bureau, clock.today())) == ([], [bureau.name])
    html = page(client, "/disclosure/")
    assert "阜城县应急管理局" in html and "曾用名：阜城县安全生产监督管理局" in html


def test_of_several_names_all_former_ones_are_told_in_their_order(db):
    unit = rulebook.current().county_centre
    for name, begins, ends in (("甲", "2018-01-01", "2019-12-31"), ("乙", "2020-01-01", None)):
        OrganisationName.objects.create(organisation=unit, name=name, valid_from=begins, valid_to=ends)
    rulebook.forget()
    rules = rulebook.current()
    assert rules.former_names(unit, date(2026, 1, 1)) == [unit.name, "甲"]
    assert (rules.name_on(unit, date(2017, 1, 1)), rules.former_names(unit, date(2019, 1, 1))) == (unit.name, [unit.name])


# --- procedures, remedies, must-nots -------------------------------------------------------------
def test_procedures_are_published_step_by_step_everywhere_the_same(db, client):
    html, steps = page(client, "/disclosure/procedures/"), client.get("/disclosure/procedures.json").json()["steps"]
    assert len(steps) == ProcedureStep.objects.count() and all(step["basis"] for step in steps)
    assert all(step["name"] in html and step["text"] in html for step in steps)
    table = list(csv.DictReader(io.StringIO(client.get("/disclosure/procedures.csv").content.decode("utf-8-sig"))))
    assert [{name: str(value) for name, value in step.items()} for step in steps] == table
    assert html.count("行政复议法第二十三条") == 1, "reconsideration first: on the spot only"


def test_remedies_name_body_court_terms_and_the_phone(db, client):
    html, told = page(client, "/disclosure/remedies/"), client.get("/disclosure/remedies.json").json()
    assert {"60日内", "6个月内", "15日内"} <= {word for word in ("60日内", "6个月内", "15日内") if word in html}
    assert told["terms"] == {
        "reconsideration_days": 60, "court_months": 6, "court_days_after_reconsideration": 15, "reconsideration_first": ["on_spot"],
    }  # fmt: skip
    ecology = next(row for row in told["subjects"] if row["name"] == "衡水市生态环境局阜城县分局")
    assert (ecology["reconsideration_body"], ecology["court"]) == ("衡水市人民政府", "阜城县人民法院")
    assert told["hotline"] == "12345" and 'href="tel:12345"' in html
    table = list(csv.DictReader(io.StringIO(client.get("/disclosure/remedies.csv").content.decode("utf-8-sig"))))
    assert table == told["subjects"]


def test_a_complaint_names_the_must_not_and_its_category(db, client):
    rules = list(ConductRule.objects.filter(kind="must_not"))
    html = page(client, "/disclosure/remedies/")
    assert len(rules) == 10 and all(rule.text in html and f"/report/?rule={rule.code}" in html for rule in rules)
    form = page(client, f"/report/?rule={rules[2].code}")
    assert rules[2].text in form
    assert 'value="TIP-40" checked' in form
    for code in ("", "XX", "%00", ConductRule.objects.filter(kind="duty").values_list("code", flat=True).first() or "DU-1"):
        assert "checked data-hint" not in page(client, f"/report/?rule={code}")


def test_what_the_rulebook_holds_is_not_asked_of_the_database_again(db, client):
    rulebook.current()
    for address in ("/disclosure/remedies/", "/disclosure/remedies.json", "/report/?rule=MN-01"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        assert not [each["sql"] for each in asked if "conductrule" in each["sql"]], address


def test_a_rule_that_ended_and_a_county_without_the_category_name_the_hotline(db, client):
    ConductRule.objects.filter(code="MN-01").update(valid_to=date(2026, 1, 1))
    rulebook.forget()  # as after a load, which raises the version
    rules = rulebook.current()
    assert remedies.must_not(rules, "MN-01") is None and len(rules.must_nots(clock.today())) == 9
    rules.options["complaint_categories"] = []
    html = page(client, "/disclosure/remedies/")
    assert "/report/?rule=" not in html and "请拨打12345" in html


# --- versions of the list ------------------------------------------------------------------------
@pytest.fixture
def second(db, noon):
    Basis.objects.filter(item__code="HB-CF-001", valid_to=None).update(fine_max=3000)
    Item.objects.filter(code="NL-CF-002").update(name="改了名称的事项")
    found = lists.publish(by="某管理员", document="阜政字〔2026〕1号")
    rulebook.forget()
    return found


def test_each_version_says_since_when_by_what_and_what_changed(client, second):
    html = page(client, "/disclosure/lists/")
    for words in ("第2版", "第1版", "首个版本", "阜政字〔2026〕1号", "新增0项，取消0项，调整2项", second.digest):
        assert words in html
    detail = page(client, "/disclosure/lists/2/")
    assert "HB-CF-001" in detail and "法律依据" in detail and "改了名称的事项" in detail and "NL-CF-001" not in detail
    assert "某管理员" not in html + detail, "who loaded it is not published"
    assert client.get("/disclosure/lists/3/").status_code == 404


def test_a_version_is_downloaded_as_it_was_frozen(client, second):
    first = client.get("/disclosure/lists/1.json").json()
    assert first["content"] == ItemList.objects.get(number=1).content and first["until"]
    told = client.get("/disclosure/lists/2.json").json()
    assert (told["digest"], told["until"], "by" in told) == (second.digest, None, False)


def test_what_changed_is_computed_once(client, second, django_assert_max_num_queries):
    page(client, "/disclosure/lists/")
    with django_assert_max_num_queries(6):
        page(client, "/disclosure/lists/")
    assert published.versions([second])[0].changes.changed.keys() == {"HB-CF-001", "NL-CF-002"}


def test_a_case_begun_before_a_change_keeps_its_version_and_its_decider(client, case_at, cast):
    before = case_at("in_hand")
    Item.objects.filter(holder__code="CG").update(holder=Officer.objects.get(pk=cast.officer_elsewhere.pk).organisation)
    lists.publish(by="测试")
    rulebook.forget()
    later = Report.objects.get(pk=case_at.report(grid=5).report.pk).case
    before.refresh_from_db()
    assert (before.list_number, later.list_number) == (1, 2)
    assert before.organisation.code == "CG"
    sign_in(client, cast.county_dispatcher, "command")
    sign_in(client, cast.supervisor, "supervision")
    for case, number in ((before, 1), (later, 2)):
        assert f'href="/disclosure/lists/{number}/"' in page(client, f"/command/cases/{case.pk}/")
        assert f'href="/disclosure/lists/{number}/"' in page(client, f"/supervision/cases/{case.pk}/")


def test_public_pages_are_light_and_their_statements_few(client, second, django_assert_max_num_queries):
    paths = ("", "items/", "items/HB-CF-001/", "officers/", "procedures/", "remedies/", "lists/", "lists/2/")
    for path in paths:
        page(client, f"/disclosure/{path}")
    for path in paths:
        with django_assert_max_num_queries(8):
            assert len(client.get(f"/disclosure/{path}").content) < 100_000, path
