"""Members of staff, those who go out, and what entitles them to act."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from enforcement.roles import Role
from journal import clock
from journal.moves import Actor

from .organisations import Organisation


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
        return self.in_force((at or clock.now()).astimezone(clock.LOCAL).date())

    def in_force(self, day):
        """Those in force on a day, as they stand now: a suspension or revocation counts for every day."""
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
