"""What comes back by itself: the re-check of an order, a department's finding. Each is a new case that follows the old one,
so that the old one's clock and share stay final."""

from django.db import transaction
from django.utils.translation import gettext as _

from enforcement.roles import CENTRE
from journal import clock, deadlines
from journal.moves import CLOCK, record
from journal.refused import Refused

from .audience import announce
from .intake import Place, receive_report
from .locking import lock
from .models import Case, Finding, Report
from .rulebook import current


def _come_back(case: Case, *, channel: str, text: str, key: str) -> Case:
    """A case of the same place, category and owner, following `case`, in the class that the county gives to what comes back."""
    rules = current()
    calm = next(target for target in rules.classes.values() if target.code == rules.options["follow_up_class"])
    received = receive_report(
        by=CLOCK, channel=channel, text=text, category=case.category,
        place=Place(lon=case.point.x, lat=case.point.y, source="follow_up", words=case.place),
        idempotency_key=key, follows=case, target_class=calm, is_simulated=case.is_simulated,
    )  # fmt: skip
    return received.case


@deadlines.on("recheck")
def recheck_due(deadline) -> None:
    """The day of the re-check has come."""
    case = lock(int(deadline.thread.split(":")[1]))
    order = case.order
    text = _("Re-check of the order to correct in case %(number)s: %(demand)s") % {"number": case.number, "demand": order.demand}
    order.rechecked_by_case = _come_back(case, channel=Report.Channel.RECHECK, text=text, key=f"recheck:{deadline.pk}")
    order.save(update_fields=["rechecked_by_case"])
    record(case, "recheck_due", by=CLOCK, data={"case": order.rechecked_by_case.number})
    announce(case)


@deadlines.on("finding")
def finding_overdue(deadline) -> None:
    """A department has not answered in time: the centre is told, the question stays open."""
    case = lock(int(deadline.thread.split(":")[1]))
    finding = Finding.objects.select_related("department").get(pk=int(deadline.subject.split(":")[1]))
    record(case, "finding_overdue", by=CLOCK, subject=deadline.subject, data={"department": finding.department.short_name})
    announce(case)


@transaction.atomic
def answer_finding(finding: Finding, *, by, answer: str, answered_by: str) -> Case:
    """Enter a department's finding; the matter comes back as a new case with the answer, to be carried on."""
    case = lock(finding.case_id)
    finding = Finding.objects.select_related("department").get(pk=finding.pk)
    if by.actor.roles.isdisjoint(CENTRE):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if finding.answered_at:
        raise Refused(_("This finding has been answered already."), code="twice")
    missing = [name for name, value in (("answer", answer), ("answered_by", answered_by)) if not value.strip()]
    if missing:
        raise Refused(_("Enter the finding and who gave it."), code="missing", missing=missing)
    deadlines.cancel(case, "finding", subject=f"finding:{finding.pk}")
    text = _("Finding of %(department)s on case %(number)s: %(answer)s") % {
        "department": finding.department.name, "number": case.number, "answer": answer.strip(),
    }  # fmt: skip
    finding.followed_by = _come_back(case, channel=Report.Channel.FINDING, text=text[:2000], key=f"finding:{finding.pk}")
    finding.answer, finding.answered_by, finding.answered_at = answer.strip(), answered_by.strip()[:80], clock.now()
    finding.save(update_fields=["answer", "answered_by", "answered_at", "followed_by"])
    record(case, "finding_answered", by=by, subject=f"finding:{finding.pk}",
           data={"department": finding.department.short_name, "case": finding.followed_by.number})  # fmt: skip
    announce(case)
    return finding.followed_by
