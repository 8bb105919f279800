"""Every post before every surface's socket, and who hears of a case."""

import asyncio
from datetime import timedelta
from itertools import permutations, product

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction

from cases import guests, triage
from cases.audience import announce
from cases.locking import lock
from cases.models import Case, GuestCentre
from command import dispatch, endings, offers
from config.asgi import application
from config.surfaces import SURFACES
from enforcement.models import Officer, Organisation, User
from enforcement.roles import SURFACE_ROLES, Role
from journal import clock, deadlines
from tests.addresses import foreign_code, holder
from tests.cast import CaseMaker, Cast
from tests.conftest import NOON

pytestmark = pytest.mark.asyncio
NAMES = [surface.name for surface in SURFACES if surface.is_live]
CENTRES = ("CG", "SC", "ZX")


async def opened(world, surface: str, session: str):
    return await world.screen(application, f"/ws/{surface}/", session=session, cookie=f"session_{surface}")


async def first_word(world, surface: str, session: str) -> int:
    """0 for a snapshot, else the code of the close."""
    heard = await (await opened(world, surface, session)).hear("snapshot")
    return heard.get("code", 0)


# --- the door ------------------------------------------------------------------------------------
async def test_each_post_hears_on_its_surfaces_and_nowhere_else(world):
    await world.case()
    people = await world.do(lambda: {role: holder(Cast(), role) for role in Role})
    for surface, role in product(NAMES, Role):
        code = await first_word(world, surface, await world.session_of(people[role], surface))
        assert code == (0 if role in SURFACE_ROLES[surface] else 4403), (surface, role)


async def test_a_session_of_another_surface_opens_nothing_for_any_post(world):
    people = await world.do(lambda: {role: holder(Cast(), role) for role in Role})
    for surface, other in permutations(NAMES, 2):
        for role in SURFACE_ROLES[surface]:
            key = await world.session_of(people[role], other)
            assert await first_word(world, surface, key) == 4401, (surface, role, other)
            elsewhere = await world.screen(application, f"/ws/{surface}/", session=key, cookie=f"session_{other}")
            assert (await elsewhere.hear("close"))["code"] == 4401, (surface, role, other)


def _signed_out(user: User, key: str) -> None:
    Session.objects.filter(session_key=key).delete()


def _locked(user: User, key: str) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _other_post(user: User, key: str) -> None:
    User.objects.filter(pk=user.pk).update(role=Role.AUDIT_ADMIN, staff_number=f"T-{user.pk}")


def _suspended(user: User, key: str) -> None:
    Officer.objects.filter(user=user).update(suspended_at=clock.now())


# A suspended officer hears that he is; what he may not do is refused by the verbs.
@pytest.mark.parametrize("change, code", [(_signed_out, 4401), (_locked, 4401), (_other_post, 4403), (_suspended, 0)])
async def test_what_has_ended_opens_nothing_for_any_post(world, change, code):
    for surface in NAMES:
        for role in SURFACE_ROLES[surface]:
            person = await world.do(holder, Cast(), role)
            key = await world.session_of(person, surface)
            await world.do(change, person, key)
            assert await first_word(world, surface, key) == code, (surface, role)
            await world.do(lambda person=person: User.objects.filter(pk=person.pk).update(is_active=True, role=person.role))


# --- what is heard -------------------------------------------------------------------------------
class Hall:
    """The screens of everybody of three centres on every surface, of all officers concerned, and of three reporters."""

    def __init__(self, world):
        self.world, self.screens = world, {}

    async def fill(self, codes: dict[str, str], officers: list[Officer]) -> "Hall":
        people = await self.world.do(lambda: list(
            User.objects.filter(organisation__centre__code__in=CENTRES).select_related("organisation__centre").order_by("pk")))
        seats = {(person.role, person.organisation.centre.code): person for person in reversed(people)}  # one of each post at each centre
        for (role, centre), person in seats.items():
            for surface in ("command", "wall", "supervision"):
                if role in SURFACE_ROLES[surface]:
                    self.screens[surface, role, centre] = await opened(self.world, surface, await self.world.session_of(person, surface))
        for officer in officers:
            self.screens["officer", officer.badge, ""] = await opened(self.world, "officer", await self.world.session_of(officer.user, "officer"))
        for number, (name, code) in enumerate(codes.items()):
            screen = await self.world.screen(application, "/ws/track/", address=f"198.51.100.{number}")
            await screen.say({"type": "track", "code": code})
            self.screens["track", name, ""] = screen
        await asyncio.gather(*(screen.hear("snapshot") for screen in self.screens.values()))
        await self.world.subscribed()
        await self.told("", set())
        return self

    async def told(self, thing: str, before_the_beat: set) -> set:
        """Who has heard of the thing when a beat has come; those named must have heard it without."""
        heard = set()

        async def hears(seat) -> str:
            message = await self.screens[seat].hear()
            heard.update({seat} if thing in message.get("things", ()) else ())
            return message["type"]

        async def without_a_beat(seat) -> None:
            while seat not in heard:
                await hears(seat)

        async def everything(seat) -> None:
            while await hears(seat) != "beat":
                pass
            while not await self.screens[seat].quiet():
                await hears(seat)

        await asyncio.gather(*map(without_a_beat, before_the_beat))
        self.world.beat()
        await asyncio.gather(*map(everything, self.screens))
        return heard

    def seats(self, *centres: str, track=(), officers=()) -> set:
        """Consoles and walls of these centres, with reporters and officers."""
        rooms = {seat for seat in self.screens if seat[0] in ("command", "wall") and seat[2] in centres}
        return rooms | {("track", name, "") for name in track} | {("officer", badge, "") for badge in officers}


async def test_a_change_is_heard_by_exactly_those_who_may_see_the_case(world, monkeypatch):
    make = await world.do(lambda: CaseMaker(Cast()))
    one, joined, other = [await world.do(make.report, text=text) for text in ("一件", "同一件", "另一件")]
    cast, leader = make.cast, await world.someone("leader")
    await world.do(endings.merge, joined.case, by=leader, into=one.case)
    officer = next(officer for officer in await world.do(cast.officers) if not officer.is_leader)
    squad = await world.do(lambda: list(Officer.objects.filter(organisation=officer.organisation, is_helper=False).select_related("user")))
    elsewhere = await world.do(lambda: cast.officer_elsewhere)
    hall = await Hall(world).fill({"one": one.code, "joined": joined.code, "other": other.code}, [*squad, elsewhere])
    leaders = [colleague.badge for colleague in squad if colleague.is_leader]
    assert len(hall.seats(*CENTRES)) >= 20

    async def heard_of(case: Case, expected: set, verb, *args, **given):
        await world.do(verb, *args, **given)
        assert await hall.told(case.thread, expected) == expected, verb.__name__

    sent_to = hall.seats("CG", "ZX", track=("one", "joined"), officers=[officer.badge])
    await heard_of(one.case, sent_to, dispatch.send, one.case, by=leader, officers=[officer])
    order = await world.do(lambda: one.case.dispatches.select_related("officer__user").get())
    await heard_of(one.case, sent_to, dispatch.accept, order, by=order.officer.user)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=8))
    late = sent_to | hall.seats(officers=leaders)  # too long on the way: his squad's leaders are told
    await heard_of(one.case, late, deadlines.fire_due)
    market = await world.do(Organisation.objects.get, code="SC")
    moved = hall.seats("CG", "SC", "ZX", track=["other"])  # whose it was hears that it is gone
    county = await world.do(lambda: cast.person(Role.SHIFT_LEADER, centre="ZX"))
    await heard_of(other.case, moved, offers.designate, other.case, by=county, organisation=market, reason="属其职责")
    theirs = await world.do(lambda: cast.person(Role.SHIFT_LEADER, centre="SC"))
    await heard_of(other.case, hall.seats("SC", "ZX", track=["other"]), endings.reject, other.case, by=theirs, reason="不属于执法范围")


async def test_a_guest_hears_of_the_case_until_it_is_none(world):
    """Joined and left without a beat. To those who see it anyhow nothing has changed by that alone."""
    make = await world.do(lambda: CaseMaker(Cast()))
    one, leader = await world.do(make.report), await world.someone("leader")
    hall = await Hall(world).fill({}, [])
    market = await world.do(Organisation.objects.get, code="SC")

    def acting(change):
        @transaction.atomic
        def verb():
            case = lock(one.case)
            change(case, market.pk, GuestCentre.Because.PART)
            announce(case)

        return verb

    for verb, expected in (
        (acting(guests.begin), hall.seats("SC")),
        (lambda: triage.take_in(one.case, by=leader), hall.seats("CG", "SC", "ZX")),
        (acting(guests.end), hall.seats("SC")),  # hears that it is gone
        (lambda: endings.put_back(one.case, by=leader, reason="信息不全"), hall.seats("CG", "ZX")),
    ):
        await world.do(verb)
        assert await hall.told(one.case.thread, expected) == expected


async def test_a_screen_opens_on_exactly_the_cases_that_its_post_may_see(world):
    mine, theirs, shared = await world.case(), await world.case(category="TIP-29"), await world.case()
    assert await world.do(lambda: {case.centre.code for case in Case.objects.select_related("centre")}) == {"CG", "SC"}
    market = await world.do(lambda: theirs.centre)
    await world.do(transaction.atomic(lambda: guests.begin(lock(shared), market.pk, GuestCentre.Because.PART)))
    sees = {"CG": {mine.thread, shared.thread}, "SC": {theirs.thread, shared.thread}, "ZX": {mine.thread, theirs.thread, shared.thread}}
    people = await world.do(lambda: list(User.objects.filter(organisation__centre__code__in=CENTRES).select_related("organisation__centre")))
    tried = set()
    for surface in ("command", "wall"):
        for person in people:
            seat = surface, person.role, person.organisation.centre.code
            if person.role in SURFACE_ROLES[surface] and seat not in tried:
                tried.add(seat)
                screen = await opened(world, surface, await world.session_of(person, surface))
                things = {thing for thing in (await screen.hear("snapshot"))["things"] if thing.startswith("case:")}
                assert things == sees[seat[2]] == await world.do(
                    lambda person=person: {case.thread for case in Case.objects.visible_to(person)}), seat
    assert len(tried) >= 20


async def test_a_well_formed_code_of_nobody_opens_nothing(world):
    screen = await world.screen(application, "/ws/track/")
    await screen.say({"type": "track", "code": await world.do(foreign_code)})
    assert await screen.hear() == {"type": "close", "code": 4403}
