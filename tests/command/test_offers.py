"""From one centre to another: offered, signed for, returned, taken back, designated; silence; what ends an offer; what SQL cannot do."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases import offers as rows
from cases import pauses
from cases.models import Case, CentreOffer, GuestCentre, SendingRule
from cases.rulebook import current
from command import assisting, barring, dispatch, endings, offers
from command.boards.centre import CentreBoard
from command.boards.wall import WallBoard
from command.sentences import sentence
from enforcement.models import Organisation
from enforcement.roles import Role
from journal import clock, deadlines
from journal.models import Deadline, Entry
from journal.moves import move
from journal.refused import Refused
from tests.cast import CaseMaker, Cast
from tests.command.test_races import press_together
from tests.plain import sql

WHY = "属市场监管职责"


@pytest.fixture
def market(db) -> Organisation:
    return Organisation.objects.get(code="SC")


@pytest.fixture
def offered(cast, case_at, market) -> Case:
    return offers.offer(case_at("in_hand"), by=cast.dispatcher, organisation=market, reason=WHY).case


def refused(act) -> str:
    with pytest.raises(Refused) as found:
        act()
    return found.value.code


def fresh(case) -> Case:
    return Case.objects.get(pk=case.pk)


def verbs(case) -> list[str]:
    return list(Entry.objects.filter(thread=case.thread).order_by("number").values_list("verb", flat=True))


def test_an_offered_case_stays_with_its_owner_whose_clock_runs_and_the_other_centre_sees_it(cast, market, offered):
    case = fresh(offered)
    assert (case.centre, case.organisation) == (cast.centre, cast.centre)
    assert deadlines.open_of(case, "send", "total").count() == 2
    assert Case.objects.visible_to(cast.dispatcher_elsewhere).filter(pk=case.pk).exists()
    assert not Case.objects.worked_by(cast.dispatcher_elsewhere).filter(pk=case.pk).exists()
    payload = CentreBoard().render(str(market.pk), [case.thread], "zh-hans")[case.thread]
    assert payload["offered"] == market.pk and f'data-offered="{market.pk}"' in payload["html"]
    assert "移交" in WallBoard().render(str(cast.centre.pk), [case.thread], "zh-hans")[case.thread]["html"]


def test_the_asked_centre_signs_and_from_then_on_works_the_case_on_the_same_clock(desk, cast, market, offered):
    desk.sit(cast.dispatcher_elsewhere)
    html = desk.panel(offered)
    assert "offer-accept/" in html and "offer-return/" in html and f"/{offered.pk}/send/" not in html and f"/{offered.pk}/take-in/" not in html
    assert desk.act(offered, "send", lead=cast.officer_elsewhere.pk).status_code == 404
    assert desk.act(offered, "offer-accept").status_code == 200
    case, offer = fresh(offered), CentreOffer.objects.get()
    assert (case.centre, case.organisation, case.due_at, case.state) == (market, market, offered.due_at, "in_hand")
    assert (offer.ending, offer.ended_by) == ("accepted", cast.dispatcher_elsewhere)
    assert not GuestCentre.objects.open().exists() and not deadlines.open_of(case, "offer").exists()
    assert f"/{offered.pk}/send/" in desk.panel(offered)
    assert desk.act(offered, "send", lead=cast.officer_elsewhere.pk).status_code == 200
    assert desk.sit(cast.dispatcher).get(f"/command/cases/{case.pk}/").status_code == 404


def why(desk, *cases) -> dict:
    return desk.get("/command/cases/left.json", {"case": [case.pk for case in cases]}).json()["left"]


def test_who_loses_a_case_reads_its_number_to_whom_it_went_and_by_whose_act_and_nothing_of_it(desk, cast, market, case_at, offered):
    leader = cast.person(Role.SHIFT_LEADER, centre="ZX")
    designated, stays, classified, mine = (case_at("in_hand", grid=grid) for grid in range(2, 6))
    offers.accept(offered, by=cast.dispatcher_elsewhere)
    offers.designate(designated, by=leader, organisation=market, reason="指定管辖")
    offers.offer(stays, by=cast.dispatcher, organisation=market, reason=WHY)
    offers.designate(stays, by=leader, organisation=cast.centre, reason="由城管大队办理")
    barring.classify(classified, by=cast.dispatcher, category=next(one for one in current().active_categories() if one.code == "TIP-22"))
    assert fresh(classified).centre != cast.centre
    told = why(desk, offered, designated, stays, classified, mine)
    assert set(told) == {str(case.pk) for case in (offered, designated, classified)}
    for case, by in ((offered, cast.dispatcher_elsewhere), (designated, leader), (classified, cast.dispatcher)):
        assert told[str(case.pk)].startswith(f"案件 {case.number}：") and all(
            word in told[str(case.pk)] for word in (fresh(case).organisation.short_name, by.name)), told
    html = desk.get("/command/cases/given/").content.decode()
    assert offered.number in html and designated.number in html and stays.number not in html and market.name in html and leader.name in html
    assert offered.place not in html and f"/{offered.pk}/" not in html
    assert told[str(offered.pk)] in desk.get("/command/cases/", {"q": offered.number}).content.decode()
    desk.sit(cast.dispatcher_elsewhere)
    assert set(why(desk, offered, stays)) == {str(stays.pk)}, "it was asked, and is no longer"
    assert why(desk.sit(cast.town_dispatcher), offered, designated, stays) == {}
    assert offered.number not in desk.get("/command/cases/given/").content.decode()


def test_units_are_chosen_by_group_and_only_those_that_can_take_the_case(desk, case_at):
    html = desk.panel(case_at("in_hand"))
    choices = html.partition('id="command-offer-to"')[2].partition("</select>")[0]
    places = [choices.index(f'<optgroup label="{name}">') for name in ("县指挥中心", "综合执法大队", "镇综合执法局")]
    assert places == sorted(places)
    assert "市场监管综合执法大队</option>" in choices.partition('<optgroup label="综合执法大队">')[2].partition("</optgroup>")[0]
    assert "执法一中队" not in choices and "12345" not in choices
    assert "执法一中队" in html.partition('id="joint-unit"')[2].partition('<optgroup label="古城镇执法局所辖单位">')[2].partition("</optgroup>")[0]


def test_it_is_returned_only_with_a_reason_and_stays_where_it_was(desk, cast, offered):
    desk.sit(cast.dispatcher_elsewhere)
    assert desk.act(offered, "offer-return", reason=" ").status_code == 409
    assert desk.act(offered, "offer-return", reason="不属我队职责").status_code == 200
    assert desk.get(f"/command/cases/{offered.pk}/").status_code == 404
    html = desk.sit(cast.dispatcher).panel(offered)
    assert "不属我队职责" in html and f"/{offered.pk}/offer/" in html

    county = str(cast.county_dispatcher.centre.pk)

    def disputed() -> bool:
        return "data-disputed" in CentreBoard().render(county, [offered.thread], "zh-hans")[offered.thread]["html"]

    assert disputed(), "the two do not agree: the county designates"
    dispatch.send(offered, by=cast.dispatcher, officers=[cast.officer])
    assert not disputed(), "its owner has taken it up"


def test_the_giver_takes_it_back_and_the_county_offers_between_any_two(desk, cast, market, case_at, offered):
    assert desk.act(offered, "offer-withdraw").status_code == 200
    assert verbs(offered)[-1] == "offer_withdrawn" and not GuestCentre.objects.open().exists()
    late = desk.sit(cast.dispatcher_elsewhere).act(offered, "offer-accept", seen=offered.version)
    assert late.status_code == 409 and cast.dispatcher.name not in late.json()["detail"]  # told why, and nothing of what is no longer his
    assert desk.sit(cast.town_dispatcher).act(offered, "offer-accept").status_code == 404
    desk.sit(cast.county_dispatcher)
    assert desk.act(offered, "offer", organisation=market.pk, reason=WHY).status_code == 200
    offer = rows.open_of(offered)
    assert (offer.from_centre, offer.to_centre, offer.offered_by) == (cast.centre, market, cast.county_dispatcher)


def test_who_may_not_is_refused(cast, market, case_at, offered):
    town = Organisation.objects.get(code="GC")
    assert refused(lambda: offers.accept(offered, by=cast.dispatcher)) == "not_allowed"
    assert refused(lambda: offers.accept(offered, by=cast.county_dispatcher)) == "not_allowed"
    assert refused(lambda: offers.accept(offered, by=cast.person(Role.CALL_TAKER, centre="SC"))) == "not_allowed"
    assert refused(lambda: offers.give_back(offered, by=cast.dispatcher, reason="x")) == "not_allowed"
    assert refused(lambda: offers.take_back(offered, by=cast.dispatcher_elsewhere)) == "not_allowed"
    assert refused(lambda: offers.offer(offered, by=cast.dispatcher, organisation=town, reason=WHY)) == "twice"
    assert refused(lambda: offers.designate(offered, by=cast.leader, organisation=market, reason=WHY)) == "not_allowed"
    assert refused(lambda: offers.designate(offered, by=cast.county_dispatcher, organisation=market, reason=WHY)) == "not_allowed"
    other = case_at("received", grid=3)
    assert refused(lambda: offers.offer(other, by=cast.dispatcher_elsewhere, organisation=market, reason=WHY)) == "not_allowed"
    assert refused(lambda: offers.offer(other, by=cast.dispatcher, organisation=market, reason=" ")) == "missing"
    assert refused(lambda: offers.offer(other, by=cast.dispatcher, organisation=cast.centre, reason=WHY)) == "same_centre"
    assert refused(lambda: offers.offer(case_at("sent", grid=4), by=cast.dispatcher, organisation=market, reason=WHY)) == "bound"
    assert refused(lambda: offers.offer(case_at("resolved", grid=5), by=cast.dispatcher, organisation=market, reason=WHY)) == "wrong_state"
    assert refused(lambda: offers.accept(other, by=cast.dispatcher_elsewhere)) == "wrong_state"


def test_silence_is_told_to_the_county_whose_leading_post_designates(desk, cast, market, offered, noon):
    county, leader = str(cast.county_dispatcher.centre.pk), cast.person(Role.SHIFT_LEADER, centre="ZX")
    with clock.at(noon + timedelta(seconds=current().options["offer_answer_s"] - 1)):
        deadlines.fire_due()
        assert "offer_unanswered" not in verbs(offered)
    with clock.at(noon + timedelta(seconds=current().options["offer_answer_s"] + 1)):
        deadlines.fire_due()
        assert verbs(offered).count("offer_unanswered") == 1
        assert 'data-disputed="1"' in CentreBoard().render(county, [offered.thread], "zh-hans")[offered.thread]["html"]
        desk.sit(cast.county_dispatcher)
        assert "由本中心值班长或带班领导指定管辖" in desk.panel(offered)
        desk.sit(cast.dispatcher)
        assert "指定管辖" not in desk.panel(offered)
        desk.sit(leader)
        assert "designate/" in desk.panel(offered) and "由本中心值班长或带班领导指定管辖" not in desk.panel(offered)
        assert desk.act(offered, "designate", organisation=market.pk, reason="").status_code == 409
        assert desk.act(offered, "designate", organisation=market.pk, reason="协商不成，指定管辖").status_code == 200
    case, offer = fresh(offered), CentreOffer.objects.get()
    assert (case.centre, offer.ending, offer.answer, offer.ended_by) == (market, "designated", "协商不成，指定管辖", leader)


def test_the_county_designates_a_third_centre_the_owner_himself_or_without_any_offer(cast, market, case_at, offered):
    leader, town = cast.person(Role.SHIFT_LEADER, centre="ZX"), Organisation.objects.get(code="GC")
    offers.designate(offered, by=leader, organisation=town, reason="镇区事项")
    assert fresh(offered).centre == town
    assert sorted(CentreOffer.objects.values_list("ending", flat=True)) == ["designated", "lapsed"]
    stays = offers.offer(case_at("received", grid=3), by=cast.dispatcher, organisation=market, reason=WHY).case
    offers.designate(stays, by=leader, organisation=cast.centre, reason="由城管大队办理")
    assert fresh(stays).centre == cast.centre and rows.open_of(stays) is None
    alone = case_at("received", grid=4)
    offers.designate(alone, by=leader, organisation=market, reason="指定管辖")
    assert fresh(alone).centre == market
    assert not GuestCentre.objects.open().exists()


def test_what_goes_on_otherwise_ends_the_offer(cast, market, case_at):
    def of(grid):
        return offers.offer(case_at("in_hand", grid=grid), by=cast.dispatcher, organisation=market, reason=WHY).case

    ended, merged, sent, classified, withdrawn = (of(grid) for grid in range(2, 7))
    endings.reject(ended, by=cast.leader, reason="重复")
    endings.merge(merged, by=cast.dispatcher, into=case_at("received", grid=8))
    dispatch.send(sent, by=cast.dispatcher, officers=[cast.officer])
    barring.classify(classified, by=cast.dispatcher, category=case_at("received", category="TIP-22", grid=9).category)
    endings.put_back(withdrawn, by=cast.dispatcher, reason="信息不全")
    assert rows.open_of(withdrawn) is not None  # put back is still his, and still offered
    endings.withdraw(withdrawn.reports.get())
    assert set(CentreOffer.objects.values_list("ending", flat=True)) == {"lapsed"}
    assert not GuestCentre.objects.open().exists()
    assert all("offer_lapsed" in verbs(case) for case in (ended, merged, sent, classified, withdrawn))


def test_the_clock_sends_nobody_while_a_case_is_offered_and_helps_whoever_owns_it_then(cast, market, case_at):
    SendingRule.objects.all().delete()
    SendingRule.objects.create(order=1, centre=market, mode=SendingRule.Mode.AUTOMATIC)
    SendingRule.objects.create(order=2, mode=SendingRule.Mode.ASSISTED, seconds=60)
    sql("UPDATE grid_county SET rules_version = rules_version + 1")
    case = case_at("in_hand")
    assisting.set_aside(case, 60)
    offers.offer(case, by=cast.dispatcher, organisation=market, reason=WHY)
    assert "reservation_withdrawn" in verbs(case) and not deadlines.open_of(case, "assist", "reserved").exists()
    endings.put_back(case, by=cast.dispatcher, reason="信息不全")  # its clock begins anew: the owner's, not the asked centre's
    deadlines.fire_due()
    assert not case.dispatches.exists()
    offers.accept(case, by=cast.dispatcher_elsewhere)
    assert deadlines.open_of(case, "assist").count() == 1


def test_an_offer_wants_its_answer_while_the_clock_stands(cast, offered):
    pauses.approve(pauses.ask(offered, by=cast.dispatcher, reason="等待吊车"), by=cast.leader)
    assert deadlines.open_of(offered, "offer").count() == 1
    offers.accept(offered, by=cast.dispatcher_elsewhere)
    pauses.resume(offered, by=cast.dispatcher_elsewhere)
    assert not deadlines.open_of(offered, "offer").exists() and deadlines.open_of(offered, "send").exists()


def test_each_step_has_a_sentence_and_one_that_names_and_quotes_nobody(cast, market, offered):
    offers.give_back(offered, by=cast.dispatcher_elsewhere, reason="王某的店不归我队管")
    for entry in Entry.objects.filter(thread=offered.thread, verb__in=["offered", "offer_returned"]):
        assert market.short_name in sentence(entry) and ("王某" in sentence(entry) or WHY in sentence(entry))
        assert "王某" not in sentence(entry, public=True) and WHY not in sentence(entry, public=True)


def test_an_offer_costs_the_board_no_statement(cast, market, case_at, offered):
    case_at("received", grid=3)
    things = [f"case:{pk}" for pk in Case.objects.values_list("pk", flat=True)]
    with CaptureQueriesContext(connection) as statements:
        found = CentreBoard().render(str(cast.centre.pk), things, "zh-hans")
    assert len(found) == 2 and len(statements) <= 5, [query["sql"][:90] for query in statements]


@pytest.mark.parametrize("other", ["take_back", "reject", "designate"])
def test_signing_and_what_would_end_the_offer_at_once_and_one_wins(committing, noon, other):
    cast = Cast()
    market, leader = Organisation.objects.get(code="SC"), cast.person(Role.SHIFT_LEADER, centre="ZX")
    case = offers.offer(CaseMaker(cast)("in_hand"), by=cast.dispatcher, organisation=market, reason=WHY).case
    against = {
        "take_back": lambda: offers.take_back(case, by=cast.dispatcher),
        "reject": lambda: endings.reject(case, by=cast.leader, reason="重复"),
        "designate": lambda: offers.designate(case, by=leader, organisation=cast.centre, reason="由城管大队办理"),
    }[other]
    results = press_together(lambda: offers.accept(case, by=cast.dispatcher_elsewhere), against)
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, Refused)], results
    offer, now = CentreOffer.objects.exclude(ending="").first(), Case.objects.get(pk=case.pk)
    assert not CentreOffer.objects.filter(ended_at=None).exists() and not GuestCentre.objects.open().exists()
    if offer.ending == "accepted" and other == "take_back":
        assert now.centre == market and isinstance(results[1], Refused)
    if isinstance(results[0], Refused):
        assert now.centre == cast.centre


def test_sql_cannot_offer_twice_to_oneself_or_an_ended_case_nor_rewrite_or_lose_an_offer(cast, market, case_at, offered):
    insert = ("INSERT INTO cases_centreoffer (case_id, from_centre_id, to_centre_id, organisation_id, reason, offered_by_id, offered_at, ending,"
              " answer) VALUES (%s, %s, %s, %s, 'x', %s, now(), '', '')")  # fmt: skip
    home, by = cast.centre.pk, cast.dispatcher.pk
    ended, other = case_at("closed", grid=3), case_at("received", grid=4)
    for guard, values in (
        ("offer_one_open", (offered.pk, home, market.pk, market.pk, by)), ("offer_to_another_centre", (other.pk, home, home, home, by)),
        ("offered", (ended.pk, home, market.pk, market.pk, by)),
        ("offered_by_its_owner|does not belong", (other.pk, market.pk, home, home, by)),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match=guard):
            sql(insert, *values)
    for guard, change in (
        ("Cannot update", "reason = 'y'"), ("offer_ended_at_with_end", "ending = 'accepted'"),
        ("offer_two_persons", "ending = 'accepted', ended_at = now(), ended_by_id = offered_by_id"),
        ("offer_answered_with_reason", "ending = 'returned', ended_at = now()"),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match=guard):
            sql(f"UPDATE cases_centreoffer SET {change} WHERE case_id = %s", offered.pk)
    with pytest.raises(DatabaseError, match="Cannot delete"):
        sql("DELETE FROM cases_centreoffer")
    offers.give_back(offered, by=cast.dispatcher_elsewhere, reason="不属我队职责")
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE cases_centreoffer SET answer = 'y' WHERE case_id = %s", offered.pk)


def test_sql_cannot_give_a_case_to_a_centre_that_has_not_signed_nor_end_it_while_offered(cast, market, offered):
    with pytest.raises(DatabaseError, match="has not signed for it"):
        sql("UPDATE cases_case SET centre_id = %s WHERE id = %s", market.pk, offered.pk)
    entry = Entry.objects.filter(thread=offered.thread).latest("number")
    assert entry.verb == "offered" and Deadline.objects.filter(thread=offered.thread, kind="offer").exists()
    with pytest.raises(DatabaseError, match="still offered"), transaction.atomic():
        case = fresh(offered)
        case.closed_at = clock.now()
        move(case, "rejected", by=cast.leader, data={"reason": "x"}, fields=("closed_at",))
        sql("SELECT 1")
