"""Registers against plain SQL: what never may be true together, and what stays as it was written."""

import pytest
from django.db import DatabaseError, IntegrityError

from enforcement.models import (
    Basis,
    Certificate,
    Duty,
    DutySwap,
    Enrolment,
    Equipment,
    Exam,
    Item,
    ItemList,
    Officer,
    Organisation,
    ProcedureStep,
    Recusal,
    StaffTransfer,
    Tier,
    User,
)
from journal import clock
from tests.plain import sql

PARTY = "91131128MA01111119"


def refusal(guard: str):
    return pytest.raises(IntegrityError, match=guard)


def item() -> int:
    return Item.objects.get(code="HB-CF-001").pk


NAME = "INSERT INTO enforcement_organisationname (organisation_id, name, valid_from, valid_to) VALUES (%s, 'x', %s, %s)"
BAND = """INSERT INTO enforcement_discretionband (item_id, party, "order", degree, condition, fine_min, fine_max, source, valid_from, valid_to)
    VALUES (%s, 'any', 1, 'x', '', %s, %s, 'x', %s, %s)"""
FACTOR = """INSERT INTO enforcement_discretionfactor (item_id, factor, level, "order", share, source, valid_from, valid_to)
    VALUES (%s, '过火面积', '不足一亩', 0, %s, 'x', %s, %s)"""
THRESHOLD = """INSERT INTO enforcement_hearingthreshold (department, party, amount, source, confirmed, valid_from, valid_to)
    VALUES ('', 'person', 1, 'x', false, %s, %s)"""
TIER = "INSERT INTO enforcement_tier (basis_id, party, circumstance, fine_min, fine_max, \"of\") VALUES (%s, %s, %s, %s, %s, '')"
TRAINING = """INSERT INTO enforcement_trainingplan (code, name, level, kind, posts, hours, starts_on, ends_on, organiser, is_demo)
    VALUES ('x', 'x', 'x', 'x', '{}', %s, '2026-01-02', %s, '', true)"""
RECUSAL = """INSERT INTO enforcement_recusal (officer_id, relation, party, party_name, zone, thread, note, decided_by, valid_from, valid_to, is_demo)
    VALUES (%s, 'kin', '', '', %s, '', '', '', '2026-01-02', %s, true)"""
RULE = """INSERT INTO enforcement_conductrule (code, kind, number, text, basis, valid_from, valid_to, is_demo)
    VALUES ('x', 'work', 1, 'x', '', '2026-01-02', '2026-01-01', true)"""
STAFF = """INSERT INTO enforcement_stafftransfer (user_id, from_body, organisation_id, selected_by, document, valid_from, valid_to, is_demo)
    VALUES (%s, 'x', %s, '', '', '2026-01-02', %s, true)"""
ENROLMENT = """INSERT INTO enforcement_enrolment (plan_id, user_id, hours, result, is_demo)
    SELECT id, %s, %s, 'passed', true FROM enforcement_trainingplan"""


def test_sql_cannot_write_a_register_that_makes_no_sense(cast):
    officer, organisation, basis = cast.officer, cast.centre.pk, Basis.objects.filter(item_id=item()).first().pk
    for guard, statement, values in (
        ("organisation_name_dates_in_order", NAME, (organisation, "2026-01-02", "2026-01-01")),
        ("band_dates_in_order", BAND, (item(), 1, 2, "2026-01-02", "2026-01-01")),
        ("band_fines_in_order", BAND, (item(), 2, 1, "2010-01-01", "2010-01-02")),
        ("tier_fines_in_order", TIER, (basis, "any", "x", 2, 1)),
        ("factor_dates_in_order", FACTOR, (item(), 0.5, "2026-01-02", "2026-01-01")),
        ("factor_share_is_a_part", FACTOR, (item(), 1.5, "2010-01-01", "2010-01-02")),
        ("threshold_dates_in_order", THRESHOLD, ("2026-01-02", "2026-01-01")),
        ("training_dates_in_order", TRAINING, (1, "2026-01-01")),
        ("training_has_hours", TRAINING, (0, "2026-01-02")),
        ("recusal_dates_in_order", RECUSAL, (officer.pk, "x", "2026-01-01")),
        ("recusal_says_from_what", RECUSAL, (officer.pk, "", None)),
        ("conduct_rule_dates_in_order", RULE, ()),
        ("staff_transfer_dates_in_order", STAFF, (officer.user_id, organisation, "2026-01-01")),
        ("enrolment_hours_sane", ENROLMENT, (officer.user_id, -1)),
    ):
        with refusal(guard):
            sql(statement, *values)


def test_sql_cannot_let_two_be_true_at_one_time(db):
    renamed = Organisation.objects.filter(names__isnull=False).first().pk
    for guard, statement, values in (
        ("organisation_one_name_at_a_time", NAME, (renamed, "2026-01-01", None)),
        ("band_one_at_a_time", BAND, (item(), 1, 2, "2026-01-01", None)),
        ("factor_level_one_at_a_time", FACTOR, (item(), 0.5, "2026-01-01", None)),
        ("threshold_one_at_a_time", THRESHOLD, ("2026-01-01", None)),
    ):
        with refusal(guard):
            sql(statement, *values)


def test_sql_cannot_write_a_register_row_twice(cast):
    sql(RECUSAL, cast.officer.pk, "x", None)
    sql(STAFF, cast.officer.user_id, cast.centre.pk, None)
    for model, guard in (
        (Tier, "tier_once"), (Exam, "exam_once_a_day"), (StaffTransfer, "staff_transfer_once"), (Enrolment, "enrolled_once"),
        (Recusal, "recusal_once"), (ProcedureStep, "procedure_step_once"),
    ):  # fmt: skip
        table, columns = model._meta.db_table, ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields if not field.primary_key)
        with refusal(guard):
            sql(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} LIMIT 1")
    with refusal("party_act_once"):
        for _each in range(2):
            sql(ACT, cast.officer.user_id, "inspecting")


ACT = f"""INSERT INTO enforcement_partyact (user_id, party, party_name, act, acted_on, source, is_demo)
    VALUES (%s, '{PARTY}', 'x', %s, '2026-01-01', 'x', true)"""


def test_sql_cannot_let_one_person_inspect_whom_he_licensed(cast):
    sql(ACT, cast.officer.user_id, "licensing")
    with refusal("party_acts_exclude_each_other"):
        sql(ACT, cast.officer.user_id, "inspecting")
    sql(ACT, cast.companion.user_id, "inspecting")  # another person may


def test_sql_cannot_certify_who_has_not_passed(cast):
    held = Certificate.objects.filter(officer=cast.officer).first()
    never = Officer.objects.filter(is_helper=False).exclude(user__exams__passed=True).first()
    passed_on = Exam.objects.filter(user=cast.officer.user_id, passed=True).earliest("taken_on").taken_on
    sql("UPDATE enforcement_certificate SET valid_from = %s WHERE id = %s", passed_on, held.pk)
    for statement, values in (
        ("UPDATE enforcement_certificate SET officer_id = %s WHERE id = %s", (never.pk, held.pk)),
        ("UPDATE enforcement_certificate SET valid_from = %s::date - 1 WHERE id = %s", (passed_on, held.pk)),
        ("""INSERT INTO enforcement_certificate (number, officer_id, fields, townships, issued_by, valid_from, valid_to, status, status_reason)
            VALUES ('X', %s, '{}', '{}', 'x', '2026-01-01', '2027-01-01', 'valid', '')""", (never.pk,)),
    ):  # fmt: skip
        with refusal("certificate_needs_exam|has not passed the exam"):
            sql(statement, *values)


def test_sql_cannot_rewrite_a_version_of_the_list(db):
    version = ItemList.objects.get()
    for statement in (
        "DELETE FROM enforcement_itemlist", "UPDATE enforcement_itemlist SET content = '{}'", "UPDATE enforcement_itemlist SET items = 1",
        "UPDATE enforcement_itemlist SET until = since - interval '1 second'",
        "INSERT INTO enforcement_itemlist (number, name, document, since, \"by\", items, transfers, digest, content)"
        " VALUES (2, 'x', '', now(), 'x', 1, 1, 'x', '{}')",
    ):  # fmt: skip
        with pytest.raises(DatabaseError):
            sql(statement)
    sql("UPDATE enforcement_itemlist SET until = %s", clock.now())
    with pytest.raises(DatabaseError):
        sql("UPDATE enforcement_itemlist SET until = NULL WHERE id = %s", version.pk)


def test_sql_cannot_let_somebody_approve_his_own_swap(cast):
    duty = Duty.objects.filter(user=cast.officer.user_id).first()
    swap = DutySwap.objects.create(duty=duty, to=cast.companion.user, reason="家中有事", asked_by=cast.officer.user, asked_at=clock.now())
    with refusal("swap_one_open"):
        sql("INSERT INTO enforcement_dutyswap (duty_id, to_id, reason, asked_by_id, asked_at, state, answer)"
            " SELECT duty_id, to_id, reason, asked_by_id, asked_at, state, answer FROM enforcement_dutyswap")  # fmt: skip
    approve = "UPDATE enforcement_dutyswap SET state = 'approved', decided_at = now(), decided_by_id = %s WHERE id = %s"
    for person in (cast.officer.user_id, cast.companion.user_id):
        with refusal("swap_decided_by_a_third"):
            sql(approve, person, swap.pk)
    with refusal("swap_decided_at_with_end"):
        sql("UPDATE enforcement_dutyswap SET state = 'refused' WHERE id = %s", swap.pk)
    assert sql(approve, cast.leader.pk, swap.pk) == 1


ISSUE = """INSERT INTO enforcement_equipmentissue (equipment_id, officer_id, issued_at, issued_by, returned_at, returned_to, condition)
    VALUES (%s, %s, %s, 'x', %s, '', '')"""


def test_sql_cannot_hand_one_thing_to_two(cast, noon):
    thing = Equipment.objects.filter(holder__isnull=False).first().pk
    with refusal("equipment_with_one_at_a_time"):
        sql(ISSUE, thing, cast.companion.pk, noon, None)
    with refusal("issue_times_in_order"):
        sql("UPDATE enforcement_equipmentissue SET returned_at = issued_at - interval '1 second' WHERE equipment_id = %s", thing)
    with refusal("duty_came_before_left"):
        sql("UPDATE enforcement_duty SET left_at = %s WHERE user_id = %s", noon, cast.officer.user_id)


@pytest.mark.parametrize("post", ["system_admin", "security_admin", "audit_admin", "dispatcher"])
def test_sql_cannot_let_one_person_hold_an_administrators_post_beside_another(db, post):
    holder = User.objects.get(role="audit_admin", is_active=True)
    account = """INSERT INTO enforcement_user (password, is_superuser, username, email, is_staff, is_active, date_joined, name, role, phone,
        staff_number, must_change_password, session_round, watch, is_demo)
        VALUES ('', false, 'x', '', false, %s, now(), 'x', %s, '', %s, false, 0, '', false)"""
    with refusal("would hold an administrator"):
        sql(account, True, post, holder.staff_number)
    sql(account, False, post, holder.staff_number)  # a closed account holds nothing
    with refusal("would hold an administrator"):
        sql("UPDATE enforcement_user SET is_active = true WHERE username = 'x'")
    if post != "dispatcher":
        with refusal("administrator_is_a_known_person"):
            sql("UPDATE enforcement_user SET is_active = true, staff_number = '' WHERE username = 'x'")
