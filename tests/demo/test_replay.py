"""A replay goes through the interface and the pages of a real site, and its table adds up."""

import json

import pytest
from django.core.management import CommandError, call_command

from cases.models import ApiClient, Case
from demo import result, rows
from tests.browser.conftest import servers, site  # noqa: F401  the running site, without a browser

SEVEN = """id,when,words,kind,lon,lat
1,2026-01-01 08:00:00,东关路口摆摊占道,TIP-01,,
2,2026-01-01 08:00:30,路灯坏了一直没人修,,,
3,2026-01-01 08:01:00,夜里工地施工吵得睡不着,TIP-07,,
4,2026-01-01 08:01:10,,TIP-01,,
5,2026-01-01 08:01:20,渣土车撒了一路,TIP-04,116.16,37.868
6,2026-01-01 08:01:30,这条分类写错了,TIP-99,,
7,2026-01-01 08:01:40,盼着高铁站早点开工,TIP-40,,
"""


@pytest.fixture
def seven(tmp_path):
    path = tmp_path / "seven.csv"
    path.write_text(SEVEN, encoding="utf-8")
    return path


def test_every_row_is_accounted_for_and_handled_by_the_crew(site, seven, tmp_path, capsys):  # noqa: F811
    site.launch("clock")  # an order that nobody accepts is its part
    told = tmp_path / "result.json"
    call_command("replay", seven, text_column="words", time_column="when", category_column="kind", lon_column="lon", lat_column="lat",
                 speed=40, base_url=site.origin, json=told)  # fmt: skip
    site.kill("clock")
    found = json.loads(told.read_text())
    assert (found["read"], found["stored"], sum(found["rejected"].values())) == (7, 5, 2)
    assert found["problems"] == []
    assert found["cases"].get("closed", 0) + found["cases"].get("rejected", 0) == 4
    assert found["cases"]["passed_on"] == 1, "what no unit of the county holds goes to another body"
    assert "P50 scaled" in capsys.readouterr().out


def test_a_result_that_does_not_add_up_is_said(case_at, db):
    client = ApiClient.objects.create(name="replay", key_hash="x", is_simulated=True)
    case = case_at("closed")
    case.reports.update(client=client)
    found = result.result(client, read=3, answered=1, rejected=result.Counter({"422 x": 1}), speed=1)
    assert found.problems == ["3 rows read, 1 stored, 1 rejected"]
    assert "DOES NOT ADD UP" in "\n".join(result.table(found))
    assert Case.objects.count() == found.cases["closed"]


def test_a_column_that_is_not_there_is_named(seven, db):
    with pytest.raises(CommandError, match="no column text; it has id, when, words"):
        call_command("replay", seven, per_minute=1)


def test_rows_without_a_place_get_the_same_one_again_from_the_same_seed(seven, db):
    columns = rows.Columns(text="words", lon="lon", lat="lat")
    first, again = (
        [arrival.report for arrival in rows.arrivals(seven, columns, rng=rows.random.Random(5), fit=False, limit=None)] for _run in range(2)
    )
    assert first == again
    assert (first[4]["lon"], first[4]["lat"]) == (116.16, 37.868)
