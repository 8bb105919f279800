"""Simulated call takers, dispatchers, shift leaders and officers who do their part through their own pages and sockets."""

import asyncio
import logging
import random
import re
import time
import uuid
from dataclasses import dataclass, field

import httpx

from cases.transitions import NEEDS, Outcome
from demo import pictures
from demo.known import ending_of, facts, guess_category, open_case_of, roster
from demo.seats import Seat

log = logging.getLogger("demo")
STEPS = ("take_in", "send", "verify")  # stages that are the centre's
RETRY_SECONDS = 15.0  # nobody could go, or the press was refused: after so long again (divided by the speed, at least 2)
STEP_SECONDS = 2.0  # how often a seat looks again at what it could not do yet (divided by the speed)
REACHED = {"take_in": 0, "send": 1, "sent": 2, "accepted": 3, "on_site": 4, "verify": 5}  # how far a case has come
NO_SHOW = 0.04  # orders that nobody answers, so that the clock has its part
REWORK = 0.05
RETURNED = 0.1  # offers of another centre that are returned with a reason
USUAL_ENDS = ("corrected", "advised", "unfounded", "not_found", "ordered")  # of a matter without a story


@dataclass
class Pace:
    """Human delays in seconds, divided by `speed`. `patience`: how long a visitor's own case is left alone.

    `client`: the crew minds the cases of this client of the interface; with `visitors` also those that people made, and
    what an ended replay has left.
    """

    rng: random.Random
    speed: float = 1.0
    patience: float = 120.0
    client: int | None = None
    visitors: bool = False
    last_event: float = 0.0  # when a screen last changed (monotonic seconds)
    furthest: dict[int, tuple[int, float]] = field(default_factory=dict)  # visitors' cases: how far each has come, and since when
    taken: set[int] = field(default_factory=set)  # those that the crew carries to their end

    def is_left(self, case_pk: int, reached: str) -> bool:
        """Whether a visitor's case is the crew's: nobody has brought it further for a while. Then it stays theirs.

        An order that lapses and goes to the next officer is no step forward: the minute for accepting is shorter than the patience.
        """
        step, since = self.furthest.get(case_pk, (-1, 0.0))
        if REACHED[reached] > step:
            self.furthest[case_pk] = REACHED[reached], time.monotonic()
        elif time.monotonic() - since >= self.patience / self.speed:
            self.taken.add(case_pk)
        return case_pk in self.taken

    def minds(self, known: dict) -> bool:
        return known["client"] == self.client if known["client"] else self.visitors

    async def wait(self, low: float, high: float) -> None:
        await asyncio.sleep(self.rng.uniform(low, high) / self.speed)


@dataclass
class Desk:
    """A command centre: one socket, and three people who press (call taker, dispatcher, shift leader).

    The county's desk sees every case but leaves the others' to them.
    """

    pace: Pace
    centre: int
    taker: Seat
    dispatcher: Seat
    leader: Seat
    busy: set[str] = field(default_factory=set)
    pressed: dict[str, tuple[int, float]] = field(default_factory=dict)  # version, and when it was looked at or pressed on
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        for seat in {self.taker, self.dispatcher, self.leader}:
            await seat.sign_in()
            await quietly(seat.post("/command/duty/on/", {}))
        await asyncio.gather(self.dispatcher.listen(self.changed), self.look_again())

    async def changed(self, things: dict) -> None:
        self.pace.last_event = time.monotonic()
        await self.heard(things)

    async def look_again(self) -> None:
        while True:
            await asyncio.sleep(STEP_SECONDS / self.pace.speed)
            await self.heard(dict(self.dispatcher.things))

    async def heard(self, things: dict) -> None:
        for thing, payload in things.items():
            if not payload or thing in self.busy:
                continue
            offered = payload.get("offered") == self.centre  # by another centre, which waits for an answer
            if not offered and (payload["centre"] != self.centre or payload["stage"] not in STEPS or payload["paused"] or payload.get("offered")):
                continue
            version, since = self.pressed.get(thing, (None, 0.0))
            if version != payload["v"] or time.monotonic() - since > max(2.0, RETRY_SECONDS / self.pace.speed):
                self.busy.add(thing)
                start(self.step(thing, payload))

    async def step(self, thing: str, payload: dict) -> None:
        try:
            pk = int(thing.split(":")[1])
            self.pressed[thing] = (payload["v"], time.monotonic())
            known = await facts(pk)
            if known is None or not self.pace.minds(known):
                return
            if not known["simulated"] and not self.pace.is_left(pk, payload["stage"]):
                return
            await (self.answer if payload.get("offered") == self.centre else getattr(self, payload["stage"]))(pk, payload, known)
        except httpx.HTTPError as error:
            log.info("desk: %s", type(error).__name__)
        finally:
            self.busy.discard(thing)

    async def take_in(self, pk: int, payload: dict, known: dict) -> None:
        await self.pace.wait(8, 32)
        story = known["story"]
        if story and story.outcome == "rejected":
            await self.leader.post(f"/command/cases/{pk}/reject/", {"reason": story.reply or "不属于受理范围。", "seen": payload["v"]})
            return
        if story and story.duplicate_of and (main := await open_case_of(story.duplicate_of)) and main != pk:
            await self.taker.post(f"/command/cases/{pk}/merge/", {"into": main, "seen": payload["v"]})
            return
        if known["category"] is None:
            await self.taker.post(f"/command/cases/{pk}/classify/", {"category": await guess_category(known["text"], story)})
            return  # it may belong to another centre now, and comes back to whoever owns it
        await self.taker.post(f"/command/cases/{pk}/take-in/", {"seen": payload["v"]})

    async def send(self, pk: int, payload: dict, known: dict) -> None:
        await self.pace.wait(8, 35)
        if known["pass_on_to"]:
            told = {"organisation": known["pass_on_to"], "reason": "不属于本县综合行政执法事项，转有权机关办理。", "seen": payload["v"]}
            await self.leader.post(f"/command/cases/{pk}/pass-on/", told)
            return
        async with self.sending:  # one after the other, as a person does: many cases for which nobody is free are no flood of pages
            page = await self.dispatcher.page(f"/command/cases/{pk}/")
            lead = re.search(r'name="lead" value="(\d+)"', page)
            if lead:
                await self.dispatcher.post(f"/command/cases/{pk}/send/", {"lead": lead[1], "seen": payload["v"]})
            else:
                await self.pace.wait(2, 4)

    async def answer(self, pk: int, payload: dict, known: dict) -> None:
        """Another centre offers the case: signed for, now and then returned."""
        await self.pace.wait(8, 30)
        if self.pace.rng.random() < RETURNED:
            await self.dispatcher.post(f"/command/cases/{pk}/offer-return/", {"reason": "经核，该事项不属本单位职责范围，请贵单位继续办理。"})
        else:
            await self.dispatcher.post(f"/command/cases/{pk}/offer-accept/", {})

    async def verify(self, pk: int, payload: dict, known: dict) -> None:
        await self.pace.wait(10, 40)
        story = known["story"]
        if self.pace.rng.random() < REWORK:
            await self.leader.post(f"/command/cases/{pk}/rework/", {"reason": "照片未反映整改后情况，请补拍。", "seen": payload["v"]})
            return
        reply = story.reply if story and story.reply else "您反映的问题已到场处置，感谢您的监督。"
        await self.leader.post(f"/command/cases/{pk}/close/", {"reply": reply, "seen": payload["v"]})


@dataclass
class Phone:
    """An officer: takes orders, goes there, handles, feeds back."""

    pace: Pace
    seat: Seat
    lon: float
    lat: float
    duty: int | None = None  # the stretch of duty that he signs on to
    busy: set[int] = field(default_factory=set)
    last: float = 0.0

    async def run(self) -> None:
        await self.seat.sign_in()
        await self.sign("on")
        await asyncio.gather(self.seat.listen(self.heard), self.patrol())

    async def sign(self, way: str) -> None:
        """On or off duty, by the button of his own page."""
        if self.duty:
            said = {"uuid": str(uuid.uuid4()), "phone_at": str(int(time.time() * 1000))}
            await quietly(self.seat.post(f"/officer/duty/{self.duty}/{way}/", said))

    async def patrol(self) -> None:
        """Between orders: a slow walk about the last place, a fix now and then."""
        rng = self.pace.rng
        while True:
            if not self.busy:
                await self.fix(self.lon + rng.uniform(-4e-4, 4e-4), self.lat + rng.uniform(-3e-4, 3e-4))
            await asyncio.sleep(rng.uniform(20, 45))

    async def fix(self, lon: float, lat: float) -> None:
        self.lon, self.lat = lon, lat
        await quietly(self.seat.post("/officer/position/", {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "accuracy": "12"}))

    async def heard(self, things: dict) -> None:
        for thing, payload in things.items():
            if payload and payload.get("kind") == "task" and payload["order"] not in self.busy:
                self.busy.add(payload["order"])
                start(self.work(int(thing.split(":")[1]), payload))

    async def work(self, case_pk: int, payload: dict) -> None:
        order = payload["order"]
        try:
            known = await facts(case_pk)
            if known is None or not self.pace.minds(known):
                return
            state = payload["state"] if known["simulated"] else await self.left(case_pk, order)
            if state == "sent":
                await self.mark(order, "delivered")
                if self.pace.rng.random() < NO_SHOW:
                    return
                await self.pace.wait(3, 12)
                await self.mark(order, "seen")
                await self.pace.wait(3, 28)
                status, _answer = await self.act(order, "accept")
                if status != 200:
                    return
                state = "accepted"
            if state == "accepted":
                await self.travel(known)
                status, _answer = await self.act(order, "arrive", lon=f"{self.lon:.6f}", lat=f"{self.lat:.6f}", accuracy="10")
                if status != 200:
                    return
                state = "on_site"
            if state == "on_site":
                await self.pace.wait(75, 230)
                await self.finish(case_pk, order, known)
        except httpx.HTTPError as error:
            log.info("phone: %s", type(error).__name__)
        finally:
            await self.pace.wait(5, 10)
            self.busy.discard(order)

    async def left(self, case_pk: int, order: int) -> str:
        """Wait while a visitor may do it himself; the order's state when it is left to the crew, "" when it is no more."""
        while True:
            task = self.seat.things.get(f"case:{case_pk}")
            if not task or task.get("order") != order or task["state"] not in REACHED:
                return ""
            if self.pace.is_left(case_pk, task["state"]):
                return task["state"]
            await asyncio.sleep(STEP_SECONDS / self.pace.speed)

    async def travel(self, known: dict) -> None:
        """To the place in steps, with fixes on the way."""
        steps = 6
        start_lon, start_lat = self.lon, self.lat
        for number in range(1, steps + 1):
            await self.pace.wait(12, 32)
            share = number / steps
            await self.fix(start_lon + (known["lon"] - start_lon) * share, start_lat + (known["lat"] - start_lat) * share)

    async def mark(self, order: int, name: str) -> None:
        """What the page says by itself."""
        await self.seat.post(f"/officer/dispatches/{order}/{name}/", {})

    async def act(self, order: int, verb: str, **data) -> tuple[int, dict]:
        moment = str(int(time.time() * 1000))
        return await self.seat.post(f"/officer/dispatches/{order}/{verb}/", {"uuid": str(uuid.uuid4()), "phone_at": moment, **data})

    async def finish(self, case_pk: int, order: int, known: dict) -> None:
        story, rng = known["story"], self.pace.rng
        outcome = story.outcome if story and story.outcome in Outcome.values else rng.choice(USUAL_ENDS)
        brought = await ending_of(case_pk, outcome, rng.randrange(10**6))
        photos = []
        if "photos" in NEEDS[Outcome(brought["outcome"])]:
            taken = str(uuid.uuid4())
            status, _answer = await self.seat.post(
                "/officer/photos/", {"uuid": taken, "order": order, "kind": "after"},
                files={"file": ("after.jpg", pictures.street(rng, "处置后"), "image/jpeg")},
            )  # fmt: skip
            photos = [taken] if status == 200 else []
        note = story.note if story and story.note else "已到场核实并处置。"
        await self.act(order, "finish", note=note, photos=photos, **brought)


_running: set[asyncio.Task] = set()


def start(coroutine) -> None:
    """Run on the side; an unforeseen error is logged, not lost."""
    task = asyncio.create_task(coroutine)
    _running.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task) -> None:
    _running.discard(task)
    if not task.cancelled() and task.exception():
        log.error("a simulated person stumbled", exc_info=task.exception())


async def quietly(coroutine):
    """The answer, or None when the site cannot be reached just now."""
    try:
        return await coroutine
    except httpx.HTTPError:
        return None


class Crew:
    """Everybody on duty, kept in step with the roster as shifts change."""

    def __init__(self, base: str, pace: Pace):
        self.base, self.pace = base, pace
        self.desks: dict[tuple, asyncio.Task] = {}
        self.phones: dict[str, asyncio.Task] = {}
        self.people: dict[str, Phone] = {}

    async def muster(self) -> None:
        """Seat who is on duty now, let go who is not."""
        desks, phones = await roster()
        wanted = {tuple(sorted(desk.items())): desk for desk in desks}
        for key in [key for key in self.desks if key not in wanted]:
            self.desks.pop(key).cancel()
        for key, desk in wanted.items():
            if key not in self.desks:
                seats = {name: Seat(self.base, "command", name) for name in {desk["taker"], desk["dispatcher"], desk["leader"]}}
                made = Desk(self.pace, desk["centre"], seats[desk["taker"]], seats[desk["dispatcher"]], seats[desk["leader"]])
                self.desks[key] = asyncio.create_task(self.keep(made.run))
        names = {phone["username"] for phone in phones}
        for name in [name for name in self.phones if name not in names]:
            self.phones.pop(name).cancel()
            start(self.people.pop(name).sign("off"))
        for phone in phones:
            if phone["username"] not in self.phones:
                made = Phone(self.pace, Seat(self.base, "officer", phone["username"]), phone["lon"], phone["lat"], phone["duty"])
                self.people[phone["username"]] = made
                self.phones[phone["username"]] = asyncio.create_task(self.keep(made.run))

    async def keep(self, run) -> None:
        """A seat that falls over is taken again."""
        while True:
            try:
                await run()
            except (httpx.HTTPError, RuntimeError) as error:
                log.info("seat taken again after %s", error)
            await asyncio.sleep(3)

    async def stop(self) -> None:
        tasks = [*self.desks.values(), *self.phones.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
