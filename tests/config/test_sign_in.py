"""Signing in and out: four surfaces side by side, lockout, idle time-out, forms that survive."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client

from cases import ratelimit
from config.surfaces import BY_NAME, SURFACES, session_cookie, session_mark
from enforcement.models import User
from enforcement.roles import SURFACE_ROLES, Role
from journal import push
from tests.addresses import holder
from tests.cast import session_of, sign_in

PASSWORD = "the-right-password-1"
FETCH = {"X-Requested-With": "fetch", "Accept": "application/json"}


@pytest.fixture(autouse=True)
def quick_hashing(settings, monkeypatch):
    """What is tried here is who may come in, not how hard a stolen hash is; earlier tries are forgotten."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def person(cast):
    """`person(Role.DISPATCHER)`: someone with the post who knows PASSWORD."""

    def with_password(role: str) -> User:
        user = holder(cast, role)
        user.set_password(PASSWORD)
        user.save()
        return user

    return with_password


def real_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  sessions and lockouts go by the machine's clock


def log_in(client, user, surface: str = "command", password: str = PASSWORD, *, address: str = "203.0.113.7", **form):
    """What the sign-in page of the surface posts."""
    name = user if isinstance(user, str) else user.username
    return client.post(f"{BY_NAME[surface].path}login/", {"username": name, "password": password, **form}, headers={"X-Real-IP": address})


def is_in(client, surface: str) -> bool:
    return client.get(f"{BY_NAME[surface].path}map/base.json" if surface in ("command", "wall") else BY_NAME[surface].path).status_code == 200


def token_of(page) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[1]


# --- coming in -----------------------------------------------------------------------------------
@pytest.mark.parametrize("surface", [surface.name for surface in SURFACES])
def test_who_has_business_on_a_surface_comes_in_there_and_nobody_else(client, person, surface):
    for role in Role:
        client.cookies.clear()
        answer = log_in(client, person(role), surface)
        if role in SURFACE_ROLES[surface]:
            assert (answer.status_code, answer.url) == (302, BY_NAME[surface].path), role
        else:
            assert answer.status_code == 200 and "不在本端工作" in answer.content.decode(), role
            assert session_cookie(BY_NAME[surface]) not in client.cookies, role


def test_an_unknown_account_a_wrong_password_and_a_closed_account_look_the_same(client, person):
    user, closed = person(Role.DISPATCHER), person(Role.CALL_TAKER)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    pages = set()
    for name, password in ((user.username, "wrong"), ("nobody-here", "wrong"), (closed.username, "wrong"), (closed.username, PASSWORD)):
        answer = log_in(client, name, password=password)
        assert answer.status_code == 200
        pages.add(re.sub(rf'nonce="[^"]*"|value="(?:\w{{64}}|{name})"', "", answer.content.decode()))
    assert len(pages) == 1


def test_sign_in_makes_a_new_session_that_a_planted_cookie_does_not_know(client, person):
    planted = session_mark(BY_NAME["command"]) + "0" * 32
    client.cookies["session_command"] = planted
    assert log_in(client, person(Role.DISPATCHER)).status_code == 302
    assert client.cookies["session_command"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()
    again = client.cookies["session_command"].value
    log_in(client, person(Role.SHIFT_LEADER))
    assert client.cookies["session_command"].value != again
    assert not Session.objects.filter(session_key=again).exists()


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client, person, settings):
    settings.HTTPS = True
    log_in(client, person(Role.DISPATCHER))
    cookie = client.cookies["session_command"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["path"]) == (True, "Lax", True, "/")
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [
        ("/command/cases/12/", "/command/cases/12/"), ("/command/leads/?after=3-4", "/command/leads/?after=3-4"),
        ("https://evil.example/command/", "/command/"), ("//evil.example/command/", "/command/"), ("/officer/", "/command/"),
        ("/command\\evil", "/command/"), ("javascript:alert(1)", "/command/"), ("/command/wall/", "/command/"),
        ("/command/../officer/", "/command/"), ("/command/%2e%2e/officer/", "/command/"), ("/t/0123456789AB/", "/command/"), ("", "/command/"),
    ],
)  # fmt: skip
def test_after_signing_in_one_lands_on_a_page_of_the_same_surface(client, person, wanted, lands):
    assert log_in(client, person(Role.DISPATCHER), next=wanted).url == lands


# --- lockout -------------------------------------------------------------------------------------
def locked(client, user, **how) -> bool:
    answer = log_in(client, user, **how)
    assert answer.status_code in (302, 429), answer.status_code
    return answer.status_code == 429


def test_five_wrong_passwords_lock_the_account_from_that_address_for_half_an_hour(client, person):
    user, colleague = person(Role.DISPATCHER), person(Role.SHIFT_LEADER)
    tries = [log_in(client, user, password=f"wrong-{number}").status_code for number in range(5)]
    assert tries == [200, 200, 200, 200, 429]
    page = log_in(client, user).content.decode()
    assert "半小时" in page and "5" in page
    assert locked(client, user) and not locked(client, colleague) and not locked(client, user, address="203.0.113.8")
    AccessAttempt.objects.update(attempt_time=real_now() - timedelta(minutes=29))
    assert locked(client, user)
    AccessAttempt.objects.update(attempt_time=real_now() - timedelta(minutes=31))
    assert not locked(client, user)


def test_a_locked_account_is_locked_on_every_surface_and_in_every_spelling(client, person):
    user = person(Role.SHIFT_LEADER)
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in user.username)
    for surface, name in zip(("command", "supervision", "wall", "command", "wall"), (user.username, wide, user.username, wide, wide), strict=True):
        last = log_in(client, name, surface, password="wrong")
    assert last.status_code == 429
    assert locked(client, user) and locked(client, user, surface="wall")


def test_names_that_nobody_has_are_locked_like_others(client, db):
    assert [log_in(client, "nobody-here", password="x").status_code for _ in range(6)] == [200, 200, 200, 200, 429, 429]


def test_an_address_inside_a_header_that_the_visitor_writes_does_not_count(client, person):
    """nginx writes X-Real-IP itself; other names for the same thing are the visitor's own words."""
    user = person(Role.DISPATCHER)
    form = {"username": user.username, "password": "wrong"}
    for number in range(5):
        own_words = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        client.post("/command/login/", form, headers={"X-Real-IP": "203.0.113.7", **own_words})
    assert locked(client, user)


def test_changing_the_end_of_an_ipv6_address_does_not_unlock(client, person):
    user = person(Role.DISPATCHER)
    for number in range(5):
        log_in(client, user, password="wrong", address=f"2001:db8:1:2::{number}")
    assert locked(client, user, address="2001:db8:1:2:ffff::1") and not locked(client, user, address="2001:db8:1:3::1")


def test_one_address_cannot_try_all_accounts(client, person, settings, monkeypatch):
    monkeypatch.setitem(settings.PUBLIC_LIMITS, "sign_in", (3, 600))
    tries = [log_in(client, f"nobody-{number}", password="x") for number in range(4)]
    assert [answer.status_code for answer in tries] == [200, 200, 200, 429]
    assert "秒" in tries[-1].content.decode() and tries[-1].headers["Retry-After"]
    assert log_in(client, person(Role.DISPATCHER)).status_code == 429
    assert log_in(client, person(Role.DISPATCHER), address="203.0.113.8").status_code == 302


def test_the_password_of_a_failed_try_is_kept_nowhere(client, person):
    log_in(client, person(Role.DISPATCHER), password="almost-right-1")
    assert AccessAttempt.objects.count() == 1
    assert "almost-right-1" not in "".join(str(row) for row in AccessAttempt.objects.values())


# --- four surfaces, one browser ------------------------------------------------------------------
SEATS = {"wall": Role.DISPLAY, "command": Role.DISPATCHER, "officer": Role.OFFICER, "supervision": Role.SUPERVISOR,
         "registers": Role.LEGAL_REVIEWER}  # fmt: skip


@pytest.fixture
def seats(client, person):
    """One browser in which five people sit, each on a surface."""
    for surface, role in SEATS.items():
        assert log_in(client, person(role), surface).status_code == 302
    return client


def who_sits(client, surface: str) -> str:
    found = Session.objects.filter(session_key=client.cookies[session_cookie(BY_NAME[surface])].value).first()
    return User.objects.get(pk=found.get_decoded()["_auth_user_id"]).role if found else ""


def test_five_people_sit_side_by_side_and_one_leaves_without_the_others(seats):
    assert {surface: who_sits(seats, surface) for surface in SEATS} == SEATS
    assert is_in(seats, "officer") and is_in(seats, "command") and is_in(seats, "wall")
    old = seats.cookies["session_officer"].value
    assert seats.post("/officer/logout/").url == "/officer/login/"
    assert not is_in(seats, "officer") and is_in(seats, "command") and is_in(seats, "wall")
    assert {surface: who_sits(seats, surface) for surface in SEATS} == SEATS | {"officer": ""}
    seats.cookies["session_officer"] = old
    assert not is_in(seats, "officer"), "the session itself has ended, not only its cookie"


def test_the_key_of_one_surface_opens_no_other(client, person):
    leader = person(Role.SHIFT_LEADER)
    for surface in ("wall", "command", "supervision"):
        for other in {"wall", "command", "supervision"} - {surface}:
            client.cookies.clear()
            client.cookies[session_cookie(BY_NAME[other])] = session_of(leader, surface)
            assert not is_in(client, other), (surface, other)


def test_signing_out_takes_a_post(seats):
    for surface in SEATS:
        assert seats.get(f"{BY_NAME[surface].path}logout/").status_code == 405 and is_in(seats, surface)
        assert seats.post(f"{BY_NAME[surface].path}logout/").status_code == 302 and not is_in(seats, surface)


def test_a_sign_in_on_one_surface_does_not_spoil_a_form_that_is_open_on_another(cast, person):
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, cast.officer.user, "officer")
    report, login = browser.get("/officer/report/"), browser.get("/command/login/")
    assert log_in(browser, person(Role.DISPATCHER), csrfmiddlewaretoken=token_of(login)).status_code == 302
    assert browser.post("/officer/report/", {"csrfmiddlewaretoken": token_of(report)}).status_code != 403
    stale = browser.post("/command/report/", {"csrfmiddlewaretoken": token_of(login)}, headers=FETCH)
    assert (stale.status_code, stale.json()["code"]) == (403, "csrf"), "on its own surface a sign-in renews the token"


def test_the_token_of_one_surface_is_worth_nothing_on_another(cast):
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, cast.dispatcher, "command")
    citizen = browser.get("/report/")
    assert browser.post("/command/report/", {"csrfmiddlewaretoken": token_of(citizen)}).status_code == 403


# --- the end of a session ------------------------------------------------------------------------
def left(client, surface: str) -> float:
    """Seconds until the stored session ends by itself."""
    key = client.cookies[session_cookie(BY_NAME[surface])].value
    return (Session.objects.get(session_key=key).expire_date - real_now()).total_seconds()


def run_down(client, surface: str, seconds: int) -> None:
    key = client.cookies[session_cookie(BY_NAME[surface])].value
    Session.objects.filter(session_key=key).update(expire_date=real_now() + timedelta(seconds=seconds))


@pytest.mark.parametrize("surface", ["command", "officer"])
def test_idle_time_ends_a_session_and_a_page_that_a_person_opens_extends_it(client, cast, settings, surface):
    sign_in(client, {"command": cast.dispatcher, "officer": cast.officer.user}[surface], surface)
    client.get(BY_NAME[surface].path)
    assert settings.IDLE_SECONDS - 10 < left(client, surface) <= settings.IDLE_SECONDS
    run_down(client, surface, 60)
    client.get(BY_NAME[surface].path)
    assert left(client, surface) > settings.IDLE_SECONDS - 10
    run_down(client, surface, -1)
    assert client.get(BY_NAME[surface].path).url.startswith(f"{BY_NAME[surface].path}login/")


def test_a_session_is_stored_once_a_minute_at_most_and_never_left_without_its_limit(client, cast, settings):
    sign_in(client, cast.dispatcher, "command")
    client.get("/command/")
    run_down(client, "command", settings.IDLE_SECONDS - 30)
    client.get("/command/")
    assert left(client, "command") < settings.IDLE_SECONDS - 25
    run_down(client, "command", settings.IDLE_SECONDS - 70)
    client.get("/command/")
    assert left(client, "command") > settings.IDLE_SECONDS - 10
    client.post("/command/logout/")
    sign_in(client, cast.leader, "command")
    run_down(client, "command", 14 * 24 * 3600)
    client.get("/command/")
    assert left(client, "command") <= settings.IDLE_SECONDS


def test_what_a_page_asks_by_itself_extends_nothing(client, cast, case_at):
    case = case_at("received")
    sign_in(client, cast.dispatcher, "command")
    client.get("/command/")
    run_down(client, "command", 60)
    client.post(f"/command/cases/{case.pk}/looking/", headers=FETCH)
    client.get(f"/command/cases/{case.pk}/", headers=FETCH | {"X-Automatic": "1"})
    client.get("/command/roster/", headers=FETCH | {"X-Automatic": "1"})
    assert left(client, "command") < 61
    client.get(f"/command/cases/{case.pk}/", headers=FETCH)
    assert left(client, "command") > 61


def test_a_display_never_falls_asleep_and_is_renewed_each_time_it_is_loaded(client, cast):
    sign_in(client, cast.display, "wall")
    run_down(client, "wall", 60)
    client.get("/command/wall/")
    assert left(client, "wall") > 300 * 86400


def test_a_closed_account_or_a_new_password_ends_open_sessions(client, person):
    user = person(Role.DISPATCHER)
    log_in(client, user)
    assert is_in(client, "command")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not is_in(client, "command")
    User.objects.filter(pk=user.pk).update(is_active=True)
    log_in(client, user)
    user.set_password("another-password-1")
    user.save()
    assert not is_in(client, "command")


def test_a_script_whose_session_ended_is_told_and_its_form_is_not_lost(client, cast, case_at):
    case = case_at("received")
    sign_in(client, cast.dispatcher, "command")
    client.get("/command/")
    run_down(client, "command", -1)
    answer = client.post(f"/command/cases/{case.pk}/take-in/", headers=FETCH)
    assert (answer.status_code, answer.json()) == (401, {"code": "login"})
    assert client.post(f"/command/cases/{case.pk}/take-in/").url == "/command/login/?next=%2Fcommand%2F"


# --- behind other names --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("host", "origin", "https", "status"),
    [
        ("localhost:9000", "http://localhost:9000", False, 302),  # a forwarded port
        ("192.168.1.20:8000", "http://192.168.1.20:8000", False, 302),  # a phone on the same network
        ("centre.example", "https://centre.example", True, 302),  # HTTPS ends at a proxy
        ("localhost:9000", "http://localhost:8000", False, 403),
        ("localhost:9000", "https://evil.example", False, 403),
        ("localhost:9000", "null", False, 403),
    ],
)
def test_sign_in_works_under_any_name_of_the_machine_but_only_from_its_own_page(person, host, origin, https, status):
    browser = Client(enforce_csrf_checks=True, headers={"Host": host, **({"X-Forwarded-Proto": "https"} if https else {})})
    page = browser.get("/command/login/")
    form = {"username": person(Role.DISPATCHER).username, "password": PASSWORD, "csrfmiddlewaretoken": token_of(page)}
    assert browser.post("/command/login/", form, headers={"Origin": origin}).status_code == status


def test_a_scripts_late_answer_takes_nobodys_new_session_away(client, cast):
    sign_in(client, cast.dispatcher, "command")
    Session.objects.all().delete()
    late = client.get("/command/roster/", headers={"X-Requested-With": "fetch"})
    assert late.status_code == 401 and "session_command" not in late.cookies
    page = client.get("/command/")
    assert page.status_code == 302 and page.cookies["session_command"].value == ""
