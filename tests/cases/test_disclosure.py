"""What the law wants public, made from the registers that the platform follows."""

import csv
import io
from datetime import date

import pytest

from cases import rulebook
from enforcement.models import Item, Officer, Transfer


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
