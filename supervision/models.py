"""What supervision keeps so that long periods can be counted."""

from django.db import models

from cases.models import Case
from enforcement.models import Officer


class Spent(models.Model):
    """Seconds that a closed ten-minute case took, leg by leg, of which one officer is charged with these: differences of its journal, kept so
    that the figures of a year need not read a year of entries. It holds while `closed_at` is the case's own (`supervision.spent`)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    officer = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", db_index=False)  # none: nobody resolved it
    closed_at = models.DateTimeField()
    loop = models.FloatField(null=True)  # of the whole case; stands with who resolved it
    take_in = models.FloatField(null=True)  # here and below none: the case did not pass this leg
    send = models.FloatField(null=True)
    accept = models.FloatField(null=True)
    travel = models.FloatField(null=True)
    on_site = models.FloatField(null=True)
    verify = models.FloatField(null=True)
    ended = models.FloatField(null=True)  # until it was reopened or came back

    class Meta:
        indexes = [models.Index(fields=["closed_at"], name="spent_closed")]
        constraints = [models.UniqueConstraint(fields=["case", "officer"], name="spent_once", nulls_distinct=False)]
