"""The held queue: reports that a person looks at before they become cases. Nothing suspicious vanishes by itself."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enforcement.roles import CENTRE
from journal import push, rows
from journal.moves import record
from journal.refused import Refused

from . import intake, jurisdiction
from .audience import announce, centre_audiences
from .models import Case, Category, Photo, Report
from .places import Place, locate
from .rulebook import current

REASONS = {
    "no_proof": gettext_lazy("Sent without a proof of work, or with a used one"),
    "too_many": gettext_lazy("Many reports from one address"),
    "too_fast": gettext_lazy("Filled in faster than a person can"),
    "honeypot": gettext_lazy("A field that people do not see was filled in"),
    "no_start": gettext_lazy("The form was opened more than a day ago, or not at all"),
}


def queue(user):
    """QuerySet of the held reports that this user may decide on, oldest first."""
    held = Report.objects.filter(state=Report.State.HELD).select_related("category", "centre").order_by("received_at")
    if not user.is_authenticated or user.role not in CENTRE or user.centre is None:
        return held.none()
    return held if user.centre.is_county_centre else held.filter(centre=user.centre)


@transaction.atomic
def release(report: Report, *, by, category: Category | None = None) -> Case:
    """Make the case of a held report; `category` corrects the reporter's choice. The clock counts from the report's storing."""
    report = _lock(report, by)
    if category is not None:
        report.category = category
    where = Place(report.point.x, report.point.y, report.place_source, words=report.place)
    zones = locate(where)
    rules = current(zones.rules_version)
    routed = jurisdiction.route(report.category, zones, rules=rules)
    case, new = intake.new_case(report, pk=intake.draw_case_key(), by=by, rules=rules, routed=routed, zones=zones)
    rows.insert(*new)
    held_by = report.centre_id
    report.state, report.case, report.centre = Report.State.ACCEPTED, case, routed.centre
    record(report, "released", by=by, save=False, data={"case": case.pk})
    report.save(update_fields=["state", "case", "centre", "category", "version", "chain"])
    Photo.objects.filter(report=report).update(case=case)
    announce(case)
    push.tell([*centre_audiences(held_by), f"track.{report.track_key}"], report.thread, report.version)
    return case


@transaction.atomic
def discard(report: Report, *, by, reason: str) -> Report:
    """Put a held report aside: kept for ever, but no case comes of it. The reporter's page says so with the reason."""
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    report = _lock(report, by)
    report.state = Report.State.DISCARDED
    record(report, "discarded", by=by, save=False, data={"reason": reason})
    report.save(update_fields=["state", "version", "chain"])
    push.tell([*centre_audiences(report.centre_id), f"track.{report.track_key}"], report.thread, report.version)
    return report


def _lock(report: Report, by) -> Report:
    if by.actor.roles.isdisjoint(CENTRE):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    report = Report.objects.select_for_update(of=("self",)).select_related("category", "client").get(pk=report.pk)
    if report.state != Report.State.HELD:
        raise Refused(_("This report has already been decided on."), code="wrong_state", state=report.state)
    return report
