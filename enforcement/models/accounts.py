"""Accounts: what was done to each, and the requests by which a post is given."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enforcement.roles import Role
from journal.models import Thread

from .organisations import Organisation
from .people import User


class Account(Thread):
    """The thread of an account ("account:<key of its user>"): who made, confirmed, locked, ended what, when and why. Made when
    something is first done to it; accounts of the county's files have none before."""

    class Origin(models.TextChoices):
        FILES = "files", _("The county's files")
        PAGES = "pages", _("Made on the pages")
        MACHINE = "machine", _("First administrators")
        SCREEN = "screen", _("A screen on a wall")

    user = models.OneToOneField(User, models.PROTECT, primary_key=True, related_name="account")
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.FILES)  # a load of files changes and closes its own only
    locked_at = models.DateTimeField(null=True, blank=True)
    locked_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="account_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="account_origin_stays", operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.origin <> 'files' AND NEW.origin <> OLD.origin"),
            ),
        ]  # fmt: skip


class PostChange(models.Model):
    """The system administrator asks that somebody gets a post; the security administrator, another person, decides."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked for")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("Not confirmed")
        WITHDRAWN = "withdrawn", _("Taken back")

    user = models.ForeignKey(User, models.PROTECT, related_name="post_changes")
    role = models.CharField(max_length=16, choices=Role)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    badge = models.CharField(max_length=24, blank=True)  # of who goes out
    held = models.CharField(max_length=120, blank=True)  # post and unit before, in words; "" for a new account
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["asked_at"], name="post_change_open", condition=Q(state="asked"))]
        constraints = [
            models.UniqueConstraint(fields=["user"], name="post_change_one_open", condition=Q(state="asked")),
            models.CheckConstraint(  # whoever asks, and whoever is to get the post, does not decide
                condition=~Q(state__in=["confirmed", "refused"]) | (~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("user"))),
                name="post_change_two_persons",
            ),
            models.CheckConstraint(condition=~Q(asked_by=F("user")), name="post_change_not_for_oneself"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="asked") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="post_change_decided_with_end",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="post_change_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="post_change_as_asked", exclude=["state", "decided_by", "decided_at", "answer"]),
            pgtrigger.Protect(name="post_change_ends_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state__df="asked")),
            pgtrigger.Protect(name="post_change_begins_asked", operation=pgtrigger.Insert, condition=pgtrigger.Q(new__state__df="asked")),
        ]
