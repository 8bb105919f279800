"""One rendering for many screens, and no message that stays lost."""

import asyncio
from types import SimpleNamespace

import pytest
import pytest_asyncio

from cases import triage
from cases.transitions import State
from command import endings
from journal import groups, hub, push
from journal.consumers import StaffConsumer
from tests.cast import Cast
from tests.live.conftest import ProbeBoard

pytestmark = pytest.mark.asyncio
AUDIENCE = "probe.all"


@pytest_asyncio.fixture
async def screen(world):
    """Opens a dispatcher's socket on the audience "probe.all", past its snapshot."""
    application = StaffConsumer.as_asgi(cookie_name="session_command", roles=frozenset({"dispatcher"}), audience_of=lambda user: AUDIENCE)
    session = await world.session_of(await world.someone("dispatcher"))

    async def open_one(language: str = "zh-CN"):
        return await world.screen(application, f"/ws/command/?lang={language}", session=session)

    return open_one


@pytest_asyncio.fixture
async def take_in(world):
    """Takes a case in; its own audience is told too, unless the hint is to be lost."""

    async def act(case, *, told: bool = True):
        dispatcher = await world.someone("dispatcher")
        taken = await world.do(triage.take_in, case, by=dispatcher)
        if told:
            await world.do(push.tell, [AUDIENCE], taken.thread, taken.version)
        return taken

    return act


async def test_a_screen_gets_everything_once_and_then_what_changes(world, screen, take_in):
    case = await world.case()
    one = await screen()
    snapshot = await world.settled(one)
    assert snapshot["things"] == {case.thread: {"v": case.version, "state": "received", "word": State.RECEIVED.label}}
    assert snapshot["checksum"] == groups.checksum({case.thread: case.version})
    taken = await take_in(case)
    change = await one.hear("change")
    assert change["things"] == {case.thread: {"v": taken.version, "state": "in_hand", "word": State.IN_HAND.label}}
    world.beat()
    assert (await one.hear("beat"))["checksum"] == groups.checksum({case.thread: taken.version})


async def test_hundreds_of_hints_and_many_screens_cost_one_rendering_per_language(world, screen, take_in):
    case = await world.case()
    screens = [await screen(language) for language in ("zh-CN", "zh-CN", "en", "en")]
    words = [(await world.settled(one))["things"][case.thread]["word"] for one in screens]
    assert words[0] == words[1] != words[2] == words[3]
    ProbeBoard.renders = 0
    taken = await take_in(case, told=False)
    for _ in range(200):
        push.tell_now({"audiences": [AUDIENCE], "thing": taken.thread, "version": taken.version})
    heard = [await one.hear("change") for one in screens]
    assert {change["things"][case.thread]["word"] for change in heard} == {State.IN_HAND.label, "In hand"}
    assert ProbeBoard.renders <= 4  # two languages; the 200 hints may fall into two handfuls


async def test_many_screens_that_come_together_cost_one_load_and_miss_nothing_told_since(world, screen, take_in, monkeypatch):
    monkeypatch.setattr(groups, "SHARED_SECONDS", 600)
    monkeypatch.setattr(hub, "POSITIONS_SECONDS", 0.05)
    monkeypatch.setattr(ProbeBoard, "positions", lambda *_: {})
    case = await world.case()
    one = await screen()
    await world.settled(one)
    taken = await take_in(case)
    await one.hear("change")
    push.tell_now({"audiences": [AUDIENCE], "positions": {"5": [116.1, 37.8, None, groups.now_ms()]}})
    await one.hear("positions")
    ProbeBoard.renders = 0
    late = await screen()
    snapshot = await late.hear("snapshot")
    assert snapshot["things"][case.thread]["v"] == taken.version and ProbeBoard.renders == 0
    assert snapshot["checksum"] == groups.checksum({case.thread: taken.version})
    assert (await late.hear("positions"))["officers"] == {"5": [116.1, 37.8, None, 0]}


async def test_a_lost_hint_is_healed_by_the_next_beat(world, screen, take_in):
    case = await world.case()
    one = await screen()
    await world.settled(one)
    taken = await take_in(case, told=False)
    assert await one.quiet()
    world.beat()
    assert (await one.hear("change"))["things"][case.thread]["v"] == taken.version
    assert (await one.hear("beat"))["checksum"] == groups.checksum({case.thread: taken.version})


async def test_a_thing_that_is_gone_is_said_to_be_gone(world, screen):
    case = await world.case("resolved")
    one = await screen()
    await world.settled(one)
    await world.do(lambda: endings.close(case, by=Cast().leader, reply="好了"))
    world.beat()
    assert (await one.hear("change"))["things"] == {case.thread: None}
    assert (await one.hear("beat"))["checksum"] == groups.checksum({})


async def test_screens_stay_true_while_redis_is_killed_and_comes_back_empty(own_redis, world, screen, take_in):
    case, other = await world.case(), await world.case(grid=3)
    one = await screen()
    await world.settled(one)
    own_redis.kill()
    taken = await take_in(case)  # the hint goes nowhere, and nobody waits for it
    await world.deaf()
    world.beat()
    assert (await one.hear("change"))["things"][case.thread]["v"] == taken.version
    assert (await one.hear("beat"))["push"] is False
    own_redis.start()
    await world.subscribed()
    assert (await one.hear("beat"))["push"] is True
    await take_in(other)
    assert (await one.hear("change"))["things"][other.thread]["state"] == "in_hand"


async def test_a_board_that_fails_is_told_as_an_unknown_truth_and_heals(world, screen, monkeypatch):
    case = await world.case()
    one = await screen()
    await world.settled(one)
    with monkeypatch.context() as broken:
        broken.setattr(ProbeBoard, "things", lambda *_: 1 / 0)
        world.beat()
        assert (await one.hear("beat"))["checksum"] is None
    world.beat()
    assert (await one.hear("beat"))["checksum"] == groups.checksum({case.thread: case.version})


async def test_who_looks_at_a_case_is_handed_on_at_once_as_it_was_said(world, screen):
    one = await screen()
    await world.settled(one)
    push.tell_now({"audiences": [AUDIENCE], "looking": 7})  # not understood: said in the log, and nothing more
    push.tell_now({"audiences": [AUDIENCE], "looking": {"12": [["5", "段立娟", "writes"]]}})
    assert (await one.hear("looking"))["looking"] == {"12": [["5", "段立娟", "writes"]]}


async def test_positions_of_an_officer_are_told_once_a_second_the_newest_only(world, screen, monkeypatch):
    monkeypatch.setattr(hub, "POSITIONS_SECONDS", 0.3)
    one = await screen()
    await world.settled(one)
    for step in range(20):
        push.tell_now({"audiences": [AUDIENCE], "positions": {"5": [116.1, 37 + step, 90, groups.now_ms() - 4000]}})
    heard = await one.hear("positions")
    assert heard["officers"] == {"5": [116.1, 56, 90, 4]} and heard["complete"] is False
    assert await one.quiet()


async def test_nonsense_on_the_channel_ends_nothing(world, screen, take_in):
    case = await world.case()
    one = await screen()
    await world.settled(one)
    placed, typed = '{"audiences": ["probe.all"], "positions": {"5": 1}}', '{"audiences": [{}], "thing": 1, "version": "x"}'
    for nonsense in ("", "[]", "{}", '{"audiences": 5}', '{"audiences": 5, "thing": "case:1", "version": 1}', placed, typed):
        push.client().publish(push.channel(), nonsense)
    await take_in(case)
    assert (await one.hear("change"))["things"][case.thread]["state"] == "in_hand"


async def test_a_screen_that_takes_nothing_is_bounded_and_gets_a_fresh_snapshot():
    stuck, again, sent, asked = asyncio.Event(), asyncio.Event(), [], []

    async def send(message):
        await stuck.wait()
        sent.append(message["text"])

    socket = groups.Socket(send)
    socket.group = SimpleNamespace(ask=lambda who: (asked.append(who), again.set()))
    pump = asyncio.create_task(socket.run())
    for number in range(10_000):
        socket.put(f"message {number}")
        if number == 0:
            await asyncio.sleep(0)
    assert len(socket._queue) == 0 and socket.behind
    stuck.set()
    await again.wait()
    assert sent == ["message 0"] and asked == [socket] and not socket.behind
    socket.put("x" * 5_000_000)  # one long snapshot is always taken
    await asyncio.sleep(0)
    assert len(sent[-1]) == 5_000_000
    pump.cancel()


async def test_a_stuck_screen_holds_nobody_back(world, screen, take_in, monkeypatch):
    case = await world.case()
    slow = await screen()
    await world.settled(slow)
    (victim,) = next(iter(hub.hub().groups.values())).sockets
    freed = asyncio.Event()

    async def send(message):
        await freed.wait()

    monkeypatch.setattr(victim, "_send", send)
    quick = await screen()
    await world.settled(quick)
    for _ in range(2 * groups.QUEUE_MESSAGES):
        next(iter(hub.hub().groups.values())).tell('{"type": "filler"}')
        await asyncio.sleep(0)
    await take_in(case)
    assert (await quick.hear("change"))["things"][case.thread]["state"] == "in_hand"
    assert victim.behind and not victim._queue
