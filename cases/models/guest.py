"""Centres that see a case which is another's."""

import pgtrigger
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import BooleanField, F, Func, Q
from django.utils.translation import gettext_lazy as _

from enforcement.models import Organisation


class GuestQuerySet(models.QuerySet):
    def open(self):
        return self.filter(until=None)


class GuestCentre(models.Model):
    """A centre that sees a case of another centre, for as long as the reason holds. It sees; whoever acts is still the case's own centre."""

    class Because(models.TextChoices):
        ASKED = "asked", _("Asked to take the case over")
        PART = "part", _("Has a part in the case")

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="guests", db_index=False)
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    because = models.CharField(max_length=8, choices=Because)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    objects = GuestQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["centre"], name="guest_centre_open", condition=Q(until__isnull=True))]
        constraints = [
            models.UniqueConstraint(fields=["case", "centre", "because"], name="guest_once", condition=Q(until__isnull=True)),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="guest_ends_after_since"),
        ]
        triggers = [
            pgtrigger.Protect(name="guest_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(name="guest_ends_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__until__isnull=False)),
            pgtrigger.ReadOnly(name="as_invited", fields=["case", "centre", "because", "since"]),
        ]


class IsOneOf(Func):
    """`pk = ANY (ARRAY(SELECT …))`: unlike `IN (SELECT …)` in an OR, PostgreSQL answers it and the other side from their indexes."""

    arg_joiner, template, output_field = " = ANY (", "(%(expressions)s))", BooleanField()


def seen_by(centre: int) -> Q:
    """Cases of a centre and those that it is a guest of."""
    return Q(centre_id=centre) | Q(IsOneOf(F("pk"), ArraySubquery(GuestCentre.objects.open().filter(centre=centre).values("case"))))
