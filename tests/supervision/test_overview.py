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


def test_a_brigade_leader_does_not_open_anothers_case(cast, case_at):
    client = Client(headers={"host": "localhost"})
    sign_in(client, cast.person("shift_leader", centre="SC"), "supervision")
    assert client.get(reverse("supervision-case", args=[case_at("closed").pk])).status_code == 404


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
    (line,) = client.get("/supervision/cases/", {"period": "today", "figure": "otherwise"}).context["lines"]
    assert line.case == case and line.spent["send"] == 95 and line.stages[1] == (95.0, True)


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
        (line,) = client.get("/supervision/cases/", {"period": "today"}).context["lines"]
        said = client.get(reverse("supervision-case", args=[case.pk])).context["stages"]
    assert line.spent["verify"] == said[-1].spent.total_seconds() == line.loop == 4 * 3600  # from 14:00 to 18:00


def test_a_period_of_ones_own_days_counts_what_was_closed_in_it(client, case_at):
    case_at("closed")
    counted = lambda day: len(client.get("/supervision/cases/", {"from": day, "to": day, "figure": "every", "which": "of"}).context["lines"])  # noqa: E731
    assert [counted(day) for day in ("2026-11-23", "2026-11-24")] == [0, 1]


def test_another_language_shows_the_same_days(client):
    said = client.get("/supervision/", {"period": "thirty", "unit": "CG"}).content.decode()
    assert 'name="next" value="/supervision/?period=thirty&amp;unit=CG"' in said
