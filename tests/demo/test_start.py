"""The start page: a door to each chair, and steps that tick by what really happens."""

import pytest

from cases import ratelimit
from command import dispatch
from enforcement.models import User
from journal import push


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def demo_people(cast):
    User.objects.update(is_demo=True)


@pytest.fixture
def enter(client, demo_people):
    """Press a door of the start page."""

    def press(surface, *, code="", origin="http://testserver"):
        return client.post(f"{surface}enter/", {"code": code}, headers={"Origin": origin} if origin else {})

    return press


def test_the_page_shows_every_step_and_the_limits_of_the_ten_minutes(client, demo_people):
    page = client.get("/start/").content.decode()
    assert page.count('class="step"') == 7
    assert page.count("budget__part") == 5
    assert "60 秒中的 42 秒" in page


@pytest.mark.parametrize("surface", ["/command/", "/command/wall/", "/officer/", "/supervision/", "/registers/"])
def test_a_door_signs_in_on_its_own_surface(client, enter, surface):
    answer = enter(surface)
    assert (answer.status_code, answer.url) == (302, surface)
    assert client.get(surface).status_code == 200


def test_four_chairs_are_taken_in_one_browser_without_logging_each_other_out(client, enter):
    for surface in ("/command/", "/officer/", "/command/wall/"):
        enter(surface)
    assert [client.get(surface).status_code for surface in ("/command/", "/officer/", "/command/wall/")] == [200, 200, 200]


def test_the_console_opens_at_the_visitors_own_case(enter, case_at):
    received = case_at.report()
    assert enter("/command/", code=received.code).url == f"/command/cases/{received.case.pk}/"


def test_the_phone_is_that_of_the_officer_who_was_sent(client, enter, cast, case_at):
    received, officer = case_at.report(), cast.officers()[2]
    dispatch.send(received.case, by=cast.dispatcher, officers=[officer])
    enter("/officer/", code=received.code)
    assert client.get("/officer/").context["user"] == officer.user


def test_the_steps_tick_as_the_report_advances(client, cast, case_at):
    received, officer = case_at.report(), cast.officers()[0]
    address = f"/start/state/?code={received.code}"
    assert client.get(address).json()["done"] == ["report"]
    order = dispatch.send(received.case, by=cast.dispatcher, officers=[officer])[0]
    assert client.get(address).json()["done"] == ["report", "send"]
    dispatch.accept(order, by=officer.user)
    state = client.get(address).json()
    assert set(state["done"]) == {"report", "send", "accept"}
    assert state["officer"] == officer.name


def test_another_site_opens_no_door(enter):
    for origin in ("http://elsewhere.example", "null", ""):
        assert enter("/command/", origin=origin).status_code == 404


def test_nobody_real_is_signed_in_by_a_door(enter):
    User.objects.update(is_demo=False)
    assert enter("/command/").status_code == 404


def test_outside_the_demonstration_there_is_no_door(enter, settings):
    settings.DEMO = False
    assert enter("/command/").status_code == 404
