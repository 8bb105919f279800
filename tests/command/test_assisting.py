"""Sending as the county's rules say: by hand, assisted, automatic; again on decline or silence; told upwards; and when nobody can be sent."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cases import rulebook
from cases.models import Case, SendingRule
from command import assisting, dispatch, endings, escalation, suggestions
from command.models import Reservation
from enforcement.models import Certificate
from journal import clock
from journal.models import Entry
from journal.refused import Refused
from tests.cast import sign_in
from tests.command.test_loop import tick, verbs
from tests.plain import sql


@pytest.fixture
def rule(db):
    """`rule(mode, …)`: the county's only rule of sending."""

    def make(mode: str, **given) -> SendingRule:
        SendingRule.objects.all().delete()
        made = SendingRule.objects.create(**{"order": 1, "mode": mode, "seconds": 30 if mode == "assisted" else 0, **given})
        rulebook.forget()
        return made

    yield make
    rulebook.forget()


def held(case) -> Reservation | None:
    return Reservation.objects.filter(case=case, ended_at=None).select_related("officer__user").first()


def entry(case, verb) -> Entry:
    return Entry.objects.filter(thread=case.thread, verb=verb).latest("number")


def test_by_hand_the_clock_sends_nobody(case_at, rule, noon):
    rule("by_hand")
    case = case_at("received")
    tick(noon, 50)
    assert not case.dispatches.exists() and held(case) is None


def test_automatic_sends_the_first_suggestion_at_once_and_takes_the_case_in(case_at, rule, noon):
    rule("automatic")
    case = case_at("received")
    best = suggestions.suggest(case)[0].officer
    tick(noon, 0)
    assert case.dispatches.get().officer == best and case.dispatches.get().sent_by is None
    assert verbs(case) == ["reported", "taken_in", "sent"]


def test_assisted_sets_the_first_suggestion_aside_and_sends_when_nobody_acts(case_at, rule, noon):
    rule("assisted")
    case = case_at("received")
    best = suggestions.suggest(case)[0].officer
    tick(noon, 1)
    reserved = held(case)
    assert reserved.officer == best and not case.dispatches.exists() and entry(case, "reserved").data["officer"] == best.name
    tick(noon, 30)
    assert not case.dispatches.exists()
    tick(noon, 31)
    assert case.dispatches.get().officer == best
    reserved.refresh_from_db()
    assert reserved.ending == "sent" and "reservation_withdrawn" not in verbs(case)


@pytest.mark.parametrize("same", [True, False])
def test_what_the_dispatcher_does_comes_first(case_at, cast, rule, noon, same):
    rule("assisted")
    case = case_at("received")
    tick(noon, 1)
    reserved = held(case)
    chosen = reserved.officer if same else next(one for one in cast.officers() if one != reserved.officer)
    dispatch.send(case, by=cast.dispatcher, officers=[chosen])
    tick(noon, 40)
    assert case.dispatches.get().officer == chosen
    reserved.refresh_from_db()
    assert reserved.ending == ("sent" if same else "withdrawn") and ("reservation_withdrawn" in verbs(case)) is not same


def test_the_dispatcher_takes_it_into_his_own_hands(case_at, cast, rule, noon, desk):
    rule("assisted")
    case = case_at("received")
    tick(noon, 1)
    reserved = held(case)
    html = desk.get(f"/command/cases/{case.pk}/").content.decode()
    assert f"已预留：{reserved.officer.name}" in html and "改为人工派遣" in html
    assert desk.act(case, "by-hand", seen=Case.objects.get(pk=case.pk).version).status_code == 200
    tick(noon, 90)
    assert not case.dispatches.exists() and held(case) is None
    with pytest.raises(Refused):
        assisting.withdraw(case, by=cast.dispatcher)


def test_who_is_set_aside_is_left_alone_by_other_cases_until_then(case_at, cast, rule, noon):
    rule("assisted")
    case = case_at("received")
    tick(noon, 1)
    officer = held(case).officer
    other = case_at("in_hand")
    with clock.at(noon + timedelta(seconds=2)):
        assert next(one for one in suggestions.suggest(other, limit=None) if one.officer == officer).why_not == "已预留给其他案件"
        with pytest.raises(Refused):
            dispatch.send(other, by=cast.dispatcher, officers=[officer])
        tick(noon, 2)
        assert held(other).officer != officer


@pytest.mark.parametrize("end", ["reject", "put_back"])
def test_a_case_that_no_longer_waits_frees_whom_it_kept(case_at, cast, rule, noon, end):
    rule("assisted")
    case = case_at("in_hand")
    tick(noon, 1)
    officer = held(case).officer
    getattr(endings, end)(case, by=cast.leader, reason="不属于受理范围")
    tick(noon, 32)
    if end == "reject":
        assert held(case) is None and not case.dispatches.exists() and "reservation_withdrawn" in verbs(case)
        other = case_at("in_hand")
        dispatch.send(other, by=cast.dispatcher, officers=[officer])


@pytest.mark.parametrize("given, hour, helped", [
    ({"from_hour": 22, "to_hour": 6}, 23, True), ({"from_hour": 22, "to_hour": 6}, 5, True), ({"from_hour": 22, "to_hour": 6}, 12, False),
    ({"from_hour": 8, "to_hour": 18}, 17, True), ({"from_hour": 8, "to_hour": 18}, 18, False), ({"priority": "P3"}, 12, False),
    ({"group": "市容秩序"}, 12, True), ({"group": "水污染"}, 12, False),
])  # fmt: skip
def test_a_rule_holds_for_its_hours_and_kinds_only(case_at, rule, noon, given, hour, helped):
    rule("automatic", **given)
    case = case_at("received")
    at = noon.astimezone(clock.LOCAL).replace(hour=hour)
    assert (rulebook.current().sending(case, at).mode == "automatic") is helped


def test_a_rule_of_another_centre_is_none_of_ours_and_the_first_that_matches_counts(case_at, cast, rule, noon):
    rule("automatic", centre=cast.officer_elsewhere.organisation.centre)
    case = case_at("received")
    assert rulebook.current().sending(case, noon).mode == "by_hand"
    SendingRule.objects.create(order=2, mode="automatic")
    SendingRule.objects.create(order=3, mode="assisted", seconds=9)
    rulebook.forget()
    assert rulebook.current().sending(case, noon).mode == "automatic"
    case.category = None
    assert rulebook.current().sending(case, noon).mode == "by_hand", "a person looks first at what nobody has put into a category"


def test_while_the_clock_of_a_case_stands_nobody_is_sent_and_nobody_kept(case_at, cast, rule, noon):
    from cases import pauses

    rule("assisted")
    case = case_at("in_hand")
    tick(noon, 1)
    pauses.approve(pauses.ask(case, by=cast.leader, reason="等待断电"), by=cast.deputy)
    tick(noon, 40)
    assert held(case) is None and not case.dispatches.exists()


def test_a_declined_order_goes_to_the_next_as_often_as_the_county_lets_the_clock_try(case_at, noon):
    case, asked = case_at("sent"), []
    for seconds in range(1, 9):
        order = case.dispatches.active().filter(is_lead=True).first()
        if order is None:
            break
        asked.append(order.officer_id)
        with clock.at(noon + timedelta(seconds=seconds)):
            dispatch.decline(order, by=order.officer.user, reason="距离过远")
        tick(noon, seconds + 0.5)
    assert len(set(asked)) == len(asked) == 1 + rulebook.current().options["redispatch_tries"]
    assert case.dispatches.filter(state="declined").count() == len(asked)


def test_nobody_is_sent_after_the_centre_has_called_back(case_at, cast, rule, noon):
    rule("automatic")
    case = case_at("sent")
    dispatch.recall(case, by=cast.dispatcher, reason="另有任务")
    tick(noon, 20)
    assert not case.dispatches.active().exists()


def test_when_nobody_can_be_sent_the_journal_says_which_rule_emptied_the_list(case_at, cast, rule, noon):
    rule("automatic")
    case = case_at("received")
    Certificate.objects.filter(officer__organisation__centre__code="CG").update(status="suspended")
    tick(noon, 0)
    data = entry(case, "shortage").data
    assert sum(count for _why, count in data["rules"]) == data["of"] > 5 and any("执法证" in why for why, _count in data["rules"])
    case.refresh_from_db()
    assert case.escalation == escalation.CENTRE and not case.dispatches.exists()
    tick(noon, 61)
    assert verbs(case).count("shortage") == 1


def test_what_was_suggested_and_what_was_chosen_stays_with_the_case(case_at, cast):
    case = case_at("received")
    found = [one.officer for one in suggestions.suggest(case, limit=None) if one.can_go and not one.officer.is_helper]
    dispatch.send(case, by=cast.dispatcher, officers=[found[3]])
    kept = entry(case, "sent").data["suggested"]
    assert kept["place"] == 4
    assert [one["badge"] for one in kept["first"]] == [officer.badge for officer in found[:3]] and all(one["reasons"] for one in kept["first"])


def test_told_upwards_each_step_is_an_entry_the_last_is_the_county(case_at, noon):
    case = case_at("received")
    for seconds in range(0, 600, 31):
        tick(noon, seconds)
    levels = [one.data["level"] for one in Entry.objects.filter(thread=case.thread, verb="escalated").order_by("number")]
    assert levels == [escalation.CENTRE, escalation.COUNTY]


def test_only_who_dispatches_takes_it_into_his_hands(case_at, cast, rule, noon, client):
    rule("assisted")
    case = case_at("received")
    tick(noon, 1)
    sign_in(client, cast.call_taker, "command")
    assert client.post(f"/command/cases/{case.pk}/by-hand/", {}).status_code in (404, 409)
    assert held(case)


def test_sql_keeps_one_officer_for_one_case_and_never_changes_or_deletes_what_was_kept(case_at, cast, rule, noon):
    rule("assisted")
    case = case_at("received")
    tick(noon, 1)
    reserved = held(case)
    add = "INSERT INTO command_reservation (case_id, officer_id, reasons, since, until, ending) VALUES (%s, %s, '[]', %s, %s, '')"
    for case_pk, officer in ((case.pk, cast.companion.pk), (case_at("received").pk, reserved.officer_id)):
        with pytest.raises(IntegrityError), transaction.atomic():
            sql(add, case_pk, officer, noon, noon)
    for change in ("DELETE FROM command_reservation WHERE id = %s", "UPDATE command_reservation SET until = until + interval '1 hour' WHERE id = %s",
                   "UPDATE command_reservation SET ending = 'sent' WHERE id = %s"):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            sql(change, reserved.pk)


@pytest.mark.parametrize("hours, mode, seconds", [((9, 9), "automatic", 0), ((24, 6), "automatic", 0), ((0, 25), "automatic", 0),
                                                  ((0, 24), "assisted", 0), ((0, 24), "assisted", 4), ((0, 24), "automatic", 30)])  # fmt: skip
def test_sql_makes_no_rule_of_sending_that_never_or_wrongly_holds(db, hours, mode, seconds):
    with pytest.raises(IntegrityError):
        sql("INSERT INTO cases_sendingrule (\"order\", \"group\", priority, from_hour, to_hour, mode, seconds)"
            " VALUES (99, '', '', %s, %s, %s, %s)", *hours, mode, seconds)  # fmt: skip


def test_what_no_unit_of_the_county_holds_is_a_persons_to_look_at(case_at, rule, noon):
    rule("automatic")
    case = case_at("received")
    case.organisation = rulebook.current().county_centre
    assert rulebook.current().sending(case, noon).mode == "by_hand"


def test_whom_the_clock_sends_after_a_decline_is_told_at_once(case_at, noon, monkeypatch, django_capture_on_commit_callbacks):
    told = []
    monkeypatch.setattr("journal.push._publish", lambda message: told.extend(message["audiences"]))
    order = case_at("sent").dispatches.get()
    dispatch.decline(order, by=order.officer.user, reason="距离过远")
    with django_capture_on_commit_callbacks(execute=True):
        tick(noon, 1)
    assert f"officer.{order.case.dispatches.active().get().officer_id}" in told
