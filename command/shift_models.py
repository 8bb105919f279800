"""The hand-over between two shifts of a centre, and what is written for it before it is signed."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from cases.models import Case
from enforcement.models import Organisation, User
from journal.models import Thread


class ShiftHandoverQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the user's centre; the county's centre sees all."""
        centre = user.centre
        return self.none() if centre is None else self if centre.is_county_centre else self.filter(centre=centre)


class ShiftHandover(Thread):
    """One shift of a centre hands over to the next (交接班): what was so when it was signed, and who took it over. Until then it is open, and
    whoever has signed may withdraw it."""

    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    snapshot = models.JSONField()  # command.shift_state.gather
    notes = models.JSONField(default=list)  # [{"case": key or null, "text", "by", "user"}]
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    changes = models.JSONField(null=True, blank=True)  # command.shift_state.differences, as whoever took over was shown them
    remark = models.TextField(blank=True)  # what he found otherwise

    objects = ShiftHandoverQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["centre", "-given_at"], name="shift_handover_given")]
        constraints = [
            models.UniqueConstraint(
                fields=["centre"], name="centre_one_open_handover", condition=Q(taken_at__isnull=True, withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(condition=~Q(taken_by=F("given_by")), name="nobody_takes_over_from_himself"),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True, taken_by__isnull=True, changes__isnull=True, remark="")
                | Q(taken_at__gte=F("given_at"), taken_by__isnull=False, changes__isnull=False),
                name="shift_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at"), taken_at__isnull=True),
                name="shift_withdrawn_untaken",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="shift_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="shift_as_signed", fields=["centre", "given_by", "given_at", "snapshot", "notes"]),
            pgtrigger.Protect(
                name="shift_ends_once", operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__taken_at__isnull=False) | pgtrigger.Q(old__withdrawn_at__isnull=False),
            ),
        ]  # fmt: skip


class ShiftNote(models.Model):
    """What somebody has written for the next shift and nobody has signed yet: about a case, or in general."""

    centre = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="+")
    text = models.TextField()
    written_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["centre", "written_by", "case"], name="shift_note_once", nulls_distinct=False),
        ]
