"""Equipment: issue, return, service; who had what when; the county's load tells it too."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cases.county.loading import load
from enforcement import equipment
from enforcement.models import Equipment, EquipmentIssue
from enforcement.roles import Role
from journal import clock
from journal.models import Entry
from journal.refused import Refused
from registers.views.equipment import below
from tests.databases import ROOT
from tests.plain import sql

SERVICE = {"next_due": "2027-05-01", "note": "更换电池"}


@pytest.fixture
def camera(cast):
    return Equipment.objects.filter(kind="body_camera").order_by("code").first()


@pytest.fixture
def leader(cast):
    return cast.person(Role.SHIFT_LEADER, centre="GC")


@pytest.fixture
def squad_leader(camera):
    return camera.holder.user


def code_of(verb, *given, **named) -> str:
    with pytest.raises(Refused) as refused, transaction.atomic():
        verb(*given, below=below, **named)
    return refused.value.code


def test_what_the_county_says_somebody_holds_was_issued_to_him(camera):
    issue = EquipmentIssue.objects.get(equipment=camera, returned_at__isnull=True)
    assert (issue.officer, issue.issued_by) == (camera.holder, "县域数据")


def test_a_thing_comes_back_in_a_condition_and_goes_to_the_next(camera, leader, cast, noon):
    first, second = camera.holder, cast.officers(centre="GC")[1]
    with clock.at(noon + timedelta(hours=1)):
        back = equipment.give_back(camera, condition="完好", by=leader, below=below)
        issue = equipment.issue(camera, officer=second, by=leader, below=below)
    assert (back.officer, back.condition, back.returned_to) == (first, "完好", leader.actor.label)
    camera.refresh_from_db()
    assert (camera.holder, issue.officer) == (second, second)
    assert [entry.verb for entry in Entry.objects.filter(subject=f"equipment:{camera.pk}").order_by("number")] == ["given_back", "issued"]


def test_what_somebody_has_is_not_issued_nor_what_nobody_has_given_back(camera, leader, cast):
    assert code_of(equipment.issue, camera, officer=cast.officers(centre="GC")[1], by=leader) == "held"
    assert code_of(equipment.give_back, camera, condition=" ", by=leader) == "missing"
    equipment.give_back(camera, condition="完好", by=leader, below=below)
    assert code_of(equipment.give_back, camera, condition="完好", by=leader) == "not_issued"
    assert code_of(equipment.issue, camera, officer=cast.officer, by=leader) == "elsewhere"
    gone = cast.officers(centre="GC")[1]
    gone.suspended_at = clock.now()
    gone.save()
    assert code_of(equipment.issue, camera, officer=gone, by=leader) == "suspended"


def test_a_squad_leader_hands_out_what_his_own_unit_has_to_his_own_people(camera, squad_leader, cast):
    equipment.give_back(camera, condition="完好", by=squad_leader, below=below)
    others = next(one for one in cast.officers(centre="GC") if one.organisation_id != camera.organisation_id)
    assert code_of(equipment.issue, camera, officer=others, by=squad_leader) == "elsewhere"
    equipment.issue(camera, officer=squad_leader.officer, by=squad_leader, below=below)
    foreign = Equipment.objects.filter(kind="body_camera").exclude(organisation=camera.organisation).first()
    assert code_of(equipment.give_back, foreign, condition="完好", by=squad_leader) == "not_allowed"
    for by in (cast.leader, cast.officers(centre="GC")[1].user, cast.town_dispatcher):
        if by != squad_leader:
            assert code_of(equipment.give_back, camera, condition="完好", by=by) == "not_allowed"


def test_service_is_noted_with_what_was_done_and_the_next_day(camera, leader):
    equipment.service(camera, next_due=date(2027, 5, 1), note="更换电池", by=leader, below=below)
    camera.refresh_from_db()
    entry = Entry.objects.get(verb="serviced")
    assert (camera.service_due, entry.data["note"], entry.data["before"]) == (date(2027, 5, 1), "更换电池", "2027-06-30")
    assert code_of(equipment.service, camera, next_due=clock.today(), note="x", by=leader) == "past"
    assert code_of(equipment.service, camera, next_due=date(2027, 5, 1), note="", by=leader) == "missing"


def test_a_load_with_another_holder_is_an_issue_and_a_return(camera, leader, cast, noon):
    first, second = camera.holder, cast.officers(centre="GC")[1]
    equipment.give_back(camera, condition="完好", by=leader, below=below)
    equipment.issue(camera, officer=second, by=leader, below=below)
    with clock.at(noon + timedelta(days=1)):
        assert load(ROOT / "data" / "fucheng")[0] == []
    camera.refresh_from_db()
    newest, before = EquipmentIssue.objects.filter(equipment=camera).order_by("-issued_at", "-pk")[:2]
    assert (camera.holder, newest.officer, newest.returned_at) == (first, first, None)
    assert (before.officer, before.returned_at, before.returned_to) == (second, noon + timedelta(days=1), "县域数据")
    with transaction.atomic():
        sql("SELECT 1")  # asks for everything that is checked at commit


# --- the page ----------------------------------------------------------------------------------------
def test_the_list_says_who_has_what_and_marks_what_is_due(camera, leader, at_registers):
    page = at_registers(leader).get("/registers/equipment-issue/").content.decode()
    assert camera.name in page and camera.holder.name in page and "已逾期" in page and "即将到期" in page
    others = at_registers(leader).get("/registers/equipment-issue/", {"kind": "drone"}).content.decode()
    assert f"?code={camera.code}" in page and f"?code={camera.code}" not in others
    one = at_registers(leader).get("/registers/equipment-issue/", {"code": camera.code}).content.decode()
    assert "收回" in one and camera.holder.name in one


def test_a_thing_of_another_centre_is_not_there(camera, cast, at_registers):
    client = at_registers(cast.leader)
    assert client.get("/registers/equipment-issue/", {"code": camera.code}).status_code == 404
    for verb, form in (("issue", {"officer": cast.officer.pk}), ("return", {"condition": "完好"}), ("service", SERVICE)):
        assert client.post(f"/registers/equipment-issue/{verb}/", {"code": camera.code, **form}).status_code == 404
    assert camera.name not in client.get("/registers/equipment-issue/").content.decode()


def test_it_is_given_back_issued_and_serviced_through_the_page(camera, leader, cast, at_registers):
    client, second = at_registers(leader), cast.officers(centre="GC")[1]
    for verb, form in (("return", {"condition": "完好"}), ("issue", {"officer": second.pk}), ("service", SERVICE)):
        assert client.post(f"/registers/equipment-issue/{verb}/", {"code": camera.code, **form}).status_code == 302
    camera.refresh_from_db()
    assert (camera.holder, camera.service_due) == (second, date(2027, 5, 1))
    page = client.get("/registers/equipment-issue/", {"code": camera.code}).content.decode()
    assert "更换电池" in page and "完好" in page


def test_who_may_only_look_sees_no_form(camera, cast, at_registers):
    officer = next(one for one in cast.officers(centre="GC") if one.user.role == Role.OFFICER)
    page = at_registers(officer.user).get("/registers/equipment-issue/", {"code": camera.code}).content.decode()
    assert camera.name in page and 'name="condition"' not in page


# --- plain SQL ---------------------------------------------------------------------------------------
def test_sql_cannot_lose_nor_rewrite_who_had_what(camera, leader, cast):
    with pytest.raises(DatabaseError, match="Cannot delete"):
        sql("DELETE FROM enforcement_equipmentissue WHERE equipment_id = %s", camera.pk)
    for column, value in (("officer_id", cast.officer.pk), ("issued_at", "2020-01-01"), ("issued_by", "x"), ("equipment_id", 1)):
        with pytest.raises(DatabaseError, match=r"issue_as_made|Cannot update"):
            sql(f"UPDATE enforcement_equipmentissue SET {column} = %s WHERE equipment_id = %s", value, camera.pk)
    equipment.give_back(camera, condition="完好", by=leader, below=below)
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE enforcement_equipmentissue SET condition = '损坏' WHERE equipment_id = %s", camera.pk)


def test_sql_cannot_give_a_thing_another_holder_beside_its_history(camera, cast):
    with pytest.raises(IntegrityError, match="not who had it issued"):
        sql("UPDATE enforcement_equipment SET holder_id = %s WHERE id = %s", cast.officers(centre="GC")[1].pk, camera.pk)
    with pytest.raises(IntegrityError, match="not who had it issued"):
        sql("UPDATE enforcement_equipmentissue SET returned_at = issued_at, returned_to = 'x' WHERE equipment_id = %s", camera.pk)
