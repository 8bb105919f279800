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
from demo import endings, pictures
from demo.known import ending_of, facts, guess_category, open_case_of, roster
from demo.seats import Seat

log = logging.getLogger("demo")
STEPS = ("take_in", "send", "verify")  # stages that are the centre's
RETRY_SECONDS = 15.0  # nobody could go, or the press was refused: after so long again (divided by the speed, at least 2)
STEP_SECONDS = 2.0  # how often a seat looks again at what it could not do yet (divided by the speed)
# Which stage's limit a step of a case belongs to, and how much of it a visitor has for himself before the crew does that step.
SHARES = {"take_in": ("take_in", 0.7), "send": ("send", 0.7), "sent": ("accept", 0.7), "accepted": ("handle", 0.25), "on_site": ("handle", 0.35),
          "verify": ("verify", 0.7)}  # fmt: skip
PATIENCE = 120.0  # and at most so many seconds
HASTE = 0.25  # of its usual time the crew takes for a step that a visitor has left to it
NO_SHOW = 0.04  # orders that nobody answers, so that the clock has its part
REWORK = 0.05
RETURNED = 0.1  # offers of another centre that are returned with a reason
USUAL_ENDS = ("corrected", "advised", "unfounded", "not_found", "ordered")  # of a matter without a story


def leaves(step: str, limits: dict[str, int], most: float = PATIENCE) -> float:
    """Seconds for which a step is the visitor's: so few that the crew, in haste, still does it within the limit of its stage."""
    stage, share = SHARES[step]
    return min(most, share * limits[stage])


@dataclass
class Pace:
    """Human delays in seconds, divided by `speed`. `patience`: the longest that a step of a visitor's own case is left to him.

    `client`: the crew minds the cases of this client of the interface; with `visitors` also those that people made, and
    what an ended replay has left.
    """

    rng: random.Random
    speed: float = 1.0
    patience: float = PATIENCE
    client: int | None = None
    visitors: bool = False
    last_event: float = 0.0  # when a screen last changed (monotonic seconds)
    reached: dict[int, tuple[str, float]] = field(default_factory=dict)  # visitors' cases: the step that each waits for, and since when

    def is_left(self, case_pk: int, step: str, limits: dict[str, int]) -> bool:
        """Whether this step of a visitor's case is the crew's: he has let his time for it pass. The next one is his again."""
        now, (before, since) = time.monotonic(), self.reached.get(case_pk, ("", 0.0))
        if step != before:
            self.reached[case_pk], since = (step, now), now
        return now - since >= leaves(step, limits, self.patience) / self.speed

    def minds(self, known: dict) -> bool:
        return known["client"] == self.client if known["client"] else self.visitors

    async def wait(self, low: float, high: float, known: dict | None = None) -> None:
        """As long as a person takes; for a case that a visitor has left (`known` is not simulated) in haste."""
        haste = HASTE if known and not known["simulated"] else 1.0
        await asyncio.sleep(self.rng.uniform(low, high) * haste / self.speed)


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
            known = await facts(pk)
            if known and self.pace.minds(known) and not known["simulated"] and not self.pace.is_left(pk, payload["stage"], known["limits"]):
                return  # looked at again in a moment
            self.pressed[thing] = (payload["v"], time.monotonic())
            if known is None or not self.pace.minds(known):
                return
            await (self.answer if payload.get("offered") == self.centre else getattr(self, payload["stage"]))(pk, payload, known)
        except httpx.HTTPError as error:
            log.info("desk: %s", type(error).__name__)
        finally:
            self.busy.discard(thing)

    async def take_in(self, pk: int, payload: dict, known: dict) -> None:
        await self.pace.wait(8, 32, known)
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
        await self.pace.wait(8, 35, known)
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
        await self.pace.wait(8, 30, known)
        if self.pace.rng.random() < RETURNED:
            await self.dispatcher.post(f"/command/cases/{pk}/offer-return/", {"reason": "经核，该事项不属本单位职责范围，请贵单位继续办理。"})
        else:
            await self.dispatcher.post(f"/command/cases/{pk}/offer-accept/", {})

    async def verify(self, pk: int, payload: dict, known: dict) -> None:
        await self.pace.wait(10, 40, known)
        if known["simulated"] and self.pace.rng.random() < REWORK:
            await self.rework(pk, payload, "照片未反映整改后情况，请补拍。")
            return
        _note, reply = endings.words(known["outcome"], *(known["story"].ending if known["story"] else ()))
        _status, answer = await self.leader.post(f"/command/cases/{pk}/close/", {"reply": reply, "seen": payload["v"]})
        if answer.get("code") == "says_otherwise":
            await self.rework(pk, payload, "处置记录与处置结果不一致，请核实后重新反馈。")

    async def rework(self, pk: int, payload: dict, reason: str) -> None:
        await self.leader.post(f"/command/cases/{pk}/rework/", {"reason": reason, "seen": payload["v"]})


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
            if known["simulated"]:
                state = payload["state"]
                if state == "sent" and self.pace.rng.random() < NO_SHOW:
                    await self.mark(order, "delivered")
                    return
                while state := await self.step(state, case_pk, order, known):
                    pass
                return
            while state := await self.left(case_pk, order, known):
                await self.step(state, case_pk, order, known)
        except httpx.HTTPError as error:
            log.info("phone: %s", type(error).__name__)
        finally:
            await self.pace.wait(5, 10)
            self.busy.discard(order)

    async def step(self, state: str, case_pk: int, order: int, known: dict) -> str:
        """The order's next step; its state afterwards, "" when it is done or was refused."""
        if state == "sent":
            await self.mark(order, "delivered")
            await self.pace.wait(3, 12, known)
            await self.mark(order, "seen")
            await self.pace.wait(3, 28, known)
            status, _answer = await self.act(order, "accept")
            return "accepted" if status == 200 else ""
        if state == "accepted":
            await self.travel(known)
            status, _answer = await self.act(order, "arrive", lon=f"{self.lon:.6f}", lat=f"{self.lat:.6f}", accuracy="10")
            return "on_site" if status == 200 else ""
        if state == "on_site":
            await self.pace.wait(75, 230, known)
            await self.finish(case_pk, order, known)
        return ""

    async def left(self, case_pk: int, order: int, known: dict) -> str:
        """Wait while a visitor may do it himself; the order's state when its next step is left to the crew, "" when it is no more."""
        while True:
            await asyncio.sleep(STEP_SECONDS / self.pace.speed)  # also for the last press to come back to this screen
            task = self.seat.things.get(f"case:{case_pk}")
            if not task or task.get("order") != order or task["state"] not in SHARES:
                return ""
            if self.pace.is_left(case_pk, task["state"], known["limits"]):
                return task["state"]

    async def travel(self, known: dict) -> None:
        """To the place in steps, with fixes on the way."""
        steps = 6
        start_lon, start_lat = self.lon, self.lat
        for number in range(1, steps + 1):
            await self.pace.wait(12, 32, known)
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
        note, _reply = endings.words(brought["outcome"], *(story.ending if story else ()))
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
