"""Figures that people can check: counted from the journal, with their denominators."""

from datetime import timedelta

import pytest

from cases.models import Case
from cases.transitions import State
from command import dispatch, endings, handling, metrics, stages
from command.boards.cases import STAGES
from journal import clock
from journal.models import Entry


def minutes(count: float):
    return clock.at(clock.now() + timedelta(minutes=count))


@pytest.fixture
def closed_in(cast, case_at):
    """A case of the ten-minute clock that is closed so many minutes after its report."""

    def make(total: float, **report) -> Case:
        officer = cast.officers()[0]
        case = case_at("in_hand", **report)
        with minutes(1):
            order = dispatch.send(case, by=cast.dispatcher, officers=[officer])[0]
        with minutes(1.5):
            order = dispatch.accept(order, by=officer.user)
        with minutes(3):
            order = dispatch.arrive(order, by=officer.user, reason="现场信号弱")
        with minutes(total - 1):
            handling.finish(order, by=officer.user, outcome="advised", note="已劝导")
        with minutes(total):
            return endings.close(case, by=cast.leader, reply="已办结")

    return make


def of_today():
    return metrics.today()


def test_both_shares_stand_side_by_side_with_their_denominators(cast, closed_in, case_at):
    closed_in(8)
    closed_in(14)
    slow = closed_in(20, grid=1)
    Case.objects.filter(pk=slow.pk).update(is_ten_minute=False, due_at=slow.closed_at + timedelta(hours=1))
    case_at("rejected")
    with minutes(30):
        counted = metrics.counts([cast.centre.pk], of_today())
    assert (counted.total.ten.part, counted.total.ten.of, counted.total.ten.percent) == (1, 2, 50)
    assert (counted.total.every.part, counted.total.every.of) == (2, 3)
    assert (counted.total.reported, counted.total.closed, counted.total.otherwise, counted.total.open) == (4, 3, 1, 0)


def test_without_a_closed_case_there_is_no_percentage(cast):
    assert metrics.counts([cast.centre.pk], of_today()).total.ten.percent is None
    assert metrics.times([cast.centre.pk], of_today()) == {}


def test_open_and_late_are_counted_now_by_centre_and_place(cast, case_at):
    one = case_at("received")
    case_at("sent", grid=2)
    with minutes(11):
        counted = metrics.counts(metrics.centres_of(cast.county_dispatcher.centre), of_today())
    assert (counted.total.open, counted.total.late) == (2, 2)
    assert counted.centres[cast.centre.pk].open == 2
    assert counted.places[one.area_id or one.grid_id].open >= 1


def test_another_centres_cases_are_not_counted(cast, case_at):
    case_at("received")
    assert metrics.counts([cast.dispatcher_elsewhere.centre.pk], of_today()).total == metrics.Counts()


def test_yesterday_is_another_period(cast, closed_in):
    closed_in(5)
    with clock.at(clock.now() + timedelta(days=1)):
        assert metrics.counts([cast.centre.pk], of_today()).total.closed == 0
        yesterday = metrics.Period(clock.today() - timedelta(days=1), clock.today())
        assert metrics.counts([cast.centre.pk], yesterday).total.closed == 1


def test_median_and_p90_of_the_loop_and_of_its_stages(cast, closed_in):
    for total in (6, 8, 10):
        closed_in(total)
    found = metrics.times([cast.centre.pk], of_today())[None]
    assert (found["loop"].median, found["loop"].p90, found["loop"].of) == (480, 576, 3)
    assert {name: found[name].median for name in STAGES} == {"send": 60, "accept": 30, "handle": 330, "verify": 60} | {"take_in": 0}


@pytest.mark.parametrize("path", ["plain", "declined", "rework", "reopened"])
def test_the_statement_agrees_with_the_timeline(cast, case_at, closed_in, path):
    case = {"plain": lambda: closed_in(7), "declined": lambda: declined(cast, case_at), "rework": lambda: rework(cast, case_at),
            "reopened": lambda: reopened(cast, closed_in)}[path]()  # fmt: skip
    case.refresh_from_db()
    entries = Entry.objects.filter(thread=case.thread).order_by("number")
    by_hand, _paused = stages.stages(case, entries, clock.now())
    found = metrics.spent([case.pk])[case.pk]
    assert {one.name: one.spent.total_seconds() for one in by_hand if one.spent} == pytest.approx({
        name: seconds for name, seconds in found.items() if name != "loop" and seconds
    })  # fmt: skip


def declined(cast, case_at):
    case = case_at("in_hand")
    first, second = cast.officers()[:2]
    with minutes(1):
        dispatch.decline(dispatch.send(case, by=cast.dispatcher, officers=[first])[0], by=first.user, reason="车辆故障")
    with minutes(2):
        order = dispatch.accept(dispatch.send(case, by=cast.dispatcher, officers=[second])[0], by=second.user)
    return finish(cast, order, 5)


def finish(cast, order, total):
    officer = order.officer
    with minutes(total - 2):
        order = dispatch.arrive(order, by=officer.user, reason="现场信号弱")
    with minutes(total - 1):
        handling.finish(order, by=officer.user, outcome="advised", note="已劝导")
    with minutes(total):
        return endings.close(order.case, by=cast.leader, reply="已办结")


def rework(cast, case_at):
    case = case_at("resolved")
    with minutes(2):
        case = endings.return_for_rework(case, by=cast.dispatcher, reason="照片看不清")
    officer = cast.officers()[0]
    with minutes(3):
        order = dispatch.accept(dispatch.send(case, by=cast.dispatcher, officers=[officer])[0], by=officer.user)
    return finish(cast, order, 8)


def reopened(cast, closed_in):
    case = closed_in(6)
    with minutes(30):
        case = endings.reopen(case, by=cast.leader, reason="又出现了")
        officer = cast.officers()[0]
        order = dispatch.accept(dispatch.send(case, by=cast.dispatcher, officers=[officer])[0], by=officer.user)
    return finish(cast, order, 40)


def test_the_number_of_statements_does_not_grow(cast, case_at, django_assert_num_queries):
    for number in range(3):
        case_at("closed", grid=number)
    centres = [cast.centre.pk]
    with django_assert_num_queries(4):
        metrics.counts(centres, of_today())
        metrics.times(centres, of_today())
    assert Case.objects.filter(state=State.CLOSED).count() == 3


def test_the_loop_of_a_reopened_case_runs_from_the_first_clock_to_the_final_closing(cast, closed_in):
    case = reopened(cast, closed_in)
    case.refresh_from_db()
    assert metrics.spent([case.pk])[case.pk]["loop"] == (case.closed_at - case.started_at).total_seconds()
