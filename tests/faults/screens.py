"""Open screens: they follow their socket as static/js/live.js does, and are compared with a fresh snapshot."""

import asyncio
import json
import random
import time

import websockets

from journal.groups import checksum

RETRY_S = (0.4, 5.0)  # as RETRY_MS in live.js
DEAD_S, FETCH_S = 10.0, 2.0
# What decides where a thing stands on a screen; the rest of a payload is words and HTML that may differ from second to second.
COMPARED = ("v", "state", "stage", "stage_due", "due", "centre", "lon", "lat", "order", "asks")


def looks(things: dict[str, dict]) -> dict[str, dict]:
    return {thing: {name: payload[name] for name in COMPARED if name in payload} for thing, payload in things.items()}


class Screen:
    """One open page: `things` is what it shows now."""

    def __init__(self, name: str, origin: str, surface: str, *, cookie: str = "", code: str = ""):
        self.name, self.origin, self.code = name, origin, code
        self.url = f"{origin.replace('http', 'ws', 1)}/ws/{surface}/"
        self.headers = {"Cookie": cookie} if cookie else {}
        self.things: dict[str, dict] = {}
        self.connections = self.tries = 0
        self.refusals: list[int] = []

    def connect(self):
        return websockets.connect(self.url, additional_headers=self.headers, origin=self.origin, max_size=None, open_timeout=10, close_timeout=1)

    async def greet(self, socket) -> None:
        if self.code:
            await socket.send(json.dumps({"type": "track", "code": self.code}))

    async def run(self) -> None:
        while True:
            try:
                async with self.connect() as socket:
                    await self.greet(socket)
                    await self.follow(socket)
            except websockets.ConnectionClosed as closed:
                if closed.rcvd and closed.rcvd.code in (4401, 4403, 4429):
                    self.refusals.append(closed.rcvd.code)
            except (OSError, websockets.WebSocketException, TimeoutError):
                pass
            wait = min(RETRY_S[0] * 2**self.tries, RETRY_S[1]) * random.uniform(0.5, 1.5)
            self.tries += 1
            await asyncio.sleep(wait)

    async def follow(self, socket) -> None:
        ready, fetched = False, 0.0
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), DEAD_S))
            kind = message["type"]
            if kind == "snapshot":
                self.things, ready, fetched, self.tries = dict(message["things"]), True, 0.0, 0
                self.connections += 1
            elif kind == "change" and ready:
                for thing, payload in message["things"].items():
                    if payload is None:
                        self.things.pop(thing, None)
                    elif payload["v"] >= self.things.get(thing, payload)["v"]:
                        self.things[thing] = payload
            if kind in ("snapshot", "beat") and ready and message["checksum"] not in (None, self.checksum()) and time.monotonic() - fetched > FETCH_S:
                fetched = time.monotonic()
                await socket.send(json.dumps({"type": "fetch"}))

    def checksum(self) -> str:
        return checksum({thing: payload["v"] for thing, payload in self.things.items()})

    async def fresh(self) -> dict[str, dict]:
        """What the page would show if it were opened now."""
        async with self.connect() as socket:
            await self.greet(socket)
            while (message := json.loads(await asyncio.wait_for(socket.recv(), 5)))["type"] != "snapshot":
                pass
            return message["things"]

    async def right_within(self, seconds: float) -> float:
        """Seconds until everything that it shows or should show has agreed with a fresh snapshot. Work goes on meanwhile: a thing is
        asked for until it agrees once, or shows more than the truth was at first; what comes later is the next check's."""
        began = time.monotonic()
        wrong: dict[str, tuple] | None = None
        first: dict[str, dict] | None = None
        while wrong is None or wrong:
            if time.monotonic() - began > seconds:
                raise AssertionError(f"the {self.name} screen is still wrong after {seconds} s (its own, the truth): {wrong or 'no snapshot'}")
            try:
                truth = looks(await self.fresh())
            except (OSError, websockets.WebSocketException, TimeoutError):
                truth = None
            if truth is not None:
                mine, first = looks(self.things), first or truth
                asked = mine.keys() | truth.keys() if wrong is None else wrong
                wrong = {thing: (mine.get(thing), truth.get(thing)) for thing in asked
                         if mine.get(thing) != truth.get(thing) and not _is_newer(mine.get(thing), first.get(thing))}  # fmt: skip
            if truth is None or wrong:
                await asyncio.sleep(2.5 if self.code else 0.2)  # codes are asked for at most thirty times a minute
        return time.monotonic() - began


def _is_newer(mine: dict | None, truth: dict | None) -> bool:
    return bool(mine and truth and mine["v"] > truth["v"])
