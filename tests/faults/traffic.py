"""What goes on while parts fail: reports at a steady pace, the simulated crew at work, screens open, people looking at pages."""

import asyncio
import random
import re
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import httpx

from cases.models import ApiClient
from config.surfaces import BY_NAME, session_cookie
from demo import crew, filing, pictures, seats, stories
from demo.accounts import open_accounts
from demo.known import in_database
from enforcement.models import User
from enforcement.roles import Role
from journal import clock
from tests.cast import session_of
from tests.faults.screens import Screen

SPEED = 12  # divides human delays and budgets alike
PATIENCE_S = 15.0  # for one answer
TRIES = 60
PHOTO_EVERY = 5
LOOK_SECONDS = 0.5
CENTRES, PHONES = ("cg-", "zx-"), 8  # who works in the short form: two centres' desks, and so many phones
PHONES_WRONG_BY = (5 * 3600, -7 * 3600)  # seconds
NOT_A_SENTENCE = re.compile(r"Traceback|Exception|psycopg|django\.|<pre")
SENTENCE = re.compile(r"[\u4e00-\u9fff]{6}|What was confirmed")


def complaint(answer: httpx.Response) -> str:
    """What must never be seen: a 5xx other than 503, or one without a sentence; "" when the answer is in order."""
    if answer.status_code < 500 and not NOT_A_SENTENCE.search(answer.text[:20000]):
        return ""
    said = answer.json()["detail"] if "json" in answer.headers.get("Content-Type", "") else answer.text
    if answer.status_code == 503 and SENTENCE.search(said) and not NOT_A_SENTENCE.search(said):
        return ""
    return f"{answer.request.method} {answer.request.url.path} → {answer.status_code} {answer.text[:300]!r}"


class ListeningClient(httpx.AsyncClient):
    """Looks at each answer that anybody gets."""

    seen: Counter = Counter()
    complaints: list[str] = []

    async def send(self, request, **options):
        answer = await super().send(request, **options)
        self.seen[answer.status_code] += 1
        if wrong := complaint(answer):
            self.complaints.append(wrong)
        return answer


class WrongPhone(crew.Phone):
    """A phone whose clock is hours off."""

    wrong_by = 0

    async def act(self, order: int, verb: str, **data) -> tuple[int, dict]:
        moment = str(int((time.time() + self.wrong_by) * 1000))
        return await self.seat.post(f"/officer/dispatches/{order}/{verb}/", {"uuid": str(uuid.uuid4()), "phone_at": moment, **data})


def some_wrong_phone(pace, seat, lon, lat, duty) -> crew.Phone:
    """Every third phone's clock is wrong, one way or the other."""
    phone = WrongPhone(pace, seat, lon, lat, duty)
    number = sum(seat.username.encode())
    phone.wrong_by = PHONES_WRONG_BY[number % 2] if number % 3 == 0 else 0
    return phone


@dataclass
class Traffic:
    """Runs in a thread of its own until `stop()`. `answered`: {key: (status, body)} of each report that was answered with success."""

    origin: str
    per_second: float
    answered: dict[str, tuple[int, dict]] = field(default_factory=dict)
    refused: Counter = field(default_factory=Counter)
    screens: list[Screen] = field(default_factory=list)
    filed: int = 0
    filing_on: bool = True

    def start(self) -> None:
        """Accounts, a client key and sessions first (the database is well); then everything in the thread's own loop."""
        open_accounts()
        self.key = filing.client_key("faults", speed=SPEED, per_minute=100_000)
        self.client = ApiClient.objects.get(name="faults")
        self.rng = random.Random(17)
        self._cookies = {name: self._cookie(name, *who) for name, who in {
            "wall": (Role.DISPLAY, "ZX"), "command": (Role.DISPATCHER, "ZX"), "officer": (Role.OFFICER, "CG")}.items()}  # fmt: skip
        self.screens += [Screen(name, self.origin, name, cookie=cookie) for name, cookie in self._cookies.items()]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=[self._everything()], name="traffic", daemon=True)
        self.thread.start()
        self.wait_for(lambda: len(self.answered) >= 3 and all(screen.connections for screen in self.screens), seconds=60)
        self.follow(next(iter(self.answered.values()))[1]["code"])

    def _cookie(self, surface: str, role: Role, centre: str) -> str:
        now = clock.now()
        person = User.objects.filter(role=role, organisation__centre__code=centre, duties__starts_at__lte=now, duties__ends_at__gt=now)
        person = person.order_by("pk").first() or User.objects.filter(role=role, organisation__centre__code=centre).first()
        return f"{session_cookie(BY_NAME[surface])}={session_of(person, surface)}"

    def follow(self, code: str) -> None:
        """One more citizen opens his page."""
        screen = Screen(f"citizen's {code}", self.origin, "track", code=code)
        self.screens.append(screen)
        self.loop.call_soon_threadsafe(lambda: self._start(screen.run()))
        self.wait_for(lambda: screen.connections)

    def run(self, coroutine, seconds: float = 60):
        """The result of a coroutine in the traffic's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def wait_for(self, true, seconds: float = 30) -> None:
        limit = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < limit, f"nothing came in: {self.counts()}"
            time.sleep(0.05)

    def wait_for_more(self, reports: int = 3, seconds: float = 30) -> None:
        """Until so many more reports have been answered with success."""
        goal = len(self.answered) + reports
        self.wait_for(lambda: len(self.answered) >= goal, seconds)

    def counts(self) -> str:
        return f"filed {self.filed}, stored {len(self.answered)}, refused {dict(self.refused)}, answers {dict(sorted(ListeningClient.seen.items()))}"

    def stop_filing(self, seconds: float = 30) -> None:
        self.filing_on = False
        self.wait_for(lambda: len(self.answered) + sum(self.refused.values()) >= self.filed, seconds)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._ended.set)
        self.thread.join(60)
        self.loop.run_until_complete(self.loop.shutdown_default_executor())  # with the threads' database connections
        self.loop.close()

    # --- in the loop ---------------------------------------------------------------------------
    async def _everything(self) -> None:
        self._ended, self._tasks = asyncio.Event(), set()
        ListeningClient.seen, ListeningClient.complaints = Counter(), []
        self.http = ListeningClient(base_url=self.origin, timeout=PATIENCE_S, limits=httpx.Limits(max_connections=60))
        self.crew = crew.Crew(self.origin, crew.Pace(random.Random(3), speed=SPEED, client=self.client.pk))
        for screen in self.screens:
            self._start(screen.run())
        await self.crew.muster()
        self._start(self._arrive())
        self._start(self._look())
        await self._ended.wait()
        everybody = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in everybody:
            task.cancel()
        await asyncio.wait(everybody, timeout=10)

    def _start(self, coroutine) -> None:
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _arrive(self) -> None:
        told, known = random.Random(5), stories.stories()
        while self.filing_on:
            story = known[self.filed % len(known)]
            report = await in_database(filing.told)(told, story)
            self._start(self._file(f"r{self.filed}", report))
            self.filed += 1
            await asyncio.sleep(1 / self.per_second)

    async def _file(self, key: str, report: dict) -> None:
        """Until the site has said yes or no, as a client of the interface is told to."""
        number = int(key[1:])
        if number % PHOTO_EVERY == 0 and (photo := await self.send_photo(number)):
            report = report | {"photos": [photo]}
        for _try in range(TRIES):
            try:
                answer = await filing.file(self.http, self.key, report, once=key)
            except httpx.HTTPError:
                pass
            else:
                if answer.status_code in (200, 201):
                    self.answered[key] = answer.status_code, answer.json()
                    return
                if answer.status_code < 500:
                    self.refused[f"{answer.status_code} {answer.text[:120]}"] += 1
                    return
            await asyncio.sleep(0.5)
        self.refused["no answer"] += 1

    async def send_photo(self, number: int) -> str:
        """The id of a stored photo; "" when it could not be stored."""
        picture = pictures.street(random.Random(number), "举报")
        try:
            answer = await self.post_photo(picture)
        except httpx.HTTPError:
            return ""
        return answer.json()["id"] if answer.status_code == 201 else ""

    async def post_photo(self, picture: bytes) -> httpx.Response:
        files = {"file": ("a.jpg", picture, "image/jpeg")}
        return await self.http.post("/api/photos/", files=files, headers={"Authorization": f"Key {self.key}"})

    async def _look(self) -> None:
        """People open pages all the time."""
        paths = {"/": "", "/command/": "command", "/command/wall/": "wall", "/officer/": "officer", "/officer/now/": "officer"}
        while True:
            for path, surface in paths.items():
                await asyncio.sleep(LOOK_SECONDS)
                headers = {"Cookie": self._cookies[surface]} if surface else {}
                await crew.quietly(self.http.get(path, headers=headers))


def crew_listens(patch, *, whole: bool) -> None:
    """The crew's own answers are looked at as well, some of its phones go wrong, and in the short form only a few are seated."""
    everybody = crew.roster

    async def few():
        desks, phones = await everybody()
        return ([desk for desk in desks if desk["dispatcher"].startswith(CENTRES)],
                [phone for phone in phones if phone["username"].startswith(CENTRES)][:PHONES])  # fmt: skip

    patch.setattr(seats.httpx, "AsyncClient", ListeningClient)
    patch.setattr(crew, "Phone", some_wrong_phone)
    if not whole:
        patch.setattr(crew, "roster", few)
