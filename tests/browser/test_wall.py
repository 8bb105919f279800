"""The wall before a real Chromium: alive without a reload, true about itself, legible at five metres."""

import re

import pytest
from playwright.sync_api import expect

from cases import triage
from command import endings

SIZES = [(1920, 1080), (3840, 2160), (3840, 1080)]
SMALLEST = """() => {
    const scale = innerHeight / 1080, small = [];
    document.querySelectorAll("body *").forEach((element) => {
      if (!element.checkVisibility() || element.closest(".map")) return;
      const written = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
      const size = parseFloat(getComputedStyle(element).fontSize) / scale;
      if (written && size < 17.9) small.push([element.className, element.textContent, size]);
    });
    return small;
}"""


@pytest.fixture
def wall(visitor, people):
    """The centre's wall, past its first snapshot."""
    page = visitor.page("wall", people.display)
    expect(page.locator(".live-mark")).to_have_attribute("data-live", "live")
    return page


def test_a_report_lands_moves_and_leaves_without_a_reload(wall, people, case_on_site):
    wall.evaluate("window.marked = true")
    expect(wall.locator(".wall-quiet")).to_be_visible()
    case = case_on_site("received")
    card = wall.locator("[data-urgent] > li")
    expect(card).to_contain_text(case.category.name)
    expect(wall.locator("[data-figure='total.open']")).to_have_text("1")
    triage.take_in(case, by=people.dispatcher)
    expect(wall.locator("[data-news] li").first).to_contain_text("已受理")
    endings.reject(case, by=people.leader, reason="不属于执法范围")
    expect(card).to_have_count(0)
    expect(wall.locator(".wall-quiet")).to_contain_text(case.category.name)
    assert wall.evaluate("window.marked")


def test_the_mark_is_true_when_the_socket_process_dies_and_comes_back(wall, site, visitor, case_on_site):
    site.kill("sockets")
    mark = wall.locator(".live-mark")
    expect(mark).not_to_have_attribute("data-live", "live")
    case = case_on_site("received")
    site.launch("sockets")
    expect(mark).to_have_attribute("data-live", "live", timeout=30_000)
    expect(wall.locator("[data-urgent] > li")).to_contain_text(case.category.name)
    visitor.complaints = [said for said in visitor.complaints if "WebSocket" not in said]


def test_an_urgent_report_is_heard_once(wall, case_on_site):
    case_on_site("received")
    expect(wall.locator("[data-urgent] > li")).to_have_count(1)
    assert wall.locator(".wall-sound").get_attribute("data-rung") is None
    urgent = case_on_site.report(category="TIP-09", grid=2).case
    assert urgent.priority == "P1"
    expect(wall.locator(".wall-sound")).to_have_attribute("data-rung", "1")
    wall.keyboard.press("m")
    expect(wall.locator(".wall-sound")).to_have_attribute("data-sound", "off")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_everything_fits_and_is_legible_at_five_metres(visitor, people, case_on_site, size):
    for number in range(12):
        case_on_site("received", grid=number)
    page = visitor.page("wall", people.display, viewport={"width": size[0], "height": size[1]})
    expect(page.locator("[data-urgent] > li").first).to_be_visible()
    for key in "12345":
        page.keyboard.press(key)
        assert page.evaluate(SMALLEST) == []
        assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == list(size)
    figure = page.locator("[data-figure='total.open']").evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert figure * 1080 / size[1] >= 63.9
    expect(page.locator(".wall-urgent > .wall-more")).to_have_text(re.compile(r"\d"))


CUT = """() => [...document.querySelectorAll(".wall-head > *, .wall-call *, .wall-today *, [data-panel=brigades] *")]
    .filter((element) => element.checkVisibility()).filter((element) => {
      const box = element.getBoundingClientRect();
      const holder = element.closest(".wall-today, .wall-urgent, .wall-panel, .wall-head").getBoundingClientRect();
      return !element.closest(".visually-hidden") && (box.right > holder.right + 1 || box.bottom > holder.bottom + 1);
    }).map((element) => element.textContent.trim())"""


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_no_figure_head_or_name_on_call_is_cut_off(visitor, people, case_on_site, language):
    for number in range(12):
        case_on_site("received", grid=number)
    page = visitor.page("wall", people.display, viewport={"width": 1920, "height": 1080}, locale=language)
    assert page.locator("html").get_attribute("lang")[:2] == language[:2]
    expect(page.locator("[data-urgent] > li").first).to_be_visible()
    expect(page.locator("[data-officers-count]")).not_to_have_text("–")
    expect(page.locator("[data-lines] tbody tr").first).to_be_visible()
    for key in "13":
        page.keyboard.press(key)
        assert page.evaluate(CUT) == [], key
    expect(page.locator('[data-table="places"] tbody tr').first).to_be_visible()


def test_keys_choose_scenes_and_the_map_stays_under_a_hand(wall, case_on_site):
    for key, scene in zip("23451", ("stages", "brigades", "cameras", "patrol", "situation"), strict=True):
        wall.keyboard.press(key)
        expect(wall.locator(".wall-body")).to_have_attribute("data-scene", scene)
    wall.locator("[data-scene-button=stages]").click()
    expect(wall.locator(".wall-body")).to_have_attribute("data-scene", "stages")
    wall.keyboard.press("1")
    turning = wall.locator(".wall-turning")
    for state in ("on", "off"):
        wall.keyboard.press("r")
        expect(turning).to_have_attribute("data-turning", state)
    where = "document.querySelector('.leaflet-map-pane').style.transform"
    expect(wall.locator("#map .leaflet-marker-icon, #map canvas").first).to_be_attached()  # the base map has come
    wall.mouse.move(900, 500)
    wall.mouse.down()
    wall.mouse.move(1000, 560, steps=4)
    wall.wait_for_timeout(200)  # held still: let go without a swing the map stays where it is
    wall.mouse.up()
    moved = wall.evaluate(where)
    case_on_site("received", grid=20)
    expect(wall.locator("[data-urgent] > li")).to_have_count(1)
    wall.keyboard.press("5")
    wall.keyboard.press("1")
    assert wall.evaluate(where) == moved
    wall.keyboard.press("h")
    assert wall.evaluate(where) != moved
