"""The whole loop by keyboard alone: every stop is seen, nothing needs a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from cases.models import Report
from command import dispatch, handling
from tests.browser.conftest import PHONE
from tests.browser.test_officer import picture
from tests.cast import photo_drafts

# What has the focus, and whether a ring is drawn: around it, its label, or what is drawn in place of a hidden box.
STOP = """() => {
  const at = document.activeElement, spot = at.getBoundingClientRect();
  const ring = (one) => one && getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) >= 2
    && one.getBoundingClientRect().width > 8;
  const seen = [at, at.nextElementSibling, at.closest("label"), ...(at.labels || [])].some(ring);
  return { seen, is: at.outerHTML.slice(0, 160), inView: spot.top < innerHeight && spot.bottom > 0 };
}"""


class Keys:
    """Hands on a keyboard: Tab to go on, Space and Enter to press, letters to write."""

    def __init__(self, page: Page):
        self.page, self.press, self.type = page, page.keyboard.press, page.keyboard.type

    def to(self, selector: str, key: str = "Tab", most: int = 90) -> None:
        """Go on until the wanted element has the focus; every stop on the way is visible."""
        for _ in range(most):
            self.press(key)
            stop = self.page.evaluate(STOP)
            if stop["is"].startswith("<body"):
                continue
            assert stop["seen"] and stop["inView"], stop
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} is not reached; last stop: {stop}")

    def takes(self, selector: str, file: dict) -> None:
        """Choose a file; the system's own window for it is not ours to test."""
        self.to(selector)
        with self.page.expect_file_chooser() as chooser:
            self.press("Space")
        chooser.value.set_files(file)


@pytest.fixture
def hands(visitor):
    return lambda *page, **options: Keys(visitor.page(*page, **options))


def test_a_citizen_reports(hands):
    keys = hands(**PHONE)
    keys.to("#text")
    keys.type("鼓楼广场南侧有人占道卖水果")
    keys.to("input[name=group]")
    keys.press("ArrowDown")
    keys.to("#place_words")
    keys.type("东街村")
    expect(keys.page.locator("#place-list button").first).to_be_visible()
    keys.to("#place-list button")
    keys.press("Enter")
    expect(keys.page.locator("#place-chosen")).to_be_visible()
    keys.takes(".photos__input", picture("olive"))
    expect(keys.page.locator(".photo input[name=photos]")).to_have_count(1)
    keys.to("#send")
    expect(keys.page.locator("#send")).to_be_enabled()
    keys.press("Enter")
    keys.page.wait_for_url(re.compile("/t/"))
    assert Report.objects.get().photos.count() == 1


def test_a_citizen_says_that_it_is_solved(hands, case_on_site):
    reports, plain = [], case_on_site.report
    case_on_site.report = lambda **given: reports.append(plain(**given)) or reports[-1]
    case_on_site("closed")
    keys = hands(path=f"/t/{reports[0].code}/", **PHONE)
    keys.to("#asks button[value=yes]")
    keys.press("Space")
    expect(keys.page.locator("#solved")).to_be_visible()


def test_a_dispatcher_takes_in_sends_and_closes(hands, case_on_site, people):
    case = case_on_site("received")
    keys = hands("command", people.leader)
    side = keys.page.locator(".side")
    expect(keys.page.locator("#live[data-live=live]")).to_be_visible()
    keys.press("j")
    keys.press("Enter")
    expect(side.locator("[data-part=take-in]")).to_be_visible()
    keys.to("[data-part=take-in] button")
    keys.press("Enter")
    expect(side.locator("[data-part=take-in]")).to_have_count(0)
    keys.to("button[name=lead]")
    chosen = int(keys.page.evaluate("document.activeElement.value"))
    keys.press("Space")
    expect(side.locator("[data-part=bound]")).to_be_visible()
    order = case.dispatches.get()
    officer = order.officer
    assert officer.pk == chosen
    dispatch.arrive(dispatch.accept(order, by=officer.user), by=officer.user, reason="定位弱")
    handling.finish(order, by=officer.user, outcome="corrected", note="已清理", **photo_drafts(officer.user))
    expect(side.locator("#reply")).to_be_visible()
    keys.to("#reply")
    keys.type("已当场劝导,恢复通行。")
    keys.to("[data-part=close] button.button--primary")
    keys.press("Enter")
    expect(side.locator(".side__stage").first).to_have_text("已结案")


def test_an_officer_accepts_arrives_and_handles(hands, case_on_site, people):
    officer, case = people.officer, case_on_site("received")
    here = {"longitude": case.point.x, "latitude": case.point.y, "accuracy": 10}
    keys = hands("officer", officer.user, **PHONE, permissions=["geolocation"], geolocation=here)
    expect(keys.page.locator(".live-mark")).to_have_attribute("data-live", "live")
    order = dispatch.send(case, by=people.dispatcher, officers=[officer])[0]
    task = keys.page.locator("article.task")
    for state in ("sent", "accepted"):
        expect(task).to_have_attribute("data-rendered", state)  # the centre has said so too: the page is not redrawn any more
        keys.to(f".thumb__next.step--{state}, .step--{state} .thumb__next")
        keys.press("Enter")
    expect(task).to_have_attribute("data-rendered", "on_site")
    keys.takes("[data-shot=after]", picture("green"))
    expect(keys.page.locator("[data-shots=after] li")).to_be_visible()
    keys.to("[name=outcome]")
    keys.press("Space")
    for _ in range(12):
        if keys.page.locator("input[value=corrected]").is_checked():
            break
        keys.press("ArrowDown")
    keys.to("textarea[name=note]")
    keys.type("已劝离摊贩,恢复通行")
    keys.to(".thumb__next.step--on_site")
    keys.press("Enter")
    expect(keys.page.locator("article.over")).to_contain_text("核查")
    order.refresh_from_db()
    assert (order.state, order.case.outcome) == ("finished", "corrected")
