"""Layers of the map and the search over all cases, by keyboard alone, before a real Chromium."""

from datetime import timedelta

from playwright.sync_api import expect

from command import endings
from command.models import Track
from enforcement.models import Duty
from journal import clock

INK = """(pane) => { const canvas = document.querySelector(`#map .leaflet-${pane}-pane canvas`);
    return !!canvas && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value); }"""


def test_layers_are_switched_by_keys_drawn_explained_and_remembered_and_the_search_finds_old_cases(visitor, people, case_on_site):
    officer, now = people.officer, clock.now()
    old = case_on_site("received", text="光明路旧家具堆放", grid=1)
    endings.reject(old, by=people.leader, reason="不属于执法范围")
    for _ in range(3):
        point = case_on_site("received").point
    Duty.objects.filter(user=officer.user, starts_at__lte=now, ends_at__gt=now).update(starts_at=now - timedelta(hours=2))
    for minute in range(30):
        place = f"SRID=4326;POINT({point.x + minute / 3000} {point.y})"
        Track.objects.create(officer=officer, point=place, at=now - timedelta(minutes=minute))
    page = visitor.page("command", people.dispatcher)
    expect(page.locator("#live[data-live=live]")).to_be_visible()
    panel, legend, layer = page.locator("#layers-panel"), page.locator("#layers-legend"), lambda name: page.locator(f"[data-layer={name}]")
    page.keyboard.press("l")
    expect(layer("load")).to_be_focused()
    expect(legend).to_be_hidden()
    for name in ("tracks", "heat"):
        layer(name).focus()
        page.keyboard.press("Space")
    expect(legend).to_contain_text("在岗 1 人")
    expect(legend).to_contain_text("近 30 天")
    expect(legend).to_contain_text("3–5")
    assert page.evaluate(INK, "tracks") and page.evaluate(INK, "heat")
    expect(page.locator(".map-name span").filter(visible=True).first).to_be_visible()
    layer("names").focus()
    page.keyboard.press("Space")
    expect(page.locator(".map-name span").filter(visible=True)).to_have_count(0)
    layer("cameras").focus()
    page.keyboard.press("Space")
    expect(page.locator(".map-camera-icon").first).to_be_attached()
    page.keyboard.press("1")  # a digit sends nobody while somebody chooses layers
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.locator(".map-layers [data-open]").click()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    expect(legend).to_contain_text("在岗 1 人")
    expect(page.locator(".map-name span").filter(visible=True)).to_have_count(0)

    page.keyboard.press("/")
    page.keyboard.type("旧家具")
    page.locator("#search-archive").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody mark")).to_have_text("旧家具")
    expect(page.locator("tbody a")).to_have_text(old.number)

    wall = visitor.page("wall", people.display)
    expect(wall.locator(".live-mark")).to_have_attribute("data-live", "live")
    wall.keyboard.press("5")
    expect(wall.locator("#layers-legend")).to_contain_text("在岗 1 人")
    wall.keyboard.press("1")
    expect(wall.locator("#layers-legend")).to_be_hidden()
