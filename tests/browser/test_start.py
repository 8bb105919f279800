"""The demonstration's start page in a browser: it follows the visitor's report, and takes another."""

from playwright.sync_api import expect


def test_another_report_gives_the_citizens_phone_back(visitor, case_on_site):
    code, context = case_on_site.report().code, visitor.context()
    context.add_init_script(f"if (location.pathname === '/start/' && !sessionStorage.getItem('begun')) "
                            f"{{ sessionStorage.setItem('begun', '1'); sessionStorage.setItem('start.code', '{code}'); }}")  # fmt: skip
    page = context.new_page()
    page.goto("/start/")
    citizen = page.frame_locator("#citizen")
    expect(citizen.locator(".progress").first).to_be_visible()
    page.locator("#another").click()
    expect(citizen.locator("#text")).to_be_visible()
    expect(page.locator("#another")).to_be_hidden()
