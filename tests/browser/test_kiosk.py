"""A screen on a wall, from its link to its end; the quiet picture that it shows at night."""

import re

from playwright.sync_api import Page, expect

from command import endings
from enforcement import screens
from grid.models import County
from tests.browser.test_accessibility import findings
from tests.browser.test_wall import SMALLEST

# What of the quiet picture is too faint on its ground, or reaches over its edge.
FAINT = """() => {
    const part = (value) => value / 255 <= 0.03928 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    const weights = [0.2126, 0.7152, 0.0722];
    const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, value, n) => sum + weights[n] * part(Number(value)), 0);
    const root = document.querySelector(".quiet"), ground = light(getComputedStyle(root).backgroundColor);
    const written = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    return [...root.querySelectorAll("*")].filter((one) => !one.closest(".chip") && written(one))
      .map((one) => [one.textContent.trim(), (light(getComputedStyle(one).color) + 0.05) / (ground + 0.05)]).filter(([, contrast]) => contrast < 4.5);
}"""
CUT = """() => [...document.querySelectorAll(".quiet__picture *")].filter((one) => one.checkVisibility()).filter((one) => {
    const box = one.getBoundingClientRect(), isOver = box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight;
    return isOver || one.clientWidth && one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.textContent.trim())"""


def county_says(page: Page, **options) -> None:
    """A setting of the county; the page asks when its network comes back."""
    County.objects.update(options=County.objects.get().options | options)
    page.evaluate("dispatchEvent(new Event('online'))")


def test_a_screen_from_its_link_to_its_end(visitor, people, case_on_site):
    case = case_on_site("received")
    screen, code = screens.add(by=people.leader, centre=people.centre, name="指挥大厅左屏", scene="stages", rotate_s=0, language="zh-hans")
    page = visitor.page(path=f"/command/wall/pair/#{code}")
    expect(page).to_have_url(re.compile(r"/command/wall/pair/$"))  # the code has left the address
    page.keyboard.press("Enter")
    scene, turning, quiet = page.locator(".wall-body"), page.locator(".wall-turning"), page.locator(".quiet")
    expect(page.locator(".live-mark")).to_have_attribute("data-live", "live")
    expect(scene).to_have_attribute("data-scene", "stages")
    expect(turning).to_contain_text("不轮换")

    screens.change(screen, by=people.leader, name="指挥大厅左屏", scene="patrol", rotate_s=5, language="zh-hans")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(scene).to_have_attribute("data-scene", "patrol")  # set from afar
    expect(turning).to_have_text(re.compile(r"0:0[1-5] 后轮换"))
    expect(scene).to_have_attribute("data-scene", "situation", timeout=8000)
    page.keyboard.press("?")
    expect(page.locator("dialog.wall-keys")).to_contain_text("场景")
    page.keyboard.press("?")
    page.mouse.move(900, 500)
    page.mouse.down()
    page.mouse.move(940, 520, steps=2)
    page.mouse.up()
    expect(turning).to_have_attribute("data-turning", "held")

    county_says(page, wall_quiet_s=2, wall_dim_hours=["00:00", "23:59"])
    page.wait_for_function("document.querySelector('.quiet').hidden", timeout=3000)  # something is open
    endings.reject(case, by=people.leader, reason="不属于执法范围")
    expect(quiet).to_be_visible()
    expect(quiet).to_contain_text(case.category.name)
    expect(quiet.locator("[data-quiet-links] li[data-level=ok]").filter(has_text="数据库")).to_be_visible()
    expect(quiet.locator("[data-quiet-call] li").first).to_contain_text(re.compile("值班|备勤|带班"))
    assert page.evaluate("getComputedStyle(document.querySelector('.quiet__picture')).transform") not in ("none", "matrix(1, 0, 0, 1, 0, 0)")
    assert (page.evaluate(FAINT), page.evaluate(CUT), page.evaluate(SMALLEST), findings(page)) == ([], [], [], [])

    case_on_site.report(category="TIP-09", grid=2)
    expect(quiet).to_be_hidden()
    expect(page.locator(".wall-sound")).to_have_attribute("data-rung", "1")
    screens.revoke(screen, by=people.leader, reason="更换终端")
    expect(page.locator("h1")).to_contain_text("本终端已停用", timeout=5000)
    assert page.locator(".wall-body").count() == 0, "nothing of the wall is left"
    visitor.complaints[:] = [said for said in visitor.complaints if "401" not in said]


def test_the_quiet_picture_fits_every_screen_and_a_key_wakes_it(visitor, people):
    County.objects.update(options=County.objects.get().options | {"wall_quiet_s": 1})
    page = visitor.page("wall", people.display, locale="en-US")
    expect(page.locator(".quiet")).to_be_visible()
    expect(page.locator("[data-quiet-links] li").nth(3)).to_be_visible()
    for width, height in ((1366, 768), (3840, 2160), (5120, 1440)):
        page.set_viewport_size({"width": width, "height": height})
        assert (page.evaluate(CUT), page.evaluate(SMALLEST), page.evaluate(FAINT)) == ([], [], []), (width, height)
    page.keyboard.press("3")
    expect(page.locator(".quiet")).to_be_hidden()
