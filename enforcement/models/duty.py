"""Who is on duty when, and what they have with them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from .organisations import Organisation
from .people import Officer, User


class Duty(models.Model):
    """A stretch of duty of one person, rolled forward from the pattern in the county's data."""

    user = models.ForeignKey(User, models.PROTECT, related_name="duties")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    kind = models.CharField(
        max_length=12, choices=[("duty", _("On duty")), ("on_call", _("On call"))], default="duty"
    )

    class Meta:
        indexes = [models.Index(fields=["user", "starts_at", "ends_at"], name="duty_user_span")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_span_in_order"),
            ExclusionConstraint(
                name="duty_never_overlaps",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (Func("starts_at", "ends_at", RangeBoundary(), function="TSTZRANGE", output_field=DateTimeRangeField()),
                     RangeOperators.OVERLAPS),
                ],
            ),
        ]  # fmt: skip


class DutyPattern(models.Model):
    """A shift as data: every `every_days` days from `first_day`, from `starts` for `hours`."""

    user = models.ForeignKey(User, models.CASCADE, related_name="duty_patterns")
    first_day = models.DateField()
    every_days = models.PositiveSmallIntegerField(default=1)
    starts = models.TimeField()
    hours = models.DecimalField(max_digits=4, decimal_places=2)
    kind = models.CharField(max_length=12, default="duty")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "first_day", "every_days", "starts"], name="duty_pattern_once"),
            models.CheckConstraint(condition=Q(every_days__gte=1, hours__gt=0, hours__lte=24), name="duty_pattern_sane"),
        ]


class Equipment(models.Model):
    """Drone, body camera, motorcycle … and who has it."""

    code = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=60)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="equipment")
    holder = models.ForeignKey(Officer, models.PROTECT, null=True, blank=True, related_name="equipment")
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
