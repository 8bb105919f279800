"""The console over HTTP: the queue, the open case, each step of the centre, and what is refused."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from cases import agreement, pauses
from cases.models import Case, Handover
from cases.transitions import Outcome
from command import dispatch, endings, handling, panel, replies
from command.boards import cases as board
from command.boards.centre import CentreBoard
from command.models import Dispatch
from command.sentences import sentence
from enforcement.models import Certificate, Item, Organisation
from journal import clock
from journal.models import Entry
from tests.cast import photo_drafts
from tests.recipes import squadron, stand


def buttons(html: str, case: Case) -> set[str]:
    """The steps that a panel offers."""
    return {action for action in ACTIONS if f'data-act="/command/cases/{case.pk}/{action}/"' in html}


ACTIONS = ("take-in", "send", "recall", "put-back", "transfer", "offer", "pass-on", "merge", "reject", "close", "rework", "reopen", "pause", "resume")


def test_the_queue_shows_the_centres_own_cases_by_time_left(desk, case_at, noon):
    with clock.at(noon - timedelta(minutes=5)):
        older = case_at("received")
    newer = case_at("received")
    elsewhere = case_at("received", category="TIP-22")
    html = desk.get("/command/").content.decode()
    assert html.index(f'id="row-{older.pk}"') < html.index(f'id="row-{newer.pk}"')
    assert f'id="row-{elsewhere.pk}"' not in html


def test_the_county_centre_sees_all_and_may_step_in(desk, cast, case_at):
    case = case_at("received")
    desk.sit(cast.county_dispatcher)
    assert f'id="row-{case.pk}"' in desk.get("/command/").content.decode()
    assert desk.act(case, "take-in").status_code == 200


def test_another_centres_case_does_not_exist_here(desk, cast, case_at):
    case = case_at("received")
    desk.sit(cast.dispatcher_elsewhere)
    assert desk.get(f"/command/cases/{case.pk}/").status_code == 404
    assert desk.act(case, "take-in").status_code == 404


def test_the_number_of_statements_does_not_grow_with_the_queue(desk, case_at):
    case_at("received")
    case_at("sent")
    desk.get("/command/")  # stores the session, as one request a minute does
    with CaptureQueriesContext(connection) as few:
        desk.get("/command/")
    for state in ["received", "sent", "accepted", "resolved", "received"]:
        case_at(state)
    with CaptureQueriesContext(connection) as many:
        desk.get("/command/")
    assert len(many) <= len(few), [query["sql"][:120] for query in many]


def test_the_board_renders_any_number_of_cases_in_five_statements(cast, case_at):
    cases = [case_at(state) for state in ("received", "sent", "resolved", "on_site")]
    with CaptureQueriesContext(connection) as statements:
        found = CentreBoard().render(str(cast.centre.pk), [case.thread for case in cases], "zh-hans")
    assert len(found) == 4
    assert len(statements) <= 5, [query["sql"][:90] for query in statements]
    assert {one["stage"] for one in found.values()} == {"take_in", "accept", "verify", "handle"}


def test_the_board_and_the_door_to_cases_agree(cast, case_at):
    for state in ("received", "sent", "closed", "rejected"):
        case_at(state)
    for user in (cast.dispatcher, cast.county_dispatcher, cast.dispatcher_elsewhere):
        seen = {case.thread for case in Case.objects.visible_to(user).open()}
        assert set(CentreBoard().things(str(user.centre.pk))) == seen


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("received", {"take-in", "send", "offer", "pass-on", "merge", "pause"}),
        ("in_hand", {"send", "put-back", "offer", "pass-on", "merge", "pause"}),
        ("sent", {"recall", "put-back", "pass-on", "merge", "pause"}),
        ("resolved", {"close", "rework", "pass-on", "pause"}),
        ("closed", set()),
    ],
)
def test_a_dispatcher_is_offered_what_his_post_may_do_and_nothing_else(desk, case_at, state, offered):
    case = case_at(state)
    assert buttons(desk.panel(case), case) == offered


def test_a_supervisor_looks_and_is_offered_only_the_reopening(desk, cast, case_at):
    open_case, closed = case_at("received"), case_at("closed")
    desk.sit(cast.supervisor)
    assert buttons(desk.panel(open_case), open_case) == set()
    assert buttons(desk.panel(closed), closed) == {"reopen"}
    assert desk.act(open_case, "take-in").status_code == 409


def test_some_steps_are_offered_to_some_posts_only(desk, cast, case_at):
    for name, action, without, may in (
        ("received", "reject", cast.dispatcher, cast.leader), ("received", "recuse", cast.dispatcher, cast.leader),
        ("received", "classify", cast.supervisor, cast.call_taker), ("sent", "reinforce", cast.call_taker, cast.dispatcher),
        ("paused", "resume", cast.supervisor, cast.call_taker), ("pause asked", "approve-pause", cast.dispatcher, cast.leader),
    ):  # fmt: skip
        case = stand(case_at, name)
        address = f"/command/cases/{case.pk}/{action}/"
        assert [address in desk.sit(user).panel(case) for user in (without, may)] == [False, True], action


def test_what_is_offered_is_not_refused_for_the_post(desk, cast, case_at):
    """One table hides the button and refuses the post: no pressed button answers "your post does not allow this"."""
    for state in ("received", "sent", "resolved", "closed"):
        for user in (cast.call_taker, cast.dispatcher, cast.leader):
            case = case_at(state)
            for action in sorted(buttons(desk.sit(user).panel(case), case)):
                answer = desk.act(case, action)
                assert answer.status_code in (200, 409, 422), action
                assert answer.status_code == 200 or answer.json()["code"] != "not_allowed", (state, user.role, action)


def test_one_press_sends_the_first_suggestion_and_another_calls_back(desk, cast, case_at):
    case = case_at("received")
    answer = desk.act(case, "send", lead=cast.officer.pk, companion=[cast.companion.pk], seen=case.version)
    assert answer.json()["undo"] is True
    assert set(Dispatch.objects.active().values_list("officer", "is_lead")) == {(cast.officer.pk, True), (cast.companion.pk, False)}
    assert desk.act(case, "undo").status_code == 200
    assert not Dispatch.objects.active().exists()


def test_each_suggestion_says_why_and_who_cannot_go_says_why_not(desk, cast, case_at):
    case = case_at("received")
    html = desk.panel(case)
    assert cast.officer.name in html
    assert "证件有效" in html and cast.off_duty().name not in html.partition("command-recuse")[0]
    folded = desk.get(f"/command/cases/{case.pk}/cannot-go/").content.decode()
    assert cast.off_duty().name in folded and "不在岗" in folded and cast.officer.name not in folded


def test_when_nobody_can_go_the_reasons_stand_there_unasked(desk, cast, case_at):
    case, officer = case_at("received"), cast.officer
    Certificate.objects.filter(officer__organisation__centre__code="CG").update(status="suspended")
    html = desk.panel(case)
    assert "当前无人可派" in html and officer.name in html and "data-fetch=" not in html


def test_the_slower_of_two_dispatchers_reads_who_was_faster(desk, cast, case_at):
    case = case_at("received")
    desk.act(case, "send", lead=cast.officer.pk, seen=case.version)
    answer = desk.sit(cast.county_dispatcher).act(case, "send", lead=cast.companion.pk, seen=case.version)
    assert answer.status_code == 409
    assert cast.dispatcher.name in answer.json()["detail"]


def test_a_stale_screen_does_not_close_what_was_returned(desk, cast, case_at):
    case = case_at("resolved")
    endings.return_for_rework(case, by=cast.leader, reason="照片看不清")
    answer = desk.act(case, "close", reply="已处理", seen=case.version)
    assert answer.status_code == 409
    assert cast.leader.name in answer.json()["detail"]


@pytest.mark.parametrize("bad", [{"lead": "abc"}, {"lead": "99999999"}, {"lead": "9" * 30}, {}, {"seen": "-1", "lead": "1"}])
def test_a_bad_choice_gets_a_sentence(desk, case_at, bad):
    answer = desk.act(case_at("received"), "send", **bad)
    assert answer.status_code in (409, 422)
    assert answer.json()["detail"]


def test_checking_offers_replies_to_the_outcome_and_closes_with_the_reply(desk, case_at):
    case = case_at("resolved", outcome="advised")
    assert "劝" in desk.panel(case)
    assert desk.act(case, "close", reply="已当场劝导,谢谢。", seen=case.version).status_code == 200
    assert Case.objects.get(pk=case.pk).state == "closed"
    closed = Entry.objects.get(thread=case.thread, verb="closed").data
    assert closed["reply"] == "已当场劝导,谢谢。" and "why" not in closed


def test_words_that_say_otherwise_than_the_result_close_only_with_a_reason_that_is_kept(desk, case_at):
    case = case_at("resolved", outcome="not_found", details={"photos": 1})
    assert "现场未发现" in desk.panel(case) and 'data-when="says_otherwise" hidden' in desk.panel(case)
    answer = desk.act(case, "close", reply="您反映的问题已处理。", seen=case.version)
    assert (answer.status_code, answer.json()["code"]) == (409, "says_otherwise")
    assert Case.objects.get(pk=case.pk).state == "resolved"
    assert desk.act(case, "close", reply="您反映的问题已处理。", why="到场前业主已自行处理", seen=case.version).status_code == 200
    closed = Entry.objects.get(thread=case.thread, verb="closed")
    assert closed.data["why"] == "到场前业主已自行处理" and closed.data["why"] in sentence(closed)


def test_a_note_that_says_otherwise_is_named_before_the_case_is_closed(desk, cast, case_at):
    order = case_at("on_site", outcome="unfounded").dispatches.get()
    case = handling.finish(order, by=order.officer.user, outcome="unfounded", note="已责令整改", **photo_drafts(order.officer.user)).case
    assert 'data-when="says_otherwise">' in desk.panel(case)
    assert desk.act(case, "close", reply="未发现您反映的情况。", seen=case.version).json()["code"] == "says_otherwise"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_reply_that_is_offered_says_otherwise_than_its_result(language):
    with translation.override(language):
        offered = [(outcome, text) for outcome in Outcome.values for text in replies.for_outcome(outcome, {})]
    assert len(offered) >= 10 and [one for one in offered if agreement.differs(*one)] == []
    other = {"not_found": "corrected", "unfounded": "corrected", "corrected": "not_found"}
    assert all(agreement.differs(other[outcome], text) for outcome, text in offered if outcome in other)


def test_whoever_handled_a_case_is_not_offered_its_check(cast, case_at):
    case = case_at("resolved")
    may = panel.permissions(board.rows(Case.objects.filter(pk=case.pk))[0], cast.officer.user)
    assert not may["close"]
    assert not may["rework"]


def test_a_nearby_case_of_the_category_is_offered_for_merging(desk, case_at):
    first, second = case_at("received"), case_at("received")
    assert f'value="{first.pk}"' in desk.panel(second)
    assert desk.act(second, "merge", into=first.pk, seen=second.version).json()["open"] == first.pk
    assert Case.objects.get(pk=second.pk).merged_into_id == first.pk


def test_a_case_is_merged_by_its_spoken_number_too(desk, case_at):
    first, second = case_at("received"), case_at("received", grid=20)
    assert f'name="into" value="{first.pk}"' not in desk.panel(second)
    assert desk.act(second, "merge", into_number=first.number, by_number="1").status_code == 200
    assert desk.act(case_at("received"), "merge", into_number="x", by_number="1").status_code == 422
    unknown = desk.act(case_at("received"), "merge", into_number="20261122-98765", by_number="1")
    assert "98765" in unknown.json()["detail"]


def test_a_stage_to_be_passed_again_says_what_it_has_taken(desk, case_at, noon):
    case = case_at("sent")
    order = case.dispatches.get()
    with clock.at(noon + timedelta(minutes=4)):
        dispatch.decline(order, by=order.officer.user, reason="车辆故障")
    assert "<b>4 分钟</b>" in desk.panel(case)


@pytest.mark.parametrize(("channel", "anonymous"), [("hotline", True), ("patrol", False)])
def test_only_a_report_from_outside_is_called_anonymous(desk, case_at, cast, channel, anonymous):
    by = cast.officer.user if channel == "patrol" else cast.call_taker
    assert ("匿名" in desk.panel(case_at("received", channel=channel, by=by))) is anonymous


def test_an_outside_body_gets_the_case_and_gives_it_back(desk, case_at):
    case = case_at("received")
    outside = Organisation.objects.filter(accepts_handover=True, centre=None).first()
    desk.act(case, "pass-on", organisation=outside.pk, reason="属其职责", contact="王科长")
    handover = Handover.objects.get(case=case)
    html = desk.panel(case)
    assert outside.name in html
    assert html.index('value="returned"') < html.index('value="accepted"')  # Enter after a typed reason gives it back
    answer = desk.post(f"/command/handovers/{handover.pk}/answer/", answer="returned", reason="不属于我单位")
    assert answer.status_code == 200
    assert Case.objects.get(pk=case.pk).state == "received"


def test_what_an_outside_body_or_a_department_says_is_written_down(desk, cast, case_at):
    handover = case_at("passed_on").handovers.get()
    offered = lambda user: f"/command/handovers/{handover.pk}/answer/" in desk.sit(user).panel(handover.case)  # noqa: E731
    assert [offered(user) for user in (cast.supervisor, cast.dispatcher)] == [False, True]
    assert desk.post(f"/command/handovers/{handover.pk}/answer/", answer="accepted").status_code == 200
    handover.refresh_from_db()
    assert handover.accepted_at
    department = Organisation.objects.filter(kind=Organisation.Kind.DEPARTMENT).first()
    case = case_at("closed", outcome="finding", details={"department": department, "question": "是否违法建设"})
    finding = case.findings.get()
    assert desk.post(f"/command/findings/{finding.pk}/answer/", answer="属于违法建设", answered_by="李工").status_code == 200
    assert case.followed_by.get().state == "received"


def test_inside_a_centre_the_owner_changes_and_the_clock_runs_on(desk, case_at):
    case = case_at("received")
    squad, town = squadron(case), Organisation.objects.get(code="GC")
    refused = desk.act(case, "transfer", organisation=town.pk, reason="镇区事项", seen=case.version)
    assert refused.status_code == 409 and refused.json()["code"] == "other_centre"
    assert desk.act(case, "transfer", organisation=squad.pk, reason="一中队片区", seen=case.version).status_code == 200
    after = Case.objects.get(pk=case.pk)
    assert (after.organisation, after.centre_id, after.started_at) == (squad, case.centre_id, case.started_at)


def test_a_pause_is_asked_for_by_one_and_approved_by_another(desk, cast, case_at):
    case = case_at("in_hand")
    desk.act(case, "pause", reason="等待产权单位到场")
    pause = case.pauses.get()
    assert "approve-pause" not in desk.panel(case)
    assert "approve-pause" in desk.sit(cast.leader).panel(case)
    assert desk.act(case, "approve-pause", pause=pause.pk).status_code == 200
    assert desk.act(case, "resume").status_code == 200


def test_the_contact_opens_only_with_a_reason_and_says_who_read_it(desk, cast, case_at):
    report = case_at.report(contact={"name": "张三", "phone": "13900001111"}).report
    assert "13900001111" not in desk.panel(report.case)
    assert desk.post(f"/command/reports/{report.pk}/contact/", reason="").status_code == 409
    answer = desk.post(f"/command/reports/{report.pk}/contact/", reason="核实具体门牌")
    assert "13900001111" in answer.content.decode()
    assert answer["Cache-Control"].count("no-store")
    again = desk.sit(cast.leader).post(f"/command/reports/{report.pk}/contact/", reason="回访").content.decode()
    assert cast.dispatcher.name in again
    assert "核实具体门牌" in again
    assert "核实具体门牌" in desk.panel(report.case)


def test_the_panel_tells_rule_power_and_legal_subject_in_words(desk, case_at):
    case = case_at("received")
    html = desk.panel(case)
    assert case.routed_because in html
    assert case.organisation.name in html
    assert case.category.items.filter(holder=case.organisation).first().name in html


def test_the_panel_costs_a_fixed_number_of_statements(desk, cast, case_at):
    once, often = case_at("sent"), case_at("closed")
    endings.reopen(often, by=cast.leader, reason="再看一次")
    for _ in range(3):
        order = dispatch.send(often, by=cast.leader, officers=[cast.officers()[-1]])[0]
        dispatch.recall(order.case, by=cast.leader, reason="换人")
    order = dispatch.send(often, by=cast.leader, officers=[cast.officers()[-1]])[0]
    counts = []
    for case in (once, often):
        with CaptureQueriesContext(connection) as statements:
            desk.panel(case)
        counts.append(len(statements))
    assert counts[1] <= counts[0]


def test_signed_out_scripts_are_told_so_and_pages_are_shown_the_door(client, case_at):
    case = case_at("received")
    assert client.get(f"/command/cases/{case.pk}/", HTTP_X_REQUESTED_WITH="fetch").status_code == 401
    assert client.get("/command/")["Location"] == "/command/login/?next=%2Fcommand%2F"


def test_a_panel_that_refreshes_itself_keeps_nobody_signed_in(desk, case_at):
    case = case_at("received")
    by_hand = desk.get(f"/command/cases/{case.pk}/", HTTP_X_REQUESTED_WITH="fetch")
    by_itself = desk.get(f"/command/cases/{case.pk}/", HTTP_X_REQUESTED_WITH="fetch", HTTP_X_AUTOMATIC="1")
    assert "session_command" in by_hand.cookies
    assert "session_command" not in by_itself.cookies
    assert settings.IDLE_SECONDS


def test_who_else_looks_at_a_case_is_told_and_forgotten(desk, cast, case_at):
    case = case_at("received")
    assert desk.post(f"/command/cases/{case.pk}/looking/").json()["others"] == []
    desk.sit(cast.county_dispatcher)
    first = [str(cast.dispatcher.pk), cast.dispatcher.actor.label, "looks"]
    assert desk.post(f"/command/cases/{case.pk}/looking/").json()["others"] == [first]
    desk.client.delete(f"/command/cases/{case.pk}/looking/", HTTP_X_REQUESTED_WITH="fetch")
    desk.sit(cast.dispatcher)
    assert desk.post(f"/command/cases/{case.pk}/looking/").json()["others"] == []


def test_the_filing_list_carries_the_evidence(desk, case_at):
    item = Item.objects.filter(holder__code="CG", kind="处罚").first()
    case = case_at("closed", outcome="lead", details={"item": item, "photos": 1})
    html = desk.get("/command/leads/").content.decode()
    assert case.number in html
    assert item.bases.get(valid_to=None).text[:20] in html
    assert case.photos.first().sha256 in html


def test_the_archive_is_paged_by_key_in_a_fixed_number_of_statements(desk, case_at, noon, monkeypatch):
    from command.views import lists

    monkeypatch.setattr(lists, "PAGE", 2)
    made = []
    for minutes in range(5):
        with clock.at(noon - timedelta(minutes=minutes)):
            made.append(case_at.report().case.pk)
    desk.get("/command/cases/")  # stores the session, as one request a minute does
    seen, following, counts = [], "", set()
    while True:
        with CaptureQueriesContext(connection) as statements:
            answer = desk.get(f"/command/cases/?{following}")
        counts.add(len(statements))
        seen += [case.pk for case in answer.context["cases"]]
        following = answer.context["following"]
        if not following:
            break
    assert seen == made
    assert len(counts) == 1


def test_the_archive_finds_by_number_place_state_and_day(desk, case_at):
    case, other = case_at("closed"), case_at("received", grid=9)
    found = lambda query: [c.pk for c in desk.get(f"/command/cases/?{query}").context["cases"]]  # noqa: E731
    assert found(f"q={case.number}") == [case.pk]
    assert found("state=closed") == [case.pk]
    assert found(f"q={other.place.split()[-1]}&state=received") == [other.pk]
    assert found("since=2030-01-01") == found("until=2020-01-01") == []
    assert found("outcome=advised") == [case.pk] and found("outcome=lead") == []
    assert set(found("category=TIP-01")) == {case.pk, other.pk} and found("category=TIP-02") == []
    assert set(found("since=nonsense&state=nonsense&after=nonsense-x")) == {case.pk, other.pk}


def test_a_held_report_becomes_a_case_or_is_put_aside(desk, case_at):
    first, second = (case_at.report(hold_reason="too_fast").report for _ in range(2))
    assert first.text in desk.get("/command/held/").content.decode()
    assert desk.post(f"/command/held/{first.pk}/release/", category="TIP-03").status_code == 200
    assert desk.post(f"/command/held/{second.pk}/discard/", reason="").status_code == 409
    assert desk.post(f"/command/held/{second.pk}/discard/", reason="广告").status_code == 200
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.case.category.code, second.state) == ("TIP-03", "discarded")


def test_pauses_and_held_reports_ride_on_the_beat(cast, case_at):
    case_at.report(hold_reason="too_fast")
    pauses.ask(case_at("in_hand"), by=cast.dispatcher, reason="等待")
    figures = CentreBoard().figures(str(cast.centre.pk))
    assert (figures["held"], figures["pauses"], figures["reported"]) == (1, 1, 1)
