"""Trainings: who must attend, who is enrolled, hours and results. A failed or short training is shown beside the certificate and
ends none: that is for people to decide (`enforcement.standing`)."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from journal import history
from journal.models import Entry
from journal.moves import next_entry, record
from journal.refused import BadInput, Refused

from .models import Account, Enrolment, TrainingPlan, User
from .roles import OUTDOORS, Role

MOST_HOURS = Decimal(999)


def may_edit(user) -> bool:
    """The system administrator, and the legal reviewers of the county's centre."""
    return user.role == Role.SYSTEM_ADMIN or (user.role == Role.LEGAL_REVIEWER and user.centre is not None and user.centre.is_county_centre)


def _check(by) -> None:
    if not may_edit(by):
        raise Refused(_("Only the system administrator and legal reviewers of the county centre enter trainings."), code="not_allowed")


def must_attend(plan: TrainingPlan) -> QuerySet[User]:
    """Whom the plan is for: active holders of its posts; without posts, everybody who goes out."""
    return User.objects.filter(is_active=True, role__in=plan.posts or [*OUTDOORS])


def missing(plan: TrainingPlan) -> QuerySet[User]:
    """Who must attend and is not enrolled."""
    return must_attend(plan).exclude(enrolments__plan=plan)


def hours_of_year(year: int) -> dict[int, Decimal]:
    """User → hours attended in trainings that began in the year."""
    rows = Enrolment.objects.filter(plan__starts_on__year=year).order_by().values("user").annotate(total=Sum("hours"))
    return {row["user"]: row["total"] for row in rows}


@history.tells
@transaction.atomic
def enrol(plan: TrainingPlan, *, by, users: Collection[User]) -> int:
    """Enrol people in one go; who is enrolled already stays as he is. Returns how many were new."""
    _check(by)
    TrainingPlan.objects.select_for_update().get(pk=plan.pk)
    have = set(Enrolment.objects.filter(plan=plan).values_list("user", flat=True))
    new = sorted({user.pk for user in users if user.is_active} - have)
    if not new:
        raise Refused(_("Nobody is left to be enrolled: all of them are already."), code="nobody")
    Enrolment.objects.bulk_create([Enrolment(plan=plan, user_id=pk) for pk in new], batch_size=500)
    Account.objects.bulk_create([Account(pk=pk) for pk in new], ignore_conflicts=True)
    accounts = list(Account.objects.select_for_update().filter(pk__in=new).order_by("pk"))
    Entry.objects.bulk_create([next_entry(account, "enrolled", by=by, data={"training": plan.code, "name": plan.name}) for account in accounts],
                              batch_size=500)  # fmt: skip
    Account.objects.bulk_update(accounts, ["version", "chain"], batch_size=500)
    return len(new)


@dataclass(frozen=True)
class Attended:
    """What somebody attended: hours and how it ended, as they are to be."""

    enrolment: int
    hours: Decimal
    result: str


@history.tells
@transaction.atomic
def enter_results(plan: TrainingPlan, *, by, rows: Collection[Attended]) -> int:
    """Set hours and results of enrolments of the plan; what differs is told on each account. Returns how many differed."""
    _check(by)
    TrainingPlan.objects.select_for_update().get(pk=plan.pk)
    wanted, changed = {row.enrolment: row for row in rows}, 0
    for enrolment in Enrolment.objects.filter(plan=plan, pk__in=wanted).order_by("user_id"):
        row = wanted[enrolment.pk]
        if not 0 <= row.hours <= MOST_HOURS:
            raise BadInput(_("Hours are from 0 to %(most)d.") % {"most": MOST_HOURS}, code="hours", field=f"hours-{enrolment.pk}")
        if row.result not in Enrolment.Result.values:
            raise BadInput(_("This choice is not known. Please choose again."), code="unknown", field=f"result-{enrolment.pk}")
        if (enrolment.hours, enrolment.result) == (row.hours, row.result):
            continue
        told = {"training": plan.code, "name": plan.name, "hours": str(row.hours), "result": row.result,
                "hours_before": str(enrolment.hours), "result_before": enrolment.result}  # fmt: skip
        enrolment.hours, enrolment.result = row.hours, row.result
        enrolment.save(update_fields=["hours", "result"])
        Account.objects.bulk_create([Account(pk=enrolment.user_id)], ignore_conflicts=True)
        record(Account.objects.select_for_update().get(pk=enrolment.user_id), "training_result", by=by, data=told)
        changed += 1
    return changed
