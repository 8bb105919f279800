"""Two dispatchers at one case, each in a browser of his own: they see each other, are told what the other did, and one wins."""

from playwright.sync_api import expect

from command.models import Dispatch


def test_two_dispatchers_see_each_other_are_told_and_one_of_two_presses_wins(visitor, people, case_on_site):
    case = case_on_site("in_hand")
    mine, other = people.dispatcher, people.leader
    pages = {}
    for user in (mine, other):
        pages[user] = visitor.page("command", user, path=f"/command/cases/{case.pk}/")
        expect(pages[user].locator("#live[data-live=live]")).to_be_visible()
    left, right = pages[mine], pages[other]
    row = left.locator(f"#row-{case.pk} [data-who]")

    # who is there and what he does: at the case in words, in the row as initials
    expect(left.locator("#others")).to_contain_text(f"{other.actor.label} 正在查看")
    expect(row).to_have_text(other.name[-2:])
    right.locator("details[data-key=put-back] summary").click()
    right.locator("#command-put-back-reason").fill("地点不清")
    expect(left.locator("#others")).to_contain_text("正在填写")
    right.locator("#command-put-back-reason").fill("")
    right.locator("input[name=companion]").first.check()
    expect(left.locator("#others")).to_contain_text("正在选派人员")

    # both have typed something; one sends: the other is told who did what, what he typed is there
    left.locator("details[data-key=put-back] summary").click()
    left.locator("#command-put-back-reason").fill("等待核实地点")
    held = []
    left.route("**/send/", lambda route: held.append(route))
    with left.expect_request("**/send/"):
        left.locator("button[data-shortcut='2']").click()
    right.locator("button[data-shortcut='1']").click()
    expect(right.locator("#undo")).to_be_visible()
    sent = Dispatch.objects.get(case=case, is_lead=True)
    expect(left.locator("#news")).to_contain_text(other.name)
    expect(left.locator("#news")).to_contain_text(sent.officer.name)
    expect(left.locator("#news [data-news-kept]")).to_be_visible()
    expect(left.locator("#command-put-back-reason")).to_have_value("等待核实地点")

    # the press that was on its way is refused with who and what he can do next
    held[0].continue_()
    expect(left.locator("#undo")).to_contain_text("可增派随行人员")
    expect(left.locator("#undo")).to_contain_text(other.name)
    assert Dispatch.objects.filter(case=case, is_lead=True).count() == 1

    # a stale step is refused once with what happened, and done when pressed again
    left.locator("[data-part=put-back] button").click()
    expect(left.locator("[data-part=put-back] .act__said")).to_contain_text("再按一次")
    left.locator("[data-part=put-back] button").click()
    expect(left.locator("[data-part=take-in]")).to_be_visible()
    expect(right.locator("#news")).to_contain_text("等待核实地点")
    right.locator("[data-news-close]").click()
    expect(right.locator("#news")).to_be_hidden()

    # who has left is nobody
    right.goto("/command/leads/")
    expect(left.locator("#others")).to_be_hidden()
    expect(row).to_be_empty()
    visitor.complaints[:] = [one for one in visitor.complaints if "409" not in one]
