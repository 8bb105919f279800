"""A report that was not sure goes to the county centre, and from there to whoever holds the matter."""

from datetime import timedelta

import pytest

from cases import pauses, triage
from cases.models import Case, Category
from journal import clock, deadlines
from journal.refused import Refused
from tests.cast import sign_in


def test_saying_what_it_is_sends_the_case_to_its_brigade_on_its_first_clock(case_at, cast):
    case = case_at.report(category=None).case
    assert case.centre.is_county_centre
    told = triage.classify(case, by=cast.county_dispatcher, category=Category.objects.get(code="TIP-01"))
    assert (told.centre.code, told.organisation.code, told.started_at) == ("CG", "CG", case.started_at)
    assert told.is_ten_minute
    assert Case.objects.visible_to(cast.dispatcher).filter(pk=case.pk).exists()


def test_nobody_changes_the_kind_once_somebody_is_sent(case_at, cast):
    with pytest.raises(Refused):
        triage.classify(case_at("sent"), by=cast.dispatcher, category=Category.objects.get(code="TIP-03"))


def test_while_the_clock_stands_its_new_limits_wait_with_it(case_at, cast, noon):
    case = case_at("received")
    pauses.approve(pauses.ask(case, by=cast.leader, reason="等待断电"), by=cast.deputy)
    triage.classify(Case.objects.get(pk=case.pk), by=cast.dispatcher, category=Category.objects.get(code="TIP-09"))
    assert not deadlines.open_of(case).exists()
    with clock.at(noon + timedelta(minutes=5)):
        pauses.resume(case, by=cast.dispatcher)
    timers = [*deadlines.open_of(case).values_list("kind", flat=True)]
    assert sorted(timers) == sorted(set(timers)) and {"warn", "total", "take_in"} <= set(timers)
    assert deadlines.open_of(case, "total").get().due_at == Case.objects.get(pk=case.pk).due_at


def test_an_officer_does_not_classify(case_at, cast):
    with pytest.raises(Refused):
        triage.classify(case_at("received"), by=cast.officer.user, category=Category.objects.get(code="TIP-03"))


def test_the_console_offers_it_and_does_it(client, case_at, cast):
    case = case_at.report(category=None).case
    sign_in(client, cast.county_dispatcher, "command")
    page = client.get(f"/command/cases/{case.pk}/").content.decode()
    assert f"/command/cases/{case.pk}/classify/" in page
    kind = Category.objects.get(code="TIP-14")
    answer = client.post(f"/command/cases/{case.pk}/classify/", {"category": kind.pk, "seen": case.version}, HTTP_X_REQUESTED_WITH="fetch")
    assert answer.status_code == 200
    case.refresh_from_db()
    assert case.category == kind
