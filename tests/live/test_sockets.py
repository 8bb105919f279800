"""Who may listen: origin, session, post, code; asked when a socket opens and again while it stays open."""

import uuid

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from config.asgi import application
from enforcement import screens
from enforcement.roles import Role
from journal import push
from journal.consumers import CodeConsumer, Rate, SameOrigin
from tests.cast import CaseMaker, Cast, sign_in
from tests.live.conftest import Screen

asynchronous = pytest.mark.asyncio


@pytest.mark.parametrize(
    "origin, host, trusted, allowed",
    [
        ("https://centre.example", "centre.example", [], True),
        ("http://localhost:9000", "localhost:9000", [], True),  # a forwarded port
        ("http://192.168.1.20:8000", "192.168.1.20:8000", [], True),  # another name of the machine
        ("https://centre.example:443", "centre.example", [], True),
        ("https://[fd00::1]:8443", "[fd00::1]:8443", [], True),
        ("https://portal.example", "inner:8000", ["https://portal.example"], True),  # a proxy that renames the host
        ("https://evil.example", "centre.example", [], False),
        ("https://centre.example.evil.example", "centre.example", [], False),
        ("http://centre.example:8001", "centre.example:8000", [], False),
        ("null", "centre.example", [], False),
        ("", "centre.example", [], False),
        ("file://centre.example", "centre.example", [], False),
        ("https://other.example", "other.example", [], False),  # a host that is not ours
    ],
)
def test_only_pages_of_this_host_may_open_a_socket(settings, origin, host, trusted, allowed):
    settings.ALLOWED_HOSTS = ["centre.example", "localhost", "192.168.1.20", "[fd00::1]", "inner"]
    settings.CSRF_TRUSTED_ORIGINS = trusted
    assert SameOrigin.allows(origin, host) is allowed


@asynchronous
@pytest.mark.parametrize("path", ["/ws/command/", "/ws/track/", "/ws/wall/", "/ws/nowhere/", "/ws/command/more/"])
async def test_a_foreign_origin_or_address_is_refused_before_it_is_accepted(world, path):
    session = await world.session_of(await world.someone("dispatcher"))
    foreign = Screen(application, path, session=session, origin="https://evil.example")
    assert (await foreign.open())["type"] == "websocket.close"
    if path not in {"/ws/command/", "/ws/track/", "/ws/wall/"}:
        assert (await Screen(application, path, session=session).open())["type"] == "websocket.close"


async def close_code(world, path: str, **details) -> int:
    screen = await world.screen(application, path, **details)
    return (await screen.hear("close"))["code"]


@asynchronous
async def test_without_a_session_of_the_surface_one_must_sign_in(world):
    user = await world.someone("dispatcher")
    session, wall = await world.session_of(user), await world.session_of(user, "wall")
    assert await close_code(world, "/ws/command/") == 4401
    assert await close_code(world, "/ws/command/", session=wall) == 4401, "the key of another surface"
    assert await close_code(world, "/ws/command/", session="0" * 32) == 4401
    assert await close_code(world, "/ws/command/", session=session, cookie="session_officer") == 4401


@asynchronous
@pytest.mark.parametrize(
    "surface, person", [("command", "display"), ("wall", "officer"), ("officer", "dispatcher"), ("supervision", "dispatcher")]
)
async def test_a_post_without_business_here_is_turned_away(world, surface, person):
    someone = await world.someone(person)
    session = await world.session_of(await world.do(lambda: getattr(someone, "user", someone)), surface)
    assert await close_code(world, f"/ws/{surface}/", session=session, cookie=f"session_{surface}") == 4403


def _sign_out(user, session):
    Session.objects.filter(session_key=session).delete()


def _deactivate(user, session):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def _change_password(user, session):
    user.set_password("another-password-1")
    user.save()


def _change_post(user, session):
    type(user).objects.filter(pk=user.pk).update(role=Role.DISPLAY)


def _move_to_another_centre(user, session):
    type(user).objects.filter(pk=user.pk).update(organisation=Cast().dispatcher_elsewhere.organisation)


@asynchronous
@pytest.mark.parametrize(
    "change, code",
    [(_sign_out, 4401), (_deactivate, 4401), (_change_password, 4401), (_change_post, 4403), (_move_to_another_centre, 4401)],
)
async def test_a_socket_ends_when_its_reason_ends(world, change, code):
    user = await world.someone("dispatcher")
    session = await world.session_of(user)
    screen = await world.screen(application, "/ws/command/", session=session)
    await world.settled(screen)
    await world.do(change, user, session)
    await world.do(push.tell, [f"user.{user.pk}"], f"user:{user.pk}", 1)
    assert (await screen.hear("close"))["code"] == code


@asynchronous
async def test_signing_out_closes_the_other_pages_of_the_session_at_once(world):
    user = await world.someone("dispatcher")
    client = Client(headers={"host": "localhost"})
    await world.do(sign_in, client, user, "command")
    screen = await world.screen(application, "/ws/command/", session=client.cookies["session_command"].value)
    await world.settled(screen)
    await world.do(client.post, "/command/logout/")
    assert (await screen.hear("close"))["code"] == 4401


@asynchronous
async def test_a_screen_that_is_disconnected_loses_its_socket_at_once_and_another_browser_takes_the_first_ones_place(world):
    leader = await world.someone("leader")
    screen, code = await world.do(lambda: screens.add(by=leader, centre=leader.centre, name="左屏", scene="stages", rotate_s=0, language="en"))

    async def let_in(code) -> Screen:
        browser = Client(headers={"host": "localhost"})
        await world.do(browser.post, "/command/wall/pair/", {"code": code})
        found = await world.screen(application, "/ws/wall/", session=browser.cookies["session_wall"].value, cookie="session_wall")
        await world.settled(found)
        return found

    first = await let_in(code)
    second = await let_in(await world.do(lambda: screens.new_link(screen, by=leader)))
    assert (await first.hear("close"))["code"] == 4401
    assert await close_code(world, "/ws/command/", session=second.session) == 4401, "its cookie opens the wall only"
    await world.do(lambda: screens.revoke(screen, by=leader, reason="更换终端"))
    assert (await second.hear("close"))["code"] == 4401


@asynchronous
async def test_the_minute_check_ends_a_session_that_ran_out_unnoticed(world, monkeypatch):
    monkeypatch.setattr("journal.consumers.RECHECK_SECONDS", 0.05)
    user = await world.someone("dispatcher")
    session = await world.session_of(user)
    screen = await world.screen(application, "/ws/command/", session=session)
    await screen.hear("snapshot")
    await world.do(_sign_out, user, session)
    assert (await screen.hear("close"))["code"] == 4401


@asynchronous
async def test_a_centre_hears_of_its_own_cases_and_the_county_of_all(world):
    case = await world.case()
    seen = {}
    for name in ("dispatcher", "dispatcher_elsewhere", "county_dispatcher"):
        screen = await world.screen(application, "/ws/command/", session=await world.session_of(await world.someone(name)))
        seen[name] = set((await screen.hear("snapshot"))["things"])
    assert seen == {"dispatcher": {case.thread}, "dispatcher_elsewhere": set(), "county_dispatcher": {case.thread}}


@asynchronous
async def test_a_citizen_follows_his_report_by_its_code_and_nobody_elses(world):
    received = await world.do(lambda: CaseMaker(Cast()).report())
    mine = await world.screen(application, "/ws/track/")
    await mine.say({"type": "track", "code": received.code})
    assert (await mine.hear())["type"] == "snapshot"
    stranger = await world.screen(application, "/ws/track/")
    await stranger.say({"type": "track", "code": "0000-0000-0000"})
    assert (await stranger.hear())["code"] == 4403


@asynchronous
async def test_guessing_codes_is_slowed_down_by_address(world, monkeypatch):
    monkeypatch.setattr(CodeConsumer, "tries", Rate(3, 60))
    codes = []
    for address in ("198.51.100.7",) * 4 + ("198.51.100.8",):
        screen = await world.screen(application, "/ws/track/", address=address)
        await screen.say({"type": "track", "code": str(uuid.uuid4())})
        codes.append((await screen.hear())["code"])
    assert codes == [4403, 4403, 4403, 4429, 4403]


@asynchronous
async def test_a_citizens_socket_that_says_nothing_is_closed(world, monkeypatch):
    monkeypatch.setattr("journal.consumers.FIRST_MESSAGE_SECONDS", 0.05)
    assert await close_code(world, "/ws/track/") == 4408


NONSENSE = ["", "[]", "{", '{"type": "close_case"}', '{"type": "fetch", "x": "' + "x" * 3000 + '"}', "null", "\x00", "[" * 2000]


@asynchronous
@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_what_is_not_understood_ends_the_socket(world, nonsense):
    screen = await world.screen(application, "/ws/command/", session=await world.session_of(await world.someone("dispatcher")))
    await screen.hear("snapshot")
    await screen.say(nonsense)
    assert (await screen.hear("close"))["code"] == 4400


@asynchronous
async def test_a_flood_of_fetches_ends_the_socket(world):
    screen = await world.screen(application, "/ws/command/", session=await world.session_of(await world.someone("dispatcher")))
    for _ in range(11):
        await screen.say({"type": "fetch"})
    assert (await screen.hear("close"))["code"] == 4429


def test_a_rate_forgets_who_stays_quiet(monkeypatch):
    times = iter(range(0, 2 * 10**6, 100))
    monkeypatch.setattr("journal.consumers.time.monotonic", lambda: next(times))
    rate = Rate(1, 10)
    assert all(rate.allows(str(number)) for number in range(10_500)) and len(rate._seen) < 10_100
