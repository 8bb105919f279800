"""Screens without a browser: ASGI connections to the real consumers, on a database that really commits."""

import asyncio
import json
import subprocess

import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async

from cases.models import Case
from journal import clock, hub, push
from tests.cast import CaseMaker, Cast, session_of
from tests.conftest import NOON

HOST = "centre.example"


class ProbeBoard(push.Board):
    """All open cases by number and state; counts how often something is rendered."""

    kind = "probe"
    renders = 0

    def things(self, key):
        return {f"case:{pk}": version for pk, version in Case.objects.open().values_list("pk", "version")}

    def render(self, key, things, language):
        type(self).renders += 1
        pks = [int(thing.partition(":")[2]) for thing in things]
        cases = Case.objects.open().filter(pk__in=pks)
        return {case.thread: {"v": case.version, "state": case.state, "word": case.get_state_display()} for case in cases}


class Screen:
    """One page's socket, as a browser opens it."""

    def __init__(
        self, application, path: str, *, session: str = "", cookie: str = "session_command", origin: str = f"https://{HOST}",
        address: str = "198.51.100.7",
    ):  # fmt: skip
        headers = [(b"host", HOST.encode()), (b"origin", origin.encode()), (b"cookie", f"{cookie}={session}".encode())]
        where, _, query = path.partition("?")
        scope = {
            "type": "websocket", "path": where, "query_string": query.encode(), "headers": headers, "client": (address, 4711),
            "subprotocols": [],
        }  # fmt: skip
        self.session = session
        self.wire = ApplicationCommunicator(application, scope)

    async def open(self) -> dict:
        """The server's first answer: websocket.accept, or websocket.close when it is refused before."""
        await self.wire.send_input({"type": "websocket.connect"})
        return await self.wire.receive_output(5)

    async def say(self, message) -> None:
        await self.wire.send_input({"type": "websocket.receive", "text": message if isinstance(message, str) else json.dumps(message)})

    async def hear(self, kind: str = "") -> dict:
        """The next message (of a kind, skipping others); a close comes as {"type": "close", "code": …}."""
        while True:
            output = await self.wire.receive_output(5)
            message = json.loads(output["text"]) if "text" in output else {"type": "close", "code": output.get("code")}
            if kind in ("", message["type"]) or message["type"] == "close":
                return message

    async def quiet(self) -> bool:
        return await self.wire.receive_nothing(0.1, 0.02)

    async def leave(self) -> None:
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wire.wait(2)


class World:
    """The cast at noon; `do` runs a verb in a thread and commits; `screen` opens a socket that ends with the test."""

    def __init__(self):
        self.screens: list[Screen] = []

    async def do(self, call, *args, **kwargs):
        return await database_sync_to_async(call)(*args, **kwargs)

    async def case(self, state: str = "received", **details) -> Case:
        return await self.do(lambda: CaseMaker(Cast())(state, **details))

    async def someone(self, name: str):
        return await self.do(lambda: getattr(Cast(), name))

    async def session_of(self, user, surface: str = "command") -> str:
        return await self.do(session_of, user, surface)

    async def screen(self, application, path: str, **details) -> Screen:
        screen = Screen(application, path, **details)
        assert (await screen.open())["type"] == "websocket.accept"
        self.screens.append(screen)
        return screen

    async def subscribed(self) -> None:
        """Until the hub hears Redis."""
        await asyncio.wait_for(hub.hub().hearing.wait(), 5)

    async def deaf(self) -> None:
        """Until the hub has noticed that Redis is away."""
        while hub.hub().hears:  # noqa: ASYNC110  nothing to wait for: it is noticed, not told
            await asyncio.sleep(0.01)

    async def settled(self, screen: Screen) -> dict:
        """The screen's snapshot, once Redis is heard and everything else has been said."""
        snapshot = await screen.hear("snapshot")
        await self.subscribed()
        while not await screen.quiet():
            await screen.hear()
        return snapshot

    def beat(self) -> None:
        """Now, not in three seconds."""
        hub.hub()._beat_now.set()


@pytest_asyncio.fixture
async def world(committing, monkeypatch):
    """Beats come when the test calls for one. The moment is injected for every task and thread, not for one context."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(hub, "BEAT_SECONDS", 600)
    monkeypatch.setitem(push.boards, "probe", ProbeBoard())
    made = World()
    yield made
    for screen in made.screens:
        await screen.leave()
    await hub.hub().close()


class OwnRedis:
    """A Redis of one test, which it may kill."""

    def __init__(self, folder):
        self.socket = folder / "redis.sock"
        self.folder = folder
        self.start()

    def start(self) -> None:
        """Start empty, and return when it answers."""
        command = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no", "--dir", self.folder]
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
        ping = ["redis-cli", "-s", str(self.socket), "ping"]
        while subprocess.run(ping, capture_output=True).stdout != b"PONG\n":
            assert self.process.poll() is None, "redis-server did not start"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def own_redis(tmp_path, settings, monkeypatch):
    server = OwnRedis(tmp_path)
    settings.REDIS_URL = f"unix://{server.socket}?db=0"
    monkeypatch.setattr(push, "_client", None)
    yield server
    server.kill()
