"""Who may act in person: qualified by a certificate in force for the field, not suspended, no helper (行政处罚法 42).

One rule for "who may?", for who is suggested and sent, and for the result that an officer enters.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from journal import clock

from .models import Certificate, Officer


@dataclass(frozen=True)
class Standing:
    """An officer, the certificates that count, and why he may not act himself ("" when he may)."""

    officer: Officer
    certificates: tuple[Certificate, ...]
    why_not: str


def covers(certificates: Iterable[Certificate], departments: Collection[str]) -> bool:
    """Whether one of the certificates is for one of the fields (departments); one without fields is for all, and no field needs any."""
    return not departments or any(not one.fields or set(departments) & set(one.fields) for one in certificates)


def why_not(officer: Officer, certificates: Collection[Certificate], departments: Collection[str], day: date) -> str:
    """Why the officer may not act himself on `day` in the fields of `departments` (none: in any), "" when he may.

    `certificates`: those of his that are in force on that day."""
    if officer.suspended_at and officer.suspended_at.astimezone(clock.LOCAL).date() <= day:
        return _("is suspended from duty")
    if officer.is_helper:
        return _("is a helper: may report, go first, accompany and confirm, but not decide")
    if not certificates:
        return _("has no valid certificate")
    if not covers(certificates, departments):
        return _("the certificate does not cover this field")
    return ""


def standings(organisations: Collection[int], departments: Collection[str], day: date) -> list[Standing]:
    """All officers of these organisations (keys), those who may act first. Two statements."""
    officers = (
        Officer.objects.filter(organisation__in=organisations, user__is_active=True).select_related("user", "organisation").order_by("badge")
        .prefetch_related(Prefetch("certificates", Certificate.objects.in_force(day), to_attr="in_force"))
    )  # fmt: skip
    found = [Standing(one, tuple(one.in_force), why_not(one, one.in_force, departments, day)) for one in officers]
    return sorted(found, key=lambda standing: bool(standing.why_not))
