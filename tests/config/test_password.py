"""A password that somebody handed out opens nothing but the page on which its owner replaces it."""

import pytest
from django.test import Client

from cases import ratelimit
from command.consumers import AUDIENCES
from config.surfaces import BY_NAME, SURFACES
from enforcement import accounts
from enforcement.models import User
from enforcement.roles import ADMINISTRATORS, SURFACE_ROLES, Role
from journal import push
from journal.consumers import StaffConsumer
from journal.models import Entry
from tests.addresses import holder
from tests.cast import session_of, sign_in

NEW = "自己的密码-2026"
FETCH = {"X-Requested-With": "fetch", "Accept": "application/json"}


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


def handed(cast, surface: str) -> accounts.Handed:
    role = sorted(SURFACE_ROLES[surface] - ADMINISTRATORS)[0]
    return accounts.give_password(holder(cast, role), by=holder(cast, Role.SYSTEM_ADMIN), reason="新进人员")


def come_in(surface: str, one: accounts.Handed) -> Client:
    client = Client()
    assert client.post(f"{BY_NAME[surface].path}login/", {"username": one.user.username, "password": one.password}).status_code == 302
    return client


@pytest.mark.parametrize("surface", [surface.name for surface in SURFACES])
def test_the_first_sign_in_leads_to_ones_own_password_and_nowhere_else(cast, surface):
    one, path = handed(cast, surface), BY_NAME[surface].path
    client = come_in(surface, one)
    answer = client.get(path)
    assert answer.url.startswith(f"{path}password/?next=")
    assert (client.get(path, headers=FETCH).status_code, client.get(path, headers=FETCH).json()) == (401, {"code": "password"})
    page = client.get(answer.url)
    assert page.status_code == 200 and "初始密码" in page.content.decode()
    form = {"old": one.password, "new": NEW, "again": NEW, "next": path}
    assert client.post(f"{path}password/", form).url == path
    assert User.objects.get(pk=one.user.pk).must_change_password is False
    assert client.get(path).status_code == 200


def test_every_other_session_ends_with_the_old_password(cast):
    user = cast.dispatcher
    other = Client()
    sign_in(other, user, "command")
    sign_in(other, user, "wall")
    one = accounts.give_password(user, by=holder(cast, Role.SYSTEM_ADMIN), reason="忘记密码")
    assert other.get("/command/").status_code == 302
    client = come_in("command", one)
    sign_in(other, User.objects.get(pk=user.pk), "wall")
    client.post("/command/password/", {"old": one.password, "new": NEW, "again": NEW})
    assert client.get("/command/").status_code == 200
    assert other.get("/command/wall/").status_code == 302
    assert client.post("/command/password/", {"old": one.password, "new": NEW + "1", "again": NEW + "1"}).status_code == 422


@pytest.mark.parametrize(("form", "sentence"), [
    ({"old": "wrong"}, "当前密码不正确"), ({"again": "another-one-1"}, "不一致"), ({"new": "short1", "again": "short1"}, "至少"),
    ({"new": "1234567890", "again": "1234567890"}, "数字"), ({"new": "password123", "again": "password123"}, "常见"),
    ({"new": "{old}", "again": "{old}"}, "不得与当前密码相同"),
])  # fmt: skip
def test_a_password_that_does_not_keep_the_rules_is_refused_with_a_sentence(cast, form, sentence):
    one = handed(cast, "command")
    client = come_in("command", one)
    given = {"old": one.password, "new": NEW, "again": NEW} | {name: value.replace("{old}", one.password) for name, value in form.items()}
    page = client.post("/command/password/", given)
    assert page.status_code == 422 and sentence in page.content.decode()
    user = User.objects.get(pk=one.user.pk)
    assert user.check_password(one.password) and user.must_change_password
    assert client.get("/command/").status_code == 302


@pytest.mark.parametrize(("wanted", "lands"), [("/command/cases/", "/command/cases/"), ("https://evil.example/", "/command/"),
                                               ("//evil.example/command/", "/command/"), ("/officer/", "/command/"), ("", "/command/")])  # fmt: skip
def test_afterwards_one_lands_on_a_page_of_the_same_surface(cast, wanted, lands):
    one = handed(cast, "command")
    client = come_in("command", one)
    assert client.post("/command/password/", {"old": one.password, "new": NEW, "again": NEW, "next": wanted}).url == lands


def test_what_waits_on_a_phone_is_neither_taken_nor_lost_before_the_password_is_changed(cast, case_at):
    """The phone's queue keeps what it gets a 401 for, and goes on when its owner has come in again."""
    order = case_at("sent").dispatches.get()
    one = accounts.give_password(order.officer.user, by=holder(cast, Role.SYSTEM_ADMIN), reason="忘记密码")
    client, form = come_in("officer", one), {"uuid": "00000000-0000-4000-8000-000000000001"}
    url = f"/officer/dispatches/{order.pk}/accept/"
    assert client.get("/officer/now/?only=session", headers=FETCH).status_code == 401
    assert client.post(url, form, headers=FETCH).status_code == 401
    client.post("/officer/password/", {"old": one.password, "new": NEW, "again": NEW})
    assert client.post(url, form, headers=FETCH).json()["state"] == "accepted"


def test_a_socket_hears_nothing_before_the_password_is_changed(cast):
    user = cast.dispatcher
    consumer = StaffConsumer("session_command", SURFACE_ROLES["command"], AUDIENCES["command"])
    consumer.session_key = session_of(user, "command")
    assert consumer._who()[2] == 0
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    assert consumer._who()[2] == 4401


def test_anybody_changes_his_own_password_and_it_is_told_without_it(cast):
    user = User.objects.get(pk=cast.leader.pk)
    user.set_password("the-present-one-1")
    user.save()
    client = Client()
    client.post("/command/login/", {"username": user.username, "password": "the-present-one-1"})
    assert "href=\"/command/password/\"" in client.get("/command/").content.decode()
    client.post("/command/password/", {"old": "the-present-one-1", "new": NEW, "again": NEW})
    entry = Entry.objects.get(thread=f"account:{user.pk}")
    assert (entry.verb, entry.data, entry.by_id) == ("password_changed", {}, str(user.pk))
    assert User.objects.get(pk=user.pk).check_password(NEW)
