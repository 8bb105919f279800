"""The simulated crew leaves a visitor's case to him, and carries it to its end when he has gone."""

import asyncio
import random
from types import SimpleNamespace

import pytest

from demo import crew


@pytest.fixture
def minute(monkeypatch):
    """`minute.now`: seconds that the crew reads from its watch."""
    watch = SimpleNamespace(now=0.0)
    monkeypatch.setattr(crew, "time", SimpleNamespace(monotonic=lambda: watch.now, time=lambda: watch.now))
    return watch


@pytest.fixture
def pace():
    return crew.Pace(random.Random(1), patience=120, visitors=True)


def left_at(pace, minute, *seen) -> list[bool]:
    answers = []
    for minute.now, reached in seen:
        answers.append(pace.is_left(7, reached))
    return answers


def test_each_step_forward_leaves_the_case_to_the_visitor_again(pace, minute):
    seen = (0, "take_in"), (119, "take_in"), (119, "sent"), (200, "accepted"), (319, "on_site"), (438, "on_site"), (500, "verify")
    assert not any(left_at(pace, minute, *seen))


def test_an_order_that_lapses_and_goes_to_the_next_officer_does_not_start_the_patience_again(pace, minute):
    assert left_at(pace, minute, (0, "sent"), (60, "send"), (61, "sent"), (119, "sent"), (121, "sent")) == [False] * 4 + [True]


def test_what_the_crew_has_taken_it_carries_on_without_another_wait(pace, minute):
    assert left_at(pace, minute, (0, "take_in"), (120, "take_in"), (121, "send"), (122, "sent")) == [False, True, True, True]


def test_a_phone_does_not_act_on_an_order_that_is_no_more(pace, monkeypatch):
    async def in_the_database(pk):
        return {"simulated": False, "client": None, "story": None, "text": "", "category": 1, "lon": 116.1, "lat": 37.8}

    pressed = []
    monkeypatch.setattr(crew, "facts", in_the_database)
    monkeypatch.setattr(crew.Pace, "wait", lambda self, low, high: asyncio.sleep(0))
    monkeypatch.setattr(crew.Phone, "act", lambda self, order, verb, **data: pressed.append(verb))
    phone = crew.Phone(pace, SimpleNamespace(things={"case:7": {"order": 3, "state": "expired"}}), 116.1, 37.8)
    asyncio.run(phone.work(7, {"order": 3, "state": "sent"}))
    assert pressed == []


@pytest.mark.parametrize("chance, verb", [(0.5, "offer-accept"), (0.0, "offer-return")])
def test_a_desk_answers_what_another_centre_offers_and_leaves_alone_what_its_own_has_offered(pace, monkeypatch, chance, verb):
    async def in_the_database(pk):
        return {"simulated": True, "client": None, "story": None, "text": "", "category": 1, "pass_on_to": None}

    async def press(path, said):
        pressed.append((path, bool(said.get("reason"))))

    async def run():
        await desk.heard(things)
        await asyncio.gather(*crew._running)

    pressed, people = [], SimpleNamespace(post=press)
    monkeypatch.setattr(crew, "facts", in_the_database)
    monkeypatch.setattr(crew.Pace, "wait", lambda self, low, high: asyncio.sleep(0))
    monkeypatch.setattr(pace.rng, "random", lambda: chance)
    desk = crew.Desk(pace, 5, people, people, people)
    case = {"v": 3, "stage": "send", "paused": False}
    things = {"case:7": {**case, "centre": 4, "offered": 5}, "case:8": {**case, "centre": 5, "offered": 4}}
    asyncio.run(run())
    assert pressed == [(f"/command/cases/7/{verb}/", verb == "offer-return")]
