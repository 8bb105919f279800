"""Who is on duty when, and what they have with them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from .organisations import Organisation
from .people import Officer, User
from .spans import moments


class Duty(models.Model):
    """A stretch of duty of one person, rolled forward from the pattern in the county's data: planned, and what came of it."""

    user = models.ForeignKey(User, models.PROTECT, related_name="duties")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    kind = models.CharField(
        max_length=12, choices=[("duty", _("On duty")), ("on_call", _("On call"))], default="duty"
    )
    area = models.CharField(max_length=24, blank=True)  # code of the zone to be patrolled: places are known above this room
    vehicle = models.ForeignKey("Equipment", models.PROTECT, null=True, blank=True, related_name="+")
    came_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "starts_at", "ends_at"], name="duty_user_span")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_span_in_order"),
            models.CheckConstraint(condition=Q(left_at__isnull=True) | Q(came_at__isnull=False, left_at__gte=F("came_at")),
                                   name="duty_came_before_left"),
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


class Shift(models.Model):
    """A shift of a watch as the county's list has it; whoever belongs to the watch has a pattern from it."""

    watch = models.CharField(max_length=24)
    name = models.CharField(max_length=24)
    first_day = models.DateField()
    every_days = models.PositiveSmallIntegerField(default=1)
    starts = models.TimeField()
    hours = models.DecimalField(max_digits=4, decimal_places=2)
    kind = models.CharField(max_length=12, choices=Duty._meta.get_field("kind").choices, default="duty")

    class Meta:
        ordering = ["watch", "first_day", "starts"]
        constraints = [
            models.UniqueConstraint(fields=["watch", "first_day", "every_days", "starts"], name="shift_once"),
            models.CheckConstraint(condition=Q(every_days__gte=1, hours__gt=0, hours__lte=24), name="shift_sane"),
        ]


class DutySwap(models.Model):
    """Somebody asks that another takes his stretch of duty (in exchange for `in_return`, or not); a third person decides."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="swaps")
    to = models.ForeignKey(User, models.PROTECT, related_name="+")
    in_return = models.ForeignKey(Duty, models.CASCADE, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["duty"], name="swap_one_open", condition=Q(state="asked")),
            models.CheckConstraint(condition=~Q(state="approved") | (~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("to"))),
                                   name="swap_decided_by_a_third"),
            models.CheckConstraint(condition=Q(state="asked", decided_at__isnull=True) | (~Q(state="asked") & Q(decided_at__isnull=False)),
                                   name="swap_decided_at_with_end"),
        ]  # fmt: skip


class Equipment(models.Model):
    """Drone, body camera, motorcycle … and who has it."""

    code = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=60)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="equipment")
    holder = models.ForeignKey(Officer, models.PROTECT, null=True, blank=True, related_name="equipment")
    service_due = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)


class EquipmentIssue(models.Model):
    """Who had a piece of equipment from when to when (领用 · 归还). Who had what during a case is read from here."""

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="issues")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="issues")
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=80)
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_to = models.CharField(max_length=80, blank=True)
    condition = models.CharField(max_length=200, blank=True)  # as it came back

    class Meta:
        ordering = ["-issued_at"]
        indexes = [models.Index(fields=["officer", "issued_at"], name="issue_officer_issued")]
        constraints = [
            models.CheckConstraint(condition=Q(returned_at__isnull=True) | Q(returned_at__gte=F("issued_at")), name="issue_times_in_order"),
            ExclusionConstraint(name="equipment_with_one_at_a_time", expressions=[
                ("equipment", RangeOperators.EQUAL), (moments("issued_at", "returned_at"), RangeOperators.OVERLAPS)]),
        ]  # fmt: skip
