"""Supervision in a browser: figures that move by themselves and lead to their cases."""

from playwright.sync_api import expect


def test_an_open_overview_counts_what_is_closed_meanwhile(visitor, people, case_on_site):
    page = visitor.page("supervision", people.supervisor, path="/supervision/?period=today")
    expect(page.locator(".live-mark")).to_have_attribute("data-live", "live")
    expect(page.locator("#cases .empty")).to_be_visible()
    case = case_on_site("closed")
    expect(page.get_by_role("link", name=case.number)).to_be_visible()
    page.get_by_role("link", name="1 / 1").first.click()
    page.get_by_role("link", name=case.number).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.category.name)
    assert page.locator("main :is(form, button):not(.conduct *)").count() == 0
