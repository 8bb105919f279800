"""A citizen's and an officer's way through the loop in Firefox and in WebKit, each on the page that opens and never reloads."""

from cases.models import Report
from command import dispatch, endings, handling
from tests.cast import photo_drafts


def goes_round(case, people, window):
    """Others act; the open page follows."""
    officer = people.officer
    window.sees(".live-mark[data-live=live]")
    order = dispatch.send(case, by=people.dispatcher, officers=[officer])[0]
    window.sees(".line__step--done:nth-of-type(2)")
    dispatch.arrive(dispatch.accept(order, by=officer.user), by=officer.user, reason="定位弱")
    handling.finish(order, by=officer.user, outcome="corrected", note="已清理", **photo_drafts(officer.user))
    window.sees(".line__step--done:nth-of-type(4)")
    endings.close(case, by=people.leader, reply="已当场清理。")
    window.sees(".line__step--done:nth-of-type(5)")
    window.sees(".reply", "已当场清理。")


def test_a_citizen_reports_and_follows_until_it_is_closed(window, people, photo):
    phone = window("/")
    phone.write("#text", "鼓楼广场南侧有人占道卖水果")
    phone.press("#guess button")
    phone.write("#place_words", "东街村")
    phone.press("#place-list button")
    phone.sees("#place-chosen")
    phone.choose(".photos__input", photo)
    phone.sees(".photo")
    phone.until("return performance.now() > 4000")  # nobody fills in the form faster than its minimum time
    phone.press("#send:not([disabled])")
    phone.sees("#track-live")
    report = Report.objects.get()
    assert report.photos.count() == 1
    phone.run("window.neverReloaded = true")
    goes_round(report.case, people, phone)
    phone.press("#asks button[value=yes]")
    phone.sees("#solved")


def test_an_officer_signs_in_and_takes_an_order_to_its_result(window, people, case_on_site, photo):
    officer, case = people.officer, case_on_site("received")
    officer.user.set_password("fucheng-2026-x")
    officer.user.save()
    phone = window("/officer/login/")
    phone.write("#id_username, [name=username]", officer.user.username)
    phone.write("#id_password, [name=password]", "fucheng-2026-x")
    phone.press("form button.button--primary")
    phone.sees(".live-mark[data-live=live]")
    order = dispatch.send(case, by=people.dispatcher, officers=[officer])[0]
    phone.press("article.task[data-state=sent] .step--sent .thumb__next")
    phone.press("article.task[data-state=accepted] .thumb__next.step--accepted")
    phone.press("[data-because] .pick")  # from afar, or without a position, the page asks why
    phone.press("article.task[data-state=accepted] .thumb__next.step--accepted")
    phone.sees("article.task[data-rendered=on_site]")  # the centre has said so too
    phone.choose("[data-shot=after]", photo)
    phone.sees("[data-shots=after] li")
    phone.press(".pick:has([value=corrected])")
    phone.press("[data-phrase]")
    phone.until("return document.querySelector('[name=note]').value")
    phone.press(".thumb__next.step--on_site")
    phone.sees("article.over", "核查")
    order.refresh_from_db()
    assert (order.state, order.case.state, order.case.outcome) == ("finished", "resolved", "corrected")
    assert order.case.photos.filter(kind="after").count() == 1
