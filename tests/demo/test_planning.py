"""The rosters of the demonstration are alive: vehicles, a leave, a swap; by the real verbs, in both counties' shape."""

import random
from datetime import timedelta

from demo import planning
from demo.past import Past
from enforcement import roster
from enforcement.models import Duty, DutySwap, Leave
from journal.models import Entry
from journal.verify import broken_link, checks, heads_that_differ
from registers import plan


def test_the_coming_week_has_vehicles_a_leave_and_a_swap_and_no_gap_of_their_making(cast, noon):
    before = {code: len(plan.read(cast.person("dispatcher", centre=code).centre, noon, noon + timedelta(days=7)).gaps()) for code in ("CG", "GC")}
    planning.plan(random.Random(1))
    assert Duty.objects.filter(vehicle__isnull=False, user__organisation__centre__code="GC").exists()
    assert DutySwap.objects.filter(state="asked").exists() and Leave.objects.exists()
    after = {code: len(plan.read(cast.person("dispatcher", centre=code).centre, noon, noon + timedelta(days=7)).gaps()) for code in before}
    assert after == before
    assert broken_link()[1] is None and heads_that_differ() == [] and [told for check in checks for told in check()] == []


def test_who_was_on_duty_signed_on_and_off_most_of_them_in_time(db, noon):
    roster.roll(since=noon - timedelta(days=3))
    Past(random.Random(1)).attend(noon.date() - timedelta(days=1))
    came = Duty.objects.filter(came_at__isnull=False)
    assert came.count() > 100 and came.filter(left_at__isnull=False).exists()
    moments = list(Entry.objects.filter(thread=Entry.objects.first().thread).order_by("number").values_list("at", flat=True))
    assert moments == sorted(moments)
