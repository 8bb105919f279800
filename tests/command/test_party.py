"""The officer names the party: who was on site has inspected it, and nobody who licensed, charged or fined it may."""

from uuid import uuid4

import pytest

from cases.models import Case
from command import dispatch, endings, handling, recusals
from enforcement.models import PartyAct
from journal.models import Entry
from journal.refused import Refused
from tests.cast import CaseMaker, sign_in
from tests.command.bars import CODE, NAME, did, recuse
from tests.command.desk import FETCH

PARTY = {"party": CODE, "party_name": NAME}


def finish(order, **more):
    return handling.finish(order, by=order.officer.user, outcome="advised", note="已劝导", **{**PARTY, **more})


@pytest.fixture
def team(case_at, cast):
    """Lead and companion on site."""
    orders = dispatch.send(case_at("received"), by=cast.dispatcher, officers=cast.officers()[:2])
    for order in orders:
        dispatch.accept(order, by=order.officer.user)
        dispatch.arrive(order, by=order.officer.user, reason="无信号")
    return orders


def test_who_was_on_site_has_inspected_the_party_and_staff_read_it_on_the_case(client, cast, team):
    lead, mate = team
    case = finish(lead).case
    assert {(act.user, act.act, act.party, act.source, act.recorded_by) for act in PartyAct.objects.all()} == {
        (order.officer.user, "inspecting", CODE, case.thread, lead.officer.user.actor.label) for order in team
    }
    brought = Entry.objects.get(thread=case.thread, verb="resolved").data
    assert (brought["party"], brought["party_name"], brought["inspected_by"]) == (CODE, NAME, [lead.officer.name, mate.officer.name])
    sign_in(client, cast.supervisor, "command")
    html = client.get(f"/command/cases/{case.pk}/", **FETCH).content.decode()
    assert CODE in html and NAME in html


def test_without_a_party_nothing_is_written_down(team):
    finish(team[0], party="", party_name="")
    assert not PartyAct.objects.exists()


@pytest.mark.parametrize("act", ["licensing", "charging", "penalising"])
@pytest.mark.parametrize("position", [0, 1])
def test_who_acted_towards_it_in_another_office_cannot_have_inspected_it(team, act, position):
    who = team[position].officer
    did(who.user, act)
    with pytest.raises(Refused, match=who.name) as refused:
        finish(team[0])
    assert refused.value.code == "separated"
    team[0].refresh_from_db()
    assert team[0].state == "on_site" and PartyAct.objects.count() == 1
    finish(team[0], party="92131128MA0DEF2H3B", party_name="另一家")


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("where", [{"party": CODE}, {"party_name": NAME}])
def test_who_has_to_step_aside_from_it_cannot_have_inspected_it(team, where, position):
    recuse(team[position].officer, **where)
    with pytest.raises(Refused, match=team[position].officer.name) as refused:
        finish(team[0])
    assert refused.value.code == "recused"


def test_once_the_centre_has_called_the_companion_back_the_lead_goes_on(cast, team):
    """Whoever has left is not counted."""
    recuse(team[1].officer, party=CODE)
    recusals.decide(team[0].case, by=cast.leader, officer=team[1].officer, relation="kin", reason="近亲属")
    finish(team[0])
    assert [act.user for act in PartyAct.objects.all()] == [team[0].officer.user]


def test_in_the_next_round_whoever_licensed_the_party_is_not_sent(case_at, cast, team):
    case = endings.return_for_rework(finish(team[0]).case, by=cast.leader, reason="照片不清")
    other = next(one for one in cast.officers() if one.pk not in {order.officer_id for order in team})
    did(other.user, "licensing")
    with pytest.raises(Refused) as refused:
        dispatch.send(Case.objects.get(pk=case.pk), by=cast.dispatcher, officers=[other])
    assert refused.value.extra["why"] == "曾对该当事人履行其他职责，不得兼办"
    dispatch.send(Case.objects.get(pk=case.pk), by=cast.dispatcher, officers=[team[0].officer])


# --- the phone -----------------------------------------------------------------------------------------
@pytest.fixture
def on_site(client, case_at: CaseMaker):
    order = case_at("on_site").dispatches.get()
    sign_in(client, order.officer.user, "officer")
    return order


def post(client, order, **form):
    return client.post(f"/officer/dispatches/{order.pk}/finish/", {"uuid": uuid4(), "outcome": "advised", "note": "已劝导", **form}, **FETCH)


def test_the_phone_sends_the_party_however_it_was_typed(client, on_site):
    assert 'name="party"' in client.get("/officer/").content.decode()
    typed = "９１131128 ma0cab0x1t"
    assert post(client, on_site, party=typed, party_name=f" {NAME} ").status_code == 200
    assert PartyAct.objects.get().party == CODE


@pytest.mark.parametrize(("party", "name", "says"), [
    (CODE[:-1] + "0", NAME, "末位校验码不符"), ("12345", NAME, "18 位"), ("", NAME, "同时填写"), (CODE, "", "同时填写"),
])  # fmt: skip
def test_a_party_that_does_not_fit_gets_a_sentence_and_leaves_the_order_as_it_was(client, on_site, party, name, says):
    answer = post(client, on_site, party=party, party_name=name)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid") and says in answer.json()["detail"]
    on_site.refresh_from_db()
    assert on_site.state == "on_site" and not PartyAct.objects.exists()


def test_who_licensed_the_party_reads_why_on_his_phone(client, on_site):
    did(on_site.officer.user, "licensing")
    answer = post(client, on_site, **PARTY)
    assert (answer.status_code, answer.json()["code"]) == (409, "separated")
    assert "审批、收费、稽查、处罚不得由同一人办理" in answer.json()["detail"]


def test_the_party_is_on_no_public_page(client, case_at, cast):
    received = case_at.report()
    order = dispatch.send(received.case, by=cast.dispatcher, officers=[cast.officer])[0]
    dispatch.accept(order, by=order.officer.user)
    dispatch.arrive(order, by=order.officer.user, reason="无信号")
    endings.close(finish(order).case, by=cast.leader, reply="已处理。")
    client.cookies.clear()
    html = client.get(f"/t/{received.code}/").content.decode()
    assert CODE not in html and NAME not in html
