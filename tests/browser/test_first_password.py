"""The first sign-in in a real browser: one's own password before anything else, and a phone's queue that waits for it."""

import re

from playwright.sync_api import expect

from enforcement import accounts
from enforcement.models import User
from enforcement.roles import Role
from tests.addresses import holder
from tests.browser.conftest import PHONE, sign_in

NEW = "自己的密码-2026"


def come_in(page, one: accounts.Handed) -> None:
    """What the owner does with the slip that he was given."""
    page.fill("#id_username", one.user.username)
    page.fill("#id_password", one.password)
    page.locator(".login__form button").click()
    expect(page.locator("h1")).to_have_text("请设置本人密码")
    page.fill("#id_old", one.password)
    page.fill("#id_new", NEW)
    page.fill("#id_again", NEW)
    page.locator(".login__form button").click()


def test_a_dispatcher_chooses_his_own_password_and_is_in(visitor, people):
    one = accounts.give_password(people.dispatcher, by=holder(people, Role.SYSTEM_ADMIN), reason="首次发放")
    page = visitor.page("command", path="/command/cases/")
    come_in(page, one)
    expect(page).to_have_url(re.compile(r"/command/cases/$"))
    assert User.objects.get(pk=one.user.pk).check_password(NEW)


def test_what_an_officer_pressed_without_network_is_sent_after_his_new_password(visitor, case_on_site, people):
    order = case_on_site("sent", officer=people.officer).dispatches.get()
    context = visitor.context(**PHONE)
    sign_in(context, "officer", people.officer.user, origin=visitor.site.origin)
    page = context.new_page()
    page.goto("/officer/")
    expect(page.locator(".live-mark")).to_have_attribute("data-live", "live")
    context.set_offline(True)
    page.locator(".thumb .thumb__next:visible").click()
    expect(page.locator("[data-queue]")).to_be_visible()
    one = accounts.give_password(User.objects.get(pk=people.officer.user_id), by=holder(people, Role.SYSTEM_ADMIN), reason="忘记密码")
    context.set_offline(False)
    expect(page.locator("[data-login]")).to_be_visible()
    order.refresh_from_db()
    assert order.state == "sent"
    page.locator("[data-login] a").click()
    come_in(page, one)
    expect(page.locator("article.task")).to_have_attribute("data-state", "accepted")
    expect(page.locator("[data-queue]")).to_be_hidden()
    order.refresh_from_db()
    assert order.state == "accepted"
    visitor.complaints[:] = [said for said in visitor.complaints if not re.search(r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|401|WebSocket", said)]


def test_the_pages_of_the_administrators_break_no_rule_of_the_policy(visitor, people):
    for role, paths in (
        (Role.SYSTEM_ADMIN, ("accounts/", "accounts/new/", "trainings/", "admin/", "admin/enforcement/item/", "admin/enforcement/officer/1/")),
        (Role.SECURITY_ADMIN, ("posts/",)), (Role.AUDIT_ADMIN, ("audit/",)), (Role.SUPERVISOR, ("people/",)),
    ):  # fmt: skip
        page = visitor.page("registers", holder(people, role))
        for path in paths:
            assert page.goto(f"/registers/{path}").ok, path
            assert page.evaluate("document.styleSheets.length") >= 4, path
