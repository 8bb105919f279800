"""Whoever may not act in a matter reaches no acting verb: not by the verb, not by console or phone, not by plain SQL."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cases import roster_wall, rulebook
from cases.jurisdiction import who_may
from cases.models import Case, Category
from cases.places import Place, locate
from command import barring, dispatch, endings, handling, recusals, rights, suggestions
from command.models import Dispatch
from enforcement import accounts, qualification, standing
from enforcement.models import Certificate, Item, Officer, User
from enforcement.posts import POST_CHANGED
from journal import clock
from journal.models import Entry
from journal.moves import record
from journal.refused import Refused
from tests.cast import CaseMaker, Cast, photo_drafts, sign_in
from tests.command.bars import BARS, CODE, NAME, bar, did, recuse
from tests.command.desk import FETCH
from tests.command.oracle import may_act
from tests.command.test_guards import send_by_sql
from tests.command.test_loop import tick
from tests.conftest import NOON
from tests.plain import sql

VERBS = {
    "accept": ("sent", "accepted", lambda order, by: dispatch.accept(order, by=by)),
    "arrive": ("accepted", "on_site", lambda order, by: dispatch.arrive(order, by=by, reason="无信号")),
    "confirm": ("accepted", "", lambda order, by: handling.confirm(order, by=by, note="火已扑灭")),  # changes no state: nothing for plain SQL
    "finish": ("on_site", "finished", lambda order, by: handling.finish(order, by=by, outcome="advised", note="已处理")),
}
FORMS = {"accept": {}, "arrive": {"reason": "无信号"}, "confirm": {"note": "火已扑灭"}, "finish": {"outcome": "advised", "note": "已处理"}}


# --- sending ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", BARS)
def test_whoever_is_barred_is_not_suggested_nor_sent_by_any_way(client, case_at, cast, noon, name):
    case, officer = case_at("in_hand"), cast.officer
    code = bar(name, None, case, officer, noon)
    case = Case.objects.get(pk=case.pk)
    one = next(s for s in suggestions.suggest(case, limit=None) if s.officer.pk == officer.pk)
    assert one.why_not == qualification.words(code)
    with pytest.raises(Refused) as refused:
        dispatch.send(case, by=cast.dispatcher, officers=[officer])
    assert refused.value.extra["why"] == qualification.words(code)
    sign_in(client, cast.dispatcher, "command")
    answer = client.post(f"/command/cases/{case.pk}/send/", {"lead": officer.pk}, **FETCH)
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_go")
    with pytest.raises(IntegrityError, match=f"officer {officer.badge} ") as stopped:
        send_by_sql(case, officer)
    assert stopped.value.__cause__.diag.constraint_name == f"may_be_sent_{code}"
    with pytest.raises(IntegrityError, match=f"officer {officer.badge} "):
        send_by_sql(case, officer, lead=False)
    assert not case.dispatches.exists()


def test_a_right_lost_between_the_check_and_the_write_is_told_in_a_sentence(case_at, cast, monkeypatch):
    """As when somebody writes a recusal at the very moment in which the officer presses."""
    going, waiting = case_at("sent", officer=cast.officer), case_at("in_hand", grid=1)
    recuse(cast.officer, zone=going.grid.code)
    recuse(cast.companion, zone=waiting.grid.code)
    monkeypatch.setattr(rights, "check", lambda order: None)
    with pytest.raises(Refused) as refused:
        dispatch.accept(going.dispatches.get(), by=cast.officer.user)
    assert (refused.value.code, refused.value.extra["barred"]) == ("recused", True)
    monkeypatch.setattr(rights, "bar", lambda officer, matter: "")
    with pytest.raises(Refused, match="该执法人员刚刚不再具备派遣条件") as refused:
        dispatch.send(waiting, by=cast.dispatcher, officers=[cast.companion])
    assert refused.value.code == "cannot_go" and not waiting.dispatches.exists()


def test_why_somebody_steps_aside_is_not_told_to_the_dispatcher(client, case_at, cast):
    case = case_at("in_hand")
    recuse(cast.officer, zone=case.grid.code)
    sign_in(client, cast.dispatcher, "command")
    html = "".join(client.get(f"/command/cases/{case.pk}/{part}", **FETCH).content.decode() for part in ("", "cannot-go/"))
    assert "需回避" in html and "舅舅" not in html and "近亲属" not in html


# --- acting ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", BARS)
def test_whoever_is_barred_after_being_sent_does_not_act_by_any_way(client, case_at, cast, noon, name, verb):
    before, after, act = VERBS[verb]
    case, officer = case_at(before), cast.officer
    order = case.dispatches.get()
    officer = order.officer
    code = bar(name, order, case, officer, noon)
    with pytest.raises(Refused) as refused:
        act(order, officer.user)
    assert refused.value.code == code and len(str(refused.value.sentence)) > 8
    sign_in(client, officer.user, "officer")
    answer = client.post(f"/officer/dispatches/{order.pk}/{verb}/", {"uuid": uuid4(), **FORMS[verb]}, **FETCH)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    if after:
        with pytest.raises(IntegrityError, match=f"officer {officer.badge} ") as stopped:
            act_by_sql(order, after)
        assert stopped.value.__cause__.diag.constraint_name == f"may_act_{code}"
    assert not Entry.objects.filter(thread=case.thread, verb="confirmed").exists()
    order.refresh_from_db()
    assert order.state == before


def test_the_phone_says_at_once_that_he_may_not_act_and_why(client, case_at, cast):
    order = case_at("accepted").dispatches.get()
    order.officer.certificates.update(townships=["131128202"])
    sign_in(client, order.officer.user, "officer")
    assert "您不能办理本单：执法证不含本乡镇" in client.get("/officer/").content.decode()


def act_by_sql(order: Dispatch, state: str, verb: str = "") -> None:
    """Past the verb, with an entry of the journal that follows its chain."""
    verb = verb or {"accepted": "accepted", "on_site": "arrived", "finished": "finished"}[state]
    with transaction.atomic():
        case = Case.objects.get(pk=order.case_id)
        record(case, verb, by=order.officer.user, subject=f"dispatch:{order.pk}", data={"to": state})
        sql("UPDATE command_dispatch SET state = %s, ended_at = %s WHERE id = %s", state, NOON if state == "finished" else None, order.pk)


def test_with_every_right_plain_sql_may_write_what_the_verb_would(case_at):
    """Else the tests above would prove nothing."""
    order = case_at("sent").dispatches.get()
    act_by_sql(order, "accepted")
    order.refresh_from_db()
    assert order.state == "accepted"


def test_sql_cannot_call_an_act_a_release(case_at, cast):
    order = case_at("on_site").dispatches.get()
    with pytest.raises(DatabaseError, match="nobody releases him"):
        act_by_sql(order, "finished", "released")
    mate = dispatch.reinforce(order.case, by=cast.dispatcher, officers=[cast.officer])[0]
    cast.without_certificate(mate.officer)
    with pytest.raises(DatabaseError, match="no valid certificate"):
        act_by_sql(mate, "accepted", "released")


def test_sql_cannot_resolve_a_case_whose_lead_has_not_finished(case_at, cast):
    case = case_at("on_site")
    with pytest.raises(DatabaseError, match="its lead has not finished"), transaction.atomic():
        record(case, "resolved", by=cast.officer.user, data={"to": "resolved", "outcome": "advised"})
        sql("UPDATE cases_case SET state = 'resolved', outcome = 'advised', version = %s WHERE id = %s", case.version, case.pk)


def test_a_result_of_an_earlier_round_resolves_nothing(case_at, cast):
    case = endings.return_for_rework(case_at("resolved"), by=cast.leader, reason="照片不清")
    with pytest.raises(DatabaseError, match="its lead has not finished"), transaction.atomic():
        record(case, "resolved", by=cast.officer.user, data={"to": "resolved", "outcome": "advised"})
        sql("UPDATE cases_case SET state = 'resolved', outcome = 'advised', version = %s WHERE id = %s", case.version, case.pk)


@pytest.mark.parametrize("end", [
    lambda order, cast: dispatch.decline(order, by=order.officer.user, reason="证件被收"),
    lambda order, cast: dispatch.recall(order.case, by=cast.dispatcher, reason="改派"),
])  # fmt: skip
def test_an_order_of_somebody_barred_can_still_end(case_at, cast, end):
    order = case_at("accepted").dispatches.get()
    cast.without_certificate(order.officer)
    end(order, cast)
    order.refresh_from_db()
    assert order.state in ("declined", "recalled")


def test_a_companion_whose_certificate_ended_is_released_with_the_lead(case_at, cast):
    case = case_at("received")
    lead, mate = dispatch.send(case, by=cast.dispatcher, officers=cast.officers()[:2])
    for order in (lead, mate):
        dispatch.accept(order, by=order.officer.user)
        dispatch.arrive(order, by=order.officer.user, reason="无信号")
    cast.without_certificate(mate.officer)
    handling.finish(lead, by=lead.officer.user, outcome="advised", note="已劝导")
    assert set(case.dispatches.values_list("state", flat=True)) == {"finished"}


def test_a_companion_needs_a_certificate_that_counts_there_too(case_at, cast):
    lead, mate = cast.officers()[:2]
    mate.certificates.update(townships=["131128202"])
    with pytest.raises(Refused) as refused:
        dispatch.send(case_at("received"), by=cast.dispatcher, officers=[lead, mate])
    assert refused.value.extra["officer"] == mate.name


def test_a_helper_goes_along_without_a_certificate_and_not_where_he_has_to_step_aside(case_at, cast, noon):
    helper, case = cast.helper, case_at("accepted")
    Officer.objects.filter(pk=helper.pk).update(organisation=cast.centre)
    helper.user.duties.get_or_create(starts_at__lte=noon, ends_at__gt=noon, defaults={"starts_at": noon, "ends_at": noon.replace(hour=20)})
    helper.refresh_from_db()
    kept = recuse(helper, thread=case.thread)
    with pytest.raises(Refused) as refused:
        dispatch.reinforce(case, by=cast.dispatcher, officers=[helper])
    assert refused.value.extra["why"] == "需回避"
    kept.valid_to = kept.valid_from
    kept.save()
    (order,) = dispatch.reinforce(case, by=cast.dispatcher, officers=[helper])
    assert Entry.objects.get(verb="sent", subject=f"dispatch:{order.pk}").data["certificate"] is None


def test_a_certificate_for_the_field_and_one_for_the_place_are_not_one_for_both(case_at, cast):
    case, officer = case_at("in_hand"), cast.officer
    held = officer.certificates.get()
    Certificate.objects.filter(pk=held.pk).update(townships=["131128202"])
    Certificate.objects.create(
        number="另一证", officer=officer, fields=["不相干的部门"], issued_by="x", valid_from=held.valid_from, valid_to=held.valid_to
    )
    with pytest.raises(Refused) as refused:
        dispatch.send(case, by=cast.dispatcher, officers=[officer])
    assert refused.value.extra["why"] == qualification.words("area")


def test_a_lead_for_a_proceeding_asks_for_the_items_own_field(case_at, cast):
    """The category has items of several departments; the certificate covers one of them."""
    category = Category.objects.get(code="TIP-37")
    first, other = Item.objects.get(code="AJ-CF-005"), Item.objects.get(code="GA-CF-001")
    assert {first, other} <= set(category.items.all()) and first.department != other.department
    case = case_at("on_site", category="TIP-01")
    Item.objects.filter(pk=other.pk).update(holder=case.organisation)
    other.refresh_from_db()
    rulebook.forget()
    order = case.dispatches.get()
    order.officer.certificates.update(fields=[*case.category.items.values_list("department", flat=True)[:1]])
    with pytest.raises(Refused) as refused:
        handling.finish(order, by=order.officer.user, outcome="lead", note="涉嫌违法", item=other, **photo_drafts(order.officer.user))
    assert refused.value.code == "item"
    handling.finish(order, by=order.officer.user, outcome="advised", note="已劝导")  # he may still act on the case


# --- one matter, one person --------------------------------------------------------------------------
def _follow(case, other):
    Case.objects.filter(pk=case.pk).update(follows=other)
    return Case.objects.get(pk=case.pk)


# Between a case of which something was said and the one to which somebody is sent.
BETWEEN = {
    "its re-check": lambda first, case, make, by: _follow(case, first),
    "the re-check of its re-check": lambda first, case, make, by: _follow(case, _follow(make("received", grid=3), first)),
    "what it was merged into": lambda first, case, make, by: endings.merge(first, by=by, into=case),
    "the re-check of what it was merged into": lambda first, case, make, by: _follow(
        case, endings.merge(first, by=by, into=make("received", grid=3)).merged_into),
    "what it follows, opened again": lambda first, case, make, by: _follow(first, case),
}  # fmt: skip


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("name", ["this matter", "the party's relative", "the party's relative, by name", "licensed the party"])
def test_what_bars_from_one_case_bars_from_all_that_are_one_matter_with_it(case_at, cast, noon, name, between):
    first, case, officer = case_at("received"), case_at("received", grid=4), cast.officer
    code = bar(name, None, first, officer, noon)
    assert next(s for s in suggestions.suggest(case, limit=None) if s.officer.pk == officer.pk).can_go, "they are two matters yet"
    BETWEEN[between](first, case, case_at, cast.dispatcher)
    case = Case.objects.get(pk=case.pk)
    with pytest.raises(Refused) as refused:
        dispatch.send(case, by=cast.dispatcher, officers=[officer])
    assert refused.value.extra["why"] == qualification.words(code)
    with pytest.raises(IntegrityError) as stopped:
        send_by_sql(case, officer)
    assert stopped.value.__cause__.diag.constraint_name == f"may_be_sent_{code}"


def test_whoever_is_under_way_when_a_matter_of_his_relative_is_merged_into_his_case_is_told_to_the_centre(case_at, cast):
    case, other = case_at("accepted"), case_at("received", grid=4)
    order = case.dispatches.get()
    recuse(order.officer, thread=other.thread)
    endings.merge(other, by=cast.dispatcher, into=case)
    assert Entry.objects.get(thread=case.thread, verb="barred").data == {"officer": order.officer.name, "why": "recused"}


def test_a_recusal_of_the_case_before_is_shown_and_lifted_at_the_one_that_follows(case_at, cast):
    first, case = case_at("closed"), case_at("in_hand", grid=4)
    recuse(cast.officer, thread=first.thread)
    case = _follow(case, first)
    assert [one.officer for one in recusals.of(case)] == [cast.officer]
    recusals.lift(case, by=cast.leader, officer=cast.officer, reason="不属回避情形")
    assert dispatch.send(Case.objects.get(pk=case.pk), by=cast.dispatcher, officers=[cast.officer])


def test_how_far_a_matter_reaches_costs_no_statement(case_at, cast, django_assert_num_queries):
    first, case = case_at("closed"), _follow(case_at("accepted", grid=4), case_at("closed", grid=3))
    _follow(case.follows, first)
    case, orders = Case.objects.get(pk=case.pk), list(case.dispatches.all())
    rights.matter_of(case)
    with django_assert_num_queries(3):  # officers, certificates, and whether the rules have changed
        assert rights.bars(case, orders) == [(orders[0], "")]


@pytest.fixture
def twice(cast):
    """One person with two accounts that go out."""
    User.objects.filter(pk__in=[cast.officer.user_id, cast.companion.user_id]).update(staff_number="FC-7")
    return Officer.objects.get(pk=cast.officer.pk), Officer.objects.get(pk=cast.companion.pk)


def said_by_both(officer: Officer, case: Case) -> str:
    looked = qualification.looked_at(Officer.objects.filter(pk=officer.pk), rights.matter_of(case), clock.now()).get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT command_bar(%s, %s, %s)", [officer.pk, case.pk, clock.now()])
        (said,) = cursor.fetchone()
    assert said == rights.bar(looked, rights.matter_of(case))
    return said


@pytest.mark.parametrize("where", ["zone", "thread", "party"])
def test_a_person_steps_aside_with_all_his_accounts(case_at, cast, twice, where):
    case, (one, other) = case_at("in_hand"), twice
    did(cast.call_taker, "inspecting", source=case.thread)
    recuse(other, **{"zone": {"zone": case.grid.code}, "thread": {"thread": case.thread}, "party": {"party": CODE}}[where])
    assert said_by_both(one, case) == "recused"
    User.objects.filter(pk=other.user_id).update(staff_number="")
    assert said_by_both(one, case) == "", "they are two persons"


def test_whoever_has_no_staff_number_is_no_other_person_without_one(case_at, cast):
    User.objects.filter(pk__in=[cast.officer.user_id, cast.companion.user_id]).update(staff_number="")
    case = case_at("in_hand")
    recuse(cast.companion, thread=case.thread)
    standing.suspend_officer(cast.companion, by=cast.supervisor, reason="接受调查")
    assert said_by_both(cast.officer, case) == ""


def test_a_person_is_suspended_with_all_his_accounts_and_given_back_with_all(case_at, cast, twice, noon):
    case, (one, other) = case_at("accepted"), twice
    order = case.dispatches.get()
    assert order.officer == one
    standing.suspend_officer(other, by=cast.supervisor, reason="接受调查")
    assert said_by_both(one, case) == "suspended"
    tick(noon, 1)
    assert Entry.objects.get(thread=case.thread, verb="barred").data == {"officer": one.name, "why": "suspended"}
    with pytest.raises(Refused), clock.at(noon + timedelta(seconds=2)):
        dispatch.arrive(order, by=one.user, reason="无信号")
    with pytest.raises(IntegrityError, match="is suspended"):
        act_by_sql(order, "on_site")
    assert one.pk not in {person.pk for person in roster_wall.people(rulebook.current(), clock.today())}
    standing.restore_officer(one, by=cast.supervisor, reason="查无此事")
    assert (said_by_both(one, case), said_by_both(other, case)) == ("", "")


def test_a_post_that_ended_on_one_account_says_nothing_of_the_persons_other(case_at, cast, twice, noon):
    case, (one, other) = case_at("in_hand"), twice
    Officer.objects.filter(pk=other.pk).update(suspended_at=noon, suspended_reason=POST_CHANGED)
    assert (said_by_both(one, case), said_by_both(other, case)) == ("", "suspended")


# --- an account that is shut -------------------------------------------------------------------------
def test_whoever_is_locked_out_acts_no_more_and_his_case_is_told(case_at, cast, noon):
    case = case_at("accepted")
    order = case.dispatches.get()
    admin = cast.person("system_admin", centre="ZX")
    accounts.lock_account(order.officer.user, by=admin, reason="手机遗失")
    tick(noon, 1)
    assert Entry.objects.get(thread=case.thread, verb="barred").data == {"officer": order.officer.name, "why": "closed"}
    assert Case.objects.get(pk=case.pk).escalation == 2
    with pytest.raises(Refused) as refused:
        dispatch.arrive(order, by=order.officer.user, reason="无信号")
    assert (refused.value.code, refused.value.extra["barred"]) == ("closed", True)
    with pytest.raises(IntegrityError, match="has a closed account"):
        act_by_sql(order, "on_site")
    with pytest.raises(IntegrityError, match="has a closed account"):
        send_by_sql(case_at("in_hand", grid=4), order.officer)


def test_what_was_taken_from_whoever_was_locked_out_does_not_come_back_with_his_account(case_at, cast, noon):
    case = case_at("accepted")
    order, admin = case.dispatches.get(), cast.person("system_admin", centre="ZX")
    accounts.lock_account(order.officer.user, by=admin, reason="手机遗失")
    tick(noon, 1)
    dispatch.recall(Case.objects.get(pk=case.pk), by=cast.dispatcher, reason="改派")
    accounts.unlock_account(order.officer.user, by=admin, reason="手机找到")
    tick(noon, 2)
    order.refresh_from_db()
    assert (order.state, case.dispatches.active().count()) == ("recalled", 0)
    assert Entry.objects.filter(thread=case.thread, verb="barred").count() == 1


# --- the copy ----------------------------------------------------------------------------------------
def test_the_certificate_that_counted_stays_with_each_act_whatever_becomes_of_it(client, case_at, cast):
    case = case_at("resolved")
    officer = case.dispatches.get().officer
    held = officer.certificates.get()
    acts = Entry.objects.filter(thread=case.thread, verb__in=["sent", "accepted", "arrived", "finished", "resolved"])
    copy = {
        "number": held.number, "fields": held.fields, "townships": [], "issued_by": held.issued_by, "valid_from": str(held.valid_from),
        "valid_to": str(held.valid_to), "status": "valid", "checked_at": NOON.isoformat(),
    }  # fmt: skip
    assert acts.count() == 5
    officer.certificates.update(status="revoked", fields=["别的"], townships=["131128202"], issued_by="别处", valid_to=held.valid_from)
    for entry in acts:
        kept = entry.data["certificate"]
        assert {**kept, "checked_at": clock.now().fromisoformat(kept["checked_at"])} == {**copy, "checked_at": NOON}
    sign_in(client, cast.supervisor, "command")
    html = client.get(f"/command/cases/{case.pk}/", **FETCH).content.decode()
    assert html.count('class="held"') == 5 and held.issued_by in html and "别处" not in html


# --- the centre is told ------------------------------------------------------------------------------
def test_an_officer_who_may_no_longer_act_is_told_and_so_is_the_centre_once(client, case_at, cast):
    order = case_at("sent").dispatches.get()
    cast.without_certificate(order.officer)
    sign_in(client, order.officer.user, "officer")
    for _ in range(2):
        client.post(f"/officer/dispatches/{order.pk}/accept/", {"uuid": uuid4()}, **FETCH)
    told = Entry.objects.get(thread=order.case.thread, verb="barred")
    assert told.data == {"officer": order.officer.name, "why": "certificate"}
    assert Case.objects.get(pk=order.case_id).escalation == 2
    sign_in(client, cast.dispatcher, "command")
    html = client.get(f"/command/cases/{order.case_id}/", **FETCH).content.decode()
    assert f"barred-{order.pk}" in html and "无有效执法证" in html


def test_a_matter_that_turns_out_to_be_another_bars_whom_it_does_not_concern(case_at, cast, noon):
    """A companion is still bound while the lead's order has lapsed; then the centre says what the matter really is."""
    case = case_at("received")
    lead, mate = dispatch.send(case, by=cast.dispatcher, officers=cast.officers()[:2])
    dispatch.accept(mate, by=mate.officer.user)
    Officer.objects.exclude(pk__in=[lead.officer_id, mate.officer_id]).update(suspended_at=noon)  # nobody else can be sent
    Officer.objects.filter(pk=lead.officer_id).update(suspended_at=noon)
    tick(noon, 61)
    with clock.at(noon + timedelta(seconds=62)):
        case.refresh_from_db()
        barring.classify(case, by=cast.county_dispatcher, category=Category.objects.get(code="TIP-32"))
        assert Entry.objects.get(thread=case.thread, verb="barred").data == {"officer": mate.officer.name, "why": "field"}
        with pytest.raises(Refused) as refused:
            dispatch.arrive(mate, by=mate.officer.user, reason="到了")
    assert refused.value.code == "field"


# --- who may -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["another township", "another field", "lives there", "suspended"])
def test_the_page_of_who_may_says_the_same_as_sending_does(client, case_at, cast, noon, name):
    case, officer = case_at("in_hand"), cast.officer
    code = bar(name, None, case, officer, noon)
    answer = who_may(zones=locate(Place(case.point.x, case.point.y, source="map")), category=case.category)
    found = {standing.bar for power in answer.powers for standing in power.officers if standing.officer.pk == officer.pk}
    assert found == {code}
    sign_in(client, cast.dispatcher, "command")
    html = client.get(f"/command/who-may/?zone={case.grid.code}&category={case.category.code}").content.decode()
    assert str(qualification.words(code)) in html and "舅舅" not in html


# --- one rule in two languages -----------------------------------------------------------------------
RIGHTS = st.fixed_dictionaries({
    "fields": st.lists(st.lists(st.sampled_from(["住建局", "环保局", "食市监管局"]), max_size=2), max_size=2),
    "townships": st.lists(st.sampled_from(["131128100", "131128202", "131128101"]), max_size=2),
    "status": st.sampled_from(["valid", "valid", "valid", "suspended", "revoked"]),
    "ends": st.sampled_from(["2026-11-23", "2026-11-24", "2029-01-01"]),
    "category": st.sampled_from(["TIP-01", "TIP-06", "TIP-27", "TIP-40", "TIP-37"]),
    "suspended": st.sampled_from([None, None, None, -1, 0, 1]),
    "recused": st.sampled_from(["", "", "zone", "township", "thread", "party", "name", "lifted", "past", "elsewhere"]),
    "did": st.sampled_from(["", "", "licensing", "charging", "penalising", "inspecting"]),
    "named": st.booleans(), "second_account": st.booleans(),
})  # fmt: skip


class OneRule(TestCase):
    """Whatever the registers hold, the database's rule bars whom ours bars, for the same reason."""

    @settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(held=RIGHTS)
    def test_the_database_says_what_the_program_says(self, held):
        with clock.at(NOON), translation.override("en"):
            cast = Cast()
            case, officer, other = CaseMaker(cast)("in_hand"), cast.officer, cast.companion
            zone = case.township.code
            Case.objects.filter(pk=case.pk).update(category=Category.objects.get(code=held["category"]))
            own = officer.certificates.get()
            townships = [zone if code == "131128100" else code for code in held["townships"]]
            officer.certificates.update(status="suspended")
            for number, fields in enumerate(held["fields"]):
                Certificate.objects.create(
                    number=f"{number}", officer=officer, fields=fields, townships=townships if number == 0 else [], issued_by="x",
                    valid_from=own.valid_from, valid_to=held["ends"], status=held["status"],
                )  # fmt: skip
            if held["suspended"] is not None:
                Officer.objects.filter(pk=officer.pk).update(suspended_at=NOON + timedelta(seconds=held["suspended"]))
            if held["named"]:
                did(other.user, "inspecting", source=case.thread)
            acting = officer.user
            if held["second_account"]:
                acting = cast.call_taker
                type(acting).objects.filter(pk__in=[acting.pk, officer.user_id]).update(staff_number="FC-7")
            if held["did"]:
                did(acting, held["did"])
            where = {
                "zone": {"zone": case.grid.code}, "township": {"zone": zone}, "thread": {"thread": case.thread}, "party": {"party": CODE},
                "name": {"party_name": NAME}, "elsewhere": {"zone": "131128202"},
                "lifted": {"thread": case.thread, "lifted_at": NOON, "lifted_by": "x", "lifted_because": "x"},
                "past": {"zone": zone, "valid_to": "2026-11-23"},
            }  # fmt: skip
            if held["recused"]:
                recuse(officer, **where[held["recused"]])
            case = Case.objects.get(pk=case.pk)
            looked = qualification.looked_at(Officer.objects.filter(pk=officer.pk), rights.matter_of(case), NOON).get()
            with connection.cursor() as cursor:
                cursor.execute("SELECT command_bar(%s, %s, %s)", [officer.pk, case.pk, NOON])
                (said,) = cursor.fetchone()
            assert said == rights.bar(looked, rights.matter_of(case)), held
            assert (said == "") is may_act(officer, case, NOON), held
