"""A citizen's phone before the real site: report in a few taps, lose nothing, watch the matter move by itself."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from cases.models import Report
from command import dispatch, endings, handling
from tests.browser.conftest import PHONE
from tests.cast import photo_drafts

HERE = {"longitude": 116.1605, "latitude": 37.8685, "accuracy": 15}
WORDS = "鼓楼广场南侧有人占道卖水果"


@pytest.fixture
def phone(visitor):
    """A phone that stands in the seat of the county and may tell its position."""

    def open_page(path="/", **options):
        return visitor.page(path=path, **(PHONE | {"geolocation": HERE, "permissions": ["geolocation"]} | options))

    return open_page


@pytest.fixture
def photo(tmp_path):
    Image.effect_noise((800, 600), 40).convert("RGB").save(tmp_path / "现场.jpg")
    return tmp_path / "现场.jpg"


def fill(page, words=WORDS):
    page.fill("#text", words)
    page.locator("#locate").tap()
    expect(page.locator("#place-words")).to_contain_text("网格")


def send(page):
    expect(page.locator("#send")).to_be_enabled()
    page.locator("#send").tap()
    page.wait_for_url(re.compile("/t/"))


def test_a_report_with_photo_takes_at_most_six_taps(phone, photo):
    page = phone()
    page.evaluate("window.taps = 0; addEventListener('click', event => { if (event.isTrusted) taps += 1; }, true)")
    page.fill("#text", WORDS)
    page.locator("#guess button").first.tap()
    page.locator("#locate").tap()
    with page.expect_file_chooser() as chooser:
        page.locator("#photo-add").tap()
    chooser.value.set_files(photo)
    expect(page.locator(".photo input[name=photos]")).to_have_count(1)
    expect(page.locator("#place-words")).to_contain_text("网格")
    assert page.evaluate("taps") + 2 <= 6  # choosing the photo, and sending
    send(page)
    report = Report.objects.get()
    assert (report.text, report.category.code, report.place_source, report.photos.count()) == (WORDS, "TIP-01", "device", 1)


def test_the_page_moves_by_itself_from_received_to_closed(phone, people, case_on_site):
    received = case_on_site.report()
    page, officer = phone(f"/t/{received.code}/", permissions=["geolocation", "clipboard-read", "clipboard-write"]), people.officers()[0]
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    page.locator("#copy").tap()
    expect(page.locator("#copy")).to_contain_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    done = page.locator(".line__step--done")
    order = dispatch.send(received.case, by=people.dispatcher, officers=[officer])[0]
    expect(done).to_have_count(2)
    dispatch.arrive(dispatch.accept(order, by=officer.user), by=officer.user, reason="定位弱")
    expect(done).to_have_count(3)
    handling.finish(order, by=officer.user, outcome="corrected", note="已清理", **photo_drafts(officer.user))
    expect(done).to_have_count(4)
    endings.close(received.case, by=people.leader, reply="已当场清理。")
    expect(done).to_have_count(5)
    expect(page.locator(".reply")).to_contain_text("已当场清理。")
    page.locator("#asks button[value=yes]").tap()
    expect(page.locator("#solved")).to_be_visible()


def test_without_sockets_the_page_asks_by_itself(phone, people, case_on_site, visitor):
    received = case_on_site.report()
    context = visitor.context(**PHONE)
    context.add_init_script("window.WebSocket = class { constructor() { setTimeout(() => this.onclose({code: 1006})); } }")
    page = context.new_page()
    page.clock.install()
    page.goto(f"/t/{received.code}/")
    page.clock.run_for(5000)
    dispatch.send(received.case, by=people.dispatcher, officers=people.officers()[:1])
    page.clock.run_for(20000)
    expect(page.locator(".line__step--done")).to_have_count(2)


def test_a_reload_in_the_middle_loses_nothing(phone, photo):
    page = phone()
    fill(page)
    page.set_input_files(".photos__input", photo)
    expect(page.locator(".photo input[name=photos]")).to_have_count(1)
    page.reload()
    expect(page.locator("#text")).to_have_value(WORDS)
    expect(page.locator("#place-words")).to_contain_text("网格")
    expect(page.locator(".photo input[name=photos]")).to_have_count(1)
    send(page)
    assert Report.objects.get().photos.count() == 1


def test_a_broken_connection_keeps_the_form_and_the_second_press_sends_once(phone, photo, visitor):
    page = phone()
    fill(page)
    page.context.set_offline(True)
    page.set_input_files(".photos__input", photo)
    expect(page.locator(".photo__again")).to_be_visible()
    page.locator("#send").tap()
    expect(page.locator("#send-note")).not_to_be_empty()
    expect(page.locator("#send")).to_be_enabled(timeout=20_000)
    expect(page.locator("#text")).to_have_value(WORDS)
    page.context.set_offline(False)
    page.locator(".photo__again").tap()
    expect(page.locator(".photo input[name=photos]")).to_have_count(1)
    send(page)
    assert Report.objects.get().photos.count() == 1
    visitor.complaints.clear()  # the browser's own about the connection


def test_a_file_that_is_no_photo_says_so_and_harms_nothing(phone, photo, tmp_path, visitor):
    page = phone()
    (tmp_path / "假.jpg").write_bytes(b"text")
    page.set_input_files(".photos__input", [tmp_path / "假.jpg", photo])
    expect(page.locator("#photo-note")).to_contain_text(re.compile("假.jpg .*JPEG"))
    expect(page.locator(".photo input[name=photos]")).to_have_count(1)
    page.set_input_files(".photos__input", [photo] * 5)  # and takes no room from what can be sent
    expect(page.locator(".photo input[name=photos]")).to_have_count(6)
    visitor.complaints.clear()  # 422 of the upload


def test_a_photo_taken_away_makes_room_for_another(phone, photo):
    page = phone()
    page.set_input_files(".photos__input", [photo] * 6)
    expect(page.locator(".photo input[name=photos]")).to_have_count(6)
    expect(page.locator("#photo-add")).to_be_hidden()
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.locator(".photo__remove").first.tap()
    page.set_input_files(".photos__input", photo)
    expect(page.locator(".photo input[name=photos]")).to_have_count(6)


def test_a_place_is_chosen_by_name_or_on_the_map(phone):
    page = phone()
    page.fill("#place_words", "东街村")
    page.locator("#place-list button").first.tap()
    expect(page.locator("[name=zone]")).not_to_have_value("")
    page.locator("#place-clear").tap()
    expect(page.locator("[name=zone]")).to_have_value("")
    expect(page.locator("#place-chosen")).to_be_hidden()
    page.locator("#open-map").tap()
    expect(page.locator("#map canvas")).to_have_count(1)
    page.locator("#map").tap(position={"x": 150, "y": 120})
    expect(page.locator("[name=place_source]")).to_have_value("map")
    expect(page.locator("[name=zone]")).to_have_value("")


def test_without_javascript_a_person_can_report_and_follow(phone, photo, visitor):
    page = phone(java_script_enabled=False)
    page.fill("#text", WORDS)
    page.set_input_files(".photos__input", photo)
    page.fill("#place_words", "鼓楼街12号")
    page.locator("#send").tap()
    page.locator("#place-list label").first.tap()
    page.locator("#send").tap()
    expect(page.locator(".line__step--done")).to_have_count(1)
    assert Report.objects.get().photos.count() == 1
    visitor.complaints.clear()  # 422 of the first answer


@pytest.mark.parametrize("width", [320, 390, 430])
def test_nothing_sticks_out_sideways_not_even_in_large_type(phone, width, case_on_site):
    page = phone(viewport={"width": width, "height": 700})
    page.locator("#large-type").tap()
    expect(page.locator("html")).to_have_attribute("data-type", "large")
    for path in ("/", f"/t/{case_on_site.report().code}/", "/t/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_everything_that_is_tapped_is_as_large_as_a_finger(phone, case_on_site):
    page = phone()
    small = """() => [...document.querySelectorAll("a, button, summary, label, select")]
        .filter((element) => element.offsetParent && !element.closest(".skip-link, .website, .field, .track-form"))
        .map((element) => [element.textContent.trim(), Math.round(element.getBoundingClientRect().height)]).filter(([, height]) => height < 36)"""
    for path in ("/", f"/t/{case_on_site.report().code}/"):
        page.goto(path)
        assert page.evaluate(small) == [], path


def test_a_long_text_is_never_cut_in_silence(phone, visitor):
    page = phone()
    fill(page, "字" * 2500)
    expect(page.locator("#text")).to_have_value("字" * 2500)
    page.locator("#send").tap()
    expect(page.locator(".field__error")).to_contain_text("2500")
    expect(page.locator("#text")).to_have_value("字" * 2500)
    visitor.complaints.clear()  # 422


def test_the_kinds_of_a_group_open_in_sight_and_the_map_names_streets(phone):
    page = phone()
    page.locator("label[for=group-1]").tap()
    expect(page.locator(".kinds__panel").first).to_be_in_viewport(ratio=0.95)
    page.locator("#open-map").tap()
    expect(page.locator(".map-name--road span").filter(visible=True).first).to_be_visible()


def test_the_page_weighs_less_than_a_hundred_kilobytes(phone, visitor):
    context = visitor.context(**PHONE)
    page, sizes = context.new_page(), []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto("/", wait_until="networkidle")
    assert sizes
    assert sum(sizes) < 100 * 1024
