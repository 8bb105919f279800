"""Enforcement items (执法事项), their legal bases over time, and to whom they were handed down where."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .organisations import Organisation
from .spans import Span, days, in_order, moments


class Party(models.TextChoices):
    """Whom an amount is meant for."""

    ANY = "any", _("Anyone")
    PERSON = "person", _("Natural person")
    ORGANISATION = "organisation", _("Legal person or other organisation")
    RESPONSIBLE = "responsible", _("Person directly responsible")


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
        constraints = [in_order("item_dates_in_order")]


class Basis(Span):
    """What an item rests on in a time: the law of the time of the act decides (行政处罚法 37)."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="bases", db_index=False)  # the constraint's index serves
    text = models.CharField(max_length=500)
    fine_min = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    fine_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["item", "valid_from"]
        constraints = [
            in_order("basis_dates_in_order"),
            models.CheckConstraint(condition=Q(fine_min__isnull=True) | Q(fine_max__isnull=True) | Q(fine_min__lte=F("fine_max")),
                                   name="basis_fines_in_order"),
            ExclusionConstraint(  # at commit: a load may shorten one basis after it has added the next
                name="basis_one_at_a_time", expressions=[("item", RangeOperators.EQUAL), (days(), RangeOperators.OVERLAPS)],
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
            in_order("transfer_dates_in_order"),
            ExclusionConstraint(  # two units, one item, one place, one time
                name="item_held_once",
                expressions=[("item", RangeOperators.EQUAL), ("township", RangeOperators.EQUAL), (days(), RangeOperators.OVERLAPS)],
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


class Tier(models.Model):
    """An amount that a basis sets for some parties or circumstances ("refuses to correct: …"); the basis' own range covers the rest.
    `of`: what the amounts are multiples or hundredths of ("" : yuan)."""

    basis = models.ForeignKey(Basis, models.CASCADE, related_name="tiers", db_index=False)
    party = models.CharField(max_length=12, choices=Party, default=Party.ANY)
    circumstance = models.CharField(max_length=60, blank=True)
    fine_min = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    fine_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    of = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["basis", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["basis", "party", "circumstance"], name="tier_once"),
            models.CheckConstraint(condition=Q(fine_min__isnull=True) | Q(fine_max__isnull=True) | Q(fine_min__lte=F("fine_max")),
                                   name="tier_fines_in_order"),
        ]  # fmt: skip


class DiscretionBand(Span):
    """A band of the published discretion standard (裁量基准, 行政处罚法 34): how grave, what makes it so, from what to what."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="bands", db_index=False)
    party = models.CharField(max_length=12, choices=Party, default=Party.ANY)
    order = models.PositiveSmallIntegerField()
    degree = models.CharField(max_length=20)  # 轻微 一般 较重 严重
    condition = models.CharField(max_length=300, blank=True)
    fine_min = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    fine_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["item", "party", "order"]
        constraints = [
            in_order("band_dates_in_order"),
            models.CheckConstraint(condition=Q(fine_min__isnull=True) | Q(fine_max__isnull=True) | Q(fine_min__lte=F("fine_max")),
                                   name="band_fines_in_order"),
            ExclusionConstraint(
                name="band_one_at_a_time", deferrable=models.Deferrable.DEFERRED,
                expressions=[("item", RangeOperators.EQUAL), ("party", RangeOperators.EQUAL), ("order", RangeOperators.EQUAL),
                             (days(), RangeOperators.OVERLAPS)],
            ),
        ]  # fmt: skip


class DiscretionFactor(Span):
    """One level of a factor of a discretion formula: its share of the way from the lowest to the highest fine.
    The shares of the levels that apply are added, at most to 1."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="factors", db_index=False)
    factor = models.CharField(max_length=40)
    level = models.CharField(max_length=80)
    order = models.PositiveSmallIntegerField(default=0)
    share = models.DecimalField(max_digits=6, decimal_places=5)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["item", "order", "pk"]
        constraints = [
            in_order("factor_dates_in_order"),
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="factor_share_is_a_part"),
            ExclusionConstraint(
                name="factor_level_one_at_a_time", deferrable=models.Deferrable.DEFERRED,
                expressions=[("item", RangeOperators.EQUAL), ("factor", RangeOperators.EQUAL), ("level", RangeOperators.EQUAL),
                             (days(), RangeOperators.OVERLAPS)],
            ),
        ]  # fmt: skip


class HearingThreshold(Span):
    """From which fine on a hearing must be offered (较大数额罚款, 行政处罚法 63); differs by field and place. `department` "": any field."""

    department = models.CharField(max_length=24, blank=True)
    party = models.CharField(max_length=12, choices=[choice for choice in Party.choices if choice[0] in ("person", "organisation")])
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    source = models.CharField(max_length=200)
    confirmed = models.BooleanField(default=False)  # by the county's lawyers

    class Meta:
        ordering = ["department", "party", "valid_from"]
        constraints = [
            in_order("threshold_dates_in_order"),
            ExclusionConstraint(
                name="threshold_one_at_a_time", deferrable=models.Deferrable.DEFERRED,
                expressions=[("department", RangeOperators.EQUAL), ("party", RangeOperators.EQUAL), (days(), RangeOperators.OVERLAPS)],
            ),
        ]  # fmt: skip


class ItemList(models.Model):
    """A version of the county's list: what items, bases and transfers were from one moment to the next. Never changed but for its end;
    each case carries the number of the version under which it began."""

    number = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=120)
    document = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=80)  # label of whoever loaded it
    items = models.PositiveIntegerField()
    transfers = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # SHA-256 over the canonical content
    content = models.JSONField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="item_list_times_in_order"),
            ExclusionConstraint(name="item_list_one_at_a_time", expressions=[(moments("since", "until"), RangeOperators.OVERLAPS)],
                                deferrable=models.Deferrable.DEFERRED),
        ]  # fmt: skip
        triggers = [
            pgtrigger.Protect(name="item_list_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="item_list_as_published", exclude=["until"]),
            pgtrigger.Protect(name="item_list_ends_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__until__isnull=False)),
        ]


class Baseline(models.Model):
    """A figure of the source document, shown only as a labelled baseline beside what is loaded."""

    code = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    label_en = models.CharField(max_length=120, blank=True)
    value = models.DecimalField(max_digits=12, decimal_places=2)
    unit = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=200)
