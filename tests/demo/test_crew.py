"""The simulated crew leaves a visitor's case to him, and carries it to its end when he has gone."""

import asyncio
import random
from collections import Counter
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


TEN = {"take_in": 60, "send": 60, "accept": 60, "handle": 360, "verify": 60}


def left_at(pace, minute, *seen, limits=TEN) -> list[bool]:
    answers = []
    for minute.now, step in seen:
        answers.append(pace.is_left(7, step, limits))
    return answers


def test_each_step_is_the_visitors_again_for_most_of_its_limit(pace, minute):
    seen = (0, "take_in"), (41, "take_in"), (42, "take_in"), (50, "send"), (91, "send"), (92, "send"), (93, "sent"), (134, "sent"), (135, "sent")
    assert left_at(pace, minute, *seen) == [False, False, True] * 3
    assert left_at(pace, minute, (200, "accepted"), (289, "accepted"), (290, "accepted"), (300, "on_site"), (419, "on_site"), (420, "on_site"),
                   (430, "verify"), (471, "verify"), (472, "verify")) == [False, False, True] * 3  # fmt: skip


def test_of_long_limits_no_more_than_the_patience_is_waited(pace, minute):
    assert left_at(pace, minute, (0, "take_in"), (119, "take_in"), (120, "take_in"), limits={"take_in": 1800}) == [False, False, True]


def test_a_case_that_a_visitor_leaves_alone_is_in_time_at_every_stage(pace):
    """The longest that the crew takes, in haste, after the visitor's own time; what lies between two looks at a screen comes on top."""
    longest = {"take_in": 32, "send": 35, "sent": 12 + 28, "accepted": 6 * 32, "on_site": 230, "verify": 40}
    spent = Counter()
    for step, (stage, _share) in crew.SHARES.items():
        spent[stage] += crew.leaves(step, TEN) + longest[step] * crew.HASTE + 2 * crew.STEP_SECONDS
    assert all(spent[stage] <= TEN[stage] for stage in TEN) and sum(spent.values()) < 600


def test_a_phone_does_not_act_on_an_order_that_is_no_more(pace, monkeypatch):
    async def in_the_database(pk):
        return {"simulated": False, "client": None, "story": None, "text": "", "limits": TEN, "category": 1, "lon": 116.1, "lat": 37.8}

    pressed = []
    monkeypatch.setattr(crew, "facts", in_the_database)
    monkeypatch.setattr(crew.Pace, "wait", lambda self, low, high, known=None: asyncio.sleep(0))
    monkeypatch.setattr(crew, "STEP_SECONDS", 0)
    monkeypatch.setattr(crew.Phone, "act", lambda self, order, verb, **data: pressed.append(verb))
    phone = crew.Phone(pace, SimpleNamespace(things={"case:7": {"order": 3, "state": "expired"}}), 116.1, 37.8)
    asyncio.run(phone.work(7, {"order": 3, "state": "sent"}))
    assert pressed == []


def test_a_phone_does_one_after_the_other_the_steps_that_its_visitor_lets_pass_and_in_time(pace, minute, monkeypatch):
    async def in_the_database(pk):
        return {"simulated": False, "client": None, "limits": TEN, "lon": 116.1, "lat": 37.8}

    async def pass_by(seconds):
        minute.now += seconds

    async def press(self, order, verb, **data):
        pressed[verb], task["state"] = minute.now, {"accept": "accepted", "arrive": "on_site"}[verb]
        return 200, {}

    async def feed_back(self, *given):
        pressed["finish"] = minute.now
        things.clear()

    async def said(path, data):
        return 200, {}

    task, pressed = {"order": 3, "state": "sent"}, {}
    things = {"case:7": task}
    monkeypatch.setattr(crew, "facts", in_the_database)
    monkeypatch.setattr(crew.asyncio, "sleep", pass_by)
    monkeypatch.setattr(crew.Phone, "act", press)
    monkeypatch.setattr(crew.Phone, "finish", feed_back)
    asyncio.run(crew.Phone(pace, SimpleNamespace(things=things, post=said), 116.1, 37.8).work(7, dict(task)))
    assert list(pressed) == ["accept", "arrive", "finish"]
    assert 42 <= pressed["accept"] <= 60 and pressed["arrive"] - pressed["accept"] >= 90 and pressed["finish"] - pressed["arrive"] >= 120
    assert pressed["finish"] - pressed["accept"] <= 360


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
    monkeypatch.setattr(crew.Pace, "wait", lambda self, low, high, known=None: asyncio.sleep(0))
    monkeypatch.setattr(pace.rng, "random", lambda: chance)
    desk = crew.Desk(pace, 5, people, people, people)
    case = {"v": 3, "stage": "send", "paused": False}
    things = {"case:7": {**case, "centre": 4, "offered": 5}, "case:8": {**case, "centre": 5, "offered": 4}}
    asyncio.run(run())
    assert pressed == [(f"/command/cases/7/{verb}/", verb == "offer-return")]
