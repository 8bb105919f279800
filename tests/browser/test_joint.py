"""Joint action in Chromium: one centre asks, the other accepts and sends by its keys, the phone says whose part it is."""

from playwright.sync_api import expect

from command.models import Dispatch
from command.transitions import ACTIVE
from enforcement.models import Organisation
from tests.browser.conftest import PHONE


def test_two_consoles_and_a_phone_act_together(visitor, people, case_on_site):
    case, market = case_on_site("accepted"), Organisation.objects.get(code="SC")
    owner = visitor.page("command", people.dispatcher, path=f"/command/cases/{case.pk}/")
    guest = visitor.page("command", people.dispatcher_elsewhere)
    for page in (owner, guest):
        expect(page.locator("#live[data-live=live]")).to_be_visible()
    expect(guest.locator(f"#row-{case.pk}")).to_have_count(0)
    owner.locator("[data-part=joint-ask] summary").click()
    owner.locator("#joint-unit").select_option(str(market.pk))
    owner.locator("#joint-task").fill("查验食品经营许可和油烟净化设施")
    owner.locator("#joint-field").select_option("食市监管局")
    owner.locator("[data-part=joint-ask] form button").click()
    expect(owner.locator("[data-part=joint]")).to_contain_text("2 个单位")
    expect(owner.locator("[data-part^=part-]").last).to_contain_text("市场监管大队")
    row = guest.locator(f"#row-{case.pk}")
    expect(row.locator(".row__joint")).to_be_visible()
    for page, name, other in ((owner, "[data-joint]", "[data-guest]"), (guest, "[data-guest]", "[data-joint]")):
        button = page.locator(f".filter{name}")
        expect(button).to_contain_text("1")
        expect(page.locator(f".filter{other}")).to_be_hidden()
        button.click()
        expect(page.locator(".row:visible")).to_have_count(1)
    row.click()
    part = case.parts.get(is_lead=False)
    guest.locator(f"[data-part=part-{part.pk}] form[data-act$='agree/'] button").click()
    suggestion = guest.locator(f"[data-part=part-{part.pk}] .suggestion").first
    expect(suggestion).to_be_visible()
    guest.keyboard.press("d")
    expect(guest.locator(f"[data-part=part-{part.pk}] .bound")).to_be_visible()
    order = Dispatch.objects.select_related("officer__user").get(part=part, state__in=ACTIVE)
    expect(owner.locator(f"[data-part=part-{part.pk}]")).to_contain_text(order.officer.name)
    phone = visitor.page("officer", order.officer.user, **PHONE)
    expect(phone.locator(".units__own")).to_contain_text("联合执法")
    expect(phone.locator(".units__task")).to_have_text("查验食品经营许可和油烟净化设施")
    lead = case.dispatches.select_related("officer__user").get(is_lead=True).officer
    expect(phone.locator(f".crew a[href='tel:{lead.user.phone}']")).to_be_visible()
