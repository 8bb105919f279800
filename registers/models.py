"""Imports: each file that somebody wanted to bring into a register, what it would have changed, and what became of it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enforcement.models import User


class ImportRun(models.Model):
    """One file, or one row from a form. Never deleted; what was handed in stays as it was."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        READY = "ready", _("Ready to be applied")
        REFUSED = "refused", _("Cannot be applied")
        APPLYING = "applying", _("Being applied")
        APPLIED = "applied", _("Applied")
        DISCARDED = "discarded", _("Given up")

    BUSY = (State.CHECKING, State.APPLYING)

    register = models.CharField(max_length=40)  # cases.county.tables.Table.name
    file_name = models.CharField(max_length=120, blank=True)  # "": one row, from a form
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    whole = models.BooleanField(default=False)  # rows that the file lacks end
    language = models.CharField(max_length=12)  # of the sentences in `result`
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    progress = models.PositiveSmallIntegerField(default=0)  # of a hundred
    tries = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, blank=True)
    rules_version = models.PositiveIntegerField(null=True, blank=True)  # County.rules_version that it was checked against
    counts = models.JSONField(default=dict)  # {"new", "changed", "unchanged", "refused", "ending"}
    result = models.JSONField(default=dict)  # registers.planning.Plan.as_json
    sentence = models.CharField(max_length=400, blank=True)  # why the file as a whole cannot be taken; or what happened meanwhile
    reason = models.CharField(max_length=200, blank=True)
    document = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        indexes = [
            models.Index(fields=["register", "-uploaded_at"], name="import_run_register"),
            models.Index(fields=["state"], name="import_run_busy", condition=Q(state__in=["checking", "applying"])),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(state__in=["applying", "applied"]) | ~Q(reason=""), name="import_run_applied_with_reason"),
            models.CheckConstraint(condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("uploaded_at")), name="import_run_times_in_order"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="import_run_progress_of_a_hundred"),
        ]
        triggers = [
            pgtrigger.Protect(name="import_run_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="import_run_as_handed_in",
                fields=["register", "file_name", "sha256", "content", "whole", "uploaded_by", "uploaded_at"],
            ),
            pgtrigger.Protect(
                name="import_run_ends_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state__in=["applied", "discarded"]),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"import {self.pk}"

    @property
    def is_busy(self) -> bool:
        return self.state in self.BUSY
