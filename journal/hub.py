"""The hub of a socket process: one subscription, one rendering per audience and language, the same text to every socket.

A hint (journal.push) names audiences and a thing. The group of each audience gathers hints for a moment, has the
things loaded and rendered once through the Board of its kind, together with the other groups of that kind, and queues one
text for all its sockets. Every three seconds a beat compares
what each group was told with PostgreSQL, never through Redis, and tells what was missed: a lost hint, a dead or emptied
Redis cost at most one beat. The messages are described in `journal/consumers.py`.
"""

import asyncio
import json
import logging
import random
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

import redis.asyncio
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import translation
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from . import push
from .groups import Group, Socket, compose

BEAT_SECONDS = 3.0
POSITIONS_SECONDS = 1.0
POSITIONS_EVERY_BEATS = 5  # all positions again, so that ages and lost ones are mended
TOGETHER_SECONDS = 0.002  # groups woken by one hint wake within this time
REDIS_SILENCE_SECONDS = 6.0
RECONNECT_SECONDS = (0.1, 5.0)
Wanted = dict[str, dict[tuple[str, str], list[str]]]  # kind → (key, language) → things
log = logging.getLogger(__name__)


class Hub:
    """Everything live in this process. `hears` says whether the subscription to Redis stands."""

    def __init__(self):
        self.groups: dict[tuple[str, str], Group] = {}
        self.by_audience: dict[str, set[Group]] = defaultdict(set)
        self.hearing = asyncio.Event()
        self._watchers: dict[str, set[Callable[[], None]]] = defaultdict(set)  # "user.5" -> call at a hint
        self._tasks: list[asyncio.Task] = []
        self._beat_now = asyncio.Event()
        self._loadings: dict[str, tuple[Wanted, asyncio.Task]] = {}  # that have not begun
        # Threads of its own keep their database connection; nothing else runs in them.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live")

    @property
    def hears(self) -> bool:
        return self.hearing.is_set()

    async def database(self, function: Callable, *args):
        """Run `function` in a thread with a kept database connection; a broken one is dropped and opened anew next time."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, copy_context().run, partial(_with_connection, function, *args)
        )

    async def render(self, group: Group, things: set[str]) -> dict[str, dict]:
        """What `group` shows of `things`. Groups of one family that a hint has woken together are answered by one load."""
        family = group.board.family or group.kind
        loading = self._loadings.get(family)
        if loading is None:
            wanted: Wanted = defaultdict(dict)
            loading = self._loadings[family] = wanted, asyncio.create_task(self._load(family, wanted))
        wanted, answer = loading
        wanted[group.kind][group.key, group.language] = sorted(things)
        return (await asyncio.shield(answer))[group.kind][group.key, group.language]

    async def _load(self, family: str, wanted: Wanted) -> dict[str, dict]:
        await asyncio.sleep(TOGETHER_SECONDS)
        del self._loadings[family]
        return await self.database(_rendered, wanted)

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
            await self.database(_close_connection)

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
                self.hearing.clear()
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(pause * 2, longest)

    async def _hear_until_broken(self) -> None:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SILENCE_SECONDS, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        try:
            async with client.pubsub() as subscription:
                await subscription.subscribe(push.channel())
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
                        self.hearing.set()
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
            if "looking" in message:  # who is at a thing: passed on as it is, the beat's figures hold all of it
                text = compose("looking", looking=dict(message["looking"]))
                for group in self._of(audiences):
                    group.tell(text)
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
                    try:
                        group.place()
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
                group.tell(compose("beat", checksum=None, push=self.hears))
            return
        for group in groups:
            group.beat(truth.get(group.key, {}), figures[group.key, group.language], positions.get(group.key))


def _rendered(wanted: Wanted) -> dict[str, dict]:
    shared: dict = {}
    return {kind: push.boards[kind].render_all(some, shared) for kind, some in wanted.items()}


def _truth(board: push.Board, wanted: list[tuple[str, str]], with_positions: bool) -> tuple[dict, dict, dict]:
    keys = sorted({key for key, _ in wanted})
    figures = {}
    for key, language in wanted:
        with translation.override(language):
            figures[key, language] = board.figures(key)
    return board.things_of(keys), figures, {key: board.positions(key) for key in keys} if with_positions else {}


def _with_connection(function: Callable, *args):
    """Only reading happens here: what fails on a connection that broke unnoticed is asked once more on a new one."""
    try:
        return function(*args)
    except (DatabaseError, InterfaceError):  # cut in the middle of a statement it is a plain DatabaseError
        connection.close()
        return function(*args)


def _close_connection() -> None:
    connection.close()  # this thread's


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: one per socket process."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
