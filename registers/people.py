"""Officers as their register shows them: who they are, what entitles them, what they learnt, where they came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enforcement import standing, training
from enforcement.models import Certificate, Enrolment, Exam, Officer, Organisation, StaffTransfer
from enforcement.qualification import in_general, words
from journal import clock
from registers import posted

# Days before the end → word, shape and colour (classes of .grade). Never colour alone.
GRADES: dict[int, tuple[Promise, str]] = {
    0: (_("has ended"), "ended"), 7: (_("7 days"), "week"), 30: (_("30 days"), "month"), 60: (_("60 days"), "two-months"),
}  # fmt: skip


@dataclass(frozen=True)
class Ending:
    """A certificate that ends soon, or has ended."""

    certificate: Certificate
    left: int

    @property
    def grade(self) -> int | None:
        return standing.grade(self.left)

    @property
    def word(self) -> Promise:
        return GRADES[self.grade][0]

    @property
    def shape(self) -> str:
        return GRADES[self.grade][1]


def scope(user) -> QuerySet[Officer]:
    """Officers that a member of staff sees: who goes out for his own centre, all for the county's."""
    rows = Officer.objects.going_out().with_suspension(clock.now())
    centre = user.centre
    if centre is None:
        return rows.none()
    return rows if centre.is_county_centre else rows.filter(organisation__centre=centre)


def ending(user, day: date | None = None) -> QuerySet[Certificate]:
    """Certificates of these that end within sixty days or have ended."""
    return standing.ending(day).filter(officer__in=scope(user))


def endings(user) -> list[Ending]:
    day = clock.today()
    rows = ending(user, day).select_related("officer__user", "officer__organisation")
    return [Ending(one, standing.days_left(one, day)) for one in rows]


@dataclass(frozen=True)
class Line:
    """One officer of the list."""

    officer: Officer
    certificates: list[Certificate]  # not revoked, the longest first
    why_not: str
    ending: Ending | None
    hours: Decimal


def find(user, query: QueryDict) -> QuerySet[Officer]:
    """By words (name, badge, certificate), unit, kind (officer · helper · leader), and what ails (no · ending · suspended)."""
    rows = scope(user).order_by("organisation__code", "badge")
    words = query.get("q", "").replace("\x00", "").strip()[:60]
    if words:
        rows = rows.filter(Q(user__name__icontains=words) | Q(badge__icontains=words) | Q(pk__in=Certificate.objects.filter(
            number__icontains=words).values("officer")))  # fmt: skip
    if unit := posted.key(query, "unit"):
        rows = rows.filter(organisation=unit)
    kind, state = query.get("kind", ""), query.get("state", "")
    if kind in KINDS:
        rows = rows.filter(is_helper=kind == "helper") if kind != "leader" else rows.filter(is_leader=True)
    if state == "suspended":
        rows = rows.filter(is_suspended=True)
    elif state == "ending":
        rows = rows.filter(pk__in=standing.ending().values("officer"))
    elif state == "none":
        rows = rows.filter(is_helper=False).exclude(pk__in=Certificate.objects.valid().values("officer"))
    return rows


KINDS = {"officer": _("Enforcement officer"), "leader": _("Squad leader"), "helper": _("Village helper")}
STATES = {"none": _("No certificate in force"), "ending": _("Certificate ends soon"), "suspended": _("Suspended from duty")}


def lines(officers: Iterable[Officer]) -> list[Line]:
    """Of the officers of one page, read in a fixed number of statements."""
    day = clock.today()
    pks = [officer.pk for officer in officers]
    kept = Certificate.objects.exclude(status=Certificate.Status.REVOKED).order_by("-valid_to")
    rows = Officer.objects.filter(pk__in=pks).with_suspension(clock.now()).select_related("user", "organisation")
    rows = rows.prefetch_related(Prefetch("certificates", kept, to_attr="kept"))
    ends = {one.officer_id: Ending(one, standing.days_left(one, day)) for one in standing.ending(day).filter(officer__in=pks)}
    hours, found = training.hours_of_year(day.year), {row.pk: row for row in rows}
    made = []
    for pk in pks:
        officer = found[pk]
        valid = [one for one in officer.kept if one.status == Certificate.Status.VALID and one.valid_from <= day <= one.valid_to]
        why = words(in_general(officer, valid))
        made.append(Line(officer, officer.kept, why, ends.get(pk), hours.get(officer.user_id, Decimal(0))))
    return made


@dataclass(frozen=True)
class Held:
    """A certificate on an officer's page."""

    certificate: Certificate
    ending: Ending | None

    @property
    def is_over(self) -> bool:
        return self.certificate.valid_to < clock.today()


def of_officer(officer: Officer) -> dict:
    """Everything on the page of an officer of `scope` but his history."""
    day = clock.today()
    certificates = list(officer.certificates.order_by("-valid_to"))
    valid = [one for one in certificates if one.status == Certificate.Status.VALID and one.valid_from <= day <= one.valid_to]
    warned = set(standing.ending(day).filter(officer=officer).values_list("pk", flat=True))
    held = [Held(one, Ending(one, standing.days_left(one, day)) if one.pk in warned else None) for one in certificates]
    return {
        "certificates": held, "why_not": words(in_general(officer, valid)),
        "exams": Exam.objects.filter(user=officer.user_id), "trainings": Enrolment.objects.filter(user=officer.user_id).select_related("plan")
        .order_by("-plan__starts_on"), "transfers": StaffTransfer.objects.filter(user=officer.user_id).select_related("organisation"),
        "hours": training.hours_of_year(day.year).get(officer.user_id, Decimal(0)), "year": day.year,
    }  # fmt: skip


def units(user) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=scope(user).values("organisation")).select_related("centre")
