"""System, security and audit are posts of three persons (GB/T 22239): tried with plain SQL, with two at once, and by every way round."""

import threading

import pytest
from django.db import DatabaseError, connection, connections

from enforcement import accounts, posts
from enforcement.models import Account, PostChange, User
from enforcement.roles import ADMINISTRATORS, Role
from tests.addresses import holder
from tests.plain import sql

ONE_POST, KNOWN = "beside another", "administrator_is_a_known_person"


def person(number: str, role: str, username: str, *, active: bool = True) -> int:
    """A new account by plain SQL; its key."""
    sql(
        "INSERT INTO enforcement_user (username, name, role, staff_number, is_active, password, is_superuser, is_staff, email, phone, date_joined,"
        " must_change_password, session_round, is_demo) VALUES (%s, %s, %s, %s, %s, '!', false, false, '', '', now(), false, 0, false)",
        username, username, role, number, active,
    )  # fmt: skip
    return User.objects.get(username=username).pk


@pytest.mark.parametrize("first", sorted(ADMINISTRATORS))
@pytest.mark.parametrize("second", sorted(Role.values))
def test_sql_cannot_give_a_person_an_administrators_post_and_another(db, first, second):
    person("P-1", first, "one")
    with pytest.raises(DatabaseError, match=ONE_POST):
        person("P-1", second, "two")
    person("P-2", second if second not in ADMINISTRATORS else Role.DISPATCHER, "somebody-else")


def test_sql_cannot_make_a_holder_of_another_post_an_administrator(db):
    person("P-1", Role.DISPATCHER, "one")
    other = person("P-1", Role.CALL_TAKER, "two")
    with pytest.raises(DatabaseError, match=ONE_POST):
        sql("UPDATE enforcement_user SET role = 'system_admin' WHERE id = %s", other)


def test_sql_cannot_bring_a_closed_account_back_beside_an_administrators(db):
    person("P-1", Role.AUDIT_ADMIN, "one")
    closed = person("P-1", Role.DISPATCHER, "two", active=False)
    with pytest.raises(DatabaseError, match=ONE_POST):
        sql("UPDATE enforcement_user SET is_active = true WHERE id = %s", closed)
    sql("UPDATE enforcement_user SET is_active = false WHERE username = 'one'")
    assert sql("UPDATE enforcement_user SET is_active = true WHERE id = %s", closed) == 1


def test_sql_cannot_turn_two_persons_into_one_by_their_staff_numbers(db):
    person("P-1", Role.SYSTEM_ADMIN, "one")
    other = person("P-2", Role.DISPATCHER, "two")
    with pytest.raises(DatabaseError, match=ONE_POST):
        sql("UPDATE enforcement_user SET staff_number = 'P-1' WHERE id = %s", other)


def test_sql_cannot_make_an_administrator_of_nobody_known(db):
    with pytest.raises(DatabaseError, match=KNOWN):
        person("", Role.SECURITY_ADMIN, "one")
    known = person("P-1", Role.SECURITY_ADMIN, "two")
    with pytest.raises(DatabaseError, match=KNOWN):
        sql("UPDATE enforcement_user SET staff_number = '' WHERE id = %s", known)


def test_two_accounts_of_one_person_at_once_and_only_one_comes_through(committing):
    waits, refused = threading.Barrier(2), []

    def make(username: str, role: str) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                waits.wait(10)
                cursor.execute(
                    "INSERT INTO enforcement_user (username, name, role, staff_number, is_active, password, is_superuser, is_staff, email, phone,"
                    " date_joined, must_change_password, session_round, is_demo)"
                    " VALUES (%s, 'x', %s, 'P-9', true, '!', false, false, '', '', now(), false, 0, false)", [username, role])  # fmt: skip
                cursor.execute("COMMIT")
        except DatabaseError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    hands = [threading.Thread(target=make, args=(name, role)) for name, role in (("left", Role.SYSTEM_ADMIN), ("right", Role.DISPATCHER))]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(20)
    assert len(refused) == 1 and "beside another" in refused[0]
    assert User.objects.filter(staff_number="P-9").count() == 1


# --- accounts and requests ------------------------------------------------------------------------
@pytest.fixture
def three(cast):
    return {role: holder(cast, role) for role in ADMINISTRATORS}


@pytest.fixture
def asked(cast, three) -> PostChange:
    return posts.create(by=three[Role.SYSTEM_ADMIN], username="new-one", name="新人", staff_number="N-1", organisation=cast.centre,
                        role=Role.DISPATCHER, reason="新进人员")  # fmt: skip


def test_sql_cannot_let_an_account_work_whose_post_nobody_confirmed(asked):
    with pytest.raises(DatabaseError, match="never confirmed"):
        sql("UPDATE enforcement_user SET is_active = true WHERE id = %s", asked.user_id)
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE enforcement_account SET origin = 'files' WHERE user_id = %s", asked.user_id)


def test_sql_cannot_open_a_locked_account(cast, three):
    accounts.lock_account(cast.dispatcher, by=three[Role.SYSTEM_ADMIN], reason="离岗")
    with pytest.raises(DatabaseError, match="is locked"):
        sql("UPDATE enforcement_user SET is_active = true WHERE id = %s", cast.dispatcher.pk)


@pytest.mark.parametrize("decider", ["asked_by_id", "user_id"])
def test_sql_cannot_let_one_person_ask_and_decide(asked, decider):
    with pytest.raises(DatabaseError, match="post_change_two_persons"):
        sql(f"UPDATE enforcement_postchange SET state = 'confirmed', decided_at = now(), decided_by_id = {decider} WHERE id = %s", asked.pk)


def test_sql_cannot_ask_for_oneself_twice_or_decided_from_the_start(asked, three):
    columns = "user_id, role, organisation_id, badge, held, reason, asked_by_id, asked_at, state, answer"
    values = "%s, 'dispatcher', organisation_id, '', '', 'x', %s, now(), %s, ''"
    row = f"INSERT INTO enforcement_postchange ({columns}) SELECT {values} FROM enforcement_user"
    system = three[Role.SYSTEM_ADMIN].pk
    with pytest.raises(DatabaseError, match="post_change_not_for_oneself"):
        sql(f"{row} WHERE id = %s", system, system, "asked", system)
    with pytest.raises(DatabaseError, match="post_change_one_open"):
        sql(f"{row} WHERE id = %s", asked.user_id, system, "asked", system)
    with pytest.raises(DatabaseError, match="Cannot insert"):
        sql(f"{row} WHERE id = %s", three[Role.AUDIT_ADMIN].pk, system, "confirmed", system)


def test_sql_cannot_reword_decide_anew_or_lose_a_request(asked, three):
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE enforcement_postchange SET role = 'shift_leader' WHERE id = %s", asked.pk)
    with pytest.raises(DatabaseError, match="post_change_decided_with_end"):
        sql("UPDATE enforcement_postchange SET state = 'withdrawn' WHERE id = %s", asked.pk)
    posts.refuse(asked, by=three[Role.SECURITY_ADMIN], reason="人员不符")
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE enforcement_postchange SET state = 'confirmed' WHERE id = %s", asked.pk)
    for table, column in (("postchange", "id"), ("account", "user_id")):
        with pytest.raises(DatabaseError, match="Cannot delete"):
            sql(f"DELETE FROM enforcement_{table} WHERE {column} = %s", asked.pk if table == "postchange" else asked.user_id)
    assert Account.objects.filter(pk=asked.user_id).exists()
