"""Enforcement items (执法事项), their legal bases over time, and to whom they were handed down where."""

from datetime import date

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from .organisations import Organisation


def _days() -> Func:
    """The days from `valid_from` to `valid_to`, both included."""
    return Func("valid_from", "valid_to", Value("[]"), function="DATERANGE", output_field=DateRangeField())


class Span(models.Model):
    """From a day to a day, both included; without end when `valid_to` is empty."""

    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Item(Span):
    """An enforcement item: a power. `holder` has it wherever it was not handed down."""

    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=8)  # 处罚 强制 检查 许可
    department = models.CharField(max_length=24)  # the transferring department's name in the county's data
    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="items")
    notes = models.TextField(blank=True)
    transferable = models.BooleanField(default=True)  # detention, licences, compulsory measures are not (行政处罚法 18, 行政强制法 17)

    class Meta:
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="item_dates_in_order")]


class Basis(Span):
    """What an item rests on in a time: the law of the time of the act decides (行政处罚法 37)."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="bases", db_index=False)  # the constraint's index serves
    text = models.CharField(max_length=500)
    fine_min = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    fine_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["item", "valid_from"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="basis_dates_in_order"),
            models.CheckConstraint(condition=Q(fine_min__isnull=True) | Q(fine_max__isnull=True) | Q(fine_min__lte=F("fine_max")),
                                   name="basis_fines_in_order"),
            ExclusionConstraint(  # at commit: a load may shorten one basis after it has added the next
                name="basis_one_at_a_time", expressions=[("item", RangeOperators.EQUAL), (_days(), RangeOperators.OVERLAPS)],
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]  # fmt: skip


class Transfer(Span):
    """An item handed down for a township and a time (行政处罚法 24): there it is the organisation's, and no longer the holder's."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="transfers")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="transfers")
    township = models.CharField(max_length=24)  # code of the zone: places are known above this room
    document = models.CharField(max_length=200, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "organisation", "township", "valid_from"], name="transfer_once"),
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="transfer_dates_in_order"),
            ExclusionConstraint(  # two units, one item, one place, one time
                name="item_held_once",
                expressions=[("item", RangeOperators.EQUAL), ("township", RangeOperators.EQUAL), (_days(), RangeOperators.OVERLAPS)],
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_what_may_be_handed_down", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT (SELECT transferable FROM enforcement_item WHERE id = NEW.item_id) THEN
                        RAISE EXCEPTION 'item % may not be handed down', NEW.item_id USING CONSTRAINT = 'only_what_may_be_handed_down';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]  # fmt: skip


class Baseline(models.Model):
    """A figure of the source document, shown only as a labelled baseline beside what is loaded."""

    code = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    label_en = models.CharField(max_length=120, blank=True)
    value = models.DecimalField(max_digits=12, decimal_places=2)
    unit = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=200)
