"""A replay goes through the interface and the pages of a real site, and its table adds up."""

import asyncio
import json
import random

import httpx
import pytest
from django.core.management import CommandError, call_command

from cases.models import ApiClient, Case
from demo import result, rows
from demo.management.commands import replay, simulate
from grid.models import County
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


@pytest.fixture
def nowhere(monkeypatch):
    """A replay without a site: `filed`, what would be filed and where; `waits`, for how long; `crews`, who musters."""
    kept, real = {"filed": [], "waits": [], "crews": []}, asyncio.sleep

    async def sleep(seconds):
        kept["waits"].append(seconds)
        await real(0)

    async def file(http, key, report, *, once):
        kept["filed"].append((str(http.base_url), report["text"], report["lon"], report["lat"]))
        return httpx.Response(422, json={"detail": "no"})

    async def still_open(client):
        return 1

    async def muster(crew):
        kept["crews"].append(crew)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    for module, name, value in ((replay, "open_accounts", lambda: None), (replay, "still_open", still_open), (replay.filing, "file", file),
                                (replay.Crew, "muster", muster), (replay.connection, "close", lambda: None)):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    return kept


def test_a_replay_files_where_how_fast_and_as_much_as_it_is_told(seven, db, nowhere, tmp_path):
    asked = {"text_column": "words", "per_minute": 30, "speed": 2, "limit": 3, "base_url": "http://site.example"}
    call_command("replay", seven, **asked, no_crew=True, drain=0)
    first = list(nowhere["filed"])
    assert [url for url, *_rest in first] == ["http://site.example"] * 3
    assert nowhere["crews"] == [] and 1 not in nowhere["waits"], "nobody musters, nothing is waited for afterwards"
    assert [round(wait) for wait in nowhere["waits"] if wait != replay.PROGRESS_SECONDS] == [0, 1, 2], "30 a minute, twice as fast"
    places = []
    for seed in (1, 2):
        nowhere["filed"].clear()
        call_command("replay", seven, **asked, seed=seed, drain=0.001)
        places.append([row[2:] for row in nowhere["filed"]])
    assert places[0] == [row[2:] for row in first] != places[1], "the place of what has none follows from the seed"
    assert len(nowhere["crews"]) == 2 and 1 in nowhere["waits"], "second by second, while cases are open"
    far = tmp_path / "far.csv"
    far.write_text("words,x,y\na,0,0\nb,1,1\n", encoding="utf-8")
    nowhere["filed"].clear()
    call_command("replay", far, text_column="words", lon_column="x", lat_column="y", per_minute=60, fit=True, no_crew=True, drain=0)
    west, south, east, north = County.objects.get().outline.extent
    assert all(west <= lon <= east and south <= lat <= north for _url, _text, lon, lat in nowhere["filed"])


def test_the_simulation_works_where_and_as_patiently_as_it_is_told(db, monkeypatch):
    told = []

    async def live(self, base, key, pace):
        told.append((base, pace.patience, pace.rng.random()))

    monkeypatch.setattr(simulate, "open_accounts", lambda: None)
    monkeypatch.setattr(simulate.Command, "live", live)
    call_command("simulate", base_url="http://site.example", patience=7, seed=3)
    assert told == [("http://site.example", 7, random.Random(3).random())]


def test_rows_without_a_place_get_the_same_one_again_from_the_same_seed(seven, db):
    columns = rows.Columns(text="words", lon="lon", lat="lat")
    first, again = (
        [arrival.report for arrival in rows.arrivals(seven, columns, rng=rows.random.Random(5), fit=False, limit=None)] for _run in range(2)
    )
    assert first == again
    assert (first[4]["lon"], first[4]["lat"]) == (116.16, 37.868)
