"""Signing on by the phone where the network comes and goes, and the roster that keeps itself fresh."""

from datetime import timedelta

from playwright.sync_api import expect

from command.models import PhoneAction
from enforcement import attendance
from enforcement.models import Duty
from enforcement.roles import Role
from journal import clock
from tests.browser.test_officer import CUT, Hand, forgive, hand, officer  # noqa: F401  fixtures


def running(person) -> Duty:
    now = clock.now()
    return Duty.objects.get(user=person, starts_at__lte=now, ends_at__gt=now)


def test_one_tap_signs_on_without_a_network_and_arrives_with_the_phones_time(hand: Hand, officer, visitor):  # noqa: F811
    duty, page = running(officer.user), hand.page
    hand.is_kept_on_the_phone()
    hand.cut()
    page.locator("[data-sign=sign_on] button").click()
    expect(page.locator("[data-sign-waits]")).to_be_visible()
    expect(page.locator("[data-sign=sign_on] button")).to_be_disabled()
    expect(page.locator("[data-queue-count]")).to_contain_text("1 项")
    page.reload()  # from the phone itself
    expect(page.locator("[data-sign-waits]")).to_be_visible()
    assert not Duty.objects.filter(pk=duty.pk, came_at__isnull=False).exists()
    page.context.set_offline(False)
    expect(page.locator("[data-sign=sign_off]")).to_be_visible(timeout=20_000)
    duty.refresh_from_db()
    action = PhoneAction.objects.get(verb="sign_on")
    assert duty.came_at and action.phone_at and timedelta() < duty.came_at - action.phone_at < timedelta(minutes=2)
    forgive(visitor, *CUT)


def test_the_roster_shows_who_has_come_without_a_reload_and_prints_on_a4(people, visitor):
    leader, person = people.person(Role.SHIFT_LEADER), people.officer.user
    Duty.objects.filter(pk=running(person).pk).update(ends_at=clock.now() + timedelta(hours=1))  # whenever the test runs: he leaves early
    page = visitor.page("registers", leader, path="/registers/roster/")
    cell = page.locator(f"a[href='/registers/roster/duties/{running(person).pk}/']")
    expect(cell).not_to_contain_text("在岗")
    attendance.sign_on(running(person), by=person)
    page.evaluate("window.neverReloaded = true")
    page.clock.install()
    page.reload()
    expect(cell.locator(".came")).to_be_visible()
    attendance.sign_off(running(person), by=person)
    page.evaluate("window.neverReloaded = true")
    page.clock.run_for(61_000)
    expect(cell).to_contain_text("早退")
    assert page.evaluate("window.neverReloaded")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator("[data-print]").click()
    assert page.evaluate("window.printed")
    assert page.pdf(prefer_css_page_size=True).count(b"/MediaBox [0 0 841") >= 1, "A4 landscape: 842 points wide"
