"""Trainings as their pages show them, narrowed to whose people the reader sees."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property

from enforcement import training
from enforcement.models import Enrolment, Officer, Organisation, TrainingPlan, User
from enforcement.roles import Role
from journal import clock
from journal.spoken import listed
from registers import posted

Result = Enrolment.Result


def scope(user) -> QuerySet[User]:
    """People of one's centre; all for the system administrator and the county's centre."""
    rows = User.objects.filter(is_active=True)
    if user.role == Role.SYSTEM_ADMIN or (user.centre is not None and user.centre.is_county_centre):
        return rows
    return rows.filter(organisation__centre=user.centre) if user.centre is not None else rows.none()


@dataclass(frozen=True)
class Plan:
    """A plan with its counts (`enrolled`, `passed`, `short` where the list asked for them)."""

    plan: TrainingPlan
    missing: int = 0

    @cached_property
    def posts(self) -> str:
        """For whom it is; "" : everybody who goes out."""
        return listed(Role(code).label for code in self.plan.posts if code in Role.values)

    @property
    def is_over(self) -> bool:
        return self.plan.ends_on < clock.today()


def plans(user) -> list[Plan]:
    people = Q(enrolments__user__in=scope(user))
    rows = TrainingPlan.objects.annotate(
        enrolled=Count("enrolments", filter=people), passed=Count("enrolments", filter=people & Q(enrolments__result=Result.PASSED)),
        short=Count("enrolments", filter=people & Q(enrolments__hours__lt=F("hours"))),
    )  # fmt: skip
    return [Plan(plan, training.missing(plan).filter(pk__in=scope(user)).count()) for plan in rows[:60]]


def enrolments(plan: TrainingPlan, user) -> list[Enrolment]:
    rows = Enrolment.objects.filter(plan=plan, user__in=scope(user)).select_related("user__organisation")
    return list(rows.order_by("user__organisation__code", "user__username"))


def missing(plan: TrainingPlan, user) -> list[tuple[Organisation, list[User]]]:
    """Who must attend and is not enrolled, by unit."""
    rows = training.missing(plan).filter(pk__in=scope(user)).select_related("organisation").order_by("organisation__code", "username")
    units: dict[int | None, tuple[Organisation, list[User]]] = {}
    for one in rows:
        units.setdefault(one.organisation_id, (one.organisation, []))[1].append(one)
    return list(units.values())


def hours(user, query: QueryDict) -> list[tuple[Officer, Decimal]]:
    """Hours of each officer this year, least first; narrowed to a unit."""
    attended = training.hours_of_year(clock.today().year)
    rows = Officer.objects.filter(user__in=scope(user), is_helper=False).select_related("user", "organisation")
    if unit := posted.key(query, "unit"):
        rows = rows.filter(organisation=unit)
    found = [(officer, attended.get(officer.user_id, Decimal(0))) for officer in rows]
    return sorted(found, key=lambda pair: (pair[1], pair[0].organisation.code, pair[0].badge))


def units(user) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=Officer.objects.filter(user__in=scope(user)).values("organisation")).select_related("centre")
