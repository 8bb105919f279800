"""Who could go, and why; who cannot, and why not. The same rules answer the suggestion, the refusal and the officer's page."""

from dataclasses import dataclass, field

from django.contrib.gis.db.models.functions import Distance
from django.db.models import Case as Case_
from django.db.models import F, OuterRef, Prefetch, Subquery, Value, When
from django.utils.translation import gettext as _

from cases.models import Case
from cases.rulebook import current
from enforcement import equipment, qualification
from enforcement.models import Certificate, Duty, Equipment, Officer
from enforcement.qualification import Matter
from grid.models import Responsibility
from journal import clock
from registers.plan import grace

from . import rights
from .models import Dispatch
from .transitions import ACTIVE


@dataclass(frozen=True)
class Suggestion:
    """One officer for one case. `why_not` empty: may be sent. `certificate`: the one that counts there. Distance in metres, estimated
    way in seconds."""

    officer: Officer
    why_not: str
    certificate: Certificate | None
    distance_m: int | None
    eta_s: int | None
    reasons: list[str] = field(default_factory=list)

    @property
    def can_go(self) -> bool:
        return not self.why_not


def officers_for(case: Case, matter: Matter, moment):
    """Officers of the case's centre who go out, with all that decides whether they may go, in a fixed number of queries."""
    officers = (
        Officer.objects.going_out().filter(organisation__centre_id=case.centre_id)
        .select_related("user", "organisation", "position")
        .annotate(
            duty_until=Subquery(
                Duty.objects.filter(user=OuterRef("user"), starts_at__lte=moment, ends_at__gt=moment).values("ends_at")[:1]
            ),
            busy_with=Subquery(Dispatch.objects.filter(officer=OuterRef("pk"), state__in=ACTIVE).values("case_id")[:1]),
            distance=Distance(F("position__point"), case.point),
            signed=Subquery(_signed(moment)),
        )
        .prefetch_related(
            Prefetch("equipment", Equipment.objects.filter(is_active=True).order_by("kind", "code"), to_attr="carries"),
            Prefetch(
                "responsibilities",
                Responsibility.objects.filter(zone__in=[z for z in (case.grid_id, case.area_id, case.village_id) if z]),
                to_attr="here",
            ),
        )
    )  # fmt: skip
    return qualification.looked_at(officers, matter, moment)


def _signed(moment):
    """Of the stretch that runs: "missing" when he has not signed on although its time for that is over, "left" when he has signed off."""
    late = When(kind="duty", came_at__isnull=True, starts_at__lt=moment - grace(), then=Value("missing"))
    word = Case_(When(left_at__isnull=False, then=Value("left")), late, default=Value(""))
    return Duty.objects.filter(user=OuterRef("user"), starts_at__lte=moment, ends_at__gt=moment).annotate(word=word).values("word")[:1]


def why_not(officer: Officer, case: Case, matter: Matter, moment) -> str:
    """Why an officer of `officers_for` cannot be sent to the case; "" when he can."""
    if officer.organisation.centre_id != case.centre_id:
        return _("belongs to another command centre")
    if bar := rights.bar(officer, matter):
        return qualification.words(bar)
    if officer.duty_until is None:
        return _("is off duty")
    if officer.busy_with and officer.busy_with != case.pk:
        return _("is on another case")
    if officer.busy_with == case.pk:
        return _("is already on this case")
    return ""


def suggest(case: Case, *, limit: int | None = 8, exclude=(), at=None) -> list[Suggestion]:
    """Officers of the centre: who can go first, of these who has come to his duty, then by responsibility and distance; the rest
    follow with their reason."""
    moment, matter = at or clock.now(), rights.matter_of(case)
    options = current().options
    speeds = options["speed_kmh"]
    speed = (speeds.get("seat", speeds["default"]) if case.grid_id else speeds["default"]) * 1000 / 3600
    found = []
    for officer in officers_for(case, matter, moment):
        if officer.pk in exclude:
            continue
        stale = officer_position_age(officer, moment)
        distance = round(officer.distance.m) if officer.distance is not None and stale is not None else None
        eta = round(distance / speed) if distance is not None else None
        certificate = None if officer.is_helper else qualification.counting(officer.valid_certificates, matter)
        reasons = _reasons(officer, certificate, distance, eta, stale, options)
        found.append(Suggestion(officer, why_not(officer, case, matter, moment), certificate, distance, eta, reasons))
    found.sort(key=lambda s: (bool(s.why_not), s.officer.is_helper, bool(s.officer.signed), _rank(s.officer), s.distance_m is None,
                              s.distance_m or 0, s.officer.pk))  # fmt: skip
    return found[:limit] if limit else found


def officer_position_age(officer: Officer, moment) -> float | None:
    """Seconds since the newest fix, or None without one."""
    position = getattr(officer, "position", None)
    return (moment - position.at).total_seconds() if position else None


def _rank(officer: Officer) -> int:
    roles = {row.role for row in officer.here}
    return 0 if Responsibility.Role.OWNER in roles else 1 if roles else 2


def _reasons(officer, certificate, distance, eta, age, options) -> list[str]:
    words = [str(row.get_role_display()) for row in officer.here[:1]]
    if officer.is_helper:
        words.append(_("helper: goes first, does not decide"))
    if distance is None:
        words.append(_("position unknown"))
    else:
        words.append(_("%(metres)d m") % {"metres": distance} if distance < 1000 else _("%(km).1f km") % {"km": distance / 1000})
        words.append(_("about %(minutes)d min") % {"minutes": max(1, round(eta / 60))})
        if age > options["position_stale_s"]:
            words.append(_("position %(minutes)d min old") % {"minutes": round(age / 60)})
    if certificate:
        words.append(_("certificate valid"))
    if officer.busy_with is None and officer.duty_until is not None:
        words.append(_("free"))
    if officer.signed:
        words.append(_("not signed on") if officer.signed == "missing" else _("signed off"))
    words += dict.fromkeys(equipment.word(one.kind, one.name) for one in officer.carries)
    return words


def could_go(case: Case, *, limit: int = 3) -> list[str]:
    """Names of those who could be sent instead: a refusal names them."""
    return [s.officer.name for s in suggest(case, limit=None) if s.can_go and not s.officer.is_helper][:limit]
