"""What entitles an officer to act, taken and given back: certificates and duty, by whoever oversees enforcement in the county
(行政执法证件管理: 暂扣、吊销). Nothing is deleted. Effective at once: each act asks anew, and the centre hears of it within a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from journal import clock, deadlines, history, push, rows
from journal.moves import record
from journal.refused import Refused

from . import accounts
from .models import Account, Certificate, Officer, Organisation
from .models.people import same_person
from .posts import POST_CHANGED
from .roles import OUTDOORS, Role

Status = Certificate.Status
GRADES = (7, 30, 60)  # days before the end from which one is warned, the most urgent first
OVERSEEING = (Role.SUPERVISOR, Role.LEGAL_REVIEWER)


# --- what ends soon ------------------------------------------------------------------------------
def days_left(certificate: Certificate, day: date | None = None) -> int:
    """Days on which it still holds after `day` (default: today); below zero when it has ended."""
    return (certificate.valid_to - (day or clock.today())).days


def grade(left: int) -> int | None:
    """7, 30 or 60: the warning for a certificate with so many days left; 0 when it has ended, None when none is needed."""
    return 0 if left < 0 else next((limit for limit in GRADES if left <= limit), None)


def ending(day: date | None = None) -> QuerySet[Certificate]:
    """Certificates that end within sixty days or have ended, whose holder still goes out and has no other that holds longer."""
    day = day or clock.today()
    last = day + timedelta(days=GRADES[-1])
    longer = Certificate.objects.filter(status=Status.VALID, valid_from__lte=last, valid_to__gt=last).values("officer")
    newest = Certificate.objects.filter(status=Status.VALID).order_by("officer", "-valid_to").distinct("officer").values("pk")
    return (
        Certificate.objects.filter(pk__in=newest, valid_to__lte=last, officer__in=Officer.objects.going_out()).exclude(officer__in=longer)
        .order_by("valid_to", "number")
    )  # fmt: skip


# --- verbs ---------------------------------------------------------------------------------------
def may_decide(user) -> bool:
    """Supervisors and legal reviewers of the county's centre."""
    return user.role in OVERSEEING and user.centre is not None and user.centre.is_county_centre


def _begin(officer_pk: int, *, by, reason: str) -> tuple[Account, Officer, str]:
    """The officer's account and row, locked; whether `by` may, and why it is done."""
    if not may_decide(by):
        raise Refused(_("Only supervisors and legal reviewers of the county centre decide on this."), code="not_allowed")
    reason = accounts.said(reason)
    user_pk = Officer.objects.values_list("user", flat=True).get(pk=officer_pk)
    account = accounts.lock(user_pk)
    officer = Officer.objects.select_for_update(of=("self",)).select_related("user", "organisation").get(pk=officer_pk)
    if str(user_pk) == by.actor.id:
        raise Refused(_("Nobody decides on his own standing."), code="own")
    return account, officer, reason


def _told(account: Account, officer: Officer) -> None:
    """Phones and consoles look again; the clock tells the cases on which the officer is bound (`command.barring`)."""
    county = Organisation.objects.filter(kind=Organisation.Kind.COUNTY_CENTRE, is_active=True).values_list("pk", flat=True)
    centres = {officer.organisation.centre_id, *county} - {None}
    push.tell([f"officer.{officer.pk}", *(f"centre.{pk}" for pk in centres)], f"standing:{officer.pk}", account.version)
    deadlines.set_many(account, {"standing": clock.now()}, subject=f"officer:{officer.pk}")


@contextmanager
def watched() -> Iterator[None]:
    """A load of files, or an import: the clock tells the cases of everybody who is entitled to something else after it than before."""
    before = _entitled()
    yield
    changed = [(pk, user) for (pk, user), what in _entitled().items() if before.get((pk, user), what) != what]
    if changed:
        due = {"standing": clock.now()}
        rows.insert(*(row for pk, user in changed for row in deadlines.new(Account(pk=user), due, subject=f"officer:{pk}")))


def _entitled() -> dict[tuple[int, int], list]:
    """(officer, user) → what their rows say of them. Two statements."""
    what = ("organisation", "is_helper", "suspended_at", "user__is_active")
    found = {(pk, user): rest for pk, user, *rest in Officer.objects.values_list("pk", "user", *what)}
    names = ("number", "status", "valid_from", "valid_to", "fields", "townships")
    for pk, user, *rest in Certificate.objects.order_by("number").values_list("officer", "officer__user", *names):
        found[pk, user].append(rest)
    return found


def _decide(certificate: Certificate, status: str, *, reason: str, document: str) -> dict:
    certificate.status, certificate.status_reason, certificate.status_document = status, reason, document.strip()[:200]
    certificate.decided_at = clock.now()
    certificate.save(update_fields=["status", "status_reason", "status_document", "decided_at"])
    return {"certificate": certificate.number, "reason": reason, "document": certificate.status_document}


@history.tells
@transaction.atomic
def suspend_certificate(certificate: Certificate, *, by, reason: str, document: str = "") -> Certificate:
    account, officer, reason = _begin(certificate.officer_id, by=by, reason=reason)
    certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
    if certificate.status != Status.VALID:
        raise Refused(_("Only a valid certificate can be suspended."), code="wrong_state")
    record(account, "certificate_suspended", by=by, data=_decide(certificate, Status.SUSPENDED, reason=reason, document=document))
    _told(account, officer)
    return certificate


@history.tells
@transaction.atomic
def restore_certificate(certificate: Certificate, *, by, reason: str, document: str = "") -> Certificate:
    account, officer, reason = _begin(certificate.officer_id, by=by, reason=reason)
    certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
    if certificate.status != Status.SUSPENDED:
        raise Refused(_("Only a suspended certificate can be given back; a revoked one stays revoked."), code="wrong_state")
    record(account, "certificate_restored", by=by, data=_decide(certificate, Status.VALID, reason=reason, document=document))
    _told(account, officer)
    return certificate


@history.tells
@transaction.atomic
def revoke_certificate(certificate: Certificate, *, by, reason: str, document: str = "") -> Certificate:
    """For good: a new certificate needs a new row."""
    account, officer, reason = _begin(certificate.officer_id, by=by, reason=reason)
    certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
    if certificate.status == Status.REVOKED:
        raise Refused(_("This certificate is revoked already."), code="wrong_state")
    record(account, "certificate_revoked", by=by, data=_decide(certificate, Status.REVOKED, reason=reason, document=document))
    _told(account, officer)
    return certificate


@history.tells
@transaction.atomic
def suspend_officer(officer: Officer, *, by, reason: str, document: str = "") -> Officer:
    """No orders and no acts from now on, on any account of the person."""
    account, officer, reason = _begin(officer.pk, by=by, reason=reason)
    if officer.suspended_at:
        raise Refused(_("This officer is suspended already."), code="wrong_state")
    officer.suspended_at, officer.suspended_reason = clock.now(), reason
    officer.save(update_fields=["suspended_at", "suspended_reason"])
    record(account, "officer_suspended", by=by, data={"reason": reason, "document": document.strip()[:200]})
    _told(account, officer)
    return officer


@history.tells
@transaction.atomic
def restore_officer(officer: Officer, *, by, reason: str, document: str = "") -> Officer:
    """The person may act again, on every account whose post goes out. Refused where nothing was taken, or the post is indoors."""
    account, officer, reason = _begin(officer.pk, by=by, reason=reason)
    decided = Officer.objects.by_decision(clock.now()).filter(same_person("user", officer.pk))
    either = Q(pk=officer.pk, suspended_at__isnull=False) | Q(pk__in=decided.values("pk"))
    suspended = list(Officer.objects.select_for_update(of=("self",)).filter(either).select_related("user").order_by("pk"))
    if not suspended:
        raise Refused(_("This officer is not suspended."), code="wrong_state")
    if officer.user.role not in OUTDOORS:
        raise Refused(_("This person's post does not go out any more."), code="wrong_state")
    for one in suspended:
        goes_out = one.user.role in OUTDOORS
        one.suspended_at, one.suspended_reason = (None, "") if goes_out else (clock.now(), POST_CHANGED)
        one.save(update_fields=["suspended_at", "suspended_reason"])
    record(account, "officer_restored", by=by, data={"reason": reason, "document": document.strip()[:200]})
    _told(account, officer)
    officer.refresh_from_db()
    return officer
