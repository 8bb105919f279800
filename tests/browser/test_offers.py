"""A case goes to another centre by keys and filters: offered, marked in the other's queue, signed for; told to the county when nobody answers."""

from django.db import transaction
from playwright.sync_api import expect

from cases.models import Case, CentreOffer
from command import offers
from enforcement.models import Organisation
from enforcement.roles import Role
from journal.models import Deadline


def test_a_case_is_offered_found_by_its_filter_and_signed_for_by_keys(visitor, people, case_on_site):
    case, other, market = case_on_site("in_hand"), case_on_site("in_hand"), Organisation.objects.get(code="SC")
    owner = visitor.page("command", people.dispatcher, path=f"/command/cases/{case.pk}/")
    guest, county = visitor.page("command", people.dispatcher_elsewhere), visitor.page("command", people.county_dispatcher)
    for page in (owner, guest, county):
        expect(page.locator("#live[data-live=live]")).to_be_visible()
    to_sign, to_designate = guest.locator(".filter[data-offers]"), county.locator(".filter[data-silent]")
    expect(to_sign).to_be_hidden()
    owner.keyboard.press("o")
    owner.locator("#command-offer-to").select_option(str(market.pk))
    owner.locator("#command-offer-why").fill("属市场监管职责")
    owner.locator("[data-part=offer-to] form button").click()
    expect(owner.locator("[data-part=offer]")).to_contain_text("市场监管大队")

    expect(to_sign).to_contain_text("1")
    to_sign.click()
    expect(to_sign).to_have_attribute("aria-pressed", "true")
    guest.locator(f"#row-{case.pk}").click()
    expect(guest.locator("[data-part=offer] [data-shortcut=a]")).to_be_visible()
    guest.keyboard.press("a")
    expect(guest.locator("[data-part=send]")).to_be_visible()
    assert Case.objects.get(pk=case.pk).centre == market
    left = owner.locator("[data-part=left]")
    for word in (case.number, "市场监管大队", people.dispatcher_elsewhere.name):
        expect(left).to_contain_text(word)
    expect(owner.locator("#case")).to_be_hidden()
    left.locator("[data-close]").click()
    expect(owner.locator("#nothing-open")).to_be_visible()
    expect(owner.locator(f"#row-{case.pk}")).to_have_count(0)

    expect(to_designate).to_be_hidden()
    offers.offer(other, by=people.dispatcher, organisation=market, reason="属市场监管职责")
    with transaction.atomic():
        offers.not_answered(Deadline.objects.get(thread=other.thread, kind="offer", cancelled_at=None))
    assert CentreOffer.objects.get(case=other).unanswered_at
    expect(to_designate).to_contain_text("1")
    to_designate.click()
    expect(county.locator(".row:visible")).to_have_count(1)
    expect(county.locator(f"#row-{other.pk}")).to_be_visible()
    expect(owner.locator("#news")).to_be_hidden()
    offers.designate(other, by=people.person(Role.SHIFT_LEADER, centre="ZX"), organisation=market, reason="指定管辖")
    expect(owner.locator("[data-news-left]")).to_contain_text(other.number)
    owner.locator("[data-news-close]").click()
    expect(owner.locator("#news")).to_be_hidden()
    visitor.complaints[:] = [one for one in visitor.complaints if "404" not in one]  # the giver's open panel learns that it is gone
