"""The shift hand-over in Chromium: what is typed is never lost, and the mark of the bar comes and goes by itself."""

from playwright.sync_api import expect

from command import shift


def test_notes_survive_a_reload_with_and_without_the_server_and_the_bar_tells_the_next_shift(visitor, people, case_on_site):
    case = case_on_site("received")
    page = visitor.page("command", people.leader, path="/command/shift/")
    field, general = page.locator(f"#note-{case.pk}"), page.locator("#note")
    field.fill("店主答应十点前清理")
    expect(page.locator("[data-kept-said]")).to_have_text("已保存")
    page.route("**/shift/notes/", lambda route: route.abort())
    general.fill("夜市需加派一组")
    expect(page.locator("[data-kept-said]")).to_contain_text("尚未保存")
    page.reload()
    expect(field).to_have_value("店主答应十点前清理")
    expect(general).to_have_value("夜市需加派一组")
    page.unroute("**/shift/notes/")
    mark = page.locator(".bar [data-figure=shift]")
    for turn in range(2):  # signed, withdrawn, signed
        page.locator("#shift-sign summary").click()
        expect(page.locator(".shift__confirm")).to_contain_text("1 件在办案件")
        page.locator("#shift-sign button").click()
        expect(page.locator(".shift__open")).to_contain_text("夜市需加派一组")
        expect(mark).to_have_text("1")
        if turn == 0:
            page.locator(".shift__open form[data-act$='withdraw/'] button").click()
            expect(general).to_have_value("夜市需加派一组")
            expect(mark).to_be_empty()
    expect(general).to_have_value("")
    handover = shift.waiting(people.centre.pk).get()
    shift.take(handover, by=people.dispatcher)
    expect(mark).to_be_empty()
    expect(page.locator(".shift__open")).to_have_count(0)
    page.goto(f"/command/shift/{handover.pk}/")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator("[data-print]").click()
    assert page.evaluate("window.printed")
    visitor.complaints[:] = [one for one in visitor.complaints if "ERR_FAILED" not in one]
