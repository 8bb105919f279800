"""Supervision in a browser: figures that move by themselves, lead to their cases, and are drawn from the tables beside them."""

from playwright.sync_api import expect

DRAWN = "[data-draw] canvas"
INKED = """(canvas) => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const found = new Set();
    for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] > 200) found.add(`${pixels[at]},${pixels[at + 1]},${pixels[at + 2]}`);
    return [...found];
}"""
COLOUR = """(name) => {
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)].join(",");
}"""


def test_an_open_overview_counts_what_is_closed_meanwhile(visitor, people, case_on_site):
    page = visitor.page("supervision", people.supervisor, path="/supervision/?period=today")
    expect(page.locator(".live-mark")).to_have_attribute("data-live", "live")
    first = page.locator("#stages tbody tr").first.locator("td.number")
    expect(first.get_by_role("link")).to_have_count(0)
    case = case_on_site("closed")
    first.get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 件")
    page.get_by_role("link", name=case.number).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.category.name)
    assert page.locator("main :is(form, button):not(.conduct *)").count() == 0


def test_drawings_take_their_colours_from_the_theme_and_none_is_needed(visitor, people, case_on_site):
    case_on_site("closed")
    seen = {}
    for theme in ("light", "dark"):
        page = visitor.page("supervision", people.supervisor, path="/supervision/?period=week", color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(page.locator(DRAWN)).to_have_count(3)  # stages, holders, and the one unit that closed something
        expect(page.locator(".multiple p").first).to_be_visible()
        seen[theme] = page.evaluate(COLOUR, "--danger")  # the limit's
        assert seen[theme] in page.locator(DRAWN).first.evaluate(INKED), theme
        assert page.locator("#figures [style]:not([data-draw], [data-draw] *)").count() == 0
    assert seen["light"] != seen["dark"]
    plain = visitor.page("supervision", people.supervisor, path="/supervision/?period=week", java_script_enabled=False)
    expect(plain.locator(DRAWN)).to_have_count(0)
    expect(plain.locator("#stages tbody tr").first.locator("td").get_by_role("link")).to_have_text("1")
    plain.locator(".multiple summary").first.click()
    expect(plain.locator(".multiple table").first).to_be_visible()


def test_all_units_are_drawn_on_one_scale_and_paper_takes_nothing_off(visitor, people, case_on_site):
    case_on_site("closed")
    page = visitor.page("supervision", people.supervisor, path="/supervision/?period=week")
    expect(page.locator(DRAWN).first).to_be_visible()
    tops = page.evaluate("""[...document.querySelectorAll("[data-draw=unit]")].map(
        (box) => echarts.getInstanceByDom(box).getOption().yAxis[0].max)""")
    assert len(set(tops)) == 1 and tops[0] >= 10
    tip, table = page.locator(".tip"), page.locator("#stages tbody tr")
    page.locator("[data-draw=stages]").focus()
    for keys, row in ((("ArrowRight", "ArrowLeft"), 0), (("ArrowRight",), 1)):
        for key in keys:
            page.keyboard.press(key)
        expect(tip).to_contain_text(table.nth(row).locator("th").inner_text())
    expect(tip).to_contain_text("中位数（P50）")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    drawn = page.locator("[data-draw=unit]").first
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(tip).to_contain_text("分子")
    expect(tip).to_contain_text(page.locator("#rule-loop td").first.inner_text())
    page.mouse.move(1, 1)
    expect(tip).to_be_hidden()
    page.set_viewport_size({"width": 1032, "height": 703})  # A4 across, less its margins
    page.emulate_media(media="print")
    wide = page.evaluate("""[...document.querySelectorAll("main, table, canvas, .card")].filter(
        (one) => one.getClientRects().length && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.id || one.className)""")
    assert wide == []
