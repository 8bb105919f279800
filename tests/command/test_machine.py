"""Whatever people, the clock and plain SQL do in whatever order, and at once: every invariant holds after each step.

HYPOTHESIS_PROFILE=long tries ten times as many ways.
"""

import os
import threading
from types import SimpleNamespace

from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from command.models import Dispatch
from journal import clock
from journal.models import Entry
from tests.command.invariants import broken
from tests.command.oracle import may_act
from tests.command.town import ACTS, Town
from tests.conftest import NOON

TIMES = 10 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1
PHASES = [Phase.generate, Phase.shrink] if TIMES > 1 else [Phase.generate]  # to shrink takes minutes
CALM = {"deadline": None, "database": None, "derandomize": TIMES == 1, "suppress_health_check": list(HealthCheck), "report_multiple_bugs": False}
NUMBERS = {"a": st.integers(0, 11), "b": st.integers(0, 59)}


BEFORE = SimpleNamespace(now=NOON)


class Loop(RuleBasedStateMachine):
    """One after the other, all in a transaction that is taken back at the end."""

    done: set[str] = set()
    acted = 0
    moment = BEFORE

    def __init__(self):
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        Loop.moment = BEFORE
        self.town = Loop.moment = Town(NOON)

    @invariant()
    def everything_holds(self):
        assert broken() == []

    def teardown(self):
        Loop.done |= set(Entry.objects.values_list("verb", flat=True))
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)


def _rule_of(name: str):
    def run(self, a, b):
        last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first()
        self.town.act(name, a, b)
        for pk in acting(last):
            order = Dispatch.objects.select_related("officer", "case").get(pk=pk)
            assert may_act(order.officer, order.case, self.town.now), f"{order.officer} has acted and might not"
            Loop.acted += 1

    run.__name__ = name.replace(" ", "_")
    return rule(**NUMBERS)(run)


def acting(after: int) -> list[int]:
    """Orders on which somebody was sent or acted since an entry."""
    subjects = Entry.objects.filter(pk__gt=after, verb__in=["sent", "accepted", "arrived", "finished"]).values_list("subject", flat=True)
    return [int(subject.partition(":")[2]) for subject in subjects]


for _name in ACTS:
    setattr(Loop, _name.replace(" ", "_"), _rule_of(_name))


def test_no_sequence_of_acts_breaks_anything(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: Loop.moment.now)
    run_state_machine_as_test(Loop, settings=settings(**CALM, phases=PHASES, max_examples=8 * TIMES, stateful_step_count=50))
    far = {"taken_in", "accepted", "arrived", "resolved", "closed"}
    assert far <= Loop.done, f"chance never got that far: {far - Loop.done}"
    assert Loop.acted > 20


PROGRAMS = st.lists(st.lists(st.tuples(st.sampled_from(sorted(ACTS)), *NUMBERS.values()), min_size=12, max_size=20), min_size=4, max_size=4)


def test_no_acts_at_once_break_anything(committing, monkeypatch):
    """Four people at four connections, on few cases and officers, committing for real."""
    moment = BEFORE
    monkeypatch.setattr(clock, "now", lambda: moment.now)
    moment = town = Town(NOON)

    @settings(**CALM, max_examples=10 * TIMES, phases=[Phase.generate])
    @given(programs=PROGRAMS)
    def together(programs):
        town.start()
        failures = run_together(town, programs)
        assert failures == []
        assert broken() == []

    together()
    call_command("verify_journal")
    assert town.did.total() > 400 * TIMES
    happened = set(Entry.objects.values_list("verb", flat=True))
    assert {"taken_in", "sent", "accepted", "arrived"} <= happened, happened


def run_together(town: Town, programs) -> list[str]:
    """Each program on a thread and connection of its own; what failed other than by a refusal."""
    gate, failures = threading.Barrier(len(programs)), []

    def run(program):
        gate.wait()
        try:
            for name, a, b in program:
                try:
                    town.act(name, a, b)
                except Exception as error:
                    failures.append(f"{name} {a} {b}: {error!r}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(program,)) for program in programs]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    return failures
