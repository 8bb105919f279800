"""Past weeks are made by the real verbs, marked as simulated, and refused in production."""

import random
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from cases.models import Case, Report
from demo.past import Past
from enforcement import roster
from journal import clock
from journal.models import Entry
from journal.verify import broken_link, heads_that_differ


@pytest.fixture
def a_day(db, noon):
    """Yesterday, with eight reports."""
    roster.roll(since=noon - timedelta(days=2))
    with clock.at(noon):
        Past(random.Random(3)).day(noon.date() - timedelta(days=1), reports=8)


def test_a_past_day_has_cases_at_their_ends_with_whole_chains(a_day):
    assert Case.objects.count() == Report.objects.count() >= 8
    assert Case.objects.filter(state="closed").exists()
    assert broken_link()[1] is None
    assert heads_that_differ() == []


def test_everything_in_it_is_marked_and_happened_then(a_day, noon):
    assert not Case.objects.filter(is_simulated=False).exists()
    assert not Report.objects.filter(is_simulated=False).exists()
    assert max(Entry.objects.values_list("at", flat=True)) < noon


@pytest.mark.parametrize("command", [["simulate_history"], ["simulate"], ["demo_accounts"], ["replay", "x.csv"]])
def test_production_refuses_it(settings, db, command):
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="refused in production"):
        call_command(*command)
