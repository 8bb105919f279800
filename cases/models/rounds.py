"""What happens to a case beside its states: pauses, rework, and what an end sets going."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from enforcement.models import Item, Organisation, User

from .case import Case


class Pause(models.Model):
    """A stretch in which a case's clock stands still: asked with a reason, approved by a second person, counted apart."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="pauses")
    reason = models.CharField(max_length=200)
    until = models.DateTimeField(null=True, blank=True)  # when it is expected to end, as said when it was asked for
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    remaining = models.JSONField(default=dict)  # seconds left of each stopped deadline

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")), name="pause_two_persons"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(approved_by__isnull=False), name="pause_starts_approved"
            ),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=F("asked_at")), name="pause_expected_to_end_ahead"),
            models.UniqueConstraint(
                fields=["case"], name="pause_one_open", condition=Q(ends_at__isnull=True, refused_at__isnull=True)
            ),
        ]
        triggers = [pgtrigger.Protect(name="pause_never_deleted", operation=pgtrigger.Delete)]


class Rework(models.Model):
    """A round sent back by the centre's check."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="rework_rounds")
    round = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "round"], name="rework_round_once")]
        triggers = [pgtrigger.Protect(name="rework_never_deleted", operation=pgtrigger.Delete)]


class Order(models.Model):
    """An order to correct (责令改正) with its re-check date; on that day the matter comes back by itself as a new case."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="order")
    recheck_on = models.DateField()
    demand = models.CharField(max_length=500)
    rechecked_by_case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        triggers = [pgtrigger.Protect(name="order_never_deleted", operation=pgtrigger.Delete)]


class Lead(models.Model):
    """The filing list: a matter that should become a proceeding, with all its evidence."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="lead")
    item = models.ForeignKey(Item, models.PROTECT, related_name="leads")
    summary = models.CharField(max_length=500)
    listed_at = models.DateTimeField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="leads")

    class Meta:
        triggers = [pgtrigger.Protect(name="lead_never_deleted", operation=pgtrigger.Delete)]


class Finding(models.Model):
    """A question to a department (请部门认定): asked, due, answered."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="findings")
    department = models.ForeignKey(Organisation, models.PROTECT, related_name="findings")
    question = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    followed_by = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        triggers = [pgtrigger.Protect(name="finding_never_deleted", operation=pgtrigger.Delete)]


class Handover(models.Model):
    """A case passed on to a body outside the platform, which accepts or returns it; also to the police."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="handovers")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="handovers")
    reason = models.CharField(max_length=500)
    contact = models.CharField(max_length=80, blank=True)  # who took it there
    sent_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    return_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(returned_at__isnull=True), name="handover_one_answer"
            )
        ]
        triggers = [pgtrigger.Protect(name="handover_never_deleted", operation=pgtrigger.Delete)]
