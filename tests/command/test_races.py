"""Two people press at once, really: two threads, two connections, one database."""

import threading
import time
from datetime import timedelta

from django.db import connection, transaction

from cases import sealed, triage
from cases.locking import lock
from command import dispatch, endings, offers
from command.models import Dispatch
from enforcement.models import Organisation
from journal import clock, deadlines
from journal.refused import Refused
from tests.cast import CaseMaker, Cast
from tests.conftest import NOON


def press_together(*presses):
    """Run the presses at the same moment, each on its own connection; returns what each got."""
    gate, results = threading.Barrier(len(presses)), [None] * len(presses)

    def run(index, press):
        with clock.at(NOON):
            gate.wait()
            try:
                results[index] = press()
            except Refused as refused:
                results[index] = refused
            except Exception as error:
                results[index] = error
            finally:
                connection.close()

    threads = [threading.Thread(target=run, args=(i, press)) for i, press in enumerate(presses)]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    return results


def test_two_dispatchers_send_two_officers_to_one_case_and_one_wins(committing, noon):
    cast = Cast()
    case = CaseMaker(cast)("received")
    first, second = cast.officers()[:2]
    results = press_together(
        lambda: dispatch.send(case, by=cast.dispatcher, officers=[first]),
        lambda: dispatch.send(case, by=cast.other_dispatcher, officers=[second]),
    )
    refusals = [result for result in results if isinstance(result, Refused)]
    assert len(refusals) == 1
    assert refusals[0].code == "already_sent"
    assert Dispatch.objects.filter(is_lead=True).count() == 1


def test_one_officer_is_sent_to_two_cases_at_once_and_goes_to_one(committing, noon):
    cast = Cast()
    make = CaseMaker(cast)
    one, two, officer = make("received"), make("received", grid=3), cast.officers()[0]
    results = press_together(
        lambda: dispatch.send(one, by=cast.dispatcher, officers=[officer]),
        lambda: dispatch.send(two, by=cast.other_dispatcher, officers=[officer]),
    )
    assert sorted(isinstance(result, Refused) for result in results) == [False, True]
    assert Dispatch.objects.active().filter(officer=officer).count() == 1


def test_the_clock_and_a_verb_on_one_case_wait_and_never_lock_each_other_out(committing, noon):
    case = CaseMaker(Cast())("received")

    def verb():
        with transaction.atomic():
            lock(case)
            held.set()
            time.sleep(0.3)  # the clock has come to the same case meanwhile
            return deadlines.cancel(case, "take_in")

    def tick():
        held.wait(10)
        with clock.at(NOON + timedelta(seconds=61)):
            return deadlines.fire_due()

    held = threading.Event()
    cancelled, fired = press_together(verb, tick)
    assert (cancelled, fired) == (1, 0)


def test_a_case_that_another_press_gives_away_is_still_found_by_who_waits_for_it(committing, noon):
    cast = Cast()
    case, neighbour = CaseMaker(cast)("received"), Organisation.objects.get(code="SC")
    offers.offer(case, by=cast.dispatcher, organisation=neighbour, reason="属其职责")
    presses = [lambda: offers.accept(case, by=cast.dispatcher_elsewhere),
               *[lambda: triage.take_in(case, by=cast.other_dispatcher) for _press in range(3)]]  # fmt: skip
    with transaction.atomic():
        lock(case)
        waiting = threading.Thread(target=lambda: results.extend(press_together(*presses)))
        results: list = []
        waiting.start()
        _until_somebody_waits(4)
    waiting.join(30)
    assert sum(isinstance(result, Refused) for result in results) == 2  # of the three who take in
    case.refresh_from_db()
    assert (case.organisation, case.state) == (neighbour, "in_hand")


def test_reading_who_reported_and_his_own_answer_never_lock_each_other_out(committing, noon):
    cast = Cast()
    case = CaseMaker(cast)("closed", contact={"name": "", "phone": "10012345678"})
    report = case.reports.get()

    def read():
        held.wait(10)
        return sealed.read_contact(report, by=cast.dispatcher, reason="核实")

    def answer():
        with transaction.atomic():
            lock(case)
            held.set()
            _until_somebody_waits(1)
            return endings.answer_solved(report, solved=True)

    held = threading.Event()
    opened, answered = press_together(read, answer)
    assert (opened["phone"], answered.state) == ("10012345678", "closed")


def _until_somebody_waits(count: int) -> None:
    """Until so many connections wait for a lock of this database."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it would not change
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            if cursor.fetchone()[0] >= count:
                return
