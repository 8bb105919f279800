"""Changing the plan: what is refused, what is asked back, what stays, and what the next roll makes of it."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from cases.county.loading import load
from enforcement import roster
from enforcement.models import Certificate, Duty, Equipment, Leave, Officer
from grid.models import Zone
from journal import clock
from journal.models import Entry
from journal.refused import Refused
from journal.verify import broken_link, heads_that_differ
from registers import duties, plan
from tests.databases import ROOT

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def code_of(verb, *given, **named) -> str:
    with pytest.raises(Refused) as refused, transaction.atomic():
        verb(*given, **named)
    return refused.value.code


def free_time(person, noon):
    """Two hours in which the person has no stretch."""
    duty = Duty.objects.filter(user=person, starts_at__gt=noon).order_by("starts_at").first()
    return duty.starts_at - 3 * HOUR, duty.starts_at - HOUR


# --- what is lacking ---------------------------------------------------------------------------------
def test_the_countys_own_plan_has_no_gap(cast, gaps):
    assert gaps() == []


def test_a_certificate_that_ends_within_the_week_counts_as_ended_from_then_on(thin, cast, gaps, noon):
    assert gaps() == []
    Certificate.objects.filter(officer=next(iter(thin.values()))).update(valid_to=date(2026, 11, 26))
    found = plan.read(cast.centre, noon, noon + 7 * DAY).gaps()
    assert found and found[0].since.astimezone(clock.LOCAL).date() >= date(2026, 11, 27)
    assert all((gap.need.code, gap.present) == ("officers", 1) for gap in found)


def test_a_suspension_and_a_leave_count_from_their_beginning(thin, cast, noon):
    first, second = list(thin.values())[:2]  # of one watch
    first.suspended_at = noon + 3 * DAY
    first.save()
    duties.give_leave(second.user, since=noon + 5 * DAY, until=noon + 7 * DAY, reason="年休假", by=cast.leader, despite_gaps=True)
    found = plan.read(cast.centre, noon, noon + 7 * DAY).gaps()
    assert found and all(gap.since >= noon + 3 * DAY for gap in found)
    assert [gap.present for gap in found if gap.since >= noon + 5 * DAY] == [0] * sum(gap.since >= noon + 5 * DAY for gap in found)
    assert found[0].present == 1, "until then one of the two was there"


def test_who_could_be_called_is_free_able_and_does_not_work_twice_in_a_row(thin, cast, noon):
    away = next(iter(thin.values()))
    duties.give_leave(away.user, since=noon + HOUR, until=noon + 6 * DAY, reason="年休假", by=cast.leader, despite_gaps=True)
    found = plan.read(cast.centre, noon, noon + 6 * DAY)
    gap = next(gap for gap in found.gaps() if gap.since > noon + DAY)
    assert found.could_be_called(gap) == [], "in three watches of twelve hours each other one has just worked or works next"
    rested = list(thin.values())[-1].user
    Duty.objects.filter(user=rested, starts_at__gt=noon).delete()
    uncertified = Officer.objects.filter(organisation__centre=cast.centre, is_helper=False).exclude(pk__in=thin).first().user
    Duty.objects.filter(user=uncertified, starts_at__gt=noon).delete()
    assert [person.pk for person in plan.read(cast.centre, noon, noon + 6 * DAY).could_be_called(gap)] == [rested.pk]
    duties.add(rested, starts_at=gap.since - 10 * HOUR, ends_at=gap.since - 7 * HOUR, reason="x", by=cast.leader)
    assert plan.read(cast.centre, noon, noon + 6 * DAY).could_be_called(gap) == [], "seven hours are no rest"


def test_both_counties_answer_with_the_same_rule(cast):
    """The check of a county that is loaded and the roster's page ask one function."""
    from cases.county import covering

    assert covering.coverage.needs is plan.coverage.needs


# --- area and vehicle --------------------------------------------------------------------------------
def test_area_and_vehicle_are_set_and_the_roster_tells_it(cast, noon):
    town = cast.person("shift_leader", centre="GC")
    person = cast.officers(centre="GC")[0].user
    duty, vehicle = Duty.objects.filter(user=person, starts_at__gt=noon).first(), Equipment.objects.filter(kind="motorcycle").first()
    area = Zone.objects.filter(kind="area").first()
    duties.assign(duty, area=area.code, vehicle=vehicle, by=town, reason="重点巡查")
    duty.refresh_from_db()
    assert (duty.area, duty.vehicle, duty.by_hand) == (area.code, vehicle, True)
    entry = Entry.objects.get(verb="duty_assigned")
    assert (entry.thread, entry.data["who"], entry.data["reason"]) == (f"roster:{town.centre.pk}", person.name, "重点巡查")
    assert broken_link()[1] is None and heads_that_differ() == []


def test_a_vehicle_that_is_taken_or_another_centres_is_refused_with_a_sentence(cast, noon):
    town, vehicle = cast.person("shift_leader", centre="GC"), Equipment.objects.filter(kind="motorcycle").first()
    first, second = (Duty.objects.get(user=one.user, starts_at__lte=noon, ends_at__gt=noon) for one in cast.officers(centre="GC")[:2])
    duties.assign(first, area="", vehicle=vehicle, by=town)
    assert code_of(duties.assign, second, area="", vehicle=vehicle, by=town) == "vehicle_taken"
    own = Duty.objects.get(user=cast.officer.user, starts_at__lte=noon, ends_at__gt=noon)
    assert code_of(duties.assign, own, area="", vehicle=vehicle, by=cast.leader) == "foreign_vehicle"
    assert code_of(duties.assign, own, area="nowhere", vehicle=None, by=cast.leader) == "unknown"


# --- leave and extra stretches -----------------------------------------------------------------------
def test_leave_takes_out_what_lies_in_it_and_shortens_what_touches_it(cast, duty_of):
    person, duty = cast.officer.user, duty_of(cast.officer.user)
    end, until = duty.ends_at, duty.ends_at + 2 * HOUR
    duties.give_leave(person, since=duty.starts_at + 4 * HOUR, until=until, reason="就医", by=cast.leader, despite_gaps=True)
    duty.refresh_from_db()
    assert duty.ends_at == duty.starts_at + 4 * HOUR
    after = duty_of(person, 2)
    assert after.starts_at >= end
    duties.give_leave(person, since=after.starts_at, until=after.ends_at, reason="就医", by=cast.leader, despite_gaps=True)
    assert not Duty.objects.filter(pk=after.pk).exists()


def test_leave_in_the_middle_leaves_both_ends(cast, duty_of):
    person, duty = cast.officer.user, duty_of(cast.officer.user)
    duties.give_leave(person, since=duty.starts_at + HOUR, until=duty.starts_at + 2 * HOUR, reason="就医", by=cast.leader, despite_gaps=True)
    parts = Duty.objects.filter(user=person, starts_at__gte=duty.starts_at, ends_at__lte=duty.ends_at).order_by("starts_at")
    assert [(one.ends_at - one.starts_at) // HOUR for one in parts] == [1, 10]


def test_a_leave_that_opens_a_gap_is_asked_back_with_the_gap_and_given_when_confirmed(thin, cast, duty_of):
    person = next(iter(thin.values())).user
    duty = duty_of(person)
    given = {"since": duty.starts_at, "until": duty.ends_at, "reason": "就医", "by": cast.leader}
    with pytest.raises(Refused) as refused, transaction.atomic():
        duties.give_leave(person, **given)
    assert refused.value.code == "opens_gap" and "1" in refused.value.extra["gaps"][0]
    assert Duty.objects.filter(pk=duty.pk).exists() and not Leave.objects.exists()
    duties.give_leave(person, **given, despite_gaps=True)
    assert Entry.objects.get(verb="leave_given").data["gaps"] == refused.value.extra["gaps"]


def test_leave_is_neither_given_for_what_has_passed_nor_twice_nor_without_a_reason(cast, noon):
    person = cast.officer.user
    given = {"since": noon + DAY, "until": noon + 2 * DAY, "reason": "就医", "by": cast.leader, "despite_gaps": True}
    assert code_of(duties.give_leave, person, **given | {"since": noon - HOUR}) == "past"
    assert code_of(duties.give_leave, person, **given | {"reason": " "}) == "missing"
    assert code_of(duties.give_leave, person, **given | {"until": noon + DAY}) == "span"
    duties.give_leave(person, **given)
    assert code_of(duties.give_leave, person, **given) == "on_leave"


def test_who_is_back_is_planned_again(cast, duty_of):
    person, duty = cast.officer.user, duty_of(cast.officer.user)
    leave = duties.give_leave(person, since=duty.starts_at, until=duty.ends_at, reason="就医", by=cast.leader, despite_gaps=True)
    duties.end_leave(leave, reason="已康复", by=cast.leader)
    again = Duty.objects.get(user=person, starts_at=duty.starts_at)
    assert (again.ends_at, Leave.objects.count()) == (duty.ends_at, 0)


@pytest.mark.parametrize(("since", "until"), [(0, 0), (0, 30), (-30, 30), (2, 3), (2, 30)])
def test_whoever_is_back_within_his_stretch_is_planned_for_the_rest_of_it(cast, noon, since, until):
    """Hours from noon (0: the stretch's own end) of the leave; he is back at one."""
    person, back = cast.officer.user, noon + HOUR
    running = Duty.objects.get(user=person, starts_at__lte=noon, ends_at__gt=noon)
    end, minutes = running.ends_at, lambda: sum((one.ends_at - max(one.starts_at, back) for one in Duty.objects.filter(
        user=person, ends_at__gt=back, starts_at__lt=end)), timedelta())  # fmt: skip
    assert end > back + 3 * HOUR
    with clock.at(noon + min(since, 0) * HOUR):
        leave = duties.give_leave(person, since=noon + since * HOUR, until=noon + until * HOUR if until else end, reason="就医", by=cast.leader,
                                  despite_gaps=True)  # fmt: skip
    with clock.at(back):
        assert minutes() < end - back
        duties.end_leave(leave, reason="已康复", by=cast.leader)
        assert minutes() == end - back
        roster.roll(since=back, users=[person.pk])
        assert minutes() == end - back


def test_an_extra_stretch_never_lies_over_another_or_in_a_leave(cast, noon):
    person = cast.officer.user
    since, until = free_time(person, noon)
    made = duties.add(person, starts_at=since, ends_at=until, reason="加强巡查", by=cast.leader)
    assert made.by_hand
    assert code_of(duties.add, person, starts_at=since + HOUR, ends_at=until + HOUR, reason="x", by=cast.leader) == "overlaps"
    assert code_of(duties.add, person, starts_at=noon - DAY, ends_at=noon - DAY + HOUR, reason="x", by=cast.leader) == "past"
    assert code_of(duties.add, person, starts_at=since, ends_at=since + 30 * HOUR, reason="x", by=cast.leader) == "span"


# --- what the next roll does -------------------------------------------------------------------------
def test_no_roll_undoes_what_was_changed_by_hand(cast, noon, duty_of):
    person, last = cast.officer.user, Duty.objects.filter(user=cast.officer.user).order_by("-starts_at").first()
    duties.give_leave(person, since=last.starts_at, until=last.ends_at, reason="就医", by=cast.leader, despite_gaps=True)
    since, until = free_time(person, noon)
    extra = duties.add(person, starts_at=since, ends_at=until, reason="加强巡查", by=cast.leader)
    roster.roll()
    roster.roll(since=noon)
    assert not Duty.objects.filter(user=person, starts_at=last.starts_at).exists()
    roster.forget([person.pk])
    assert list(Duty.objects.filter(user=person, starts_at__gt=noon)) == [extra]
    roster.forget([person.pk], by_hand=True)
    assert not Duty.objects.filter(user=person, starts_at__gt=noon).exists(), "who has left is not planned"


def test_a_load_of_the_county_leaves_it_too(cast, noon, duty_of):
    duty = duty_of(cast.officer.user)
    duties.give_leave(cast.officer.user, since=duty.starts_at, until=duty.ends_at, reason="就医", by=cast.leader, despite_gaps=True)
    assert load(ROOT / "data" / "fucheng")[0] == []
    assert not Duty.objects.filter(user=cast.officer.user, starts_at=duty.starts_at).exists()


# --- who may -----------------------------------------------------------------------------------------
def test_only_who_plans_the_centre_changes_its_plan(cast, duty_of, noon):
    duty = duty_of(cast.officer.user)
    for by in (cast.dispatcher, cast.officer.user, cast.call_taker, cast.person("shift_leader", centre="SC"), cast.supervisor):
        assert code_of(duties.assign, duty, area="", vehicle=None, by=by) == "not_allowed"
        leave = {"since": duty.starts_at, "until": duty.ends_at, "reason": "x", "by": by}
        assert code_of(duties.give_leave, cast.officer.user, **leave) == "not_allowed"
    duties.give_leave(cast.officer.user, since=duty.starts_at, until=duty.ends_at, reason="x", despite_gaps=True,
                      by=cast.person("shift_leader", centre="ZX"))  # fmt: skip
