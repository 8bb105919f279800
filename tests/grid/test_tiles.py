"""The map service's tiles: read from the disk, fetched by the worker only, of the county only; a service that may not be shown is refused."""

import io
import os
import time
from types import SimpleNamespace

import httpx
import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from config.management.commands import preflight
from grid import tiles
from grid.management.commands import fill_tiles
from grid.tasks import fetch_tiles
from integrations import tiles as service
from integrations.tiles import http
from integrations.tiles.fake import TileServer
from journal import push
from tests.command.desk import Desk

NUMBER, KEY = "GS(2026)1号", "a-secret-key"


@pytest.fixture
def server(settings, tmp_path, monkeypatch):
    """A map service on this machine, configured as one is; `woken` counts how often the worker was called."""
    one = TileServer().start()
    settings.TILE_SOURCES, settings.TILE_KEY, settings.TILE_APPROVAL_NUMBER, settings.TILE_ATTRIBUTION = [one.template], KEY, NUMBER, "某测绘院"
    settings.MEDIA_ROOT = tmp_path
    push.client().flushdb()
    one.woken = []
    monkeypatch.setattr(fetch_tiles, "delay_on_commit", lambda: one.woken.append(1))
    yield one
    one.stop()


@pytest.fixture
def place(db) -> tuple[int, int, int]:
    columns, rows = tiles.ranges(14)
    return 14, columns[len(columns) // 2], rows[len(rows) // 2]


def get(client, place):
    return client.get("/map/tiles/{}/{}/{}".format(*place))


def test_a_missing_tile_is_answered_at_once_fetched_by_the_worker_and_then_there(client, server, place):
    first, again = get(client, place), get(client, place)
    assert (first.status_code, first.headers["Cache-Control"]) == (202, "no-store") and first.content.startswith(b"\x89PNG")
    assert again.status_code == 202 and server.asked == [], "no request of a visitor goes outside"
    assert server.woken == [1] and push.client().zcard(tiles.WANTED) == 1, "however many look at it"
    fetch_tiles()
    assert server.asked == ["/{}/{}/{}.png".format(*place)] and server.keys == {KEY}
    there = get(client, place)
    assert there.status_code == 200 and there.headers["Content-Type"] == "image/png" and "max-age=86400" in there.headers["Cache-Control"]
    assert there.content == server.picture(server.asked[0])
    assert push.client().zcard(tiles.WANTED) == 0 and "session" not in str(there.cookies)


def test_the_page_names_service_and_approval_number_but_never_the_key_or_the_service_itself(client, cast, server, settings):
    desk = Desk(client).sit(cast.dispatcher)
    for page in (desk.get("/command/"), client.get("/")):
        html = page.content.decode()
        assert f'data-tile-approval="{NUMBER}"' in html and 'data-attribution="某测绘院"' in html and 'data-tiles="/map/tiles/0/0/0"' in html
        assert KEY not in html and "127.0.0.1" not in html
        assert "img-src 'self' data: blob:;" in page.headers["Content-Security-Policy"] + ";"
    settings.TILE_APPROVAL_NUMBER = ""
    assert "data-tiles" not in desk.get("/command/").content.decode(), "no number, no tile"


def test_only_the_countys_tiles_at_the_configured_zooms_exist(client, server, place, settings):
    z, x, y = place
    columns, rows = tiles.ranges(z)
    for outside in ((z, columns[-1] + 1, y), (z, x, rows[0] - 1), (8, 210, 98), (18, x * 16, y * 16), (z, 10**30, y), (10**30, 0, 0)):
        assert get(client, outside).status_code == 404, outside
    assert push.client().zcard(tiles.WANTED) == 0
    push.client().zadd(tiles.WANTED, {f"{z}/{columns[-1] + 1}/{y}": 1})
    assert tiles.fetch_wanted() == 0 and server.asked == [], "nor does the worker fetch what somebody slipped in"
    settings.TILE_ZOOMS = f"9-{z - 1}"
    assert get(client, place).status_code == 404
    settings.TILE_ZOOMS, settings.TILE_SOURCES = f"9-{z}", []
    assert get(client, place).status_code == 404


def test_what_is_wanted_is_bounded(client, server, place, monkeypatch):
    monkeypatch.setattr(tiles, "MOST_WANTED", 2)
    z, x, y = place
    for at in range(4):
        assert get(client, (z, x, y + at)).status_code == 202
    assert push.client().zcard(tiles.WANTED) == 2


@pytest.mark.parametrize("answer", ["none", "text", "huge"])
def test_what_is_no_tile_is_not_kept_and_not_asked_for_again_soon(client, server, place, answer, caplog):
    server.answer = answer
    get(client, place)
    assert tiles.fetch_wanted() == 0
    assert get(client, place).status_code == 202 and push.client().zcard(tiles.WANTED) == 0
    assert len(server.asked) == 1 and KEY not in caplog.text


@pytest.mark.parametrize("answer", ["down", "slow"])
def test_a_service_that_does_not_answer_is_left_alone_for_a_while_and_old_tiles_stay(client, server, place, answer, monkeypatch, settings, caplog):
    get(client, place)
    tiles.fetch_wanted()
    file = tiles.path(service.source(), *place)
    long_ago = time.time() - (settings.TILE_MAX_AGE_DAYS + 1) * 86400
    os.utime(file, (long_ago, long_ago))
    server.answer, z, x, y = answer, *place
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.2))
    server.woken.clear()
    old = get(client, place)
    get(client, (z, x + 1, y))
    assert old.status_code == 200 and "max-age=60" in old.headers["Cache-Control"] and server.woken == [1], "an old one is shown and fetched anew"
    assert tiles.fetch_wanted() == 0
    assert len(server.asked) == 2, "the second waits: the first has shown that nobody answers"
    get(client, (z, x + 1, y))
    assert server.woken == [1] and KEY not in caplog.text
    assert get(client, place).content == old.content
    server.answer = "ok"
    push.client().delete(tiles.BUSY)  # the while is over
    get(client, place)
    tiles.fetch_wanted()
    assert time.time() - file.stat().st_mtime < 60


def test_without_redis_the_map_keeps_what_it_has(client, server, place, monkeypatch):
    get(client, place)
    tiles.fetch_wanted()
    monkeypatch.setattr(push, "client", lambda: (_ for _ in ()).throw(tiles.redis.ConnectionError()))
    assert get(client, place).status_code == 200
    assert get(client, (place[0], place[1] + 1, place[2])).status_code == 202


def test_several_layers_become_one_picture(client, server, place, settings):
    settings.TILE_SOURCES = [server.template, server.template.replace(".png", ".over.png")]
    get(client, place)
    tiles.fetch_wanted()
    assert len(server.asked) == 2 and get(client, place).headers["Content-Type"] == "image/png"


def test_what_was_not_looked_at_for_longest_goes_when_the_room_is_used_up(server, place, settings):
    settings.TILE_CACHE_MB = 50
    z, x, y = place
    with http.client() as link:
        for at in range(3):
            tiles.fetch_one(link, service.source(), z, x, y + at)
    own = tiles.folder(service.source())
    files = sorted(file for file in own.rglob("*") if file.is_file())
    for age, file in enumerate(files):
        with file.open("r+b") as opened:
            opened.truncate(20 * 1024 * 1024)
        os.utime(file, (1_700_000_000 - age, time.time()))
    tiles.trim()
    assert [file.exists() for file in files] == [True, True, False]
    other = tiles.folder() / "another-service" / "1" / "2" / "3"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"\x89PNG" + b"\0" * 15 * 1024 * 1024)
    tiles.trim()
    assert not other.exists() and files[0].exists(), "another service's go first"


def test_the_cache_is_filled_ahead_of_time(client, server, monkeypatch):
    out = io.StringIO()
    call_command("fill_tiles", zooms="9-11", per_second=1000, stdout=out)
    wanted = list(tiles.tiles(range(9, 12)))
    assert sorted(server.asked) == sorted("/{}/{}/{}.png".format(*tile) for tile in wanted) and f"{len(wanted)} fetched" in out.getvalue()
    assert all(get(client, tile).status_code == 200 for tile in wanted)
    call_command("fill_tiles", zooms="9-11", stdout=(again := io.StringIO()))
    assert f"0 fetched, {len(wanted)} were there" in again.getvalue() and len(server.asked) == len(wanted)
    call_command("fill_tiles", zooms="9-11", count=True, stdout=(counted := io.StringIO()))
    assert str(len(wanted)) in counted.getvalue() and len(server.asked) == len(wanted)
    slept = []
    monkeypatch.setattr(fill_tiles, "time", SimpleNamespace(monotonic=time.monotonic, sleep=slept.append))
    call_command("fill_tiles", zooms="9-11", anew=True, per_second=2, stdout=io.StringIO())
    assert len(server.asked) == 2 * len(wanted) and sum(slept) > 0.3 * len(wanted), "two a second"
    with pytest.raises(CommandError, match="within 9-17"):
        call_command("fill_tiles", zooms="5-11")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TILE_APPROVAL_NUMBER": " "}, "地图管理条例 15"),
        ({"TILE_ATTRIBUTION": ""}, "TILE_ATTRIBUTION"),
        ({"TILE_SYSTEM": "gcj02"}, "hundreds of metres"),
        ({"TILE_SOURCES": ["https://webrd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}"]}, "hundreds of metres"),
        ({"TILE_SOURCES": ["https://t0.tianditu.gov.cn/vec_c/wmts?TILEMATRIX={z}&TILECOL={x}&TILEROW={y}&tk={key}"]}, "cut in degrees"),
        ({"TILE_SOURCES": ["https://{x}.example/{z}/{y}"]}, "one fixed host"),
        ({"TILE_SOURCES": ["ftp://tiles.example/{z}/{x}/{y}"]}, "http or https"),
        ({"TILE_SOURCES": ["https://tiles.example/{z}/{x}"]}, "{y} is missing"),
        ({"TILE_KEY": ""}, "TILE_KEY is empty"),
        ({"TILE_ZOOMS": "17-9"}, "TILE_ZOOMS"),
        ({"TILE_CACHE_MB": 1}, "TILE_CACHE_MB"),
    ],
)
def test_a_service_that_may_not_be_shown_is_refused_in_words_and_not_drawn(client, server, place, settings, given, said):
    assert service.source() and service.problems() == []
    for name, value in given.items():
        setattr(settings, name, value)
    assert any(said in problem for problem in service.problems())
    assert any(said in problem for problem in preflight.problems()) and any(said in error.msg for error in run_checks())
    assert service.source() is None and get(client, place).status_code == 404
    with pytest.raises(CommandError, match="TILE_"):
        call_command("fill_tiles", count=True)


def test_both_ways_of_writing_a_wmts_address_are_filled_in(server, settings):
    settings.TILE_SOURCES = [
        "https://t0.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}",
        "https://tiles.example/wmts/vec/default/w/{z}/{y}/{x}.png",
    ]
    by_query, by_path = service.source().addresses(14, 13470, 6331)
    assert by_query.endswith(f"TILEMATRIX=14&TILEROW=6331&TILECOL=13470&tk={KEY}") and by_path.endswith("/w/14/6331/13470.png")


def test_a_point_lies_in_the_tile_that_the_worlds_maps_put_it_in(db):
    """Web Mercator by its definition: 阜城's seat at zoom 14; the corners of the world."""
    assert tiles.column_row(116.16, 37.868, 14) == (13478, 6327)
    assert tiles.column_row(-180, 85.06, 3) == (0, 0) and tiles.column_row(179.999, -85.06, 3) == (7, 7)
