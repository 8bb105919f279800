"""The page's side of the live connection, in a real browser, with a socket that the test speaks through."""

import pytest

from journal.groups import checksum

STUB = """
    window.sockets = [];
    window.WebSocket = class {
      static OPEN = 1;
      constructor(url) { this.url = url; this.readyState = 1; this.sent = []; window.sockets.push(this); }
      send(text) { this.sent.push(text); }
      close() { this.readyState = 3; if (this.onclose) this.onclose({code: 1000}); }
      hear(message) { this.onmessage({data: JSON.stringify({now: Date.now(), push: true, ...message})}); }
    };
"""
OPEN = """async (url) => {
    const live = await import(url);
    window.live = live; window.told = [];
    window.connection = live.connect({surface: "command", onThings: (things, {reset}) => told.push({things, reset})});
}"""




@pytest.fixture
def page(visitor):
    context = visitor.context()
    context.add_init_script(STUB)
    context.route("**/blank", lambda route: route.fulfill(content_type="text/html", body='<html lang=zh-CN><link rel=icon href="data:,">'))
    page = context.new_page()
    page.clock.install()
    page.goto("/blank")
    page.evaluate(OPEN, "/static/js/live.js")
    return page


def hear(page, type_: str, **message):
    page.evaluate("message => sockets.at(-1).hear(message)", {"type": type_, **message})


def snapshot(page, build: str = "b1", **versions):
    things = {f"case:{name[1:]}": {"v": version} for name, version in versions.items()}
    hear(page, "snapshot", build=build, things=things, figures={}, checksum=checksum({thing: held["v"] for thing, held in things.items()}))


def told(page):
    return page.evaluate("told.splice(0)")


def test_what_is_older_than_ours_is_ignored(page):
    snapshot(page, _1=3, _2=1)
    assert told(page)[0]["reset"] is True
    hear(page, "change", things={"case:1": {"v": 2}, "case:2": {"v": 2}, "case:9": None})
    assert told(page) == [{"things": {"case:2": {"v": 2}}, "reset": False}]
    hear(page, "change", things={"case:1": None, "case:3": {"v": 1}})
    assert told(page)[0]["things"] == {"case:1": None, "case:3": {"v": 1}}
    hear(page, "beat", checksum=checksum({"case:2": 2, "case:3": 1}), figures={})
    assert page.evaluate("connection.state()") == "live"


def test_a_screen_that_differs_from_the_beat_fetches_and_says_so(page):
    snapshot(page, _1=3)
    assert page.evaluate("connection.state()") == "live"
    hear(page, "beat", checksum=checksum({"case:1": 4}), figures={})
    assert page.evaluate("[connection.state(), sockets.at(-1).sent]") == ["catching", ['{"type":"fetch"}']]
    snapshot(page, _1=4)
    assert page.evaluate("connection.state()") == "live"


@pytest.mark.parametrize("beat", [{"checksum": None}, {"push": False}])
def test_the_mark_is_not_green_when_the_truth_is_unknown_or_hints_do_not_arrive(page, beat):
    snapshot(page, _1=3)
    hear(page, "beat", **{"checksum": checksum({"case:1": 3}), "figures": {}, **beat})
    assert page.evaluate("connection.state()") == "catching"
    assert page.evaluate("sockets.at(-1).sent") == []


def test_a_silent_connection_is_doubted_then_made_anew(page):
    snapshot(page, _1=3)
    page.clock.run_for(8_000)
    assert page.evaluate("[connection.state(), sockets.length]") == ["catching", 1]
    page.clock.run_for(4_000)
    assert page.evaluate("sockets.length") >= 2
    page.clock.run_for(9_000)
    assert page.evaluate("connection.state()") == "offline"


def test_a_page_that_slept_connects_anew_when_it_is_seen_again(page):
    snapshot(page, _1=3)
    page.clock.set_system_time(page.evaluate("Date.now()") + 3_600_000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("sockets.length") == 2
    hear(page, "change", things={"case:1": {"v": 9}})
    assert len(told(page)) == 1  # only the first snapshot: a change before the new one is not trusted
    snapshot(page, _1=5)
    assert told(page)[0] == {"things": {"case:1": {"v": 5}}, "reset": True}


def test_a_new_build_reloads_the_page_unless_somebody_types(page):
    snapshot(page, build="b1")
    page.evaluate("document.body.innerHTML = '<input value=half>'; document.querySelector('input').focus()")
    snapshot(page, build="b2")
    assert page.evaluate("sockets.length") == 1
    page.evaluate("document.activeElement.blur()")
    with page.expect_navigation():
        page.clock.run_for(16_000)


def test_server_time_is_kept_although_this_clock_is_wrong(page):
    page.evaluate("sockets.at(-1).hear({type: 'snapshot', now: Date.now() - 3600000, build: 'b1', things: {}, figures: {}, checksum: '00000000'})")
    assert abs(page.evaluate("connection.now() - Date.now()") + 3_600_000) < 50


def test_an_ended_session_reloads_the_page_once_so_that_the_server_can_ask_for_it(page):
    with page.expect_navigation():
        page.evaluate("sockets.at(-1).onclose({code: 4401})")
