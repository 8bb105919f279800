"""Old values are kept by the database, whoever writes; what has nothing to do with registers costs nothing."""

import pghistory
import pytest
from django.contrib.auth.models import update_last_login
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from cases import portraits
from cases.county.tables import TABLES
from enforcement import standing
from enforcement.models import Certificate, Item, Officer, User
from grid.models import County
from tests.cast import photo_file
from tests.plain import sql


def tables() -> list[str]:
    return [model._meta.db_table for model in pghistory.core.event_models()]


def test_every_register_has_a_history():
    tracked = {model.pgh_tracked_model for model in pghistory.core.event_models()}
    assert {table.model for table in TABLES} <= tracked and County in tracked


@pytest.mark.parametrize("statement", ["UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_sql_cannot_change_nor_lose_an_old_value(db, statement):
    for table in tables():
        with pytest.raises(DatabaseError, match="permission denied"):
            sql(statement.format(table))


def test_the_owner_of_the_tables_is_held_back_by_a_trigger_too(db):
    import psycopg2

    from tests import databases

    link = psycopg2.connect(**databases.owner_parameters(connection.settings_dict["NAME"]))
    try:
        with link.cursor() as cursor, pytest.raises(psycopg2.DatabaseError, match="Cannot"):
            cursor.execute("UPDATE enforcement_itemevent SET pgh_label = 'x'")
    finally:
        link.close()


def test_sql_cannot_write_a_shift_twice_nor_a_mad_one(db):
    with pytest.raises(DatabaseError, match="shift_once"):
        sql("INSERT INTO enforcement_shift (watch, name, first_day, every_days, starts, hours, kind)"
            " SELECT watch, name, first_day, every_days, starts, hours, kind FROM enforcement_shift")  # fmt: skip
    with pytest.raises(DatabaseError, match="shift_sane"):
        sql("UPDATE enforcement_shift SET hours = 25")


def count(model) -> int:
    return model._meta.get_field("history").related_model.objects.count()


def test_a_login_and_a_new_password_leave_nothing(db):
    person, before = User.objects.get(username="zx-call-1"), count(User)
    update_last_login(None, person)
    person.set_password("geheim-geheim-1")
    person.save()
    assert count(User) == before
    User.objects.filter(pk=person.pk).update(phone="1")
    assert count(User) == before + 1
    names = {field.name for field in User._meta.get_field("history").related_model._meta.fields}
    assert not names & {"password", "last_login"}


def test_taking_in_a_report_writes_no_history(case_at):
    case_at.report()
    with CaptureQueriesContext(connection) as queries:
        case_at.report(grid=1)
    assert not [query for query in queries if "pghistory" in query["sql"] or "event" in query["sql"].casefold()]


def test_a_change_of_the_version_alone_is_no_history_of_the_county(db):
    before = count(County)
    County.objects.update(rules_version=99)
    assert count(County) == before


def test_a_load_of_the_countys_files_says_so(db):
    assert Item.objects.first().history.get().pgh_context["by"]


def test_what_is_done_on_other_pages_says_who_and_why_too(cast):
    """A certificate suspended, a portrait put up, equipment handed out: by the verbs, with their reason where they ask for one."""
    held = cast.officer.certificates.valid().first()
    standing.suspend_certificate(held, by=cast.supervisor, reason="接受调查")
    portraits.put(officer=cast.officer, data=photo_file().read(), by=cast.leader)
    suspended = Certificate.history.rel.related_model.objects.filter(pgh_obj=held).latest("pgh_id")
    pictured = Officer.history.rel.related_model.objects.filter(pgh_obj=cast.officer).latest("pgh_id")
    assert (suspended.status, suspended.pgh_context["reason"]) == ("suspended", "接受调查")
    assert [row.pgh_context["by"] for row in (suspended, pictured)] == [cast.supervisor.actor.label, cast.leader.actor.label]
