"""Screens on walls: let in once by a link, look only, cut off for good."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client

from cases import ratelimit
from cases.county.settings import SETTINGS
from config.surfaces import SURFACES
from enforcement import accounts, posts, screens
from enforcement.models import Account, Organisation, Screen, User
from enforcement.roles import Role
from grid.models import County
from journal import clock, push
from journal.models import Entry
from journal.refused import Refused
from tests.addresses import ADDRESSES, Things, holder
from tests.cast import sign_in
from tests.plain import sql

SHOWN = {"scene": "patrol", "rotate_s": 60, "language": "en"}
ONE_SENTENCE = "此链接不能接入"


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def made(cast):
    """A screen of the brigade's centre and the code that lets it in."""
    return screens.add(by=cast.leader, centre=cast.centre, name="指挥大厅左屏", **SHOWN)


def browser() -> Client:
    return Client(headers={"host": "localhost"})


def let_in(code: str) -> Client:
    one = browser()
    assert one.post("/command/wall/pair/", {"code": code}).url == "/command/wall/"
    return one


def verbs_of(screen: Screen) -> list[str]:
    return list(Entry.objects.filter(thread=f"account:{screen.pk}").order_by("number").values_list("verb", flat=True))


# --- letting in -----------------------------------------------------------------------------------
def test_a_leader_makes_a_screen_and_whoever_opens_its_link_is_the_screen(cast, at_registers):
    page = at_registers(cast.leader).post("/registers/screens/", {"centre": cast.centre.pk, "name": "大厅右屏", **SHOWN})
    link = re.search(r'value="(http[^"]+/command/wall/pair/)#([\w-]+)"', page.content.decode())
    assert page.status_code == 200 and "<svg" in page.content.decode()
    screen = Screen.objects.get(user__name="大厅右屏")
    assert link[2] not in str(Screen.objects.filter(pk=screen.pk).values().get()), "stored hashed"
    assert link[2] not in str(list(Entry.objects.filter(thread=f"account:{screen.pk}").values("data")))
    one = browser()
    assert one.get("/command/wall/pair/").status_code == 200 and not Screen.objects.get(pk=screen.pk).paired_at, "looking uses nothing up"
    assert one.post("/command/wall/pair/", {"code": f" {link[2].upper().replace('-', ' ')} "}).url == "/command/wall/"
    wall = one.get("/command/wall/")
    assert wall.status_code == 200 and 'lang="en"' in wall.content.decode() and 'data-scene="patrol"' in wall.content.decode()
    assert one.cookies["session_wall"]["max-age"] > 300 * 86400
    screen.refresh_from_db()
    assert screen.paired_at and not screen.has_link and screen.user.role == Role.DISPLAY and not screen.user.has_usable_password()
    assert verbs_of(screen) == ["screen_made", "screen_link_made", "screen_paired"]


def test_a_link_works_once_and_not_for_long(made, cast):
    screen, code = made
    let_in(code)
    again = browser().post("/command/wall/pair/", {"code": code})
    assert again.status_code == 422 and ONE_SENTENCE in again.content.decode() and "session_wall" not in again.cookies
    later = screens.new_link(screen, by=cast.leader)
    with clock.at(clock.now() + screens.LINK_LASTS):
        assert ONE_SENTENCE in browser().post("/command/wall/pair/", {"code": later}).content.decode()
    for code in ("", "x" * 80, "ABCD-efgh-2345-6789"):
        assert browser().post("/command/wall/pair/", {"code": code}).status_code == 422


def test_a_new_link_takes_the_place_of_the_old_browser_only_when_it_is_used(made, cast, at_registers):
    screen, code = made
    old, client = let_in(code), at_registers(cast.leader)
    later = re.search(r'value="http[^"]+#([\w-]+)"', client.post(f"/registers/screens/{screen.pk}/link/").content.decode())[1]
    assert old.get("/command/wall/").status_code == 200
    new = let_in(later)
    assert old.get("/command/wall/").status_code == 302 and new.get("/command/wall/").status_code == 200
    client.post(f"/registers/screens/{screen.pk}/", {"name": "右屏", **SHOWN | {"language": "zh-hans"}})
    assert 'lang="zh-CN"' in new.get("/command/wall/").content.decode()


def test_guessing_codes_is_slowed_down(db, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"pairing": (2, 600)}
    one = browser()
    assert [one.post("/command/wall/pair/", {"code": "no-such-code"}).status_code for _try in range(3)] == [422, 422, 429]


# --- looks only -----------------------------------------------------------------------------------
def test_a_screen_only_looks_at_the_wall(made, case_at):
    screen, code = made
    one, things = let_in(code), Things(case_at)
    key = one.cookies["session_wall"].value
    for surface in SURFACES:  # its cookie carried elsewhere, and a session made there by whatever means
        if surface.name != "wall":
            one.cookies[f"session_{surface.name}"] = key
    for address in ADDRESSES:
        if address.is_staff and address.surface.name != "wall":
            for method in address.methods.split():
                assert getattr(one, method.lower())(address.url(key=address.unknown)).status_code == 302, (method, str(address))
    for surface in SURFACES:
        if surface.name != "wall":
            sign_in(one, User.objects.get(pk=screen.pk), surface.name)
    for address in ADDRESSES:
        if address.is_staff and address.surface.name != "wall":
            for method in address.methods.split():
                assert getattr(one, method.lower())(address.url(things)).status_code == 404, (method, str(address))
    for address in ADDRESSES:
        if address.is_staff and address.surface.name == "wall" and "POST" in address.methods:
            answer = one.post(address.url(), {"old": "", "new": "another-password-1", "again": "another-password-1"})
            assert answer.status_code == 422, str(address)
    assert one.get("/command/wall/").status_code == 200


def test_its_state_says_what_it_is_set_to_and_how_its_links_stand(made, cast, django_assert_max_num_queries):
    screen, code = made
    one = let_in(code)
    County.objects.update(options=County.objects.get().options | {"wall_quiet_s": 77, "wall_dim_hours": ["21:00", "07:00"]})
    with django_assert_max_num_queries(12):
        said = one.get("/command/wall/state/").json()
    assert (said["screen"], said["quiet_s"], said["dim"]) == (SHOWN, 77, ["21:00", "07:00"])
    words = {link["name"]: (link["word"], link["level"]) for link in said["links"]}
    assert words["Database"] == ("answers", "ok") and words["Background work"] == ("does not answer", "bad"), "no worker runs beside the tests"
    assert words["Text messages and calls"] == ("not set up", "none")
    with clock.at(clock.now() + timedelta(minutes=5)):
        one.get("/command/wall/state/")
        assert Screen.objects.get(pk=screen.pk).seen_at == clock.now()
    screens.change(screen, by=cast.leader, name="左屏", scene="stages", rotate_s=0, language="zh-hans")
    assert one.get("/command/wall/state/").json()["screen"] == {"scene": "stages", "rotate_s": 0, "language": "zh-hans"}
    assert verbs_of(screen)[-1] == "screen_changed"


# --- who may --------------------------------------------------------------------------------------
def test_leaders_have_a_say_over_their_own_centres_screens_and_the_countys_over_all(made, cast):
    screen, _code = made
    for by in (cast.person(Role.SHIFT_LEADER, centre="SC"), cast.dispatcher, cast.supervisor, holder(cast, Role.SYSTEM_ADMIN)):
        assert by.role == Role.SYSTEM_ADMIN or not screens.of(by).exists()
        with pytest.raises(Refused):
            screens.new_link(screen, by=by)
        with pytest.raises(Refused):
            screens.change(screen, by=by, name="左屏", **SHOWN)
        with pytest.raises(Refused):
            screens.add(by=by, centre=cast.centre, name="另一屏", **SHOWN)
    county = cast.person(Role.SHIFT_LEADER, centre="ZX")
    assert screens.of(county).get() == screen and screens.new_link(screen, by=county)
    other = Organisation.objects.get(code="SC")
    assert screens.add(by=county, centre=other, name="市场大屏", **SHOWN)[0].user.centre == other
    assert screens.revoke(screen, by=holder(cast, Role.SECURITY_ADMIN), reason="终端遗失").revoked_by.role == Role.SECURITY_ADMIN


@pytest.mark.parametrize("wrong", [{"name": "x"}, {"scene": "globe"}, {"rotate_s": 3}, {"language": "fr"}, {"name": "指挥大厅左屏"}])
def test_what_a_form_says_wrong_is_refused_and_kept(made, cast, at_registers, wrong):
    given = {"centre": cast.centre.pk, "name": "第二块屏", **SHOWN} | wrong
    answer = at_registers(cast.leader).post("/registers/screens/", given)
    assert answer.status_code == 422 and given["name"] in answer.content.decode() and Screen.objects.count() == 1


# --- disconnecting --------------------------------------------------------------------------------
def test_a_disconnected_screen_is_out_at_once_and_for_good(made, cast, at_registers):
    screen, code = made
    one = let_in(code)
    left_over = screens.new_link(screen, by=cast.leader)
    client = at_registers(cast.leader)
    assert client.post(f"/registers/screens/{screen.pk}/revoke/", {"reason": ""}).status_code == 422
    assert client.post(f"/registers/screens/{screen.pk}/revoke/", {"reason": "更换终端"}).status_code == 302
    assert one.get("/command/wall/state/", headers={"X-Requested-With": "fetch"}).status_code == 401
    assert "本终端已停用" in one.get("/command/wall/pair/").content.decode()
    assert "本终端已停用" in one.get("/command/wall/", follow=True).content.decode()
    assert browser().post("/command/wall/pair/", {"code": left_over}).status_code == 422
    for act in (screens.new_link, lambda one, by: screens.change(one, by=by, name="左屏", **SHOWN)):
        with pytest.raises(Refused, match="已停用"):
            act(screen, by=cast.leader)
    assert verbs_of(screen)[-1] == "screen_revoked"
    assert "更换终端" in client.get(f"/registers/screens/{screen.pk}/").content.decode()


def test_a_screens_account_has_no_password_no_other_post_and_no_lock(made, cast, as_):
    user, system = made[0].user, holder(cast, Role.SYSTEM_ADMIN)
    for act in (accounts.give_password, accounts.lock_account):
        with pytest.raises(Refused, match="大屏终端"):
            act(user, by=system, reason="误操作")
    for one, role in ((user, Role.DISPATCHER), (cast.dispatcher, Role.DISPLAY)):
        with pytest.raises(Refused, match="大屏终端"):
            posts.ask(one, by=system, role=role, organisation=cast.centre, reason="轮岗")
    assert "大屏终端" in as_(system).get(f"/registers/accounts/{user.pk}/").content.decode()
    accounts.end_sessions(user, by=system, reason="检查")  # lets nobody in: a new link does


def test_only_the_demonstrations_displays_sign_in_with_a_password(cast, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user, form = cast.display, {"username": cast.display.username, "password": "yanshi-demo-2026"}
    user.set_password("yanshi-demo-2026")
    user.save()
    assert browser().post("/command/wall/login/", form).status_code == 302
    User.objects.filter(pk=user.pk).update(is_demo=False)
    refused = browser().post("/command/wall/login/", form)
    assert refused.status_code == 200 and "接入链接" in refused.content.decode()


def test_a_load_of_the_countys_files_leaves_screens_alone(made, county_folder):
    call_command("load_county", county_folder, verbosity=0)
    user = User.objects.get(pk=made[0].pk)
    assert user.is_active and user.account.origin == Account.Origin.SCREEN


@pytest.mark.parametrize("value", [["22:00"], ["22:00", "22:00"], ["22", "6"], ["22:00", "25:00"], "22:00-06:00", None])
def test_hours_that_are_none_are_refused_when_a_county_is_loaded(value):
    check = SETTINGS["options"]["wall_dim_hours"]
    check([])
    check(["22:00", "06:00"])
    with pytest.raises(ValueError, match="22:00"):
        check(value)


# --- against SQL ----------------------------------------------------------------------------------
def test_sql_cannot_make_a_screens_account_anything_else(made, cast):
    screen, _code = made
    elsewhere = Organisation.objects.get(code="SC").pk
    for change in ("role = 'dispatcher'", "password = 'pbkdf2_sha256$1$x$y'", "is_superuser = true", f"organisation_id = {elsewhere}"):
        with pytest.raises(DatabaseError, match="it only looks"):
            sql(f"UPDATE enforcement_user SET {change} WHERE id = %s", screen.pk)
    row = ("INSERT INTO enforcement_screen (user_id, scene, rotate_s, language, made_by_id, made_at, link_hash)"
           " VALUES (%s, 'patrol', %s, 'en', %s, now(), '')")  # fmt: skip
    with pytest.raises(DatabaseError, match="screen_turns_slowly"):
        sql(row, cast.display.pk, 3, cast.leader.pk)
    with pytest.raises(DatabaseError, match="cannot be a screen"):
        sql(row, cast.dispatcher.pk, 0, cast.leader.pk)
    User.objects.filter(pk=cast.display.pk).update(password="pbkdf2_sha256$1$x$y")
    with pytest.raises(DatabaseError, match="cannot be a screen"):
        sql(row, cast.display.pk, 0, cast.leader.pk)


def test_sql_cannot_bring_a_revoked_screen_back_nor_move_one(made, cast):
    screen, _code = made
    other, _code = screens.add(by=cast.leader, centre=cast.centre, name="另一屏", **SHOWN)
    for change, guard in (("made_by_id = user_id", "Cannot update"), ("link_until = NULL", "screen_link_ends"), ("rotate_s = 4", "screen_turns"),
                          ("revoked_at = now()", "cannot be a screen"), ("link_hash = 'same'", "screen_link_once"),
                          ("revoked_by_id = made_by_id", "screen_revoked_whole")):  # fmt: skip
        with pytest.raises(DatabaseError, match=guard):
            sql(f"UPDATE enforcement_screen SET {change}")
    screens.revoke(screen, by=cast.leader, reason="更换终端")
    with pytest.raises(DatabaseError, match="stays revoked"):
        sql("UPDATE enforcement_user SET is_active = true WHERE id = %s", screen.pk)
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE enforcement_screen SET revoked_at = NULL, revoked_by_id = NULL WHERE user_id = %s", screen.pk)
    with pytest.raises(DatabaseError, match="Cannot delete"):
        sql("DELETE FROM enforcement_screen WHERE user_id = %s", other.pk)
