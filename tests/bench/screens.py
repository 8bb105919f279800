"""Screens without pages: a process of its own holds any number of sockets and writes down what each heard, and when.

It offers compression as browsers do, but inflates and reads nothing before it is asked, so that it takes little of the
machine that it shares with what is measured. What it heard is judged by `tests.bench.heard`.
"""

import asyncio
import contextlib
import json
import multiprocessing
import random
import socket
import time
import zlib
from array import array
from dataclasses import dataclass

RETRY_SECONDS = (0.4, 15.0)  # as live.js
PHONES = ("/ws/officer/", "/ws/track/")  # only they are offered packed texts, as nginx has it
OPENING = 64  # handshakes under way at once, when a run begins


@dataclass(frozen=True)
class Seat:
    """Who listens where: the socket's address, its audience, and a session's cookie or a citizen's code. `address`: the
    loopback address it comes from; `stuck`: takes nothing while it is told to."""

    path: str
    audience: str
    cookie: str = ""
    code: str = ""
    address: str = "127.0.0.1"
    stuck: bool = False


class Screens:
    """The process with the sockets, seen from the bench. Every call waits for its end; what fails there is raised here."""

    def __init__(self):
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=_main, args=(theirs,), daemon=True)
        self._process.start()

    def __getattr__(self, name: str):
        def call(*args, **kwargs):
            self.begin(name, *args, **kwargs)
            return self.end()

        return call

    def begin(self, name: str, *args, **kwargs) -> None:
        """Start a call; `end` waits for it."""
        self._pipe.send((name, args, kwargs))

    def end(self):
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()


# --- in that process -----------------------------------------------------------------------------
def _main(pipe) -> None:
    import uvloop

    uvloop.run(_serve(pipe))


async def _serve(pipe) -> None:
    room, loop = Room(), asyncio.get_running_loop()
    while True:
        try:
            name, args, kwargs = await loop.run_in_executor(None, pipe.recv)
        except EOFError:
            return
        try:
            answer = await getattr(room, name)(*args, **kwargs)
        except Exception as error:
            answer = RuntimeError(f"{name}: {error!r}")
        pipe.send(answer)


class Room:
    """All sockets of this process."""

    def __init__(self):
        self.screens: list[Screen] = []
        self.heard: dict[bytes, bytes] = {}  # each text once, however many heard it

    async def open(self, origin: str, seats: list[Seat]) -> float:
        """Seconds until all show something; those before are left."""
        self.heard.clear()
        self.screens = [Screen(seat, origin, self.heard) for seat in seats]
        gate, begun = asyncio.Semaphore(OPENING), time.monotonic()

        async def enter(screen: Screen) -> None:
            async with gate:
                await screen.connect()
                await screen.ready.wait()

        await asyncio.wait_for(asyncio.gather(*map(enter, self.screens)), 120)
        return time.monotonic() - begun

    async def leave(self) -> None:
        for screen in self.screens:
            screen.cut()
        self.screens = []

    async def cut(self, *, patience: bool) -> float:
        """Cut all connections at once; seconds until all show something again. `patience`: pausing as pages do, else at once."""
        begun = time.monotonic()
        for screen in self.screens:
            screen.cut()
        await asyncio.wait_for(asyncio.gather(*(screen.again(patience) for screen in self.screens)), 120)
        return time.monotonic() - begun

    async def lost(self) -> float:
        """Seconds from the moment that the first connection was lost until all show something again, pausing as pages do."""
        waits = [asyncio.create_task(screen.gone.wait()) for screen in self.screens]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        begun = time.monotonic()
        await asyncio.wait_for(asyncio.gather(*(self._until_back(screen) for screen in self.screens)), 120)
        return time.monotonic() - begun

    @staticmethod
    async def _until_back(screen: "Screen") -> None:
        await screen.gone.wait()
        await screen.again(patience=True)

    async def stick(self, stuck: bool) -> None:
        """The screens that are to be stuck read nothing from now on, or read again."""
        for screen in self.screens:
            if screen.seat.stuck:
                screen.pause(stuck)

    async def ask(self, *, stuck: bool = False) -> None:
        """All (only the stuck ones) ask for a snapshot, as a page does that finds itself wrong."""
        for screen in self.screens:
            if screen.seat.stuck or not stuck:
                screen.say({"type": "fetch"})

    async def judge(self, stamps: list) -> dict:
        """`heard.judge` of everything that was heard."""
        from tests.bench import heard

        return heard.judge(self.screens, stamps)

    async def sizes(self) -> dict[str, float]:
        """Mean characters of a change for each kind of audience."""
        from tests.bench import heard

        return heard.sizes(self.screens)

    async def positions(self) -> list[dict]:
        """For each screen {(officer, lon, lat): Unix ns when it first heard of that fix}."""
        from tests.bench import heard

        return heard.positions(self.screens, time.time_ns() - time.monotonic_ns())

    async def count(self) -> int:
        return sum(len(screen.times) for screen in self.screens)


def _listener():
    from picows import WSListener  # only here: the bench itself needs no socket

    return WSListener


class Screen(_listener()):
    """One socket over all its connections. `times` (monotonic ns) and `texts` belong together; `starts` says where a connection began."""

    def __init__(self, seat: Seat, origin: str, heard: dict[bytes, bytes]):
        self.seat, self.origin, self.heard = seat, origin, heard
        self.times, self.texts, self.packed, self.starts = array("q"), [], bytearray(), []
        self.ready, self.gone, self.codes = asyncio.Event(), asyncio.Event(), []
        self.inflated, self.transport, self.inflater = 0, None, None

    async def connect(self) -> None:
        from picows import ws_connect

        self.read()  # with the old connection's dictionary
        self.ready.clear()
        self.gone.clear()
        host, _, port = self.origin.removeprefix("http://").partition(":")
        line = socket.socket()
        line.setblocking(False)
        if self.seat.stuck:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.bind((self.seat.address, 0))
        await asyncio.get_running_loop().sock_connect(line, (host, int(port)))
        headers = {"Origin": self.origin}
        if not self.seat.stuck and self.seat.path.startswith(PHONES):  # what is not packed fills the buffers between sooner
            headers["Sec-WebSocket-Extensions"] = "permessage-deflate; client_max_window_bits"
        if self.seat.cookie:
            headers["Cookie"] = self.seat.cookie
        await ws_connect(
            lambda: self, f"ws://{host}:{port}{self.seat.path}", extra_headers=headers, socket_factory=lambda _: line,
            websocket_handshake_timeout=60,
        )  # fmt: skip

    def on_ws_connected(self, transport) -> None:
        self.transport, self.inflater = transport, zlib.decompressobj(wbits=-15)
        self.starts.append(len(self.times))
        if self.seat.code:
            self.say({"type": "track", "code": self.seat.code})

    def on_ws_frame(self, transport, frame) -> None:
        if frame.msg_type != 1:  # not a text
            if frame.msg_type == 8:
                self.codes.append(int(frame.get_close_code()))
                transport.disconnect()
            return
        self.times.append(time.monotonic_ns())
        text = frame.get_payload_as_bytes()
        self.texts.append(self.heard.setdefault(text, text))
        self.packed.append(frame.rsv1)
        if not self.ready.is_set():
            self.read()
            if self.texts[-1].startswith(b'{"type":"snapshot"'):
                self.ready.set()

    def on_ws_disconnected(self, transport) -> None:
        if transport is self.transport:
            self.gone.set()

    def say(self, message: dict) -> None:
        from picows import WSMsgType

        if not self.gone.is_set():
            self.transport.send(WSMsgType.TEXT, json.dumps(message).encode())

    def cut(self) -> None:
        transport, self.transport = self.transport, None
        transport.underlying_transport.abort()

    def pause(self, paused: bool) -> None:
        line = self.transport.underlying_transport
        line.pause_reading() if paused else line.resume_reading()

    async def again(self, patience: bool) -> None:
        """Connect until it shows something."""
        tries, (pause, longest) = 0, RETRY_SECONDS
        while True:
            if patience:
                await asyncio.sleep(min(pause * 2**tries, longest) * random.uniform(0.5, 1.5))
                tries += 1
            with contextlib.suppress(Exception):  # refused, not there yet: the next time
                await self.connect()
                waits = [asyncio.create_task(event.wait()) for event in (self.ready, self.gone)]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()
                if self.ready.is_set():
                    return
            if not patience:
                await asyncio.sleep(0.05)

    def read(self) -> None:
        """Inflate what was only kept."""
        for place in range(self.inflated, len(self.texts)):
            if self.packed[place]:
                text = self.inflater.decompress(self.texts[place] + b"\x00\x00\xff\xff")
                self.texts[place] = self.heard.setdefault(text, text)
        self.inflated = len(self.texts)


