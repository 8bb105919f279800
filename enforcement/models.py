"""Who may enforce what: organisations, people, certificates, items and their transfers, equipment, duty."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from journal import clock
from journal.moves import Actor

from .roles import Role


class Organisation(models.Model):
    """A unit. The unit that works a case is not always the legal subject (执法主体) that documents name."""

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
    legal_subject = models.CharField(max_length=80, blank=True)
    reconsideration_body = models.CharField(max_length=80, blank=True)
    present_name = models.CharField(max_length=80, blank=True)
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


class User(AbstractUser):
    """A member of staff; citizens have no accounts. One post per account; who acts in two posts has two accounts."""

    first_name = last_name = None
    name = models.CharField(_("Name"), max_length=40)
    role = models.CharField(_("Post"), max_length=16, choices=Role)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="people")
    phone = models.CharField(max_length=20, blank=True)  # work phone
    is_demo = models.BooleanField(default=False)
    REQUIRED_FIELDS = ["name"]

    def __str__(self):
        return self.name or self.username

    def get_full_name(self):
        return self.name

    get_short_name = get_full_name

    @cached_property
    def actor(self) -> Actor:
        where = f" · {self.organisation.short_name}" if self.organisation_id else ""
        return Actor("user", str(self.pk), f"{self.name}{where}", frozenset({self.role}))

    @cached_property
    def centre(self) -> Organisation | None:
        """The centre that this person belongs to."""
        return self.organisation.centre if self.organisation_id else None


class Officer(models.Model):
    """Someone who goes out: an enforcement officer, or a village helper (协管员) who never decides."""

    user = models.OneToOneField(User, models.PROTECT, related_name="officer")
    badge = models.CharField(max_length=24, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="officers")
    is_helper = models.BooleanField(default=False)
    is_leader = models.BooleanField(default=False)  # squad leader: told when nobody accepts
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_reason = models.CharField(max_length=200, blank=True)

    def __str__(self):
        return self.user.name

    @property
    def name(self) -> str:
        return self.user.name


class CertificateQuerySet(models.QuerySet):
    def valid(self, at=None):
        """Certificates in force at `at` (default: now). 行政处罚法 42: officers need the qualification."""
        moment = at or clock.now()
        day = moment.astimezone(clock.LOCAL).date()
        return self.filter(status=Certificate.Status.VALID, valid_from__lte=day, valid_to__gte=day)


class Certificate(models.Model):
    """An enforcement certificate (行政执法证). Checked at the time of each act, not of the login."""

    class Status(models.TextChoices):
        VALID = "valid", _("Valid")
        SUSPENDED = "suspended", _("Suspended")
        REVOKED = "revoked", _("Revoked")

    number = models.CharField(max_length=32, unique=True)
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="certificates")
    fields = ArrayField(models.CharField(max_length=24), default=list)  # departments whose items it covers; empty: all
    issued_by = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_to = models.DateField()
    status = models.CharField(max_length=12, choices=Status, default=Status.VALID)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="certificate_dates_in_order")
        ]


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


class Item(models.Model):
    """An enforcement item (执法事项): a power with its legal basis."""

    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=8)  # 处罚 强制 检查 许可
    department = models.CharField(max_length=24)  # the transferring department's name in the county's data
    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="items")
    legal_basis = models.CharField(max_length=500)
    fine_min = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    fine_max = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    notes = models.TextField(blank=True)
    transferable = models.BooleanField(default=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)


class Transfer(models.Model):
    """An item handed down to another organisation for a time (行政处罚法 24): there it holds the item, not the department."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="transfers")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="transfers")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    basis = models.CharField(max_length=200, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "organisation", "valid_from"], name="transfer_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="transfer_dates_in_order"
            ),
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


class Baseline(models.Model):
    """A figure of the source document, shown only as a labelled baseline beside what is loaded."""

    code = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    label_en = models.CharField(max_length=120, blank=True)
    value = models.DecimalField(max_digits=12, decimal_places=2)
    unit = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=200)
