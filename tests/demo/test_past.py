"""Past weeks are made by the real verbs, marked as simulated, and refused in production."""

import random
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from cases.models import Case, Report
from demo.management.commands import simulate_history
from demo.management.commands.simulate_history import account
from demo.past import Past
from enforcement import roster
from journal import clock
from journal.models import Entry
from journal.verify import broken_link, checks, heads_that_differ


@pytest.fixture
def a_day(db, noon):
    """Yesterday, with eight reports."""
    roster.roll(since=noon - timedelta(days=2))
    with clock.at(noon):
        Past(random.Random(3)).day(noon.date() - timedelta(days=1), reports=8)


@pytest.fixture
def a_week(db, noon):
    """Nine days, so that orders to correct come back."""
    roster.roll(since=noon - timedelta(days=10))
    past = Past(random.Random(5))
    with clock.at(noon):
        for back in range(9, 0, -1):
            past.day(noon.date() - timedelta(days=back), reports=8)
    return past


def test_a_past_day_has_cases_at_their_ends_with_whole_chains(a_day):
    assert Case.objects.count() == Report.objects.count() >= 8
    assert Case.objects.filter(state="closed").exists()
    assert broken_link()[1] is None
    assert heads_that_differ() == []
    assert [told for check in checks for told in check()] == []


def test_in_past_weeks_nobody_acts_too_early_rechecks_are_not_left_lying_and_the_closing_line_adds_up(a_week):
    for thread in Entry.objects.values_list("thread", flat=True).distinct():
        moments = list(Entry.objects.filter(thread=thread).order_by("number").values_list("at", flat=True))
        assert moments == sorted(moments), thread
    back = Case.objects.filter(follows__isnull=False, state="closed")
    assert back.exists()
    assert all(case.closed_at - case.started_at < timedelta(hours=1) for case in back)
    waiting = Case.objects.open()
    assert all(case.paused_at or case.due_at > clock.now() for case in waiting), "nothing lies about: what is open has time, or waits with a reason"
    assert all(case.pauses.get(ends_at=None).approved_by for case in waiting if case.paused_at)
    line = re.compile(r"(\d+) reports \+ (\d+) re-checks that came back = (\d+) cases: ([^;]+)")
    reports, back, cases, ends = line.match(account(a_week, after=0)).groups()
    assert int(reports) + int(back) == int(cases) == Case.objects.count() == sum(map(int, re.findall(r"\d+", ends)))


def test_everything_in_it_is_marked_and_happened_then(a_day, noon):
    assert not Case.objects.filter(is_simulated=False).exists()
    assert not Report.objects.filter(is_simulated=False).exists()
    assert max(Entry.objects.values_list("at", flat=True)) < noon


def test_so_many_days_with_so_many_reports_are_made_and_again_only_when_asked(case_at, noon, monkeypatch, capsys):
    made = []

    class Recorder(Past):
        def attend(self, day):
            pass

        def day(self, day, *, reports):
            made.append(((noon.date() - day).days, reports))

    for module, name in ((simulate_history.planning, "plan"), (simulate_history.roster, "roll"), (simulate_history.portraits, "hang")):
        monkeypatch.setattr(module, name, lambda *given, **named: None)
    monkeypatch.setattr(simulate_history, "Past", Recorder)
    case_at("received")
    call_command("simulate_history", days=2)
    assert made == [] and "nothing added" in capsys.readouterr().out
    runs = []
    for seed in (1, 1, 2):
        made.clear()
        call_command("simulate_history", days=2, per_day=50, seed=seed, again=True)
        runs.append(list(made))
    assert [back for back, _reports in runs[0]] == [2, 1, 0] and all(20 < reports < 80 for _back, reports in runs[0])
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("command", [["simulate_history"], ["simulate"], ["demo_accounts"], ["replay", "x.csv"]])
def test_production_refuses_it(settings, db, command):
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="refused in production"):
        call_command(*command)
