"""No certificate without a passed exam before it begins, tried by plain SQL; and the exam stays as long as the certificate does."""

import pytest
from django.db import IntegrityError

from enforcement.models import Certificate, Exam, Officer
from tests.plain import sql

ISSUE = """INSERT INTO enforcement_certificate (number, officer_id, fields, townships, issued_by, valid_from, valid_to, status, status_reason)
    VALUES ('新证', %s, '{}', '{}', 'x', %s, '2029-12-31', %s, '')"""


@pytest.fixture
def held(db) -> Certificate:
    return Certificate.objects.filter(status="valid").select_related("officer").order_by("pk").first()


@pytest.fixture
def exam(held) -> Exam:
    return Exam.objects.get(user=held.officer.user_id, passed=True)


@pytest.fixture
def untested(db) -> Officer:
    return Officer.objects.exclude(user__exams__passed=True).order_by("pk").first()


def refusal(guard: str):
    return pytest.raises(IntegrityError, match=guard)


def test_sql_cannot_issue_a_certificate_to_who_has_passed_no_exam_before(held, exam, untested):
    with refusal("has not passed the exam"):
        sql(ISSUE, untested.pk, "2026-01-01", "valid")
    with refusal("has not passed the exam"):
        sql(ISSUE, held.officer_id, str(exam.taken_on.replace(year=exam.taken_on.year - 1)), "valid")
    Exam.objects.create(user=untested.user, kind="行政执法资格考试", taken_on="2025-12-01", passed=False)
    with refusal("has not passed the exam"):
        sql(ISSUE, untested.pk, "2026-01-01", "valid")


@pytest.mark.parametrize("change", [
    "valid_from = (SELECT min(taken_on) - 1 FROM enforcement_exam)", "officer_id = {untested}",
])  # fmt: skip
def test_sql_cannot_move_a_certificate_before_the_exam_nor_to_somebody_else(held, untested, change):
    with refusal("has not passed the exam"):
        sql(f"UPDATE enforcement_certificate SET {change.format(untested=untested.pk)} WHERE id = %s", held.pk)


def test_sql_cannot_give_the_officer_another_person(held, untested):
    with pytest.raises(Exception, match="Cannot update"):
        sql("UPDATE enforcement_officer SET user_id = %s WHERE id = %s", untested.user_id, held.officer_id)


@pytest.mark.parametrize("change", [
    "UPDATE enforcement_exam SET passed = false", "UPDATE enforcement_exam SET taken_on = '2026-11-01'",
    "UPDATE enforcement_exam SET user_id = {other}", "DELETE FROM enforcement_exam",
])  # fmt: skip
def test_sql_cannot_take_away_the_exam_on_which_a_certificate_rests(held, exam, untested, change):
    with refusal("rests on this exam"):
        sql(f"{change.format(other=untested.user_id)} WHERE id = %s", exam.pk)


def test_an_exam_may_be_corrected_while_another_one_carries_the_certificate(held, exam):
    Exam.objects.create(user_id=exam.user_id, kind="另一次", taken_on=exam.taken_on, passed=True)
    assert sql("UPDATE enforcement_exam SET passed = false WHERE id = %s", exam.pk) == 1


def test_a_revoked_certificate_lets_the_exam_fall_and_never_comes_back_without_one(held, exam):
    Certificate.objects.filter(officer=held.officer_id).update(status="revoked")
    assert sql("UPDATE enforcement_exam SET passed = false WHERE id = %s", exam.pk) == 1
    with refusal("has not passed the exam"):
        sql("UPDATE enforcement_certificate SET status = 'valid' WHERE id = %s", held.pk)
