"""Who is on duty when, and what they have with them."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from enforcement.transitions import SWAP_MOVES, SwapState
from journal.models import Thread

from .organisations import Organisation
from .people import Officer, User
from .spans import moments


class Roster(Thread):
    """The roster of one centre as a thread of the journal: who changed what in it, when and why."""

    centre = models.OneToOneField(Organisation, models.PROTECT, primary_key=True, related_name="roster")


class Duty(models.Model):
    """A stretch of duty of one person, rolled forward from the pattern in the county's data: planned, and what came of it.

    What a person has changed in it (`by_hand`) no roll undoes; `instead_of` has it in the plan, and somebody has swapped with him.
    """

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
    by_hand = models.BooleanField(default=False)
    instead_of = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

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
            ExclusionConstraint(name="duty_vehicle_once", expressions=[  # no vehicle: no conflict
                ("vehicle", RangeOperators.EQUAL), (moments("starts_at", "ends_at"), RangeOperators.OVERLAPS)]),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="duty_not_on_leave", when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("user_id", "starts_at", "ends_at"),
                func="""
                    IF EXISTS (SELECT 1 FROM enforcement_leave l WHERE l.user_id = NEW.user_id
                               AND l.starts_at < NEW.ends_at AND l.ends_at > NEW.starts_at) THEN
                        RAISE EXCEPTION 'user % is on leave in that time', NEW.user_id
                            USING CONSTRAINT = 'duty_not_on_leave', ERRCODE = 'exclusion_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # When somebody came is said once; whose stretch it was and when it began is history from then on.
            pgtrigger.Protect(name="duty_as_worked", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__came_at__isnull=False)),
            pgtrigger.Protect(
                name="duty_came_once", operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__came_at__isnull=False)
                & (pgtrigger.Q(old__came_at__df=pgtrigger.F("new__came_at")) | pgtrigger.Q(old__user__df=pgtrigger.F("new__user"))
                   | pgtrigger.Q(old__starts_at__df=pgtrigger.F("new__starts_at"))),
            ),
        ]  # fmt: skip


class Leave(models.Model):
    """Somebody is away from then to then: his stretches in that time are taken out, and no roll puts them back."""

    user = models.ForeignKey(User, models.PROTECT, related_name="leaves", db_index=False)  # the constraint's index serves
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["user", "starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="leave_span_in_order"),
            ExclusionConstraint(name="leave_never_overlaps", expressions=[
                ("user", RangeOperators.EQUAL), (moments("starts_at", "ends_at"), RangeOperators.OVERLAPS)]),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="leave_without_duty", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF EXISTS (SELECT 1 FROM enforcement_duty d WHERE d.user_id = NEW.user_id
                               AND d.starts_at < NEW.ends_at AND d.ends_at > NEW.starts_at) THEN
                        RAISE EXCEPTION 'user % is on duty in that time', NEW.user_id
                            USING CONSTRAINT = 'leave_without_duty', ERRCODE = 'exclusion_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
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


class DutySwap(models.Model):
    """Somebody asks that another takes his stretch of duty (in exchange for `in_return`, or not); a third person decides."""

    State, MOVES = SwapState, SWAP_MOVES

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


HOLDER_AS_ISSUED = """
    IF EXISTS (SELECT 1 FROM enforcement_equipment e
               LEFT JOIN enforcement_equipmentissue i ON i.equipment_id = e.id AND i.returned_at IS NULL
               WHERE e.id = %s AND e.holder_id IS DISTINCT FROM i.officer_id) THEN
        RAISE EXCEPTION 'equipment %%: its holder is not who had it issued', NEW.id
            USING CONSTRAINT = 'holder_as_issued', ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
"""


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

    class Meta:
        triggers = [
            # At commit: the holder is who had it issued and has not given it back, so that the history is never beside the truth.
            pgtrigger.Trigger(
                name="holder_as_issued", when=pgtrigger.After, timing=pgtrigger.Deferred,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("holder_id"), func=HOLDER_AS_ISSUED % "NEW.id",
            )
        ]  # fmt: skip


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
        ]
        triggers = [
            pgtrigger.Protect(name="issue_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="issue_as_made", fields=["equipment", "officer", "issued_at", "issued_by"]),
            pgtrigger.Trigger(
                name="issue_as_held", when=pgtrigger.After, timing=pgtrigger.Deferred,
                operation=pgtrigger.Insert | pgtrigger.Update, func=HOLDER_AS_ISSUED % "NEW.equipment_id",
            ),
            pgtrigger.Protect(name="issue_returned_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__returned_at__isnull=False)),
        ]  # fmt: skip
