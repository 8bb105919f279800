"""The console in Chromium: by keyboard alone, live, and calm while others work."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from cases import pauses
from cases.models import Case
from command import dispatch, endings, help
from command.models import Dispatch
from command.transitions import ACTIVE
from enforcement.models import Duty, Officer
from grid.models import Camera
from journal import clock, push
from tests.browser.conftest import sign_in
from tests.browser.test_officer import picture


@pytest.fixture
def desk(visitor, people, case_on_site):
    """`desk(path)`: the brigade's dispatcher at the console, live."""

    def sit(path="/command/", user=None, **options):
        page = visitor.page("command", user or people.dispatcher, path=path, **options)
        expect(page.locator("#live[data-live=live]")).to_be_visible()
        return page

    return sit


def top(page, case) -> float:
    return page.locator(f"#row-{case.pk}").bounding_box()["y"]


def forget_the_refusal(visitor) -> None:
    """What the tests provoke on purpose: a 409, a panel that cannot be fetched."""
    visitor.complaints[:] = [one for one in visitor.complaints if "409" not in one and "ERR_FAILED" not in one]


def test_send_call_back_and_send_again_without_a_mouse(desk, case_on_site, people):
    at_night = (officer.user for officer in Officer.objects.filter(organisation__centre=people.centre, is_helper=False).select_related("user"))
    now, soon = clock.now(), clock.now() + timedelta(hours=1)
    for person in at_night:  # as many as by day
        if not Duty.objects.filter(user=person, starts_at__lt=soon, ends_at__gt=now).exists():
            Duty.objects.create(user=person, starts_at=now, ends_at=soon)
    case = case_on_site("received")
    page = desk()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=send]")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#undo")).to_be_visible()
    expect(page.locator("[data-part=bound]")).to_be_visible()
    first = Dispatch.objects.get(case=case, state__in=ACTIVE)
    page.keyboard.press("u")
    expect(page.locator("[data-part=send]")).to_be_visible()
    page.keyboard.press("2")
    expect(page.locator("[data-part=bound]")).to_be_visible()
    assert Dispatch.objects.get(case=case, state__in=ACTIVE).officer_id != first.officer_id
    for number in "15":
        page.locator("#undo [data-undo]").click()
        wanted = page.locator(f"[data-part=send] [data-shortcut='{number}']").get_attribute("value")
        page.keyboard.press(number)
        expect(page.locator("[data-part=bound]")).to_be_visible()
        assert str(Dispatch.objects.get(case=case, state__in=ACTIVE).officer_id) == wanted


def test_check_and_close_without_a_mouse(desk, case_on_site, people, visitor):
    case = case_on_site("resolved")
    page = desk(f"/command/cases/{case.pk}/", user=people.leader)
    page.keyboard.press("v")
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.type("现场未发现占道经营。")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#close-why")).to_be_visible()  # the result says "advised"
    expect(page.locator("#reply")).to_have_value("现场未发现占道经营。")
    visitor.complaints.clear()  # 409 of the first press
    page.locator("#close-why").fill("摊贩经劝导已离开")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".side__stage").first).to_have_text("已结案")
    expect(page.locator(f"#row-{case.pk}.row--gone")).to_be_visible()


def test_the_open_case_stays_where_it_is_when_more_urgent_ones_arrive(desk, case_on_site):
    case = case_on_site("received")
    page = desk()
    page.locator(f"#row-{case.pk}").click()
    expect(page.locator("[data-part=head]")).to_be_visible()
    before = top(page, case)
    with clock.at(clock.now() - timedelta(minutes=5)):
        urgent = [case_on_site("received", grid=grid) for grid in (3, 12)]
    for one in urgent:
        expect(page.locator(f"#row-{one.pk}")).to_be_attached()
    assert page.locator("#queue [data-thing]").last.get_attribute("id") == f"row-{case.pk}"
    assert top(page, case) == before


def test_what_is_being_typed_survives_what_others_do(desk, case_on_site, people, visitor):
    case = case_on_site("in_hand")
    page = desk(f"/command/cases/{case.pk}/")
    page.locator("details[data-key=put-back] summary").click()
    page.locator("#command-put-back-reason").fill("等待核实地点")
    dispatch.send(case, by=people.leader, officers=[people.officer])
    expect(page.locator("[data-part=bound]")).to_be_visible()
    expect(page.locator("#command-put-back-reason")).to_have_value("等待核实地点")
    page.locator("[data-part=put-back] button").click()
    expect(page.locator("[data-part=put-back] .act__said")).to_contain_text(people.leader.name)
    forget_the_refusal(visitor)


def test_refusals_stand_beside_the_button(desk, case_on_site, people, visitor):
    case = case_on_site("received")
    page = desk(f"/command/cases/{case.pk}/")
    page.route("**/command/cases/*/", lambda route: route.abort())  # the panel cannot refresh: the screen is stale
    dispatch.send(case, by=people.leader, officers=[people.officer])
    page.locator(f'button[name=lead][value="{people.companion.pk}"]').click()
    expect(page.locator("[data-part=send] .act__said").first).to_contain_text(people.officer.name)
    forget_the_refusal(visitor)


def test_who_presses_second_reads_who_was_first_though_the_button_is_gone(desk, case_on_site, people, visitor):
    case = case_on_site("received")
    page = desk(f"/command/cases/{case.pk}/")
    held = []
    page.route("**/send/", lambda route: held.append(route))
    with page.expect_request("**/send/"):
        page.keyboard.press("d")
    dispatch.send(case, by=people.leader, officers=[people.officer])
    expect(page.locator("[data-part=bound]")).to_be_visible()
    held[0].continue_()
    expect(page.locator("#undo")).to_contain_text(people.leader.name)
    forget_the_refusal(visitor)


def test_calling_back_means_the_case_that_was_sent_though_the_next_is_open(desk, case_on_site):
    first, second = case_on_site("received"), case_on_site("received", grid=5)
    page = desk(f"/command/cases/{first.pk}/")
    held = []
    page.route("**/send/", lambda route: held.append(route))
    with page.expect_request("**/send/"):
        page.keyboard.press("d")
    page.locator(f"#row-{second.pk}").click()
    expect(page.locator(f"[data-part=send] form[data-act*='/{second.pk}/']")).to_be_visible()
    held[0].continue_()
    expect(page.locator("#undo [data-undo]")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#undo")).to_contain_text("派遣已收回")
    assert list(Dispatch.objects.filter(state="recalled").values_list("case")) == [(first.pk,)]


def test_the_panel_of_an_ended_case_is_refreshed_and_the_next_is_opened_by_keyboard(desk, case_on_site, people):
    first, second = case_on_site("received"), case_on_site("received", grid=5)
    page = desk(f"/command/cases/{first.pk}/")
    endings.reject(first, by=people.leader, reason="重复反映")
    expect(page.locator("[data-part=head] .state--rejected")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(f"#row-{second.pk}[aria-selected=true]")).to_be_visible()
    expect(page.locator(f"#row-{first.pk}")).to_have_count(0)


def test_search_and_filters_narrow_the_queue(desk, case_on_site):
    wanted, other = case_on_site("received"), case_on_site("resolved", grid=9)
    page = desk()
    page.keyboard.press("/")
    page.keyboard.type(wanted.number)
    expect(page.locator("#queue [data-thing]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator('[data-filter="verify"]').click()
    expect(page.locator(f"#row-{other.pk}")).to_be_visible()
    expect(page.locator(f"#row-{wanted.pk}")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=head]")).to_contain_text(other.number)
    expect(page.locator('[data-filter="verify"]')).to_have_attribute("aria-pressed", "true")


def moves_the_map(page, act) -> None:
    where = "document.querySelector('#map .leaflet-proxy').style.transform"  # follows its middle and its scale
    seen = page.evaluate(where)
    act()
    page.wait_for_function(f"seen => {where} !== seen && !document.querySelector('#map .leaflet-zoom-anim')", arg=seen)  # and it stands still


def test_filters_and_keys_of_the_queue_do_what_they_say(desk, case_on_site, people):
    received, waits, sent, done = (case_on_site(state, grid=grid) for state, grid in (("received", 3), ("in_hand", 5), ("sent", 7), ("resolved", 9)))
    pauses.ask(waits, by=people.dispatcher, reason="等待吊车")
    page = desk(user=people.person("shift_leader", centre="ZX"))
    rows = page.locator("#queue [data-thing]")
    for chosen, left in (("take_in", received), ("send", waits), ("accept handle", sent), ("verify", done)):
        page.locator(f'[data-filter="{chosen}"]').click()
        expect(rows).to_have_count(1)
        expect(page.locator(f"#row-{left.pk}")).to_be_visible()
    page.locator('[data-filter=""]').click()
    expect(rows).to_have_count(4)
    for button, left in (("[data-own]", 0), (".filter[data-asked]", 1)):
        page.locator(button).click()
        expect(rows).to_have_count(left)
        page.locator(button).click()
        expect(rows).to_have_count(4)
    order = rows.evaluate_all("rows => rows.map((row) => row.id)")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{order[0]}[aria-selected=true]")).to_be_visible()
    expect(page.locator("[data-part=head]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#nothing-open")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(received.number)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=take-in]")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(rows).to_have_count(4)
    moves_the_map(page, lambda: page.locator("#map .map-button", has_text="+").click())
    moves_the_map(page, lambda: page.locator("#map .map-button", has_text="−").click())
    moves_the_map(page, lambda: page.keyboard.press("Home"))
    moves_the_map(page, lambda: page.locator("#map .map-button", has_text="+").click())
    moves_the_map(page, lambda: page.locator("#map .map-button--home").click())
    page.locator("[data-close]").click()
    expect(page.locator("#nothing-open")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-help]").click()
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".desk-sound").click()
    expect(page.locator(".desk-sound")).to_have_attribute("data-sound", "off")


def test_keys_links_and_pictures_of_an_open_case_do_what_they_say(desk, case_on_site, people):
    near, done = case_on_site("received", grid=5), case_on_site("resolved", outcome="corrected", details={"photos": 1}, grid=9)
    case, there = case_on_site("received", grid=5), case_on_site("on_site", officer=people.officer)
    help.call(people.officer, by=people.officer.user, lon=116.3, lat=37.95)
    page = desk(f"/command/cases/{case.pk}/", user=people.leader)
    page.keyboard.press("t")
    expect(page.locator("[data-part=take-in]")).to_have_count(0)
    page.keyboard.press("m")
    expect(page.locator(f"button[name=into][value='{near.pk}']")).to_be_focused()
    page.locator(f"[data-part=merge] a[data-open='{near.pk}']").click()
    expect(page.locator("[data-part=head]")).to_contain_text(near.number)
    endings.merge(Case.objects.get(pk=case.pk), by=people.leader, into=near)
    page.goto(f"/command/cases/{case.pk}/")
    page.evaluate("window.kept = true")
    page.locator(f"#case-main a[data-open='{near.pk}']").click()
    expect(page.locator("[data-part=head]")).to_contain_text(near.number)
    moves_the_map(page, lambda: page.locator("[data-show-lon]").click())
    page.locator(".help-call a[data-open]").click()
    expect(page.locator("[data-part=head]")).to_contain_text(there.number)
    page.locator(f"#row-{done.pk}").click()
    page.locator("[data-fill=reply]").first.click()
    expect(page.locator("#reply")).to_have_value(page.locator("[data-fill=reply]").first.text_content())
    page.locator("a[data-picture]").first.click()
    expect(page.locator("#picture")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("window.kept"), "none of it loads the page anew"


def test_cameras_are_searched_and_opened_without_a_mouse(desk, people):
    camera = Camera.objects.filter(is_active=True).order_by("-pk").first()
    page = desk("/command/cameras/")
    lines = page.locator("#cameras li:visible")
    every = lines.count()
    page.keyboard.press("/")
    page.keyboard.type(camera.code)
    expect(lines).to_have_count(1)
    page.keyboard.press("Escape")
    expect(lines).to_have_count(every)
    page.locator("#search").fill(camera.code)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/command/cameras/{camera.pk}/report/")


def test_a_call_is_registered_without_a_mouse(desk, people, case_on_site, visitor):
    running = case_on_site("received", category="TIP-09")
    page = desk("/command/report/", user=people.call_taker)
    page.evaluate(f"""for (const [name, value] of [["lon", {running.point.y}], ["lat", {running.point.x}]])
        document.getElementById("intake").elements.namedItem(name).value = value""")
    page.keyboard.type("门口有人焚烧垃圾,烟很大")
    page.keyboard.press("Control+Enter")
    page.locator("[data-swap]").click()
    expect(page.locator("#errors")).to_be_hidden()
    expect(page.locator("[name=lon]")).to_have_value(re.compile(r"^116\."))
    page.keyboard.press("Alt+t")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("了")
    page.locator("#guess button").first.click()
    expect(page.locator("[name=category]:checked")).not_to_have_value("")
    page.locator(".category input[value='TIP-09']").check(force=True)
    page.locator(f"[data-join='{running.pk}']").click()
    expect(page.locator("[name=join]")).to_have_value(str(running.pk))
    page.locator("[data-unjoin]").click()
    expect(page.locator("[name=join]")).to_have_value("")
    page.locator("#pictures").set_input_files(picture("olive"))
    page.locator("#photos button").click()
    expect(page.locator("#photos li")).to_have_count(0)
    page.keyboard.press("Alt+p")
    page.keyboard.type("网格")
    expect(page.locator("#places li").nth(1)).to_be_visible()
    for key, at in (("ArrowDown", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        expect(page.locator("#places li").nth(at)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#places")).to_be_hidden()
    page.locator("#place").fill("")
    page.keyboard.press("Alt+c")
    page.keyboard.type("焚烧垃圾")
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+p")
    page.keyboard.type("第1网格")
    expect(page.locator("#places li").first).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+n")
    page.keyboard.type("13900001111")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".done__code")).to_be_visible()
    case = Case.objects.latest("pk")
    assert case.category.code == "TIP-09"
    assert case.reports.get().channel == "hotline"
    visitor.complaints[:] = [one for one in visitor.complaints if "422" not in one]


def test_typed_work_survives_being_signed_out(desk, case_on_site, people, visitor):
    case = case_on_site("in_hand")
    page = desk(f"/command/cases/{case.pk}/")
    page.locator("details[data-key=put-back] summary").click()
    page.locator("#command-put-back-reason").fill("等待核实地点")
    Session.objects.all().delete()
    push.tell_now({"audiences": [f"user.{people.dispatcher.pk}"], "thing": f"user:{people.dispatcher.pk}", "version": 1})
    expect(page.locator("#refusals a")).to_have_attribute("href", "/command/login/")
    sign_in(page.context, "command", people.dispatcher, origin=visitor.site.origin)
    expect(page.locator("#live[data-live=live]")).to_be_visible(timeout=30_000)
    expect(page.locator("#refusals")).to_be_empty()
    page.locator("[data-part=put-back] button").click()
    expect(page.locator("[data-part=take-in]")).to_be_visible()
    visitor.complaints[:] = [one for one in visitor.complaints if "401" not in one]


def test_an_opened_contact_stays_in_sight_though_reading_it_changes_the_case(desk, case_on_site, people):
    received = case_on_site.report(contact={"name": "王某", "phone": "13900000000"})
    page = desk(f"/command/cases/{received.case.pk}/", user=people.leader)
    sealed = page.locator(".sealed")
    sealed.locator("summary").click()
    sealed.locator("[name=reason]").fill("回访核实")
    sealed.locator("button").click()
    expect(page.locator("#timeline, [data-part=timeline]").first).to_contain_text("回访核实")
    expect(sealed.locator(".sealed__contact")).to_contain_text("13900000000")
