"""Who is there: legal subjects and the units that act in their names."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .spans import Span, days, in_order


class LegalSubject(models.Model):
    """In whose name and with whose seal a unit acts, who reviews it, and which court it is sued at (行政处罚法 17, 59)."""

    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=80)
    seal = models.CharField(max_length=80)  # what the seal says; often the name
    reconsideration_body = models.CharField(max_length=80)
    court = models.CharField(max_length=80, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return self.name


class Organisation(models.Model):
    """A unit: it works cases, in the name of a legal subject that is not always its own (执法主体)."""

    class Kind(models.TextChoices):
        COUNTY_CENTRE = "county_centre", _("County command centre")
        BRIGADE = "brigade", _("Brigade")
        TOWN_BUREAU = "town_bureau", _("Town bureau")
        SECTION = "section", _("Section")
        SQUADRON = "squadron", _("Squadron")
        DEPARTMENT = "department", _("Department")
        OUTSIDE = "outside", _("Outside body")

    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    short_name = models.CharField(max_length=20)
    kind = models.CharField(max_length=16, choices=Kind)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    has_centre = models.BooleanField(default=False)
    # The organisation whose command centre sends this one's people: itself when it has a centre.
    centre = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    legal_subject = models.ForeignKey(LegalSubject, models.PROTECT, null=True, blank=True, related_name="units")
    accepts_handover = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(has_centre=False) | Q(centre=F("id")) | Q(centre__isnull=True),
                name="organisation_with_centre_is_its_own",
            )
        ]

    def __str__(self):
        return self.short_name

    @property
    def is_county_centre(self) -> bool:
        return self.kind == self.Kind.COUNTY_CENTRE


class OrganisationName(Span):
    """What a unit was called in a time; outside these its `name` holds. Old papers and today's say the same unit's different names."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="names", db_index=False)  # the constraint's index serves
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["organisation", "valid_from"]
        constraints = [
            in_order("organisation_name_dates_in_order"),
            ExclusionConstraint(
                name="organisation_one_name_at_a_time", expressions=[("organisation", RangeOperators.EQUAL), (days(), RangeOperators.OVERLAPS)],
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]  # fmt: skip
