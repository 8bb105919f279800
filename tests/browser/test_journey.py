"""The ten-minute loop as four people see it: citizen's phone, wall, dispatcher's console, officer's phone. No page is reloaded."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cases.models import Case
from command.models import Position
from enforcement.roles import Role
from grid.models import Zone
from journal import clock
from journal.models import Entry
from journal.verify import broken_link
from tests.browser.conftest import PHONE
from tests.cast import photo_file

SHOTS = Path(os.environ["SHOTS"]) if "SHOTS" in os.environ else None


def shot(page, name):
    """Kept where SHOTS says, for a person to look at."""
    if SHOTS:
        page.screenshot(path=SHOTS / f"{name}.png")


@pytest.fixture
def spot(people):
    """A point in the seat, with an officer of the brigade standing near it."""
    inner = Zone.objects.filter(kind=Zone.Kind.GRID).order_by("code")[4].geometry.point_on_surface
    Position.objects.create(officer=people.officer, point=inner, at=clock.now(), accuracy_m=8)
    return {"longitude": inner.x, "latitude": inner.y}


NOTE_WHEN_SEEN = """() => {
  window.firstSeen = {}
  const look = () => document.querySelectorAll('.wall-case').forEach(row => {
    const [number] = row.textContent.match(/\\d{8}-\\d{4,}/) ?? []
    if (number) window.firstSeen[number] ??= Date.now()
  })
  look()
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true})
}"""


def report_with_photo(page):
    """As a citizen does: words, kind, place, photo, send."""
    page.locator("#text").fill("路口有摊贩占道经营,堵住了人行道")
    page.locator("label[for=group-1]").click()
    page.locator("input[name=category][value='TIP-01']").check(force=True)
    page.locator("#locate").click()
    expect(page.locator("#place-chosen")).to_be_visible()
    file = photo_file()
    page.locator("input[type=file]").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": file.read()})
    expect(page.locator("#photo-list input[name=photos]")).to_have_count(1)
    page.wait_for_timeout(3200)  # nobody fills in the form faster than its minimum time
    shot(page, "journey-0-form")
    page.locator("#send").click()
    page.wait_for_url("**/t/**", timeout=30_000)


def test_a_report_goes_round_and_every_screen_follows(visitor, people, spot):
    county = people.person(Role.DISPLAY, centre="ZX")
    citizen = visitor.page(**PHONE, geolocation=spot, permissions=["geolocation"])
    wall = visitor.page("wall", county)
    desk = visitor.page("command", people.dispatcher)
    phone = visitor.page("officer", people.officer.user, **PHONE, geolocation=spot, permissions=["geolocation"])
    for page in (wall, desk, phone):
        expect(page.locator("[data-live=live]").first).to_be_attached()

    wall.evaluate(NOTE_WHEN_SEEN)
    report_with_photo(citizen)
    case = Case.objects.latest("pk")
    expect(wall.locator(".wall-case", has_text=case.number).first).to_be_visible()
    seen_after = wall.evaluate("number => window.firstSeen[number]", case.number) / 1000 - case.started_at.timestamp()
    shot(citizen, "journey-1-citizen")
    shot(wall, "journey-2-wall")

    desk.locator(f"#row-{case.pk}").click()
    desk.locator(f'button[name=lead][value="{people.officer.pk}"]').click()
    task = phone.locator("article.task")
    expect(task).to_be_visible()
    shot(desk, "journey-3-desk")
    shot(phone, "journey-4-phone")
    expect(citizen.locator(".progress")).to_contain_text("已派")

    for state in ("sent", "accepted"):
        expect(task).to_have_attribute("data-state", state)
        phone.locator(".thumb__next:visible").click()
    expect(task).to_have_attribute("data-state", "on_site")
    phone.locator("label.pick:has(input[value=corrected])").click()
    phone.locator("input[data-shot=after]").set_input_files({"name": "b.jpg", "mimeType": "image/jpeg", "buffer": photo_file().read()})
    phone.locator("textarea[name=note]").fill("已劝离摊贩,恢复通行")
    shot(phone, "journey-5-handle")
    phone.locator(".thumb__next:visible").click()

    reply = desk.locator("#reply")
    expect(reply).to_be_visible()
    reply.fill("摊贩已劝离,感谢您的反映。")
    shot(desk, "journey-6-check")
    desk.locator("form:has(#reply) button.button--primary").click()
    expect(citizen.locator(".progress")).to_contain_text("已办结")
    expect(citizen.locator(".reply")).to_contain_text("摊贩已劝离")
    expect(wall.locator('.wall-case', has_text=case.number)).to_have_count(0)
    shot(citizen, "journey-7-closed")

    said = list(Entry.objects.filter(thread=case.thread).order_by("number").values_list("verb", flat=True))
    assert said.index("sent") < said.index("delivered") < said.index("accepted"), "the phone's page has said so"
    said = [verb for verb in said if verb not in ("delivered", "seen")]
    assert said == ["reported", "taken_in", "sent", "accepted", "arrived", "finished", "resolved", "closed"]
    assert broken_link(thread=case.thread)[1] is None
    assert seen_after < 1, "seconds from the stored report to the wall"
