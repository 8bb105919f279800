"""The held queue: a person decides, nothing vanishes."""

from datetime import timedelta

import pytest

from cases import held
from cases.models import Category, Photo, Report
from journal import clock
from journal.models import Deadline, Entry
from journal.refused import Refused
from tests.cast import photo_drafts


@pytest.fixture
def waiting(case_at) -> Report:
    return case_at.report(hold_reason="too_many", contact={"name": "张三", "phone": "13800001234"}, **photo_drafts(None)).report


def test_releasing_opens_the_case_and_the_clock_counts_from_the_storing(cast, waiting, noon):
    with clock.at(noon + timedelta(minutes=4)):
        case = held.release(waiting, by=cast.call_taker)
    assert (case.state, case.started_at, case.due_at) == ("received", noon, noon + timedelta(minutes=10))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.case) == ("accepted", case)
    assert Photo.objects.get(report=waiting).case == case
    assert Deadline.objects.filter(thread=case.thread).count() == 3
    assert [entry.verb for entry in Entry.objects.filter(thread=waiting.thread).order_by("number")] == ["held", "released"]


def test_releasing_can_correct_the_category_and_routes_by_it(cast, waiting):
    case = held.release(waiting, by=cast.dispatcher, category=Category.objects.get(code="TIP-29"))
    assert case.centre.code == "SC"


def test_discarding_needs_a_reason_and_keeps_the_report(cast, waiting):
    with pytest.raises(Refused):
        held.discard(waiting, by=cast.dispatcher, reason=" ")
    held.discard(waiting, by=cast.dispatcher, reason="广告")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.case) == ("discarded", None)
    assert Entry.objects.get(thread=waiting.thread, verb="discarded").data == {"reason": "广告"}


def test_two_persons_cannot_decide_twice(cast, waiting):
    held.discard(waiting, by=cast.dispatcher, reason="广告")
    with pytest.raises(Refused) as refused:
        held.release(waiting, by=cast.other_dispatcher)
    assert refused.value.code == "wrong_state"


@pytest.mark.parametrize("who", ["officer", "supervisor", "display"])
def test_only_the_centre_decides(cast, waiting, who):
    person = getattr(cast, who)
    with pytest.raises(Refused):
        held.release(waiting, by=getattr(person, "user", person))


def test_each_centre_sees_its_own_queue_and_the_county_centre_all(cast, waiting):
    assert list(held.queue(cast.dispatcher)) == list(held.queue(cast.county_dispatcher)) == [waiting]
    assert not held.queue(cast.dispatcher_elsewhere)
    assert not held.queue(cast.officer.user)
