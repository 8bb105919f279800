"""Two at one case over HTTP: who is there and what he does, what happened meanwhile, and what a stale press is answered."""

from datetime import timedelta

import pytest
import redis

from cases import offers as rows
from cases import pauses, triage
from cases.models import Case
from command import dispatch, endings, offers, presence
from command.boards.centre import CentreBoard
from command.models import Dispatch
from enforcement.models import Organisation
from journal import clock, push


@pytest.fixture(autouse=True)
def nobody_there():
    push.client().flushdb()


def there(centre) -> dict:
    return CentreBoard().figures(str(centre.pk))["looking"]


def test_the_consoles_that_see_a_case_know_who_is_at_it_and_what_he_does(desk, cast, case_at):
    case, market = case_at("in_hand"), Organisation.objects.get(code="SC")
    desk.post(f"/command/cases/{case.pk}/looking/", doing="chooses")
    wanted = {str(case.pk): [[str(cast.dispatcher.pk), cast.dispatcher.actor.label, "chooses"]]}
    county = cast.county_dispatcher.centre
    assert there(cast.centre) == there(county) == wanted and there(market) == {}
    offers.offer(case, by=cast.leader, organisation=market, reason="属其职责")
    desk.post(f"/command/cases/{case.pk}/looking/", doing="<script>")
    assert there(market) == {str(case.pk): [[str(cast.dispatcher.pk), cast.dispatcher.actor.label, "looks"]]}
    assert rows.open_of(case)


def test_each_change_is_pushed_and_what_stays_the_same_is_not(desk, cast, case_at, monkeypatch):
    told = []
    monkeypatch.setattr(push, "tell_now", told.append)
    case = case_at("in_hand")
    for doing in ("looks", "looks", "writes"):
        desk.post(f"/command/cases/{case.pk}/looking/", doing=doing)
    desk.client.delete(f"/command/cases/{case.pk}/looking/", HTTP_X_REQUESTED_WITH="fetch")
    assert [[one[2] for one in message["looking"][str(case.pk)]] for message in told] == [["looks"], ["writes"], []]
    assert set(told[0]["audiences"]) == {f"centre.{cast.centre.pk}", f"centre.{cast.county_dispatcher.centre.pk}"}


def test_a_name_fades_when_its_screen_says_nothing_more(cast, case_at, noon):
    case = case_at("in_hand")
    presence.look(case, cast.dispatcher)
    with clock.at(noon + timedelta(seconds=presence.SECONDS - 1)):
        assert there(cast.centre)
    with clock.at(noon + timedelta(seconds=presence.SECONDS)):
        assert there(cast.centre) == {} and presence.look(case, cast.leader) == []


def test_without_redis_nobody_is_shown_and_nothing_breaks(desk, cast, case_at, monkeypatch):
    def away():
        raise redis.ConnectionError

    case = case_at("in_hand")
    monkeypatch.setattr(push, "client", away)
    assert desk.post(f"/command/cases/{case.pk}/looking/").json()["others"] == []
    assert desk.client.delete(f"/command/cases/{case.pk}/looking/", HTTP_X_REQUESTED_WITH="fetch").status_code == 204
    assert there(cast.centre) == {} and desk.panel(case)


def test_a_panel_that_is_fetched_again_tells_what_others_have_done_since(desk, cast, case_at):
    case = case_at("in_hand")
    dispatch.send(case, by=cast.leader, officers=[cast.officer])

    def news(since: int) -> str:
        html = desk.get(f"/command/cases/{case.pk}/", HTTP_X_REQUESTED_WITH="fetch", HTTP_X_SINCE=str(since)).content.decode()
        return html.partition("<ul data-news>")[2].partition("</ul>")[0]

    told = news(case.version)
    assert f"{cast.leader.actor.label} 12:00" in told and cast.officer.name in told
    assert news(Case.objects.get(pk=case.pk).version) == ""
    desk.sit(cast.leader)
    assert news(case.version) == ""  # what he did himself is no news


def _answer(desk, case, action, seen, **form) -> str:
    answer = desk.act(case, action, seen=seen, **form)
    assert answer.status_code == 409, (action, answer.status_code)
    said = answer.json()
    assert said["version"] > seen
    return said["detail"]


def test_every_stale_press_is_refused_with_who_did_what_and_when(desk, cast, case_at):
    """Each action of the console, pressed on a screen that is older than what the shift leader has done."""
    outside = Organisation.objects.filter(kind="outside", accepts_handover=True).first()
    target = case_at("received", grid=9)
    asked = [
        ("received", "take-in", {}), ("received", "send", {"lead": cast.companion.pk}), ("in_hand", "put-back", {"reason": "信息不全"}),
        ("in_hand", "pass-on", {"organisation": outside.pk, "reason": "属其职责"}), ("in_hand", "merge", {"into": target.pk}),
        ("in_hand", "offer", {"organisation": Organisation.objects.get(code="SC").pk, "reason": "属其职责"}),
        ("in_hand", "pause", {"reason": "等待吊车"}),
    ]  # fmt: skip
    for grid, (state, action, form) in enumerate(asked):
        case = case_at(state, grid=grid)
        dispatch.send(case, by=cast.leader, officers=[cast.officer])
        said = _answer(desk, case, action, case.version, **form)
        assert f"{cast.leader.actor.label} 12:00" in said and "派遣" in said and "仍保留" in said, (action, said)
        endings.put_back(case, by=cast.leader, reason="信息不全")  # his officer is free for the next
    closed = case_at("resolved", grid=7)
    endings.return_for_rework(closed, by=cast.leader, reason="照片看不清")
    for action, form in (("close", {"reply": "已处理"}), ("rework", {"reason": "照片看不清"})):
        said = _answer(desk, closed, action, closed.version, **form)
        assert cast.leader.name in said and "照片看不清" in said
    paused = case_at("in_hand", grid=8)
    pauses.approve(pauses.ask(paused, by=cast.call_taker, reason="等待吊车"), by=cast.leader)
    assert cast.leader.name in _answer(desk, paused, "resume", paused.version)


def test_pressing_again_after_having_been_told_does_it(desk, cast, case_at):
    case = case_at("received")
    triage.take_in(case, by=cast.leader)
    answer = desk.act(case, "put-back", reason="信息不全", seen=case.version)
    assert answer.status_code == 409
    assert desk.act(case, "put-back", reason="信息不全", seen=answer.json()["version"]).status_code == 200


def test_undo_never_calls_back_whom_a_colleague_has_sent(desk, cast, case_at):
    case = case_at("received")
    desk.act(case, "send", lead=cast.officer.pk)
    dispatch.recall(case, by=cast.leader, reason="另有急事")
    dispatch.send(case, by=cast.leader, officers=[cast.companion])
    answer = desk.act(case, "undo")
    assert answer.status_code == 409 and cast.leader.name in answer.json()["detail"]
    assert Dispatch.objects.active().get().officer == cast.companion
