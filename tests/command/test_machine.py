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


class Sequence(RuleBasedStateMachine):
    """One after the other, all in a transaction that is taken back at the end. After each act: whoever was sent or acted might."""

    moment = BEFORE
    done: set[str] = set()
    acted = 0

    def __init__(self):
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        Sequence.moment = BEFORE
        self.town = Sequence.moment = Town(NOON)

    def teardown(self):
        type(self).done = self.done | set(Entry.objects.values_list("verb", flat=True))
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    def act(self, name: str, a: int, b: int) -> None:
        last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first()
        self.town.act(name, a, b)
        told = Entry.objects.filter(pk__gt=last, verb__in=["sent", "accepted", "arrived", "finished"]).values_list("subject", flat=True)
        for order in Dispatch.objects.filter(pk__in=[int(subject.partition(":")[2]) for subject in told]).select_related("officer", "case"):
            assert may_act(order.officer, order.case, self.town.now), f"{order.officer} was sent or has acted, and might not"
            type(self).acted += 1


class Loop(Sequence):
    """Every act; every invariant after each."""

    @invariant()
    def everything_holds(self):
        assert broken() == []


class Rights(Sequence):
    """Orders go on while certificates, relations, the matter itself and what people did towards parties change all the time."""

    def teardown(self):
        assert broken() == []
        super().teardown()


OF_RIGHTS = [name for name in ACTS if name.startswith((
    "go on", "send", "reinforce", "accept", "arrive", "finish", "certificate", "suspend", "recuse", "take part", "step aside", "classify",
    "rework", "sql act", "sql order", "something falls due"))]  # fmt: skip


def _rule_of(name: str):
    def run(self, a, b):
        self.act(name, a, b)

    run.__name__ = name.replace(" ", "_")
    return rule(**NUMBERS)(run)


for _machine, _names in ((Loop, ACTS), (Rights, OF_RIGHTS)):
    for _name in _names:
        setattr(_machine, _name.replace(" ", "_"), _rule_of(_name))


def test_no_sequence_of_acts_breaks_anything(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: Sequence.moment.now)
    run_state_machine_as_test(Loop, settings=settings(**CALM, phases=PHASES, max_examples=5 * TIMES, stateful_step_count=50))
    far = {"taken_in", "accepted", "arrived", "resolved", "closed"}
    assert far <= Loop.done, f"chance never got that far: {far - Loop.done}"


def test_whatever_becomes_of_their_rights_only_those_act_who_may(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: Sequence.moment.now)
    run_state_machine_as_test(Rights, settings=settings(**CALM, phases=PHASES, max_examples=7 * TIMES, stateful_step_count=60))
    far = {"sent", "accepted", "arrived", "resolved", "recused", "stepped_aside"}
    assert far <= Rights.done, f"chance never got that far: {far - Rights.done}"
    assert Rights.acted > 60


AT_ONCE = sorted(name for name in ACTS if name not in ("certificate 2", "certificate 3"))  # else little is accepted
PROGRAMS = st.lists(st.lists(st.tuples(st.sampled_from(AT_ONCE), *NUMBERS.values()), min_size=12, max_size=20), min_size=4, max_size=4)


def test_no_acts_at_once_break_anything(committing, monkeypatch):
    """Four people at four connections, on few cases and officers, committing for real."""
    moment = BEFORE
    monkeypatch.setattr(clock, "now", lambda: moment.now)
    moment = town = Town(NOON)

    @settings(**CALM, max_examples=7 * TIMES, phases=[Phase.generate])
    @given(programs=PROGRAMS)
    def together(programs):
        town.start()
        failures = run_together(town, programs)
        assert failures == []
        assert broken() == []

    together()
    call_command("verify_journal")
    assert town.did.total() > 300 * TIMES
    happened = set(Entry.objects.values_list("verb", flat=True))
    assert {"taken_in", "sent", "accepted"} <= happened, happened


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
