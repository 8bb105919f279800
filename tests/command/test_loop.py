"""The ten-minute loop through the verbs, from the report to the closing."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection

from cases import followups, limits, pauses
from cases.models import Case, Finding, Handover
from command import dispatch, endings, escalation, handling, suggestions
from enforcement.models import Item, Organisation
from journal import clock, deadlines
from journal.locks import CLOCK_LOCK
from journal.management.commands import run_clock
from journal.models import Deadline, Entry
from journal.refused import Refused
from journal.verify import broken_link, heads_that_differ


def verbs(case):
    return list(Entry.objects.filter(thread=case.thread).order_by("number").values_list("verb", flat=True))


def test_a_report_goes_to_an_officer_and_back_and_every_step_is_in_the_journal(case_at):
    case = case_at("closed")
    assert verbs(case) == ["reported", "taken_in", "sent", "accepted", "arrived", "finished", "resolved", "closed"]
    assert broken_link() == (8, None)
    assert heads_that_differ() == []
    assert not Deadline.objects.filter(thread=case.thread, fired_at=None, cancelled_at=None).exists()


@pytest.mark.parametrize("state", ["received", "in_hand", "sent", "accepted", "on_site", "resolved"])
def test_an_open_case_always_has_something_due(case_at, state):
    case = case_at(state)
    kinds = set(Deadline.objects.filter(thread=case.thread, fired_at=None, cancelled_at=None).values_list("kind", flat=True))
    stage = {"received": {"take_in"}, "in_hand": {"send"}, "sent": {"accept", "reach"}, "accepted": {"handle"}, "on_site": {"handle"},
             "resolved": {"verify"}}  # fmt: skip
    assert kinds == stage[state] | {"warn", "total"}


def test_the_second_of_two_dispatchers_reads_who_was_faster(case_at, cast):
    case = case_at("received")
    seen = case.version
    dispatch.send(case, by=cast.dispatcher, officers=[cast.officer], seen=seen)
    with pytest.raises(Refused) as refused:
        dispatch.send(case, by=cast.other_dispatcher, officers=[cast.companion], seen=seen)
    assert cast.dispatcher.name in str(refused.value)
    assert case.dispatches.count() == 1


def test_an_officer_without_a_certificate_is_not_sent_and_the_refusal_says_who_could_go(case_at, cast):
    case, officer = case_at("received"), cast.without_certificate(cast.officer)
    with pytest.raises(Refused) as refused:
        dispatch.send(case, by=cast.dispatcher, officers=[officer])
    assert refused.value.code == "cannot_go"
    assert cast.companion.name in [o.name for o in cast.officers()]
    assert refused.value.extra["could_go"]
    assert not case.dispatches.exists()


def test_officers_off_duty_or_elsewhere_or_suspended_cannot_go(case_at, cast, noon):
    case = case_at("received")
    busy = cast.officer
    case_at("sent", officer=busy)
    suspended = cast.officers()[0]
    suspended.suspended_at = noon
    suspended.save()
    for officer in (busy, suspended, cast.off_duty(), cast.officer_elsewhere):
        with pytest.raises(Refused):
            dispatch.send(case, by=cast.dispatcher, officers=[officer])
    assert not case.dispatches.exists()


def test_a_helper_may_go_along_but_never_leads(case_at, cast, noon):
    helper = cast.helper
    centre = Organisation.objects.get(code="CG")
    helper.organisation = centre
    helper.save()
    helper.user.duties.create(starts_at=noon, ends_at=noon.replace(hour=20)) if not helper.user.duties.filter(
        starts_at__lte=noon, ends_at__gt=noon).exists() else None  # fmt: skip
    case = case_at("received")
    with pytest.raises(Refused):
        dispatch.send(case, by=cast.dispatcher, officers=[helper])
    _lead, along = dispatch.send(case, by=cast.dispatcher, officers=[cast.officer, helper])
    along = dispatch.arrive(dispatch.accept(along, by=helper.user), by=helper.user, reason="在村口")
    handling.finish(along, by=helper.user, outcome="corrected", note="摊位还在")
    assert Case.objects.get(pk=case.pk).outcome == ""


def test_closing_releases_everyone(case_at, cast):
    case = case_at("received")
    lead, _companion = dispatch.send(case, by=cast.dispatcher, officers=[cast.officer, cast.companion])
    lead = dispatch.arrive(dispatch.accept(lead, by=cast.officer.user), by=cast.officer.user, reason="测试")
    handling.finish(lead, by=cast.officer.user, outcome="advised", note="已劝离")
    assert not case.dispatches.active().exists()
    assert cast.companion in cast.officers()


def test_who_handled_a_case_does_not_check_it(case_at, cast):
    case = case_at("resolved")
    handler = case.dispatches.get().officer.user
    with pytest.raises(Refused):
        endings.close(case, by=handler, reply="好了")


def test_rework_keeps_the_first_clock_and_is_counted(case_at, cast):
    case = case_at("resolved")
    back = endings.return_for_rework(case, by=cast.leader, reason="照片看不清")
    assert (back.started_at, back.due_at, back.reworks, back.state) == (case.started_at, case.due_at, 1, "in_hand")


def test_an_ordered_correction_comes_back_by_itself_on_its_day(case_at, cast, noon):
    day = noon.date() + timedelta(days=3)
    case = case_at("closed", outcome="ordered", details={"recheck_on": day, "photos": 1})
    with clock.at(noon + timedelta(days=4)):
        deadlines.fire_due()
    again = case.followed_by.get()
    assert (again.state, again.category, again.organisation) == ("received", case.category, case.organisation)
    case.refresh_from_db()
    assert (case.state, case.order.recheck_on, case.order.rechecked_by_case) == ("closed", day, again)
    assert (again.target_class.code, again.is_ten_minute) == ("W8", False), "no alarm"


def test_a_lead_for_a_proceeding_goes_on_the_filing_list_with_its_evidence(case_at):
    item = Item.objects.filter(categories__code="TIP-01", holder__code="CG").first()
    case = case_at("closed", outcome="lead", details={"item": item, "photos": 2})
    assert (case.lead.item, case.photos.count()) == (item, 2)


def test_a_department_is_asked_and_its_answer_brings_the_matter_back(case_at, cast):
    department = Organisation.objects.filter(kind="department").first()
    case = case_at("closed", outcome="finding", details={"department": department, "question": "是否属于林地?"})
    finding = Finding.objects.get(case=case)
    again = followups.answer_finding(finding, by=cast.dispatcher, answer="属于林地", answered_by="李工")
    assert (again.follows, again.state) == (case, "received")


def test_a_matter_for_the_police_is_handed_over_on_record(case_at):
    case = case_at("closed", outcome="police", details={"police_contact": "古城派出所 王警官"})
    assert case.handovers.get().accepted_at


def test_what_an_outcome_lacks_is_named(case_at, cast):
    case = case_at("on_site")
    order = case.dispatches.get()
    with pytest.raises(Refused) as refused:
        handling.finish(order, by=order.officer.user, outcome="lead", note="涉嫌违法")
    assert refused.value.extra["missing"] == ["photos", "item"]
    assert case.dispatches.get().state == "on_site"


def test_the_clock_sends_another_when_nobody_accepts_then_tells_the_leader_then_the_centre_then_the_county(case_at, noon):
    case = case_at("sent")
    first = case.dispatches.get().officer_id
    tick(noon, 61)
    assert case.dispatches.get(state="expired").officer_id == first
    assert case.dispatches.active().get().officer_id != first
    for seconds in range(120, 600, 61):
        tick(noon, seconds)
    levels = [entry.data["level"] for entry in Entry.objects.filter(thread=case.thread, verb="escalated").order_by("number")]
    assert levels == [escalation.SQUAD_LEADER, escalation.CENTRE, escalation.COUNTY]
    assert "warned" in verbs(case)


def test_the_clocks_own_process_fires_what_is_due(case_at, noon, monkeypatch):
    monkeypatch.setattr(run_clock.signal, "signal", lambda *given: None)
    case = case_at("sent")
    with clock.at(noon + timedelta(seconds=61)):
        call_command("run_clock", once=True)
    assert case.dispatches.filter(state="expired").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [CLOCK_LOCK])  # one copy at a time, and another test may start one


def test_the_clock_passes_over_who_was_sent_elsewhere_a_moment_ago(case_at, noon, monkeypatch):
    case = case_at("sent")
    seen_before = [s for s in suggestions.suggest(case, limit=None) if s.can_go and not s.officer.is_helper]
    gone = seen_before[0].officer
    case_at("sent", officer=gone)
    monkeypatch.setattr(escalation, "suggestions", SimpleNamespace(suggest=lambda *_case, **_options: seen_before))
    tick(noon, 61)
    assert case.dispatches.active().get().officer == seen_before[1].officer


def tick(noon, seconds):
    with clock.at(noon + timedelta(seconds=seconds)):
        deadlines.fire_due()


def test_a_pause_needs_a_second_person_and_shifts_the_limit(case_at, cast, noon):
    case = case_at("in_hand")
    pause = pauses.ask(case, by=cast.leader, reason="等待断电")
    with pytest.raises(Refused):
        pauses.approve(pause, by=cast.leader)
    pauses.approve(pause, by=cast.deputy)
    with clock.at(noon + timedelta(minutes=5)):
        resumed = pauses.resume(case, by=cast.dispatcher)
    assert resumed.due_at == case.due_at + timedelta(minutes=5)
    assert set(Deadline.objects.filter(thread=case.thread, fired_at=None, cancelled_at=None).values_list("kind", flat=True)) == {
        "send", "warn", "total"}  # fmt: skip


def test_a_night_that_the_clock_stood_gives_a_matter_in_working_time_nothing(case_at, cast, noon):
    case = case_at("received", category="TIP-39")  # forty working hours
    pause = pauses.ask(case, by=cast.dispatcher, reason="等待材料")
    with clock.at(noon + timedelta(hours=5)):  # 17:00
        pauses.approve(pause, by=cast.leader)
    with clock.at(noon + timedelta(hours=20, minutes=30)):  # 8:30 of the next day: one working hour later
        resumed = pauses.resume(case, by=cast.dispatcher)
    assert limits.seconds_left(resumed, resumed.due_at, case.due_at) == 3600
    assert Deadline.objects.get(thread=case.thread, kind="total", cancelled_at=None).due_at == resumed.due_at


def test_a_case_reopened_within_its_limit_runs_towards_it_again(case_at, cast):
    case = endings.reopen(case_at("closed"), by=cast.leader, reason="又出现了")
    assert Deadline.objects.get(thread=case.thread, kind="total", fired_at=None, cancelled_at=None).due_at == case.due_at


def test_suggestions_name_reasons_and_put_who_can_go_first(case_at):
    found = suggestions.suggest(case_at("received"), limit=None)
    assert [s.can_go for s in found] == sorted((s.can_go for s in found), reverse=True)
    assert all(s.reasons or s.why_not for s in found)


def test_merging_moves_the_reporters_and_frees_the_officers(case_at, cast):
    main, other = case_at("received"), case_at("sent", grid=1)
    merged = endings.merge(other, by=cast.dispatcher, into=main)
    assert (merged.state, merged.merged_into) == ("merged", main)
    assert not merged.dispatches.active().exists()


def test_an_outside_body_returns_a_case_and_it_is_received_again(case_at, cast):
    case = case_at("passed_on")
    handover = Handover.objects.get(case=case)
    endings.answer_handover(handover, by=cast.dispatcher, accepted=False, reason="不属我单位职责")
    case.refresh_from_db()
    assert (case.state, case.closed_at) == ("received", None)


def test_the_reporter_who_says_not_solved_reopens_the_case(case_at):
    case = case_at("closed")
    report = case.reports.get()
    reopened = endings.answer_solved(report, solved=False, words="摊位又回来了,我是张三")
    assert reopened.state == "in_hand"
    assert not Entry.objects.filter(data__icontains="张三").exists()


