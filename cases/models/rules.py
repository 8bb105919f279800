"""The county's rules as data: categories, targets, who gets what; and the programs that may file."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enforcement.models import Item, Organisation
from grid.models import Zone
from journal.moves import Actor


class TargetClass(models.Model):
    """How long a matter may take, by stage (seconds). Only `is_ten_minute` classes count for the ten-minute share."""

    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)
    take_in = models.PositiveIntegerField()
    send = models.PositiveIntegerField()
    accept = models.PositiveIntegerField()
    handle = models.PositiveIntegerField()  # arrive and handle
    verify = models.PositiveIntegerField()
    in_working_time = models.BooleanField(default=False)
    is_ten_minute = models.BooleanField(default=False)

    STAGES = ("take_in", "send", "accept", "handle", "verify")

    @property
    def total(self) -> int:
        """Seconds for the whole loop."""
        return sum(getattr(self, stage) for stage in self.STAGES)


class Category(models.Model):
    """What a report can be about (40 in the county's data)."""

    class Priority(models.TextChoices):
        P1 = "P1", _("Danger now")
        P2 = "P2", _("Normal")
        P3 = "P3", _("Slow")

    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    plain_name = models.CharField(max_length=40)
    group = models.CharField(max_length=24)
    kind = models.CharField(max_length=8)
    gb_class = models.CharField(max_length=24)
    icon = models.CharField(max_length=40, blank=True)
    priority = models.CharField(max_length=2, choices=Priority)
    brigade = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    items = models.ManyToManyField(Item, blank=True, related_name="categories")
    reward_eligible = models.BooleanField(default=False)
    photo_wanted = models.BooleanField(default=False)
    hint = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return self.name


class RoutingRule(models.Model):
    """Who gets a case: the first rule by `order` that matches. Empty selectors match everything."""

    code = models.CharField(max_length=24, unique=True)
    order = models.PositiveSmallIntegerField(unique=True)
    zone = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+")
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")
    group = models.CharField(max_length=24, blank=True)
    needs_item = models.BooleanField(default=False)  # only if `organisation` holds one of the category's items there
    # Empty: the category's brigade, else its department (when `to_department`).
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    to_department = models.BooleanField(default=False)
    note = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)  # a rule that left the data stays for the cases that it routed


class TargetRule(models.Model):
    """Which target class a case gets: the first rule by `order` that matches place, category and priority."""

    order = models.PositiveSmallIntegerField(unique=True)
    zone = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+")
    in_seat = models.BooleanField(null=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")
    priority = models.CharField(max_length=2, blank=True)
    target_class = models.ForeignKey(TargetClass, models.PROTECT, related_name="+")


class SendingRule(models.Model):
    """How the clock helps to send: the first rule by `order` that matches centre, category and hour; without one everything is by hand."""

    class Mode(models.TextChoices):
        BY_HAND = "by_hand", _("By hand")
        ASSISTED = "assisted", _("Assisted")  # the first suggestion is set aside and sent when the dispatcher does not act in time
        AUTOMATIC = "automatic", _("Automatic")

    order = models.PositiveSmallIntegerField(unique=True)
    centre = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    group = models.CharField(max_length=24, blank=True)  # of categories
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")
    priority = models.CharField(max_length=2, blank=True)
    from_hour = models.PositiveSmallIntegerField(default=0)  # local; 22–6 is the night
    to_hour = models.PositiveSmallIntegerField(default=24)
    mode = models.CharField(max_length=10, choices=Mode)
    seconds = models.PositiveSmallIntegerField(default=0)  # assisted: until it is sent

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(from_hour__lte=23, to_hour__lte=24) & ~Q(from_hour=F("to_hour")), name="sending_rule_hours"),
            models.CheckConstraint(condition=Q(mode="assisted", seconds__gte=5) | (~Q(mode="assisted") & Q(seconds=0)), name="sending_rule_seconds"),
        ]

    def holds_at(self, hour: int) -> bool:
        """Whether the local hour lies within; from 22 to 6 runs over midnight."""
        if self.from_hour < self.to_hour:
            return self.from_hour <= hour < self.to_hour
        return hour >= self.from_hour or hour < self.to_hour


class ApiClient(models.Model):
    """A program that files reports: a key of its own, a quota of its own; simulated clients only outside production."""

    name = models.CharField(max_length=60, unique=True)
    key_hash = models.CharField(max_length=64, unique=True)  # SHA-256 of the key, which is shown once
    per_minute = models.PositiveIntegerField(default=60)
    is_active = models.BooleanField(default=True)
    is_simulated = models.BooleanField(default=False)
    speed = models.PositiveSmallIntegerField(default=1)  # replay: budgets of its cases are divided by it

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_simulated=True) | Q(speed=1), name="only_simulated_clients_speed")
        ]

    is_authenticated = True  # what DRF's permission asks

    @property
    def actor(self) -> Actor:
        return Actor("client", str(self.pk), self.name, frozenset({"client"}))
