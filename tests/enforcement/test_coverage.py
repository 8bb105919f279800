"""How many are there at each moment, what is lacking, and what a change makes worse."""

from datetime import datetime, timedelta

from enforcement import coverage
from enforcement.coverage import Step
from journal import clock

START = datetime(2026, 11, 26, tzinfo=clock.LOCAL)
NEED = coverage.Need("officers", "officers", 2, frozenset({"officer"}), certified=True)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def steps(*stretches, until=24):
    return coverage.steps([(at(start), at(end), people) for start, end, people in stretches], START, at(until))


def test_each_moment_of_a_time_has_a_number_without_a_hole():
    found = steps((-4, 8, 1), (8, 20, 2), (12, 14, 1))
    assert [(step.since, step.until, step.present) for step in found] == [
        (at(0), at(8), 1), (at(8), at(12), 2), (at(12), at(14), 3), (at(14), at(20), 2), (at(20), at(24), 0)]  # fmt: skip


def test_who_hands_over_to_the_next_leaves_no_step():
    assert steps((0, 8, 2), (8, 24, 2)) == [Step(at(0), at(24), 2)]


def test_a_time_without_anybody_is_one_step_of_nobody():
    assert steps() == [Step(at(0), at(24), 0)]


def test_hours_that_lack_people_one_after_the_other_are_one_gap_with_its_fewest():
    (gap,) = coverage.gaps(NEED, steps((0, 6, 2), (6, 9, 1), (12, 24, 2)))
    assert (gap.since, gap.until, gap.present) == (at(6), at(12), 0)


def test_a_change_opens_a_gap_where_fewer_are_there_than_before_and_than_needed():
    before, after = steps((0, 24, 2), (6, 9, 1), (20, 24, 1)), steps((0, 6, 2), (6, 20, 1), (20, 24, 2))
    (gap,) = coverage.worse(NEED, before, after)
    assert (gap.since, gap.until, gap.present) == (at(6), at(20), 1)


def test_what_was_lacking_before_is_not_opened_by_a_change_that_leaves_it_so():
    lacking = steps((0, 24, 1))
    assert coverage.worse(NEED, lacking, lacking) == []
    assert coverage.worse(NEED, lacking, steps((0, 12, 1)))[0].since == at(12)
