"""Swaps of duty: asked for by one, decided by a third, moved at once."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from enforcement import roster
from enforcement.models import Certificate, Duty, DutySwap
from journal.models import Entry
from journal.refused import Refused
from journal.verify import checks, heads_that_differ
from registers import duties, swaps
from tests.addresses import Things
from tests.plain import sql

HOUR = timedelta(hours=1)


@pytest.fixture
def mine(cast, duty_of):
    return duty_of(cast.officer.user, 2)


@pytest.fixture
def partner(cast, mine):
    """A colleague who is free then."""
    return Things.able_to_take(cast.officer.user)


@pytest.fixture
def asked(cast, mine, partner):
    return swaps.ask(mine, to=partner, reason="家中有事", by=cast.officer.user)


def code_of(verb, *given, **named) -> str:
    with pytest.raises(Refused) as refused, transaction.atomic():
        verb(*given, **named)
    return refused.value.code


def test_a_swap_moves_the_stretch_when_a_third_person_approves(cast, asked, mine, partner):
    swaps.approve(asked, by=cast.leader)
    mine.refresh_from_db()
    assert (mine.user, mine.instead_of, mine.by_hand) == (partner, cast.officer.user, True)
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("approved", cast.leader)
    assert [entry.verb for entry in Entry.objects.filter(subject=f"dutyswap:{asked.pk}").order_by("number")] == ["swap_asked", "swap_approved"]
    assert heads_that_differ() == [] and [told for check in checks for told in check()] == []


def test_two_stretches_change_hands_in_one_transaction_even_where_they_overlap(cast, noon, duty_of, partner):
    """Each takes the other's: at no moment is one on duty twice, and both keep their numbers."""
    officers = [one for one in cast.officers() if one.user.role == "officer"]
    first, second = (duty_of(one.user) for one in officers[:2])
    assert (first.starts_at, first.ends_at) == (second.starts_at, second.ends_at), "of one watch: the worst case"
    asked = swaps.ask(first, to=second.user, in_return=second, reason="换片区", by=first.user)
    swaps.approve(asked, by=cast.leader)
    sql("SELECT 1")  # asks for everything that is checked at commit
    assert dict(Duty.objects.filter(pk__in=[first.pk, second.pk]).values_list("pk", "user")) == {first.pk: second.user_id, second.pk: first.user_id}
    asked.refresh_from_db()
    assert asked.in_return_id == second.pk


def test_what_is_swapped_back_is_as_planned(cast, asked, mine, partner):
    swaps.approve(asked, by=cast.leader)
    mine.refresh_from_db()
    swaps.approve(swaps.ask(mine, to=cast.officer.user, reason="不需要了", by=partner), by=cast.leader)
    mine.refresh_from_db()
    assert (mine.user, mine.instead_of) == (cast.officer.user, None)


def test_no_roll_gives_the_stretch_back(cast, asked, mine, noon):
    swaps.approve(asked, by=cast.leader)
    roster.forget([cast.officer.user_id])
    roster.roll(since=noon)
    assert not Duty.objects.filter(user=cast.officer.user_id, starts_at=mine.starts_at).exists()
    mine.refresh_from_db()


def test_nobody_decides_on_his_own_swap_nor_another_centres(cast, asked):
    for by, code in ((cast.officer.user, "not_allowed"), (cast.dispatcher, "not_allowed"), (cast.person("shift_leader", centre="SC"), "not_allowed")):
        assert code_of(swaps.approve, asked, by=by) == code
    leader, other = cast.leader, cast.person("shift_leader", exclude=cast.leader)
    duty = swaps.ahead(leader).exclude(starts_at__in=swaps.ahead(other).values("starts_at"))[0]
    own = swaps.ask(duty, to=other, reason="家中有事", by=leader)
    assert code_of(swaps.approve, own, by=leader) == code_of(swaps.refuse, own, reason="x", by=other) == "own"
    swaps.refuse(own, reason="人手不足", by=cast.deputy)


def test_only_the_same_post_of_the_same_centre_and_only_who_is_able(cast, mine, partner):
    person = cast.officer.user
    assert code_of(swaps.ask, mine, to=cast.officer_elsewhere.user, reason="x", by=person) == "other_post"
    assert code_of(swaps.ask, mine, to=cast.dispatcher, reason="x", by=person) == "other_post"
    assert code_of(swaps.ask, mine, to=partner, reason="x", by=cast.companion.user) == "not_yours"
    assert code_of(swaps.ask, mine, to=partner, reason=" ", by=person) == "missing"
    Certificate.objects.filter(officer__user=partner).update(valid_to=date(2026, 11, 24))
    assert code_of(swaps.ask, mine, to=partner, reason="x", by=person) == "certificate"


def test_who_is_on_duty_or_on_leave_then_cannot_take_it(cast, mine, partner):
    person = cast.officer.user
    duties.add(partner, starts_at=mine.ends_at - HOUR, ends_at=mine.ends_at + HOUR, reason="加强巡查", by=cast.leader)
    assert code_of(swaps.ask, mine, to=partner, reason="x", by=person) == "overlaps"
    Duty.objects.filter(user=partner, by_hand=True).delete()
    duties.give_leave(partner, since=mine.starts_at, until=mine.ends_at, reason="年休假", by=cast.leader, despite_gaps=True)
    assert code_of(swaps.ask, mine, to=partner, reason="x", by=person) == "on_leave"


def test_approval_looks_at_everything_again(cast, asked, partner, mine):
    Certificate.objects.filter(officer__user=partner).update(status=Certificate.Status.SUSPENDED)
    assert code_of(swaps.approve, asked, by=cast.leader) == "certificate"
    mine.refresh_from_db()
    assert (mine.user, DutySwap.objects.get().state) == (cast.officer.user, "asked")


def test_a_swap_that_opens_a_gap_is_not_approved(thin, cast, duty_of, monkeypatch):
    """Even where nobody looked at the certificates: the plan itself says no."""
    giver = next(one.user for one in thin.values() if one.user.role == "officer")
    duty = duty_of(giver, 2)
    taker = next(one for one in swaps.partners(giver) if not Duty.objects.filter(
        user=one, starts_at__lt=duty.ends_at, ends_at__gt=duty.starts_at).exists())  # fmt: skip
    asked = swaps.ask(duty, to=taker, reason="x", by=giver) if taker.officer.pk in thin else None
    taker.officer.certificates.update(status=Certificate.Status.SUSPENDED)
    monkeypatch.setattr(swaps, "_check_able", lambda *_given: None)
    asked = asked or swaps.ask(duty, to=taker, reason="x", by=giver)
    assert code_of(swaps.approve, asked, by=cast.leader) == "opens_gap"
    duty.refresh_from_db()
    assert (duty.user, DutySwap.objects.get().state) == (giver, "asked")


def test_it_is_refused_or_withdrawn_with_a_reason_and_both_see_it(cast, asked, partner, mine):
    assert code_of(swaps.refuse, asked, reason="", by=cast.leader) == "missing"
    swaps.refuse(asked, reason="人手不足", by=cast.leader)
    assert [one.answer for person in (cast.officer.user, partner) for one in swaps.mine(person)] == ["人手不足"] * 2
    again = swaps.ask(mine, to=partner, reason="家中有事", by=cast.officer.user)
    assert code_of(swaps.withdraw, again, by=partner) == "not_yours"
    swaps.withdraw(again, by=cast.officer.user)
    assert code_of(swaps.approve, again, by=cast.leader) == "decided"


def test_one_swap_at_a_time_for_one_stretch_and_leave_waits_for_its_answer(cast, asked, mine, partner):
    assert code_of(swaps.ask, mine, to=partner, reason="x", by=cast.officer.user) == "asked"
    leave = {"since": mine.starts_at, "until": mine.ends_at, "reason": "x", "by": cast.leader, "despite_gaps": True}
    assert code_of(duties.give_leave, cast.officer.user, **leave) == "swap_asked"
