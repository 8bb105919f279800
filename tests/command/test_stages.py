"""Stage times are differences of journal entries: they add up, over rounds and pauses."""

from datetime import timedelta

from cases import pauses, triage
from cases.models import Case
from command import dispatch, endings
from command.stages import intervals, stages
from journal import clock
from journal.models import Entry


def entries(case):
    return list(Entry.objects.filter(thread=case.thread).order_by("number"))


def at(noon, seconds):
    return clock.at(noon + timedelta(seconds=seconds))


def test_each_stage_has_its_time_and_they_add_up(case_at, cast, noon):
    case = case_at("received")
    with at(noon, 40):
        order = dispatch.send(case, by=cast.dispatcher, officers=[cast.officer])[0]
    with at(noon, 70):
        dispatch.accept(order, by=cast.officer.user)
    found, paused = stages(Case.objects.get(pk=case.pk), entries(case), noon + timedelta(seconds=100))
    assert [(one.name, one.spent.seconds, one.state) for one in found] == [
        ("take_in", 40, "past"), ("send", 0, "past"), ("accept", 30, "past"), ("handle", 30, "now"), ("verify", 0, "ahead")]  # fmt: skip
    assert (paused, found[3].since) == (timedelta(), noon + timedelta(seconds=70))


def test_rework_adds_to_the_stages_of_the_first_round(case_at, cast, noon):
    case = case_at("resolved")
    with at(noon, 50):
        endings.return_for_rework(case, by=cast.leader, reason="没有拍到现场")
    with at(noon, 80):
        dispatch.send(case, by=cast.leader, officers=[cast.companion])
    found = intervals(Case.objects.get(pk=case.pk), entries(case))
    assert [name for name, start, end in found if end != start] == ["verify", "send", "accept"]


def test_the_time_that_the_clock_stood_is_counted_apart(case_at, cast, noon):
    case = case_at("in_hand")
    pause = pauses.ask(case, by=cast.dispatcher, reason="等待产权单位")
    with at(noon, 10):
        pauses.approve(pause, by=cast.leader)
    with at(noon, 310):
        pauses.resume(case, by=cast.dispatcher)
    found, paused = stages(Case.objects.get(pk=case.pk), entries(case), noon + timedelta(seconds=330))
    assert paused == timedelta(seconds=300)
    assert found[1].spent == timedelta(seconds=30)


def test_a_night_is_not_held_against_a_matter_in_working_time(case_at, cast, noon):
    case = case_at("received", category="TIP-39")  # unpaid wages: forty working hours, two of them to take it in
    with at(noon, 7 * 3600):  # 19:00, after closing time
        triage.take_in(case, by=cast.leader)
    with at(noon, 22 * 3600):  # 10:00 of the next day
        take_in, send, *_rest = stages(case := Case.objects.get(pk=case.pk), entries(case), clock.now())[0]
    assert (take_in.spent, take_in.is_late) == (timedelta(hours=4), True)  # 14:00 to 18:00
    assert (send.spent, send.is_late) == (timedelta(hours=1.5), False)  # 8:30 to 10:00
