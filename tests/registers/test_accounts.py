"""Accounts and posts: one administrator asks, another decides, the owner alone knows his password."""

import re

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.test import Client

from cases import ratelimit
from config.surfaces import BY_NAME
from enforcement import accounts, posts
from enforcement.models import Account, Officer, PostChange, User
from enforcement.roles import ADMINISTRATORS, SURFACE_ROLES, Role
from journal import push
from journal.models import Deadline, Entry
from journal.refused import BadInput, Refused
from registers.accounts import one, state_of
from tests.cast import session_of, sign_in


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


def ask_new(three, cast, **given) -> PostChange:
    return posts.create(by=three.system, **({
        "username": "new-one", "name": "新人", "staff_number": "N-1", "organisation": cast.centre, "role": Role.DISPATCHER, "reason": "新进人员",
    } | given))  # fmt: skip


def told(user) -> list[str]:
    return list(Entry.objects.filter(thread=f"account:{user.pk}").order_by("number").values_list("verb", flat=True))


# --- making and confirming ------------------------------------------------------------------------
def test_a_new_account_works_once_a_second_person_has_confirmed_its_post(cast, three, client):
    change = ask_new(three, cast)
    user = change.user
    password = accounts.give_password(user, by=three.system, reason="新进人员").password
    assert not User.objects.get(pk=user.pk).is_active and state_of(one(user.pk).user) == "waiting"
    assert client.post("/command/login/", {"username": "new-one", "password": password}).status_code == 200, "nobody comes in yet"
    posts.confirm(change, by=three.security)
    user.refresh_from_db()
    assert (user.is_active, user.role, user.organisation) == (True, Role.DISPATCHER, cast.centre)
    assert client.post("/command/login/", {"username": "new-one", "password": password}).status_code == 302
    assert told(user) == ["account_created", "post_asked", "password_given", "post_confirmed"]
    call_command("verify_journal", verbosity=0)


def test_the_system_administrator_decides_nothing_and_the_security_administrator_asks_nothing(cast, three):
    change = ask_new(three, cast)
    for by in (three.system, three.audit, cast.leader, cast.supervisor):
        with pytest.raises(Refused, match="岗位"):
            posts.confirm(change, by=by)
        with pytest.raises(Refused):
            posts.refuse(change, by=by, reason="不符")
    for by in (three.security, three.audit, cast.leader):
        with pytest.raises(Refused):
            posts.ask(cast.dispatcher, by=by, role=Role.DEPUTY, organisation=cast.centre, reason="轮岗")
        with pytest.raises(Refused):
            accounts.give_password(cast.dispatcher, by=by, reason="忘记")
        with pytest.raises(Refused):
            accounts.lock_account(cast.dispatcher, by=by, reason="离岗")


def test_nobody_decides_on_a_post_of_his_own(cast, three):
    change = posts.ask(three.security, by=three.system, role=Role.DISPATCHER, organisation=cast.centre, reason="轮岗")
    with pytest.raises(Refused) as refused:
        posts.confirm(change, by=three.security)
    assert refused.value.code == "own"
    with pytest.raises(Refused) as refused:
        posts.ask(three.system, by=three.system, role=Role.SECURITY_ADMIN, organisation=cast.centre, reason="轮岗")
    assert refused.value.code == "own"


def test_a_refused_or_withdrawn_request_changes_nothing(cast, three):
    before = User.objects.values_list("role", "organisation", "is_active").get(pk=cast.dispatcher.pk)
    first = posts.ask(cast.dispatcher, by=three.system, role=Role.SHIFT_LEADER, organisation=cast.centre, reason="轮岗")
    posts.refuse(first, by=three.security, reason="人员不符")
    second = posts.ask(cast.dispatcher, by=three.system, role=Role.SHIFT_LEADER, organisation=cast.centre, reason="轮岗")
    posts.withdraw(second, by=three.system)
    for change in (first, second):
        with pytest.raises(Refused) as refused:
            posts.confirm(change, by=three.security)
        assert refused.value.code == "wrong_state"
    assert User.objects.values_list("role", "organisation", "is_active").get(pk=cast.dispatcher.pk) == before


def test_a_confirmed_post_ends_the_sessions_of_the_old_one(cast, three, client):
    sign_in(client, cast.call_taker, "command")
    assert client.get("/command/").status_code == 200
    change = posts.ask(cast.call_taker, by=three.system, role=Role.DISPATCHER, organisation=cast.centre, reason="轮岗")
    assert client.get("/command/").status_code == 200, "asking changes nothing"
    posts.confirm(change, by=three.security)
    assert client.get("/command/").status_code == 302


def test_an_administrators_post_is_not_confirmed_beside_another(cast, three):
    User.objects.filter(pk=cast.dispatcher.pk).update(staff_number="N-7")
    change = ask_new(three, cast, staff_number="N-7", role=Role.AUDIT_ADMIN)
    with pytest.raises(Refused) as refused:
        posts.confirm(change, by=three.security)
    assert refused.value.code == "one_post"
    assert not User.objects.get(pk=change.user_id).is_active and PostChange.objects.get(pk=change.pk).state == "asked"


@pytest.mark.parametrize("decide", [posts.confirm, lambda change, by: posts.refuse(change, by=by, reason="人员不符")])
@pytest.mark.parametrize("whose", ["system", "new"])
def test_the_second_person_is_another_person_not_another_account(cast, three, whose, decide):
    """He asked as system administrator, or it is for himself; that account is closed, and he decides with another."""
    change = ask_new(three, cast, staff_number="N-8")
    first = three.system if whose == "system" else change.user
    User.objects.filter(pk=three.system.pk).update(is_active=False)
    User.objects.filter(pk=three.security.pk).update(staff_number=first.staff_number)
    with pytest.raises(Refused) as refused:
        decide(change, by=User.objects.get(pk=three.security.pk))
    assert refused.value.code == "own" and PostChange.objects.get(pk=change.pk).state == "asked"


def test_two_accounts_of_one_person_that_go_out_are_allowed_so_his_rights_are_asked_of_the_person(cast):
    User.objects.filter(pk__in=[cast.officer.user_id, cast.companion.user_id]).update(staff_number="FC-7")
    assert User.objects.filter(staff_number="FC-7", is_active=True).count() == 2


def test_who_goes_out_gets_a_badge_and_who_no_longer_does_is_suspended_and_told(cast, three):
    with pytest.raises(BadInput):
        ask_new(three, cast, role=Role.OFFICER)
    with pytest.raises(BadInput):
        ask_new(three, cast, role=Role.OFFICER, badge=cast.officer.badge)
    change = ask_new(three, cast, role=Role.OFFICER, badge="CG777")
    posts.confirm(change, by=three.security)
    officer = Officer.objects.get(badge="CG777")
    assert (officer.organisation, officer.is_helper, officer.suspended_at) == (cast.centre, False, None)
    posts.confirm(posts.ask(change.user, by=three.system, role=Role.DISPATCHER, organisation=cast.centre, reason="轮岗"), by=three.security)
    officer.refresh_from_db()
    assert officer.suspended_at is not None
    assert Deadline.objects.filter(thread=f"account:{change.user_id}", kind="standing").exists()
    posts.confirm(posts.ask(change.user, by=three.system, role=Role.HELPER, organisation=cast.centre, reason="轮岗"), by=three.security)
    officer.refresh_from_db()
    assert (officer.suspended_at, officer.is_helper) == (None, True)


@pytest.mark.parametrize(("wrong", "field"), [
    ({"username": "AB"}, "username"), ({"username": "1abc"}, "username"), ({"name": "甲"}, "name"), ({"staff_number": ""}, "staff_number"),
    ({"staff_number": "a b"}, "staff_number"), ({"phone": "abc"}, "phone"), ({"role": "king"}, "role"), ({"reason": " "}, "reason"),
])  # fmt: skip
def test_what_is_wrong_in_a_new_account_is_named_and_nothing_is_made(cast, three, wrong, field):
    with pytest.raises(BadInput) as refused:
        ask_new(three, cast, **wrong)
    assert refused.value.extra["field"] == field
    assert not User.objects.filter(username="new-one").exists()


# --- passwords --------------------------------------------------------------------------------------
def test_a_first_password_is_shown_once_and_kept_as_a_hash_only(cast, three, as_):
    User.objects.filter(pk=cast.call_taker.pk).update(password="!none")
    page = as_(three.system).post(f"/registers/accounts/{cast.call_taker.pk}/password/", {"reason": "新进人员"})
    password = re.search(r"slip__word\">([\w-]{19})<", page.content.decode())[1]
    user = User.objects.get(pk=cast.call_taker.pk)
    assert user.check_password(password) and user.must_change_password
    assert "no-store" in page["Cache-Control"]
    assert password not in as_(three.system).get(f"/registers/accounts/{user.pk}/").content.decode()
    assert password not in str(list(Entry.objects.values_list("data", flat=True)))


def test_first_passwords_for_a_unit_go_to_those_who_have_none(cast, three, as_):
    people = User.objects.filter(organisation=cast.centre, is_active=True).exclude(role=Role.DISPLAY)  # a screen has none
    User.objects.filter(pk__in=people).update(password="!none")
    has = people.first()
    has.set_password("already-known-1")
    has.save()
    page = as_(three.system).post("/registers/accounts/passwords/", {"unit": cast.centre.pk, "reason": "首次发放"}).content.decode()
    shown = re.findall(r"slip__word\">([\w-]{19})<", page)
    assert len(shown) == len(set(shown)) == people.count() - 1
    assert User.objects.get(pk=has.pk).check_password("already-known-1")
    again = as_(three.system).post("/registers/accounts/passwords/", {"unit": cast.centre.pk, "reason": "首次发放"})
    assert again.status_code == 422


def test_nobody_hands_himself_a_password_or_locks_himself(three):
    for act in (accounts.give_password, accounts.lock_account):
        with pytest.raises(Refused) as refused:
            act(three.system, by=three.system, reason="自己")
        assert refused.value.code == "own"


def test_no_administrator_comes_in_as_another_by_handing_out_his_password(cast, three, capsys, client):
    for other in (three.security, three.audit):
        with pytest.raises(Refused) as refused:
            accounts.give_password(other, by=three.system, reason="忘记")
        assert refused.value.code == "administrator"
    change = ask_new(three, cast, role=Role.AUDIT_ADMIN)
    known = accounts.give_password(change.user, by=three.system, reason="新进人员").password
    posts.confirm(change, by=three.security)
    assert client.post("/registers/login/", {"username": "new-one", "password": known}).status_code == 200, "it opens nothing any more"
    call_command("administrator_password", "N-1")
    password = capsys.readouterr().out.split("\t")[-1].strip()
    assert client.post("/registers/login/", {"username": "new-one", "password": password}).status_code == 302
    assert told(change.user)[-1] == "password_given"
    with pytest.raises(CommandError):
        call_command("administrator_password", "no-such")


# --- locks and sessions -----------------------------------------------------------------------------
def test_a_lock_ends_sessions_survives_a_load_of_the_files_and_is_undone_with_a_reason(cast, three, client, county_folder):
    user = cast.dispatcher
    sign_in(client, user, "command")
    accounts.lock_account(user, by=three.system, reason="离岗")
    assert client.get("/command/").status_code == 302
    call_command("load_county", county_folder, verbosity=0)
    assert not User.objects.get(pk=user.pk).is_active
    accounts.unlock_account(user, by=three.system, reason="返岗")
    assert User.objects.get(pk=user.pk).is_active
    assert told(user)[-2:] == ["account_locked", "account_unlocked"]


def test_accounts_made_on_the_pages_are_not_closed_by_a_load_and_others_changes_are_told(cast, three, county_folder):
    change = ask_new(three, cast)
    posts.confirm(change, by=three.security)
    waiting = ask_new(three, cast, username="waiting-one", staff_number="N-2")
    User.objects.filter(pk=cast.dispatcher.pk).update(role=Role.SHIFT_LEADER)
    call_command("load_county", county_folder, verbosity=0)
    assert User.objects.get(pk=change.user_id).is_active and not User.objects.get(pk=waiting.user_id).is_active
    entry = Entry.objects.get(thread=f"account:{cast.dispatcher.pk}", verb="account_loaded")
    assert entry.data["was"] != entry.data["now"]
    assert Entry.objects.filter(verb="account_loaded").count() == 1
    call_command("verify_journal", verbosity=0)


def test_ended_sessions_are_ended_on_every_surface(cast, three, client):
    sign_in(client, cast.leader, "command")
    sign_in(client, cast.leader, "supervision")
    accounts.end_sessions(cast.leader, by=three.security, reason="电脑遗失")
    assert client.get("/command/").status_code == client.get("/supervision/").status_code == 302
    client.cookies["session_command"] = session_of(User.objects.get(pk=cast.leader.pk), "command")
    assert client.get("/command/").status_code == 200, "he may sign in again"


def test_a_locked_out_sign_in_is_lifted_by_the_security_administrator_alone(cast, three, as_):
    row = AccessAttempt.objects.create(username=cast.dispatcher.username, ip_address="203.0.113.9", user_agent="x", failures_since_start=5)
    assert cast.dispatcher.username in as_(three.security).get("/registers/posts/").content.decode()
    assert as_(three.system).post(f"/registers/posts/lockouts/{row.pk}/", {"reason": "本人核实"}).status_code == 404
    assert as_(three.security).post(f"/registers/posts/lockouts/{row.pk}/", {"reason": "本人核实"}).status_code == 302
    assert not AccessAttempt.objects.exists() and told(cast.dispatcher) == ["lockout_lifted"]


# --- pages ------------------------------------------------------------------------------------------
def test_an_account_is_locked_unlocked_and_signed_out_on_its_page(cast, three, as_):
    user = cast.dispatcher
    press = lambda by, verb: as_(by).post(f"/registers/accounts/{user.pk}/{verb}/", {"reason": "测试"}).status_code  # noqa: E731
    is_active = lambda: User.objects.get(pk=user.pk).is_active  # noqa: E731
    assert press(three.system, "lock") == 302 and not is_active()
    assert press(three.system, "unlock") == 302 and is_active()
    seat = Client()
    sign_in(seat, User.objects.get(pk=user.pk), "command")
    assert seat.get("/command/").status_code == 200
    assert press(three.security, "sessions") == 302 and seat.get("/command/").status_code == 302


def test_a_post_is_asked_for_withdrawn_refused_and_confirmed_on_the_pages(cast, three, as_):
    user = cast.call_taker
    role = lambda: User.objects.get(pk=user.pk).role  # noqa: E731
    assert f'/registers/accounts/?post={user.role}"' in as_(three.security).get("/registers/posts/").content.decode()
    for by, verb, after in ((three.system, "withdraw", user.role), (three.security, "refuse", user.role),
                            (three.security, "confirm", Role.DISPATCHER)):  # fmt: skip
        form = {"role": Role.DISPATCHER, "unit": cast.centre.pk, "reason": "轮岗"}
        assert as_(three.system).post(f"/registers/accounts/{user.pk}/post/", form).status_code == 302
        change = PostChange.objects.get(state="asked")
        assert as_(by).post(f"/registers/posts/{change.pk}/{verb}/", {"reason": "核对"}).status_code == 302
        assert role() == after and not PostChange.objects.filter(state="asked").exists(), verb


def test_an_account_is_made_on_its_page(cast, three, as_):
    form = {"username": "new-one", "name": "新人", "staff_number": "N-1", "unit": cast.centre.pk, "role": Role.DISPATCHER, "reason": "新进人员"}
    answer = as_(three.system).post("/registers/accounts/new/", form)
    assert answer.url == f"/registers/accounts/{User.objects.get(username='new-one').pk}/"


def test_administrators_see_no_case_camera_or_money(cast, three, client, case_at):
    case_at("resolved", text="这是举报正文")
    for user in (three.system, three.security, three.audit):
        for surface in ("command", "wall", "officer", "supervision"):
            assert user.role not in SURFACE_ROLES[surface]
            sign_in(client, user, surface)
            assert client.get(BY_NAME[surface].path).status_code == 404
        sign_in(client, user, "registers")
        for path in ("", "accounts/", "posts/", "audit/", "audit/?show=contacts", "audit/?show=changes", "people/", "trainings/"):
            page = client.get(f"/registers/{path}")
            assert page.status_code in (200, 404)
            assert "这是举报正文" not in page.content.decode() and "13800001234" not in page.content.decode()


def test_the_list_is_searched_by_words_unit_post_and_state(cast, three, as_):
    ask_new(three, cast)
    client = as_(three.system)

    def names(query: str) -> list[str]:
        return re.findall(r'<td><code>([\w.-]+)</code></td>', client.get(f"/registers/accounts/?{query}").content.decode())

    assert names("q=new-one") == names("q=新人") == names("q=N-1") == ["new-one"]
    assert names("state=waiting") == ["new-one"]
    assert set(names(f"post=system_admin&unit={three.system.organisation_id}")) == {three.system.username}
    assert names("q=nobody-at-all") == []
    assert len(names("")) == 50 and names("page=2") and names("page=2")[0] not in names("")


def test_a_list_costs_the_same_whoever_there_is(cast, three, as_, django_assert_max_num_queries):
    client = as_(three.system)
    with django_assert_max_num_queries(9):
        assert client.get("/registers/accounts/").status_code == 200


def test_superusers_have_no_post_and_so_no_surface(db, client):
    root = User.objects.create_superuser("root", password="a-long-password-1", name="root")
    for surface in SURFACE_ROLES:
        sign_in(client, root, surface)
        assert client.get(BY_NAME[surface].path).status_code == 404
    assert one(root.pk) is None


def test_the_first_three_administrators_are_three_persons_and_made_once(cast, capsys, client):
    given = ["--system", "1001:李明", "--security", "1002:王芳", "--audit", "1003:赵强"]
    User.objects.filter(role__in=ADMINISTRATORS).update(is_active=False)
    with pytest.raises(Exception, match="三人"):
        call_command("first_administrators", "--system", "1001:李明", "--security", "1001:李明", "--audit", "1003:赵强")
    call_command("first_administrators", *given)
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines() if "\t" in line]
    assert [line[1] for line in lines] == ["赵强", "王芳", "李明"]
    for _post, _name, username, password in lines:
        answer = Client().post("/registers/login/", {"username": username, "password": password})
        assert answer.status_code == 302
        assert User.objects.get(username=username).must_change_password
    assert set(Account.objects.filter(user__username__in=[line[2] for line in lines]).values_list("origin", flat=True)) == {"machine"}
    with pytest.raises(Exception, match="已有"):
        call_command("first_administrators", *given)
    call_command("verify_journal", verbosity=0)
