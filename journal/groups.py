"""Groups: all sockets of this process that hear the same in the same language, and what they have been told.

The hub (journal.hub) brings hints and beats; a group loads and renders once and queues one text for all its sockets.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from zlib import crc32

from django.utils import translation

from . import clock, push
from .build import build_id

COALESCE_SECONDS = 0.02
SHARED_SECONDS = 1.0  # who asks so soon after a load gets what it brought and what was told since
QUEUE_MESSAGES = 64
QUEUE_CHARACTERS = 512 * 1024
log = logging.getLogger(__name__)


def checksum(versions: dict[str, int]) -> str:
    """CRC-32 of "thing=version;…" in order of the things, eight hex digits; live.js computes the same."""
    return f"{crc32(';'.join(f'{thing}={version}' for thing, version in sorted(versions.items())).encode()):08x}"


def now_ms() -> int:
    return int(clock.now().timestamp() * 1000)


def compose(type_: str, **fields) -> str:
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
        queue, wake = self._queue, self._wake
        while True:
            while queue:
                text = queue.popleft()
                self._characters -= len(text)
                await self._send({"type": "websocket.send", "text": text})
            if self.behind:  # the last send came through: the screen takes something again
                self.behind = False
                self.group.ask(self)
            wake.clear()
            await wake.wait()


class Group:
    """All sockets of this process that share one audience and one language; one worker, so messages keep their order."""

    def __init__(self, hub, audience: str, language: str):
        self.hub, self.audience, self.language = hub, audience, language
        self.kind, _, self.key = audience.partition(".")
        self.sockets: set[Socket] = set()
        self.known: dict[str, int] = {}  # what the sockets were told: thing -> version
        self._payloads: dict[str, dict] = {}  # the same with its contents
        self._loaded: tuple[float, dict] | None = None  # when (loop's time), figures
        self._placed: dict[str, list] | None = None  # all positions that were told; None: this audience sees none
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
            self._placed = positions | self.positions
            self.tell(positions_text(self._placed, complete=True))
            self.positions = {}
        self._work.set()

    def place(self) -> None:
        """Tell the newest positions since the last time. TypeError, ValueError: one of them was not understood."""
        positions, self.positions = self.positions, {}
        self.tell(positions_text(positions))
        if self._placed is not None:
            self._placed |= positions

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
                shared = asking and self._loaded and asyncio.get_running_loop().time() - self._loaded[0] < SHARED_SECONDS
                if asking and not shared:
                    await self._load_anew(asking, hints)
                elif hints:
                    await self._change(hints)
                if asking:
                    self._snapshot(asking)
                if beat is not None:
                    self.tell(compose("beat", checksum=checksum(self.known), figures=beat, push=self.hub.hears))
            except Exception:  # the database is away or a board fails: the others go on, this is tried again
                log.exception("live: %s could not be loaded", self.audience)
                self._hints |= hints
                self._asking |= asking & self.sockets
                await asyncio.sleep(1)
                self._work.set()

    async def _change(self, hints: set[str]) -> None:
        payloads = await self.hub.render(self, hints)
        self._tell_changes({thing: payloads.get(thing) for thing in hints}, self.sockets)

    async def _load_anew(self, asking: set[Socket], hints: set[str]) -> None:
        """Everything from the database; who does not ask for it is told what has changed."""
        begun = asyncio.get_running_loop().time()
        payloads, figures, positions = await self.hub.database(self._load)
        versions = {thing: payload["v"] for thing, payload in payloads.items()}
        changed = {t for t in versions.keys() | self.known.keys() if versions.get(t) != self.known.get(t)} | hints
        others = self.sockets - asking
        if others and changed:
            self._tell_changes({thing: payloads.get(thing) for thing in changed}, others)
        self.known, self._payloads, self._loaded, self._placed = versions, payloads, (begun, figures), positions

    def _snapshot(self, asking: set[Socket]) -> None:
        figures, sums = self._loaded[1], checksum(self.known)
        text = compose("snapshot", build=build_id(), things=self._payloads, figures=figures, checksum=sums, push=self.hub.hears)
        placed = None if self._placed is None else positions_text(self._placed, complete=True)
        for socket in asking & self.sockets:
            socket.put(text)
            if placed:
                socket.put(placed)

    def _tell_changes(self, things: dict[str, dict | None], sockets: Iterable[Socket]) -> None:
        for thing, payload in things.items():
            if payload is None:
                self.known.pop(thing, None)
                self._payloads.pop(thing, None)
            else:
                self.known[thing], self._payloads[thing] = payload["v"], payload
        text = compose("change", things=things)
        for socket in sockets:
            socket.put(text)

    # --- in a thread ---------------------------------------------------------------------------
    def _load(self) -> tuple[dict, dict, dict | None]:
        board = self.board
        with translation.override(self.language):
            things = board.things(self.key)
            payloads = board.render(self.key, sorted(things), self.language) if things else {}
            return payloads, board.figures(self.key), board.positions(self.key)


def positions_text(positions: dict[str, list], *, complete: bool = False) -> str:
    """{"5": [lon, lat, heading, at_ms]} as the message, with the age in seconds in place of the moment.

    `complete`: these are all that the audience sees; officers who are not among them have gone.
    """
    now = now_ms()
    officers = {pk: [lon, lat, heading, max(0, round((now - at) / 1000))] for pk, (lon, lat, heading, at) in positions.items()}
    return compose("positions", officers=officers, complete=complete)
