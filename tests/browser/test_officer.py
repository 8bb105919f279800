"""The officer's phone in a real browser: orders that appear by themselves, a network that comes and goes, one hand."""

import io
import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from PIL import Image
from playwright.sync_api import Page, expect

from cases.models import Case, Photo, Report
from command import dispatch
from command.models import Dispatch, PhoneAction, Position
from enforcement.models import PartyAct, Recusal
from journal import clock
from journal.models import Entry
from tests.browser.conftest import PHONE, sign_in

CUT = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")


def picture(colour: str) -> dict:
    data = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(data, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}


class Hand:
    """What an officer does on the page."""

    def __init__(self, page: Page, case: Case | None = None):
        self.page, self.case = page, case

    @property
    def task(self):
        return self.page.locator("article.task")

    def next(self):
        self.page.locator(".thumb .thumb__next:visible").click()

    def stand_at(self, case: Case):
        self.page.context.set_geolocation({"longitude": case.point.x, "latitude": case.point.y, "accuracy": 10})

    def shoot(self, kind: str, colour: str = "green"):
        self.page.locator(f"[data-shot={kind}]").set_input_files(picture(colour))
        expect(self.page.locator(f"[data-shots={kind}] li")).to_be_visible()

    def outcome(self, name: str):
        self.page.locator(f".pick:has([name=outcome][value={name}])").click()

    def all_sent(self):
        expect(self.page.locator("[data-queue]")).to_be_hidden()

    def shown(self, state: str):
        expect(self.task).to_have_attribute("data-state", state)

    def is_live(self):
        expect(self.page.locator(".live-mark")).to_have_attribute("data-live", "live")

    def until(self, condition: str):
        """Wait for a condition in the page that may be a promise (without the eval that our policy forbids)."""
        self.page.evaluate(f"(async () => {{ while (!(await ({condition}))) await new Promise((soon) => setTimeout(soon, 50)); }})()")

    def cut(self):
        """No network, for the page and for its service worker (which hears of it a moment later)."""
        self.page.context.set_offline(True)
        self.until("fetch(`/static/${Math.random()}`).then(() => false, () => true)")

    def is_kept_on_the_phone(self):
        self.until("navigator.serviceWorker.controller")
        self.until("caches.open('officer-pages').then((kept) => kept.keys()).then((kept) => kept.length === 2)")


def forgive(visitor, *texts: str) -> None:
    """Complaints of the browser that the test provoked."""
    visitor.complaints[:] = [line for line in visitor.complaints if not any(text in line for text in texts)]


@pytest.fixture
def officer(people):
    return people.officers()[0]


@pytest.fixture
def hand(visitor, officer) -> Hand:
    page = visitor.page("officer", officer.user, **PHONE, permissions=["geolocation"], geolocation={"longitude": 116.16, "latitude": 37.868})
    hand = Hand(page)
    hand.is_live()
    return hand


@pytest.fixture
def order(case_on_site, people, officer, hand) -> Dispatch:
    """An order that was sent while the page was open."""
    case = case_on_site("received")
    found = dispatch.send(case, by=people.dispatcher, officers=[officer])[0]
    expect(hand.task).to_be_visible()
    return found


def test_an_order_appears_by_itself_and_goes_to_its_result_without_a_reload(hand, order):
    hand.page.evaluate("window.neverReloaded = true")
    hand.next()
    hand.shown("accepted")
    hand.stand_at(order.case)
    hand.next()
    hand.shown("on_site")
    hand.shoot("before", "red")
    hand.shoot("after", "green")
    hand.outcome("corrected")
    expect(hand.page.locator(".thumb__next:visible")).to_contain_text("还缺")
    hand.page.locator("[data-phrase]").first.click()
    hand.next()
    expect(hand.page.locator("article.over")).to_contain_text("核查")
    order.refresh_from_db()
    assert (order.state, order.arrival_reason, order.case.state, order.case.outcome) == ("finished", "", "resolved", "corrected")
    assert sorted(order.case.photos.values_list("kind", flat=True)) == ["after", "before"]
    assert hand.page.evaluate("window.neverReloaded")


def test_a_press_is_heard_though_the_order_changes_under_the_finger(hand, order, officer):
    hand.page.evaluate("addEventListener('click', (press) => { window.heard = Boolean(press.target.closest('.thumb__next')); }, true)")
    hand.page.locator(".thumb .thumb__next:visible").hover()
    hand.page.mouse.down()
    with hand.page.expect_response("**/officer/now/"):  # the page asks again a moment after it has heard of a change
        dispatch.accept(order, by=officer.user)  # on his other phone
    hand.page.mouse.up()
    assert hand.page.evaluate("window.heard")
    hand.shown("accepted")


def test_who_stands_still_has_a_position_though_no_new_fix_comes(hand):
    """A position of the last minute serves when the device is silent; an older one does not."""
    asked = hand.page.evaluate("""async () => {
        const { follow } = await import(JSON.parse(document.getElementById("settings").textContent).modules.phone);
        const fix = { coords: { longitude: 116.17, latitude: 37.87, accuracy: 5, heading: null } };
        Object.defineProperty(navigator, "geolocation", { configurable: true, value: {
            watchPosition(told) { told(fix); return 1; }, clearWatch() {}, getCurrentPosition() {},
        } });
        const place = follow(() => {}, () => {}), told = place.latest(), found = [];
        for (const age of [40000, 90000]) { told.at = Date.now() - age; found.push(Boolean(await place.ask(20))); }
        return found;
    }""")
    assert asked == [True, False]


def test_from_afar_the_page_asks_why_before_it_sends_anything(hand, order):
    hand.next()
    hand.shown("accepted")
    hand.page.context.set_geolocation({"longitude": order.case.point.x + 0.02, "latitude": order.case.point.y})
    hand.next()
    expect(hand.page.locator("[data-because]")).to_contain_text("公里")
    hand.page.locator(".because .pick").first.click()
    hand.next()
    hand.shown("on_site")
    hand.all_sent()
    order.refresh_from_db()
    assert order.arrival_reason


def test_without_network_every_step_waits_in_the_queue_and_is_sent_in_order(hand, order, visitor):
    hand.is_kept_on_the_phone()
    hand.cut()
    hand.page.reload()
    hand.shown("sent")
    away = hand.page.locator("[data-offline]")
    expect(away).to_be_visible()
    hand.next()
    expect(away).to_be_hidden()  # now the queue says what waits, and why
    hand.stand_at(order.case)
    hand.shown("accepted")
    hand.next()
    hand.shown("on_site")
    hand.shoot("after")
    hand.outcome("unfounded")
    hand.page.locator("[data-phrase]").first.click()
    hand.next()
    expect(hand.page.locator("[data-queue-count]")).to_have_text("4 项待上传 · 无网络")
    assert not PhoneAction.objects.exists()
    hand.page.context.set_offline(False)
    hand.all_sent()
    expect(away).to_be_hidden()
    forgive(visitor, *CUT)
    verbs = Entry.objects.filter(thread=order.case.thread).order_by("number").values_list("verb", flat=True)
    assert list(verbs)[-4:] == ["accepted", "arrived", "finished", "resolved"]
    assert all(action.phone_at < action.at for action in PhoneAction.objects.all())


def test_what_was_filled_in_survives_closing_the_page(hand, order, officer):
    hand.next()
    hand.stand_at(order.case)
    hand.shown("accepted")
    hand.next()
    hand.shown("on_site")
    hand.shoot("before")
    hand.shoot("after")
    hand.page.locator("[data-shots=after] button").click()
    expect(hand.page.locator("[data-shots=after] li")).to_have_count(0)
    hand.outcome("ordered")
    day = hand.page.locator("[data-date]").first
    day.click()
    expect(hand.page.locator("[name=recheck_on]")).to_have_value(day.get_attribute("data-date"))
    hand.page.locator("[name=note]").fill("责令三日内清除")
    context = hand.page.context
    hand.page.close()
    page = context.new_page()
    page.goto("/officer/")
    expect(page.locator("[name=note]")).to_have_value("责令三日内清除")
    expect(page.locator("[data-shots=before] li")).to_be_visible()
    expect(page.locator("input[value=ordered]")).to_be_checked()
    expect(page.locator("[name=recheck_on]")).to_be_visible()


def test_a_recall_is_told_at_once_and_the_photos_can_still_go_to_the_case(hand, order, people, visitor):
    hand.next()
    hand.stand_at(order.case)
    hand.shown("accepted")
    hand.next()
    hand.shown("on_site")
    hand.shoot("before")
    hand.all_sent()
    dispatch.recall(order.case, by=people.dispatcher, reason="消防已到场")
    over = hand.page.locator("article.over")
    expect(over).to_contain_text("消防已到场")
    over.locator("[data-keep]").click()
    expect(hand.page.locator("[data-refusals]")).to_contain_text("留存")
    over.locator("[data-dismiss]").click()
    expect(over).to_have_count(0)
    assert Photo.objects.get().case == order.case
    assert Entry.objects.filter(thread=order.case.thread, verb="evidence_kept").exists()
    forgive(visitor, "409")


def test_an_order_that_ended_while_the_phone_was_without_network_leaves_a_word_and_what_was_filled_in(hand, order, people, visitor):
    hand.next()
    hand.stand_at(order.case)
    hand.shown("accepted")
    hand.next()
    hand.shown("on_site")
    hand.all_sent()
    hand.page.locator("[name=note]").fill("摊主正在收摊")
    hand.cut()
    dispatch.recall(order.case, by=people.dispatcher, reason="另派他人")
    Dispatch.objects.filter(pk=order.pk).update(ended_at=clock.now() - timedelta(hours=1))
    hand.page.context.set_offline(False)
    over = hand.page.locator("article.over")
    expect(over).to_contain_text("占道经营")
    over.locator("[data-keep]").click()
    expect(hand.page.locator("[data-refusals]")).to_contain_text("留存")
    assert Entry.objects.get(thread=order.case.thread, verb="evidence_kept").data["note"] == "摊主正在收摊"
    over.locator("[data-dismiss]").click()
    expect(over).to_have_count(0)
    forgive(visitor, "409", *CUT)


def test_an_expired_login_keeps_the_queue_and_never_hands_it_to_the_next_user(hand, order, officer, people, visitor, site):
    context = hand.page.context
    Session.objects.all().delete()
    hand.next()
    expect(hand.page.locator("[data-login]")).to_be_visible()
    hand.page.goto("/officer/login/")
    sign_in(context, "officer", people.officers()[1].user, origin=site.origin)
    hand.page.goto("/officer/")
    expect(hand.page.locator("[data-others]")).to_contain_text("1")
    hand.is_live()
    order.refresh_from_db()
    assert order.state == "sent"
    hand.page.goto("/officer/login/")
    sign_in(context, "officer", officer.user, origin=site.origin)
    hand.page.goto("/officer/")
    hand.shown("accepted")
    hand.all_sent()
    order.refresh_from_db()
    assert order.state == "accepted"
    forgive(visitor, "401")


def test_patrol_two_taps_and_a_photo(hand, case_on_site):
    hand.stand_at(case_on_site.report().case)
    hand.page.get_by_role("link", name="巡查上报").first.click()
    expect(hand.page.locator("[data-where]")).to_have_attribute("data-position", "here")
    with hand.page.expect_file_chooser() as camera:
        hand.page.locator(".tile").nth(1).click()
    camera.value.set_files(picture("brown"))
    expect(hand.page.locator("[data-shots=report] li")).to_be_visible()
    hand.next()
    expect(hand.page.locator("[data-refusals]")).to_contain_text(re.compile(r"\d{8}-\d{4}"))
    report = Report.objects.get(channel="patrol")
    assert (report.photos.count(), report.place_source, report.taken_by.role in ("officer", "squad_leader")) == (1, "device", True)


def test_a_refused_patrol_report_stands_in_the_form_again_with_its_photos(hand, visitor):
    hand.page.context.set_geolocation({"longitude": 100.0, "latitude": 30.0, "accuracy": 5})
    hand.page.goto("/officer/report/")
    expect(hand.page.locator("[data-where]")).to_have_attribute("data-position", "here")
    hand.page.locator("[data-shot=report]").set_input_files(picture("brown"))
    hand.page.locator(".tile").nth(1).click()
    hand.page.locator("#text").fill("门前堆放沙石")
    hand.next()
    expect(hand.page.locator("[data-refusals]")).to_contain_text("不在本县范围内")
    expect(hand.page.locator("#text")).to_have_value("门前堆放沙石")
    expect(hand.page.locator("[data-kept]")).to_contain_text("1 张照片")
    assert hand.page.locator("[name=category]:checked").count() == 1
    hand.page.reload()
    expect(hand.page.locator("#text")).to_have_value("门前堆放沙石")
    hand.page.locator("#place_words").fill("南街村")
    hand.next()
    expect(hand.page.locator("[data-refusals]")).to_contain_text(re.compile(r"\d{8}-\d{4}"))
    report = Report.objects.get(channel="patrol")
    assert (report.text, report.photos.count()) == ("门前堆放沙石", 1)
    forgive(visitor, "422")


def test_a_photo_for_which_there_is_no_room_holds_up_no_other_step(hand, case_on_site, people, officer, visitor):
    case, context = case_on_site("received"), hand.page.context
    context.route("**/officer/photos/", lambda route: route.fulfill(status=503, json={"code": "no_room", "detail": "暂时无法保存"}))
    hand.stand_at(case)
    hand.page.goto("/officer/report/")
    expect(hand.page.locator("[data-where]")).to_have_attribute("data-position", "here")
    hand.page.locator("[data-shot=report]").set_input_files(picture("brown"))
    expect(hand.page.locator("[data-shots=report] li")).to_be_visible()
    hand.page.locator(".tile").nth(1).click()
    hand.next()
    expect(hand.page.locator("[data-queue-count]")).to_contain_text("2 项待上传")
    hand.page.goto("/officer/")
    order = dispatch.send(case, by=people.dispatcher, officers=[officer])[0]
    hand.shown("sent")
    hand.next()
    hand.shown("accepted")
    hand.stand_at(case)
    hand.next()
    hand.shown("on_site")
    expect(hand.page.locator("[data-queue-count]")).to_contain_text("2 项待上传")
    assert Dispatch.objects.get(pk=order.pk).state == "on_site" and not Report.objects.filter(channel="patrol").exists()
    context.unroute("**/officer/photos/")
    hand.page.evaluate("window.dispatchEvent(new Event('online'))")
    hand.all_sent()
    assert Report.objects.get(channel="patrol").photos.count() == 1
    forgive(visitor, "503")


def test_declining_takes_a_reason_and_frees_the_screen(hand, order, visitor):
    refused = hand.page.locator("[data-refusals]")
    hand.page.context.route("**/accept/", lambda route: route.fulfill(status=409, json={"code": "busy", "detail": "暂不能接单"}))
    hand.next()
    expect(refused).to_contain_text("暂不能接单")
    hand.page.locator("[data-queue] > summary").click()
    hand.page.locator("[data-queue-list] button").click()
    hand.all_sent()
    refused.locator("button").click()
    expect(refused).to_be_empty()
    forgive(visitor, "409")
    hand.page.locator(".thumb__other").click()
    hand.page.locator(".decline .pick").nth(2).click()
    hand.page.locator(".decline button").click()
    expect(hand.page.locator("article.task")).to_have_count(0)
    order.refresh_from_db()
    assert order.state == "declined"


def test_the_device_tells_where_it_is_while_the_page_is_open(hand, officer):
    hand.page.context.set_geolocation({"longitude": 116.171, "latitude": 37.872, "accuracy": 9})
    hand.page.wait_for_timeout(100)
    for _attempt in range(50):
        if position := Position.objects.filter(officer=officer).first():
            break
        hand.page.wait_for_timeout(100)
    assert position.point.x == pytest.approx(116.171, abs=0.02)


def test_look_sound_and_screen_are_chosen_in_the_menu(hand):
    hand.page.evaluate("""() => { window.done = []; const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (at) { done.push(at); start.call(this, at); }; }""")
    hand.page.locator(".menu:not(.sos) > summary").click()
    seen = []
    for _press in range(3):
        hand.page.locator("[data-theme-next]").click()
        seen.append((hand.page.locator("html").get_attribute("data-theme"), hand.page.evaluate("officerTheme.chosen()")))
    assert [choice for _shown, choice in seen] == ["outdoor", "dark", "auto"] and [shown for shown, _choice in seen[:2]] == ["outdoor", "dark"]
    hand.page.locator("[data-sound-test]").click()
    hand.until("done.length")
    hand.page.locator("[data-awake]").click()
    expect(hand.page.locator("[data-awake]")).to_have_attribute("aria-pressed", "false")


def test_the_first_page_without_network_and_without_a_kept_page_says_so(hand, visitor):
    hand.is_kept_on_the_phone()
    hand.cut()
    hand.page.evaluate("caches.delete('officer-pages')")
    hand.page.goto("/officer/")
    expect(hand.page.get_by_role("heading", name="无网络")).to_be_visible()
    forgive(visitor, *CUT)


def test_stepping_aside_without_network_waits_on_the_phone_and_is_then_done(hand, order, visitor):
    hand.is_live()
    hand.cut()
    hand.page.locator(".aside > summary").click()
    hand.page.locator(".aside button").click()
    expect(hand.page.locator(".aside .pick").first).to_be_visible()  # a relation has to be said
    hand.page.locator(".aside .pick").nth(1).click()
    hand.page.locator(".aside button").click()
    hand.shown("declined")
    hand.page.context.set_offline(False)
    hand.all_sent()
    order.refresh_from_db()
    assert order.state == "declined"
    assert Recusal.objects.get(officer=order.officer, thread=order.case.thread).relation == "interest"
    forgive(visitor, *CUT)


def test_a_party_is_checked_before_it_is_sent_and_nothing_typed_is_lost(hand, order):
    hand.next()
    hand.shown("accepted")
    hand.stand_at(order.case)
    hand.next()
    hand.shown("on_site")
    hand.outcome("advised")
    hand.page.locator("[name=note]").fill("已劝导")
    hand.page.locator("[data-party] > summary").click()
    hand.page.locator("[name=party_name]").fill("阜城县某某商贸有限公司")
    expect(hand.page.locator("[data-party-said]")).to_contain_text("同时填写")
    hand.page.locator("[name=party]").fill("91131128ma0cab0x1b")
    hand.next()
    expect(hand.page.locator("[data-party-said]")).to_contain_text("校验码")
    hand.page.reload()
    expect(hand.page.locator("[name=party_name]")).to_have_value("阜城县某某商贸有限公司")
    hand.page.locator("[name=party]").fill("91131128ma0cab0x1t")
    hand.next()
    hand.all_sent()
    assert PartyAct.objects.get(user=order.officer.user).party == "91131128MA0CAB0X1T"
