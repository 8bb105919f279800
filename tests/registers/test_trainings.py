"""Trainings: who must attend, hours and results; they end no certificate."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError

from enforcement import training
from enforcement.models import Enrolment, TrainingPlan, User
from enforcement.roles import Role
from journal import clock
from journal.models import Entry
from journal.refused import BadInput, Refused
from tests.addresses import holder
from tests.plain import sql


@pytest.fixture
def plan(db) -> TrainingPlan:
    return TrainingPlan.objects.get(code="2026-GGFL")


@pytest.fixture
def reviewer(cast) -> User:
    return User.objects.get(role=Role.LEGAL_REVIEWER, organisation__kind="county_centre", is_active=True)


def test_whoever_must_attend_and_is_not_enrolled_is_shown_and_enrolled_in_one_go(cast, three, plan, as_):
    unit = cast.officer.organisation
    missing = training.missing(plan).filter(organisation=unit)
    assert missing.exists() and set(missing.values_list("role", flat=True)) <= {"officer", "squad_leader"}
    client, people = as_(three.system), list(missing)
    assert all(one.name in client.get(f"/registers/trainings/{plan.pk}/").content.decode() for one in people)
    assert client.post(f"/registers/trainings/{plan.pk}/enrol/", {"user": [one.pk for one in people]}).status_code == 302
    assert not training.missing(plan).filter(organisation=unit).exists()
    assert Entry.objects.filter(verb="enrolled").count() == len(people)
    call_command("verify_journal", verbosity=0)


def test_without_posts_a_plan_is_for_everybody_who_goes_out(cast):
    plan = TrainingPlan.objects.get(code="2026-STFD")
    assert set(training.must_attend(plan).values_list("role", flat=True)) == {"officer", "squad_leader", "helper"}


def test_hours_and_results_are_entered_and_told_with_what_stood_before(three, plan):
    one = plan.enrolments.filter(result="enrolled").first()
    rows = [training.Attended(one.pk, Decimal("38.5"), "failed")]
    assert training.enter_results(plan, by=three.system, rows=rows) == 1
    assert training.enter_results(plan, by=three.system, rows=rows) == 0, "what is so already is told once"
    one.refresh_from_db()
    assert (one.hours, one.result) == (Decimal("38.5"), "failed")
    entry = Entry.objects.get(thread=f"account:{one.user_id}", verb="training_result")
    assert (entry.data["hours"], entry.data["result_before"]) == ("38.5", "enrolled")
    assert training.hours_of_year(clock.today().year)[one.user_id] >= Decimal("38.5")
    assert one.user.officer.certificates.valid().exists(), "a failed training ends no certificate"


def test_results_are_entered_and_hours_narrowed_by_unit_on_the_pages(cast, three, plan, as_):
    one, client = plan.enrolments.filter(result="enrolled").first(), as_(three.system)
    form = {"enrolment": [one.pk], f"hours-{one.pk}": "12.5", f"result-{one.pk}": "passed"}
    assert client.post(f"/registers/trainings/{plan.pk}/results/", form).status_code == 302
    one.refresh_from_db()
    assert (one.hours, one.result) == (Decimal("12.5"), "passed")
    hours = lambda unit: client.get("/registers/trainings/", {"unit": unit}).content.decode().split("<main")[1]  # noqa: E731
    elsewhere = User.objects.exclude(organisation=one.user.organisation).filter(officer__isnull=False).first().organisation_id
    assert one.user.name in hours(one.user.organisation_id) and one.user.name not in hours(elsewhere)


@pytest.mark.parametrize(("hours", "result"), [("-1", "passed"), ("1000", "passed"), ("5", "brilliant")])
def test_hours_and_results_that_make_no_sense_are_refused(three, plan, hours, result):
    with pytest.raises(BadInput):
        training.enter_results(plan, by=three.system, rows=[training.Attended(plan.enrolments.first().pk, Decimal(hours), result)])


def test_who_may_enter_and_who_may_read(cast, three, reviewer, plan, as_):
    one = plan.enrolments.first()
    for by in (three.system, reviewer):
        training.enter_results(plan, by=by, rows=[training.Attended(one.pk, one.hours, one.result)])
    for by in (cast.leader, cast.supervisor, three.security, three.audit):
        with pytest.raises(Refused):
            training.enter_results(plan, by=by, rows=[])
        with pytest.raises(Refused):
            training.enrol(plan, by=by, users=[cast.officer.user])
    assert "<input" not in as_(cast.leader).get(f"/registers/trainings/{plan.pk}/").content.decode().split("<main")[1]


def test_a_leader_sees_his_own_people_only(cast, plan, as_):
    Enrolment.objects.create(plan=plan, user=cast.officer.user)
    Enrolment.objects.create(plan=plan, user=cast.officer_elsewhere.user)
    page = as_(cast.leader).get(f"/registers/trainings/{plan.pk}/").content.decode()
    assert cast.officer.name in page and cast.officer_elsewhere.name not in page
    assert cast.officer_elsewhere.name not in as_(cast.leader).get("/registers/trainings/").content.decode()


def test_sql_cannot_enrol_somebody_twice_nor_take_hours_from_him(cast, plan):
    one = plan.enrolments.first()
    with pytest.raises(DatabaseError, match="enrolled_once"):
        sql("INSERT INTO enforcement_enrolment (plan_id, user_id, hours, result, is_demo) VALUES (%s, %s, 0, 'enrolled', false)",
            plan.pk, one.user_id)  # fmt: skip
    with pytest.raises(DatabaseError, match="enrolment_hours_sane"):
        sql("UPDATE enforcement_enrolment SET hours = -1 WHERE id = %s", one.pk)
    with pytest.raises(DatabaseError, match="training_has_hours"):
        sql("UPDATE enforcement_trainingplan SET hours = 0 WHERE id = %s", plan.pk)
    with pytest.raises(DatabaseError, match="training_dates_in_order"):
        sql("UPDATE enforcement_trainingplan SET ends_on = starts_on - 1 WHERE id = %s", plan.pk)
    transferred = holder(cast, Role.SQUAD_LEADER)
    with pytest.raises(DatabaseError, match="staff_transfer_dates_in_order"):
        sql("INSERT INTO enforcement_stafftransfer (user_id, from_body, organisation_id, selected_by, document, valid_from, valid_to, is_demo)"
            " VALUES (%s, 'x', %s, '', '', '2020-01-02', '2020-01-01', false)", transferred.pk, transferred.organisation_id)  # fmt: skip
    columns = "user_id, from_body, organisation_id, selected_by, document, valid_from, is_demo"
    row = f"INSERT INTO enforcement_stafftransfer ({columns}) VALUES (%s, 'x', %s, '', '', '2020-01-02', false)"
    sql(row, transferred.pk, transferred.organisation_id)
    with pytest.raises(DatabaseError, match="staff_transfer_once"):
        sql(row, transferred.pk, transferred.organisation_id)


def test_sql_cannot_certify_who_has_not_passed_nor_count_an_exam_twice(cast):
    officer = cast.officer
    with pytest.raises(DatabaseError, match="has not passed the exam"):
        sql("INSERT INTO enforcement_certificate (number, officer_id, fields, townships, issued_by, valid_from, valid_to, status, status_reason,"
            " status_document) VALUES ('x', %s, '{}', '{}', 'x', '2000-01-01', '2030-01-01', 'valid', '', '')", officer.pk)  # fmt: skip
    exam = officer.user.exams.first()
    with pytest.raises(DatabaseError, match="exam_once_a_day"):
        sql("INSERT INTO enforcement_exam (user_id, kind, taken_on, passed, organiser, is_demo) VALUES (%s, %s, %s, true, '', false)",
            exam.user_id, exam.kind, exam.taken_on)  # fmt: skip
