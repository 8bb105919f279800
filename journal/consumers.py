"""Sockets of the live pages: who may listen to what. What is said comes from `journal.hub`.

Server to client, JSON texts with "type" and "now" (server time in ms):
    snapshot   build, things {"case:12": {"v": 3, …}}, figures, checksum, push    everything the audience shows
    change     things {"case:12": {…} or null (gone)}                              clients ignore a "v" older than theirs
    beat       checksum (null: the truth is not known now), figures, push          every 3 s
    looking    looking {"12": [[user, name, what he does], …]}                     of cases where that has just changed
    positions  officers {"5": [lon, lat, heading or null, age in s]}, complete     at most once a second
    "push" tells whether hints arrive; if not, the beat still brings everything within 3 s.
Client to server: {"type": "fetch"} asks for a snapshot; {"type": "track", "code": …} is a citizen's first message.
"""

import asyncio
import json
import logging
import random
import time
from collections import deque
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings
from django.contrib.auth import get_user
from django.http.request import split_domain_port, validate_host
from django.utils.translation import get_supported_language_variant

from .groups import Socket
from .hub import hub

NOT_UNDERSTOOD, LOGIN, NOT_YOURS, TOO_SLOW, TOO_FAST, TRY_LATER = 4400, 4401, 4403, 4408, 4429, 1013
RECHECK_SECONDS = 60
FIRST_MESSAGE_SECONDS = 10
LONGEST_MESSAGE = 2048
log = logging.getLogger(__name__)


class Rate:
    """At most `count` per `seconds` for each name, in this process; forgets names that stay quiet."""

    def __init__(self, count: int, seconds: float):
        self.count, self.seconds = count, seconds
        self._seen: dict[str, deque[float]] = {}

    def allows(self, name: str) -> bool:
        now = time.monotonic()
        if len(self._seen) > 10_000:
            self._seen = {key: times for key, times in self._seen.items() if now - times[-1] < self.seconds}
        times = self._seen.setdefault(name, deque(maxlen=self.count))
        if len(times) == self.count and now - times[0] < self.seconds:
            return False
        times.append(now)
        return True


class LiveConsumer(AsyncConsumer):
    """One socket. Subclasses say what a new one does (`opened`) and what a message means (`heard`)."""

    async def websocket_connect(self, message) -> None:
        self.socket = Socket(self.base_send)
        self._tasks: list[asyncio.Task] = []
        self._fetches = Rate(10, 10)
        await self.send({"type": "websocket.accept"})
        await self.opened()

    async def opened(self) -> None:
        raise NotImplementedError

    async def heard(self, message: dict) -> None:
        """A message that is not a fetch."""
        await self.shut(NOT_UNDERSTOOD)

    async def websocket_receive(self, message) -> None:
        text = message.get("text") or ""
        try:
            content = json.loads(text) if len(text) <= LONGEST_MESSAGE else None
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            await self.shut(NOT_UNDERSTOOD)
        elif content.get("type") != "fetch":
            await self.heard(content)
        elif not self._fetches.allows(""):
            await self.shut(TOO_FAST)
        elif self.socket.group:
            self.socket.group.ask(self.socket)

    async def websocket_disconnect(self, message) -> None:
        self._leave()
        raise StopConsumer

    def listen(self, audience: str) -> None:
        """Begin to hand the audience's messages to this socket."""
        hub().join(audience, self.language, self.socket)
        self.keep(self._pump())

    def keep(self, coroutine) -> None:
        """Run beside the socket until it ends."""
        self._tasks.append(asyncio.create_task(coroutine))

    async def shut(self, code: int) -> None:
        self._leave()
        try:
            await self.send({"type": "websocket.close", "code": code})
        except Exception:  # it has gone already: each server says so in its own way
            log.debug("live: closing a socket that had gone")

    def _leave(self) -> None:
        if self.socket.group:
            hub().leave(self.socket)
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()

    async def _pump(self) -> None:
        try:
            await self.socket.run()
        except asyncio.CancelledError:
            raise
        except Exception:  # a send to a socket that just left: this one goes, the group goes on
            hub().leave(self.socket)

    # --- what the handshake says ---------------------------------------------------------------
    @property
    def language(self) -> str:
        """The page's language (`?lang=` of the address), else the site's own."""
        wanted = parse_qs(self.scope.get("query_string", b"").decode("ascii", "replace")).get("lang", [""])[0]
        try:
            return get_supported_language_variant(wanted.lower())
        except LookupError:
            return settings.LANGUAGE_CODE

    @property
    def address(self) -> str:
        return (self.scope.get("client") or ["unknown"])[0]

    def cookie(self, name: str) -> str | None:
        try:
            found = SimpleCookie(header(self.scope, b"cookie")).get(name)
        except CookieError:
            return None
        return found.value if found else None


class StaffConsumer(LiveConsumer):
    """A socket of staff. `cookie_name` holds the surface's session, whose key begins with `key_mark`; `roles` may enter it;
    `audience_of(user)` names what the user listens to (None: nothing here). Checked when it opens, every minute, and at each
    hint to `user.<id>`."""

    def __init__(self, cookie_name: str, roles: frozenset, audience_of, key_mark: str = ""):
        self.cookie_name, self.roles, self.audience_of, self.key_mark = cookie_name, roles, audience_of, key_mark

    async def opened(self) -> None:
        self.session_key = self.cookie(self.cookie_name)
        try:
            user, audience, code = await hub().database(self._who)
        except Exception:
            log.exception("live: who this is could not be asked")
            await self.shut(TRY_LATER)
            return
        if code:
            await self.shut(code)
            return
        self.audience = audience
        self._recheck = asyncio.Event()
        self._unwatch = hub().watch(f"user.{user.pk}", self._recheck.set)
        self.listen(audience)
        self.keep(self._check())

    def _who(self):
        """(user, audience, 0), or (None, None, close code)."""
        if not self.session_key or not self.session_key.startswith(self.key_mark):
            return None, None, LOGIN
        store = import_module(settings.SESSION_ENGINE).SessionStore(self.session_key)
        user = get_user(SimpleNamespace(session=store))
        if not user.is_authenticated or not user.is_active or user.must_change_password:
            return None, None, LOGIN
        audience = self.audience_of(user) if user.role in self.roles else None
        return (user, audience, 0) if audience else (None, None, NOT_YOURS)

    async def _check(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._recheck.wait(), RECHECK_SECONDS * random.uniform(0.8, 1))  # noqa: S311
            except TimeoutError:
                pass
            self._recheck.clear()
            try:
                _user, audience, code = await hub().database(self._who)
            except Exception:  # the database is away: the beat says so, the next round asks again
                log.exception("live: who this is could not be asked again")
                continue
            if code or audience != self.audience:
                await self.shut(code or LOGIN)
                return

    def _leave(self) -> None:
        if hasattr(self, "_unwatch"):
            self._unwatch()
        super()._leave()


class CodeConsumer(LiveConsumer):
    """A citizen's socket: no account; the code comes in the first message, never in an address.

    `audience_of(code)` answers the audience or None; it runs in a thread with database access.
    """

    tries = Rate(30, 60)  # codes from one address per minute

    def __init__(self, audience_of):
        self.audience_of = audience_of

    async def opened(self) -> None:
        self.keep(self._expect())

    async def _expect(self) -> None:
        await asyncio.sleep(FIRST_MESSAGE_SECONDS)
        if not self.socket.group:
            await self.shut(TOO_SLOW)

    async def heard(self, message: dict) -> None:
        code = message.get("code")
        if message.get("type") != "track" or not isinstance(code, str) or self.socket.group:
            await self.shut(NOT_UNDERSTOOD)
            return
        if not self.tries.allows(self.address):
            await self.shut(TOO_FAST)
            return
        try:
            audience = await hub().database(self.audience_of, code)
        except Exception:
            log.exception("live: a code could not be asked")
            await self.shut(TRY_LATER)
            return
        if audience is None:
            await self.shut(NOT_YOURS)
            return
        self.listen(audience)


class SameOrigin:
    """Lets a browser in only from a page of this very host (the Host header, as a forwarded port or another name gives it),
    or from an origin that the settings trust. Anything else is refused before it is accepted (403)."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        if self.allows(header(scope, b"origin"), header(scope, b"host")):
            return await self.application(scope, receive, send)
        return await send({"type": "websocket.close", "code": NOT_YOURS})

    @staticmethod
    def allows(origin: str, host: str) -> bool:
        domain, _port = split_domain_port(host)
        allowed = settings.ALLOWED_HOSTS or (["localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
        if not domain or not validate_host(domain, allowed):
            return False
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            return False
        standard = f":{443 if parts.scheme == 'https' else 80}"
        same = parts.netloc.lower().removesuffix(standard) == host.lower().removesuffix(standard)
        return same or f"{parts.scheme}://{parts.netloc}".lower() in settings.CSRF_TRUSTED_ORIGINS


def header(scope, name: bytes) -> str:
    """The first header of that name as text, or ""."""
    return next((value.decode("latin-1") for key, value in scope.get("headers", []) if key.lower() == name), "")


async def nowhere(scope, receive, send):
    """A socket address that does not exist: refused before it is accepted."""
    await send({"type": "websocket.close", "code": NOT_YOURS})
