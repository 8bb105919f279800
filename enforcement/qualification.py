"""Who may act in person: with an account that works, qualified by a certificate in force for the field and the place, not suspended, with
nothing to step aside for, no part in another office towards the party, no helper (行政处罚法 42, 43). Suspended, stepping aside and having
taken part hold for the person, whichever of his accounts they were written down on.

One rule for "who may?", for who is suggested and sent, and for each act. `command_bar()` says the same in the database, against plain SQL.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, F, Prefetch, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _

from journal import clock

from .models import Certificate, Officer, PartyAct, Recusal
from .models.people import same_persons

# What bars an officer; "" when nothing does. The first that applies is named.
CLOSED, SUSPENDED, RECUSED, SEPARATED, HELPER, UNCERTIFIED, FIELD, AREA = (
    "closed", "suspended", "recused", "separated", "helper", "certificate", "field", "area",
)  # fmt: skip


@dataclass(frozen=True)
class Matter:
    """What somebody would act on. `departments`: whose items it may come under (none: any field); `township`: code of the one where it
    lies (None: in none); `zones`: codes of all places that it lies in; `threads`: its cases ("case:7"), or an expression that
    finds them."""

    departments: frozenset[str] = frozenset()
    township: str | None = None
    zones: frozenset[str] = frozenset()
    threads: tuple[str, ...] | Combinable = ()


@dataclass(frozen=True)
class Standing:
    """An officer, the certificate that counts, and what bars him from acting himself ("" when nothing does), in words too."""

    officer: Officer
    certificate: Certificate | None
    bar: str
    why_not: str


def words(bar: str) -> str:
    """What bars somebody, as said of him. Why he steps aside is nobody's business."""
    return {
        "": "",
        CLOSED: _("the account is closed"),
        SUSPENDED: _("is suspended from duty"),
        RECUSED: _("has to step aside"),
        SEPARATED: _("has taken part in another office towards the party"),
        HELPER: _("is a helper: may report, go first, accompany and confirm, but not decide"),
        UNCERTIFIED: _("has no valid certificate"),
        FIELD: _("the certificate does not cover this field"),
        AREA: _("the certificate does not hold in this township"),
    }.get(bar, bar)


def looked_at(officers: QuerySet[Officer], matter: Matter, at: datetime) -> QuerySet[Officer]:
    """The officers with all that decides whether they may act on the matter at a moment, in two statements for any number of them."""
    parties = PartyAct.objects.filter(source__in=matter.threads) if matter.threads else PartyAct.objects.none()
    concerned = Q(zone__in=matter.zones) | Q(party__in=parties.values("party")) | Q(party_name__in=parties.values("party_name"))
    if matter.threads:
        concerned |= Q(thread__in=matter.threads)
    recusals = Recusal.objects.in_force(at).filter(concerned)
    acts = PartyAct.objects.filter(party__in=parties.values("party")).exclude(act=PartyAct.Act.INSPECTING)
    return with_certificates(officers, at).with_suspension(at).annotate(
        is_open=F("user__is_active"), is_recused=_whether(same_persons("user", recusals, "officer__user")),
        is_separated=_whether(same_persons("user", acts, "user")),
    )


def with_certificates(officers: QuerySet[Officer], at: datetime) -> QuerySet[Officer]:
    """The officers with their `valid_certificates` of a moment, the one that lasts longest first."""
    valid = Certificate.objects.valid(at).order_by("-valid_to", "number")
    return officers.prefetch_related(Prefetch("certificates", valid, to_attr="valid_certificates"))


def _whether(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, BooleanField())


def counting(certificates: Iterable[Certificate], matter: Matter) -> Certificate | None:
    """The first certificate that is for one of the fields and for the place: one without fields is for all, without townships anywhere."""
    return next((one for one in certificates if is_for(one, matter) and (not one.townships or matter.township in one.townships)), None)


def is_for(certificate: Certificate, matter: Matter) -> bool:
    """Whether a certificate is for one of the matter's fields, wherever it holds."""
    return not matter.departments or not certificate.fields or not matter.departments.isdisjoint(certificate.fields)


def in_general(officer: Officer, certificates: Collection[Certificate]) -> str:
    """What bars an officer from acting himself on anything, "" when nothing does. `certificates`: his that are in force;
    `officer`: with its suspension."""
    if officer.is_suspended:
        return SUSPENDED
    if officer.is_helper:
        return HELPER
    return "" if certificates else UNCERTIFIED


def bar(officer: Officer, matter: Matter) -> str:
    """What bars an officer of `looked_at` from acting himself on the matter, "" when nothing does."""
    if not officer.is_open:
        return CLOSED
    general = in_general(officer, officer.valid_certificates)
    if general == SUSPENDED:
        return SUSPENDED
    if officer.is_recused:
        return RECUSED
    if officer.is_separated:
        return SEPARATED
    if general:
        return general
    if not any(is_for(one, matter) for one in officer.valid_certificates):
        return FIELD
    return "" if counting(officer.valid_certificates, matter) else AREA


def frozen(certificate: Certificate | None, at: datetime) -> dict | None:
    """The certificate as it was when it counted, JSON-ready: what the journal keeps with an act. None: a helper, who needs none."""
    return certificate and {
        "number": certificate.number, "fields": certificate.fields, "townships": certificate.townships, "issued_by": certificate.issued_by,
        "valid_from": certificate.valid_from.isoformat(), "valid_to": certificate.valid_to.isoformat(), "status": certificate.status,
        "checked_at": at.isoformat(),
    }  # fmt: skip


def standings(organisations: Collection[int], matter: Matter, day: date) -> list[Standing]:
    """All officers of these organisations (keys) as they stand now, or on another day at its end; those who may act first. Two statements."""
    at = clock.now() if day == clock.today() else clock.day_bounds(day)[1] - timedelta(microseconds=1)
    officers = Officer.objects.filter(organisation__in=organisations, user__is_active=True).select_related("user", "organisation").order_by("badge")
    found = []
    for one in looked_at(officers, matter, at):
        why = bar(one, matter)
        found.append(Standing(one, counting(one.valid_certificates, matter), why, words(why)))
    return sorted(found, key=lambda standing: bool(standing.bar))
