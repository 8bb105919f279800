"""A simulated person's seat: signed in on one surface like anybody, with cookies of his own and one socket."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx
import websockets

from config.surfaces import BY_NAME
from demo.accounts import PASSWORD

log = logging.getLogger("demo")
FETCH = {"X-Requested-With": "fetch", "Accept": "application/json"}


class Seat:
    """One account on one surface of the site at `base`. Knows only what its own pages and socket tell it."""

    def __init__(self, base: str, surface: str, username: str):
        self.base, self.surface, self.username = base.rstrip("/"), BY_NAME[surface], username
        self.http = httpx.AsyncClient(base_url=self.base, timeout=30, headers={"Accept-Language": "zh-hans"})
        self.things: dict[str, dict] = {}
        self._signing_in = asyncio.Lock()

    async def sign_in(self) -> None:
        """Through the login page, as a person does."""
        async with self._signing_in:
            path = f"{self.surface.path}login/"
            await self.http.get(path)
            answer = await self.http.post(path, data={"username": self.username, "password": PASSWORD, **self._token()}, headers=self._origin())
            if answer.status_code != 302:
                raise RuntimeError(f"{self.username} cannot sign in at {path}: {answer.status_code}")

    def _token(self) -> dict[str, str]:
        return {"csrfmiddlewaretoken": self.http.cookies.get(f"csrf_{self.surface.name}", "")}

    def _origin(self) -> dict[str, str]:
        return {"Origin": self.base, "Referer": f"{self.base}/"}

    async def post(self, path: str, data: dict, files=None) -> tuple[int, dict]:
        """(status, JSON) of a press; signs in again when the session has ended."""
        for _attempt in range(2):
            answer = await self.http.post(path, data={**data, **self._token()}, files=files, headers={**FETCH, **self._origin()})
            if answer.status_code not in (401, 403):
                break
            await self.sign_in()
        try:
            said = answer.json()
        except ValueError:
            said = {}
        if answer.status_code >= 400:  # another was faster, or the person did something that nobody may
            log.info("%s: %s answers %s %s", self.username, path, answer.status_code, said.get("detail", ""))
        return answer.status_code, said

    async def page(self, path: str) -> str:
        """HTML of one of the surface's pages."""
        answer = await self.http.get(path, headers={"X-Requested-With": "fetch"})
        if answer.status_code in (302, 401):
            await self.sign_in()
            answer = await self.http.get(path, headers={"X-Requested-With": "fetch"})
        return answer.text if answer.status_code == 200 else ""

    async def listen(self, heard: Callable[[dict], Awaitable[None]]) -> None:
        """Follow the socket for ever: `heard({"case:12": payload or None})` after each change; reconnects by itself."""
        scheme = "wss" if self.base.startswith("https") else "ws"
        url = f"{scheme}://{urlsplit(self.base).netloc}/ws/{self.surface.name}/"
        while True:
            try:
                cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
                async with websockets.connect(url, additional_headers={"Cookie": cookies}, origin=self.base, max_size=None) as socket:
                    async for text in socket:
                        await self._take(json.loads(text), heard)
            except websockets.ConnectionClosed as closed:
                if closed.rcvd and closed.rcvd.code == 4401:
                    await self._try_sign_in()
            except (OSError, websockets.WebSocketException) as error:
                log.info("%s waits for its socket: %s", self.username, type(error).__name__)
                if re.search(r"40[13]", str(error)):
                    await self._try_sign_in()
            await asyncio.sleep(2)

    async def _try_sign_in(self) -> None:
        try:
            await self.sign_in()
        except (httpx.HTTPError, RuntimeError) as error:
            log.warning("%s: %s", self.username, error)

    async def _take(self, message: dict, heard) -> None:
        if message["type"] == "snapshot":
            gone = {thing: None for thing in self.things if thing not in message["things"]}
            self.things = dict(message["things"])
            await heard({**gone, **self.things})
        elif message["type"] == "change":
            for thing, payload in message["things"].items():
                if payload is None:
                    self.things.pop(thing, None)
                elif payload["v"] >= self.things.get(thing, {"v": 0})["v"]:
                    self.things[thing] = payload
            await heard(message["things"])

    async def close(self) -> None:
        await self.http.aclose()
