"""The hub of a socket process: one subscription, one rendering per audience and language, the same text to every socket.

A hint (journal.push) names audiences and a thing. The group of each audience gathers hints for a moment, loads and renders
the things once through the audience's Board, and queues one text for all its sockets. Every three seconds a beat compares
what each group was told with PostgreSQL, never through Redis, and tells what was missed: a lost hint, a dead or emptied
Redis cost at most one beat. The messages are described in `journal/consumers.py`.
"""

import asyncio
import json
import logging
import random
import weakref
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from zlib import crc32

import redis.asyncio
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import translation
from redis.backoff import NoBackoff
from redis.asyncio.retry import Retry

from . import clock, push
from .build import build_id

COALESCE_SECONDS = 0.02
BEAT_SECONDS = 3.0
POSITIONS_SECONDS = 1.0
POSITIONS_EVERY_BEATS = 5  # all positions again, so that ages and lost ones are mended
QUEUE_MESSAGES = 64
QUEUE_CHARACTERS = 512 * 1024
REDIS_SILENCE_SECONDS = 6.0
RECONNECT_SECONDS = (0.1, 5.0)
log = logging.getLogger(__name__)


def checksum(versions: dict[str, int]) -> str:
    """CRC-32 of "thing=version;…" in order of the things, eight hex digits; live.js computes the same."""
    return f"{crc32(';'.join(f'{thing}={version}' for thing, version in sorted(versions.items())).encode()):08x}"


def now_ms() -> int:
    return int(clock.now().timestamp() * 1000)


def _text(type_: str, **fields) -> str:
    return json.dumps({"type": type_, "now": now_ms(), **fields}, ensure_ascii=False, separators=(",", ":"))


class Socket:
    """One connected screen: a bounded queue and the task that empties it.

    A screen that does not keep up loses its queue and gets a fresh snapshot once it takes something again, so that it
    neither holds back the others, nor fills the memory, nor ever shows a backlog as if it were now.
    """

    def __init__(self, send: Callable[[dict], Awaitable[None]]):
        self._send = send
        self._queue: deque[str] = deque()
        self._characters = 0
        self._wake = asyncio.Event()
        self.behind = False
        self.group: Group | None = None

    def put(self, text: str) -> None:
        """Queue a text; over the bound everything waiting is dropped. A single text of any length is always taken."""
        if self.behind:
            return
        if self._queue and (len(self._queue) >= QUEUE_MESSAGES or self._characters + len(text) > QUEUE_CHARACTERS):
            self._queue.clear()
            self._characters = 0
            self.behind = True
            return
        self._queue.append(text)
        self._characters += len(text)
        self._wake.set()

    async def run(self) -> None:
        """Send what is queued until the connection fails or the task is cancelled."""
        queue, send, wake = self._queue, self._send, self._wake
        while True:
            while queue:
                text = queue.popleft()
                self._characters -= len(text)
                await send({"type": "websocket.send", "text": text})
            if self.behind:  # the last send came through: the screen takes something again
                self.behind = False
                self.group.ask(self)
            wake.clear()
            await wake.wait()


class Group:
    """All sockets of this process that share one audience and one language; one worker, so messages keep their order."""

    def __init__(self, hub: "Hub", audience: str, language: str):
        self.hub, self.audience, self.language = hub, audience, language
        self.kind, _, self.key = audience.partition(".")
        self.sockets: set[Socket] = set()
        self.known: dict[str, int] = {}  # what the sockets were told: thing -> version
        self.positions: dict[str, list] = {}  # newest of each officer since the last second
        self._asking: set[Socket] = set()
        self._hints: set[str] = set()
        self._beat: dict | None = None
        self._work = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    @property
    def board(self) -> push.Board:
        return push.boards[self.kind]

    def ask(self, socket: Socket) -> None:
        """`socket` wants a snapshot; those who ask together share one."""
        self._asking.add(socket)
        self._work.set()

    def hint(self, thing: str, version: int) -> None:
        if not 0 < version <= self.known.get(thing, 0):
            self._hints.add(thing)
            self._work.set()

    def beat(self, truth: dict[str, int], figures: dict, positions: dict | None) -> None:
        """What PostgreSQL says now; tells what differs, then the checksum."""
        self._hints |= {thing for thing in truth.keys() | self.known.keys() if truth.get(thing) != self.known.get(thing)}
        self._beat = figures
        if positions is not None:
            self.tell(_positions_text(positions | self.positions, complete=True))
            self.positions = {}
        self._work.set()

    def leave(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        self._asking.discard(socket)

    def tell(self, text: str) -> None:
        for socket in self.sockets:
            socket.put(text)

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            await asyncio.sleep(COALESCE_SECONDS)
            self._work.clear()
            asking, self._asking = self._asking, set()
            hints, self._hints = self._hints, set()
            beat, self._beat = self._beat, None
            try:
                if asking:
                    await self._snapshot(asking, hints)
                elif hints:
                    await self._change(hints)
                if beat is not None:
                    self.tell(_text("beat", checksum=checksum(self.known), figures=beat, push=self.hub.hears))
            except Exception:  # the database is away or a board fails: the others go on, this is tried again
                log.exception("live: %s could not be loaded", self.audience)
                self._hints |= hints
                self._asking |= asking & self.sockets
                await asyncio.sleep(1)
                self._work.set()

    async def _change(self, hints: set[str]) -> None:
        payloads = await self.hub.database(self._render, sorted(hints))
        self._tell_changes({thing: payloads.get(thing) for thing in hints}, self.sockets)

    async def _snapshot(self, asking: set[Socket], hints: set[str]) -> None:
        payloads, figures, positions = await self.hub.database(self._load)
        versions = {thing: payload["v"] for thing, payload in payloads.items()}
        changed = {t for t in versions.keys() | self.known.keys() if versions.get(t) != self.known.get(t)} | hints
        others = self.sockets - asking
        if others and changed:
            self._tell_changes({thing: payloads.get(thing) for thing in changed}, others)
        self.known = versions
        text = _text("snapshot", build=build_id(), things=payloads, figures=figures, checksum=checksum(versions), push=self.hub.hears)
        placed = None if positions is None else _positions_text(positions, complete=True)
        for socket in asking & self.sockets:
            socket.put(text)
            if placed:
                socket.put(placed)

    def _tell_changes(self, things: dict[str, dict | None], sockets: Iterable[Socket]) -> None:
        for thing, payload in things.items():
            if payload is None:
                self.known.pop(thing, None)
            else:
                self.known[thing] = payload["v"]
        text = _text("change", things=things)
        for socket in sockets:
            socket.put(text)

    # --- in a thread ---------------------------------------------------------------------------
    def _render(self, things: Iterable[str]) -> dict[str, dict]:
        with translation.override(self.language):
            return self.board.render(self.key, things, self.language)

    def _load(self) -> tuple[dict, dict, dict | None]:
        board = self.board
        with translation.override(self.language):
            things = board.things(self.key)
            payloads = board.render(self.key, sorted(things), self.language) if things else {}
            return payloads, board.figures(self.key), board.positions(self.key)


def _positions_text(positions: dict[str, list], *, complete: bool = False) -> str:
    """{"5": [lon, lat, heading, at_ms]} as the message, with the age in seconds in place of the moment.

    `complete`: these are all that the audience sees; officers who are not among them have gone.
    """
    now = now_ms()
    officers = {pk: [lon, lat, heading, max(0, round((now - at) / 1000))] for pk, (lon, lat, heading, at) in positions.items()}
    return _text("positions", officers=officers, complete=complete)


class Hub:
    """Everything live in this process. `hears` says whether the subscription to Redis stands."""

    def __init__(self):
        self.groups: dict[tuple[str, str], Group] = {}
        self.by_audience: dict[str, set[Group]] = defaultdict(set)
        self.hears = False
        self._watchers: dict[str, set[Callable[[], None]]] = defaultdict(set)  # "user.5" -> call at a hint
        self._tasks: list[asyncio.Task] = []
        self._beat_now = asyncio.Event()
        # Threads of its own keep their database connection; nothing else runs in them.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live")

    async def database(self, function: Callable, *args):
        """Run `function` in a thread with a kept database connection; a broken one is dropped and opened anew next time."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, copy_context().run, partial(_with_connection, function, *args)
        )

    # --- sockets -------------------------------------------------------------------------------
    def join(self, audience: str, language: str, socket: Socket) -> None:
        """Register `socket` (at once, before anything is awaited) and ask for its first snapshot."""
        self._start()
        group = self.groups.get((audience, language))
        if group is None:
            group = self.groups[audience, language] = Group(self, audience, language)
            self.by_audience[audience].add(group)
        group.sockets.add(socket)
        socket.group = group
        group.ask(socket)

    def leave(self, socket: Socket) -> None:
        group = socket.group
        if group is None:
            return
        group.leave(socket)
        if not group.sockets and self.groups.get((group.audience, group.language)) is group:
            group.task.cancel()
            del self.groups[group.audience, group.language]
            self.by_audience[group.audience].discard(group)
            if not self.by_audience[group.audience]:
                del self.by_audience[group.audience]

    def watch(self, name: str, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` at each hint to the audience `name` ("user.5"); returns what ends it."""
        self._watchers[name].add(call)

        def end() -> None:
            self._watchers[name].discard(call)
            if not self._watchers[name]:
                del self._watchers[name]

        return end

    # --- life ----------------------------------------------------------------------------------
    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(run()) for run in (self._listen, self._beat, self._place)]

    async def close(self) -> None:
        """End all tasks and give the database connections back (tests; a process simply ends)."""
        tasks = [*self._tasks, *(group.task for group in self.groups.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        both = asyncio.Barrier(2)

        async def give_back() -> None:
            await both.wait()
            await self.database(connection.close)

        await asyncio.gather(give_back(), give_back())
        self._threads.shutdown()
        _hubs.pop(asyncio.get_running_loop(), None)

    async def _listen(self) -> None:
        pause, longest = RECONNECT_SECONDS
        while True:
            try:
                await self._hear_until_broken()
            except Exception as error:  # whatever it is: hints are only hints, and this must go on listening
                if self.hears:
                    log.warning("live: Redis is away (%s); the beat goes on from PostgreSQL", type(error).__name__)
                    pause = RECONNECT_SECONDS[0]
                self.hears = False
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, longest)

    async def _hear_until_broken(self) -> None:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SILENCE_SECONDS, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        try:
            async with client.pubsub() as subscription:
                await subscription.subscribe(push.CHANNEL)
                loop = asyncio.get_running_loop()
                heard = loop.time()
                while True:
                    message = await subscription.get_message(timeout=REDIS_SILENCE_SECONDS / 3)
                    if message is None:  # silence: is anybody there?
                        if loop.time() - heard > REDIS_SILENCE_SECONDS:
                            raise redis.ConnectionError("silent")
                        await subscription.ping()
                        continue
                    heard = loop.time()
                    if message["type"] == "subscribe":
                        self.hears = True
                        self._beat_now.set()  # what was told while nobody listened
                    elif message["type"] == "message":
                        self._hear(message["data"])
        finally:
            await client.aclose()

    def _hear(self, data: bytes) -> None:
        try:
            message = json.loads(data)
            audiences = message["audiences"]
            if "positions" in message:
                for group in self._of(audiences):
                    group.positions.update(message["positions"])
                return
            thing, version = message["thing"], int(message["version"])
        except (ValueError, KeyError, TypeError):
            log.warning("live: a message on the channel was not understood")
            return
        for group in self._of(audiences):
            group.hint(thing, version)
        for name in audiences:
            for call in tuple(self._watchers.get(name, ())):
                call()

    def _of(self, audiences: Iterable[str]) -> list[Group]:
        return [group for name in audiences for group in self.by_audience.get(name, ())]

    async def _place(self) -> None:
        while True:
            await asyncio.sleep(POSITIONS_SECONDS)
            for group in tuple(self.groups.values()):
                if group.positions:
                    positions, group.positions = group.positions, {}
                    try:
                        group.tell(_positions_text(positions))
                    except (TypeError, ValueError):
                        log.warning("live: positions on the channel were not understood")

    async def _beat(self) -> None:
        count = 0
        while True:
            try:
                await asyncio.wait_for(self._beat_now.wait(), BEAT_SECONDS)
            except TimeoutError:
                pass
            self._beat_now.clear()
            count += 1
            kinds: dict[str, list[Group]] = defaultdict(list)
            for group in self.groups.values():
                kinds[group.kind].append(group)
            for kind, groups in kinds.items():
                await self._beat_of(kind, groups, count % POSITIONS_EVERY_BEATS == 0)

    async def _beat_of(self, kind: str, groups: list[Group], with_positions: bool) -> None:
        """One grouped question to PostgreSQL for all audiences of a kind."""
        wanted = [(group.key, group.language) for group in groups]
        try:
            truth, figures, positions = await self.database(_truth, push.boards[kind], wanted, with_positions)
        except Exception:  # screens must learn that nobody knows the truth now
            log.exception("live: no beat for %s", kind)
            for group in groups:
                group.tell(_text("beat", checksum=None, push=self.hears))
            return
        for group in groups:
            group.beat(truth.get(group.key, {}), figures[group.key, group.language], positions.get(group.key))


def _truth(board: push.Board, wanted: list[tuple[str, str]], with_positions: bool) -> tuple[dict, dict, dict]:
    keys = sorted({key for key, _ in wanted})
    figures = {}
    for key, language in wanted:
        with translation.override(language):
            figures[key, language] = board.figures(key)
    return board.things_of(keys), figures, {key: board.positions(key) for key in keys} if with_positions else {}


def _with_connection(function: Callable, *args):
    try:
        return function(*args)
    except (OperationalError, InterfaceError):
        connection.close()
        raise


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: one per socket process."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
