"""Supervision: what the address says, figures that lead to their cases, and nothing to press."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case, TargetClass
from command import dispatch, endings
from journal import clock
from supervision import figures
from supervision.board import THING, SupervisionBoard
from tests.cast import sign_in


@pytest.fixture
def client(cast) -> Client:
    made = Client(headers={"host": "localhost"})
    sign_in(made, cast.supervisor, "supervision")
    return made


@pytest.fixture
def late_and_early(case_at):
    """One closed at once, one whose limit had passed, one of another class."""
    early, late, other = case_at("closed"), case_at("closed", grid=1), case_at("closed", grid=2)
    Case.objects.filter(pk=late.pk).update(due_at=late.closed_at - timedelta(seconds=1))
    Case.objects.filter(pk=other.pk).update(is_ten_minute=False)
    return early, late, other


def page(client, **query):
    answer = client.get(reverse("supervision"), query)
    assert answer.status_code == 200
    return answer


def numbers(answer) -> set[int]:
    return {line.case.pk for line in answer.context["cases"]}


def test_both_shares_lead_to_the_cases_behind_them(client, late_and_early):
    early, late, other = late_and_early
    answer = page(client, period="today")
    total = answer.context["total"]
    assert (total.ten.part, total.ten.of, total.every.part, total.every.of) == (1, 2, 2, 3)
    assert numbers(answer) == {early.pk, late.pk, other.pk}
    assert numbers(page(client, period="today", only="ten")) == {early.pk, late.pk}
    assert numbers(page(client, period="today", only="late")) == numbers(page(client, period="today", only="late-ten")) == {late.pk}
    assert "1 / 2" in answer.content.decode() and "2 / 3" in answer.content.decode()


def test_the_address_chooses_days_and_unit(client, cast, late_and_early):
    assert numbers(page(client, **{"from": "2026-11-24", "to": "2026-11-24"})) == {case.pk for case in late_and_early}
    assert numbers(page(client, **{"from": "2026-11-01", "to": "2026-11-23"})) == set()
    assert numbers(page(client, period="today", unit="SC")) == set()
    assert page(client, period="today", unit="CG").context["total"].closed == 3


@pytest.mark.parametrize(
    "query", [{"from": "2026-11-24"}, {"from": "gestern", "to": "heute"}, {"from": "2026-11-24", "to": "2026-11-01"},
              {"from": "2020-01-01", "to": "2026-01-01"}, {"unit": "no-such-unit"}, {"from": "2026-02-30", "to": "2026-03-01"}],
)  # fmt: skip
def test_a_wrong_address_gets_a_sentence_and_the_last_seven_days(client, query):
    answer = page(client, **query)
    assert len(answer.context["choice"].errors) == 1 and answer.context["choice"].period.days == 7
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize("query", [{"only": "'; --"}, {"before": "x~y"}, {"before": "2026-11-24T00:00:00~1"}, {"period": "ever"}])
def test_what_is_not_understood_shows_everything(client, late_and_early, query):
    assert len(numbers(page(client, **query))) == 3


def test_older_cases_are_one_page_further_and_none_is_lost(client, late_and_early, monkeypatch):
    monkeypatch.setattr(figures, "PAGE", 2)
    first = page(client, period="today")
    second = page(client, period="today", before=first.context["following"])
    assert len(numbers(first)) == 2 and numbers(first) | numbers(second) == {case.pk for case in late_and_early}
    assert second.context["following"] == ""


def test_a_brigade_leader_sees_his_own_unit_only(cast, late_and_early):
    elsewhere = cast.person("shift_leader", centre="SC")
    client = Client(headers={"host": "localhost"})
    sign_in(client, elsewhere, "supervision")
    answer = page(client, period="today", unit="CG")
    assert numbers(answer) == set() and answer.context["choice"].errors
    assert client.get(reverse("supervision-case", args=[late_and_early[0].pk])).status_code == 404


def test_a_case_is_told_from_its_journal_without_the_informant(client, cast, case_at):
    case = case_at("closed", contact={"name": "张大民", "phone": "13800138000"})
    said = client.get(reverse("supervision-case", args=[case.pk])).content.decode()
    assert case.number in said and cast.officers()[0].name in said
    assert "张大民" not in said and "13800138000" not in said
    pressed = re.findall(r'<form[^>]*action="([^"]*)"', said.split("</header>")[1])
    assert pressed == [f"/supervision/cases/{case.pk}/rules/"], "rules of conduct are named; nothing else is done here"


def test_stage_times_of_a_case_stand_in_its_line(client, cast, case_at):
    case = case_at("in_hand")
    with clock.at(clock.now() + timedelta(seconds=95)):
        order = dispatch.send(case, by=cast.dispatcher, officers=[cast.officer])[0]
        dispatch.recall(order.case, by=cast.dispatcher, reason="派错了人")
        endings.reject(case, by=cast.leader, reason="不属于执法范围")
    (line,), _following = figures.page_of(Case.objects.filter(pk=case.pk), None)
    assert line.spent["send"] == 95 and line.stages[1] == (95.0, True)


def test_the_page_costs_the_same_for_one_case_and_for_three(client, case_at, django_assert_max_num_queries):
    case_at("closed")
    page(client)
    with django_assert_max_num_queries(30) as first:
        page(client)
    case_at("closed", grid=1), case_at("closed", grid=2)
    with django_assert_max_num_queries(len(first.captured_queries)):
        page(client)


def test_an_open_page_learns_that_something_has_ended(cast, case_at):
    board, key = SupervisionBoard(), str(cast.centre.pk)
    before = board.things(key)[THING]
    case_at("received")
    assert board.things(key)[THING] == before
    case_at("closed", grid=1)
    assert board.render(key, [THING], "en")[THING]["v"] == board.things(key)[THING] > before


def test_presets_are_local_days():
    assert figures.presets()["week"].days == 7 and figures.presets()["today"].last == clock.today()


def test_a_line_in_working_time_says_what_its_case_says(client, cast, case_at):
    case = case_at("resolved")
    Case.objects.filter(pk=case.pk).update(target_class=TargetClass.objects.get(code="W8"), is_ten_minute=False)
    with clock.at(clock.now() + timedelta(hours=20)):  # the next morning, before opening time
        endings.close(case, by=cast.leader, reply="已办结")
        (line,) = page(client, period="today").context["cases"]
        said = client.get(reverse("supervision-case", args=[case.pk])).context["stages"]
    assert line.spent["verify"] == said[-1].spent.total_seconds() == line.loop == 4 * 3600  # from 14:00 to 18:00


def test_another_language_shows_the_same_days(client):
    assert 'name="next" value="/supervision/?period=thirty&amp;unit=CG"' in page(client, period="thirty", unit="CG").content.decode()
