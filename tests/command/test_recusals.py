"""Stepping aside in one matter (回避): declared on the phone, decided and lifted at the console, and told to nobody who need not know."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError

from cases.models import Case
from command import dispatch, recusals, suggestions
from command.boards.wall import WallBoard
from command.sentences import sentence
from enforcement.models import Recusal
from journal import deadlines
from journal.models import Entry
from journal.refused import Refused
from tests.cast import sign_in
from tests.command.bars import recuse
from tests.command.desk import FETCH
from tests.plain import sql

SECRET = "舅舅是店主"


def declare(client, order, **form):
    sign_in(client, order.officer.user, "officer")
    return client.post(f"/officer/dispatches/{order.pk}/recuse/", {"uuid": uuid4(), "relation": "kin", "about": SECRET, **form}, **FETCH)


@pytest.mark.parametrize("state", ["sent", "accepted", "on_site"])
def test_an_officer_steps_aside_at_any_step_and_is_not_sent_there_again(client, case_at, cast, state):
    case = case_at(state)
    order = case.dispatches.get()
    assert declare(client, order).json()["state"] == "declined"
    held = Recusal.objects.get()
    assert (held.officer, held.thread, held.relation, held.note, held.decided_by) == (order.officer, case.thread, "kin", SECRET, "")
    case = Case.objects.get(pk=case.pk)
    with pytest.raises(Refused) as refused:
        dispatch.send(case, by=cast.dispatcher, officers=[order.officer])
    assert refused.value.extra["why"] == "需回避"
    one = next(s for s in suggestions.suggest(Case.objects.get(pk=case.pk), limit=None) if s.officer.pk == order.officer_id)
    assert not one.can_go
    assert case.dispatches.active().count() == 0


def test_with_the_lead_who_steps_aside_everybody_is_called_back_and_the_centre_sends_again(client, case_at, cast):
    case = case_at("received")
    lead, _mate = dispatch.send(case, by=cast.dispatcher, officers=cast.officers()[:2])
    declare(client, lead)
    assert sorted(case.dispatches.values_list("state", flat=True)) == ["declined", "recalled"]
    assert deadlines.open_of(case, "send").exists()


def test_the_same_press_twice_is_one_stepping_aside_and_without_a_relation_none(client, case_at):
    order, uuid = case_at("sent").dispatches.get(), uuid4()
    assert declare(client, order, relation="").status_code == 422
    assert declare(client, order, relation="boredom").status_code == 422
    assert declare(client, order, uuid=uuid).json() == declare(client, order, uuid=uuid).json()
    assert Recusal.objects.count() == 1


def test_the_phone_offers_it_and_it_works_without_script(client, case_at):
    order = case_at("on_site").dispatches.get()
    sign_in(client, order.officer.user, "officer")
    html = client.get("/officer/").content.decode()
    assert "我需要回避" in html and f"/officer/dispatches/{order.pk}/recuse/" in html
    assert client.post(f"/officer/dispatches/{order.pk}/recuse/", {"uuid": uuid4(), "relation": "interest"}).url == "/officer/"


# --- the head decides --------------------------------------------------------------------------------
def test_a_leading_post_decides_what_was_declared_and_nobody_else_does(client, case_at, cast):
    order = case_at("sent").dispatches.get()
    declare(client, order)
    form = {"officer": order.officer_id, "relation": "kin", "reason": "情况属实"}
    sign_in(client, cast.dispatcher, "command")
    assert client.post(f"/command/cases/{order.case_id}/recuse/", form, **FETCH).status_code == 409
    sign_in(client, cast.leader, "command")
    assert client.post(f"/command/cases/{order.case_id}/recuse/", {**form, "reason": ""}, **FETCH).status_code == 409
    assert client.post(f"/command/cases/{order.case_id}/recuse/", form, **FETCH).status_code == 200
    held = Recusal.objects.get()
    assert (held.decided_by, held.note) == (cast.leader.actor.label, f"{SECRET} / 情况属实")


@pytest.mark.parametrize("state", ["sent", "accepted", "on_site"])
def test_who_is_kept_out_while_he_is_under_way_is_called_back_at_once(case_at, cast, state):
    case = case_at(state)
    order = case.dispatches.get()
    recusals.decide(case, by=cast.leader, officer=order.officer, relation="interest", reason="当事人申请")
    order.refresh_from_db()
    assert order.state == "recalled"
    with pytest.raises(Refused):
        dispatch.send(Case.objects.get(pk=case.pk), by=cast.dispatcher, officers=[order.officer])


def test_what_is_lifted_holds_no_longer_and_may_be_declared_again_the_same_day(client, case_at, cast):
    case = case_at("sent")
    order = case.dispatches.get()
    declare(client, order)
    with pytest.raises(Refused):
        recusals.lift(case, by=cast.dispatcher, officer=order.officer, reason="不属回避情形")
    recusals.lift(case, by=cast.leader, officer=order.officer, reason="不属回避情形")
    held = Recusal.objects.get()
    assert (held.lifted_by, held.lifted_because) == (cast.leader.actor.label, "不属回避情形")
    again = dispatch.send(Case.objects.get(pk=case.pk), by=cast.dispatcher, officers=[order.officer])[0]
    assert declare(client, again).status_code == 200
    assert Recusal.objects.get().lifted_at is None
    assert [*Entry.objects.filter(thread=case.thread, verb__startswith="rec").order_by("number").values_list("verb", flat=True)] == ["recusal_lifted"]


def test_nobody_is_kept_out_of_an_ended_matter_nor_from_elsewhere(case_at, cast):
    with pytest.raises(Refused):
        recusals.decide(case_at("closed"), by=cast.leader, officer=cast.officer, relation="kin", reason="x")
    with pytest.raises(Refused, match="其他指挥中心"):
        recusals.decide(case_at("received"), by=cast.leader, officer=cast.officer_elsewhere, relation="kin", reason="x")


# --- who knows -----------------------------------------------------------------------------------------
def test_the_relation_is_read_by_who_decides_and_by_nobody_else(client, case_at, cast):
    order = case_at("sent").dispatches.get()
    declare(client, order)
    seen = {}
    for person in (cast.dispatcher, cast.call_taker, cast.supervisor, cast.leader, cast.deputy):
        sign_in(client, person, "command")
        html = client.get(f"/command/cases/{order.case_id}/", **FETCH).content.decode()
        assert "需回避" in html
        seen[person.role] = SECRET in html
    assert seen == {"dispatcher": False, "call_taker": False, "supervisor": False, "shift_leader": True, "deputy": True}
    assert SECRET not in str([*Entry.objects.values_list("data", flat=True)])


def test_no_public_page_nor_the_wall_says_that_somebody_steps_aside(client, case_at, cast, settings):
    received = case_at.report()
    case = received.case
    order = dispatch.send(case, by=cast.dispatcher, officers=[cast.officer])[0]
    declare(client, order)
    recusals.decide(case, by=cast.leader, officer=cast.companion, relation="employer", reason=SECRET)
    recuse(cast.officer, party_name=SECRET)
    client.cookies.clear()
    for page in (f"/t/{received.code}/", "/disclosure/", "/disclosure/items/", "/disclosure/items.json", "/disclosure/items.csv", "/"):
        html = client.get(page).content.decode()
        assert not {word for word in (SECRET, "回避", cast.officer.name, cast.companion.name) if word in html}, page
    told = [sentence(entry, public=True) for entry in Entry.objects.filter(thread=case.thread)]
    assert not [words for words in told if "舅舅" in words or cast.officer.name in words]
    board = WallBoard()
    wall = str(board.render(str(cast.centre.pk), [case.thread], "zh-hans")) + str(board.figures(str(cast.centre.pk)))
    assert "回避" not in wall and SECRET not in wall


# --- plain SQL -------------------------------------------------------------------------------------------
def test_sql_cannot_make_a_recusal_disappear_nor_lift_it_in_nobodys_name(case_at, cast):
    recuse(cast.officer, zone="131128101")
    with pytest.raises(DatabaseError, match="Cannot delete"):
        sql("DELETE FROM enforcement_recusal")
    with pytest.raises(IntegrityError, match="recusal_lifted_by_somebody"):
        sql("UPDATE enforcement_recusal SET lifted_at = now()")
    with pytest.raises(IntegrityError, match="recusal_says_from_what"):
        sql("UPDATE enforcement_recusal SET zone = ''")
