"""What was said: reports, their sealed informants, their photos; one-time tokens."""

import uuid

import pgtrigger
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from enforcement.models import Organisation, User
from grid.models import Camera
from journal.models import Thread

from .case import Case
from .rules import ApiClient, Category


class ReportQuerySet(models.QuerySet):
    def about(self, case: Case):
        """The case's reports and those of cases merged into it, whose reporters follow it. The cases are looked up first: an OR
        over the join would read every report that ever was."""
        return self.filter(case__in=Case.objects.filter(Q(pk=case.pk) | Q(merged_into=case.pk)).values("pk"))


class Report(Thread):
    """What one person said, once, as said. Held reports (no case yet) wait for a person to look at them."""

    class Channel(models.TextChoices):
        WEB = "web", _("Web form")
        HOTLINE = "hotline", _("Hotline")
        WALK_IN = "walk_in", _("Reception")
        PATROL = "patrol", _("Patrol")
        CAMERA = "camera", _("Camera")
        WECHAT = "wechat", _("WeChat")
        API = "api", _("Interface")
        RECHECK = "recheck", _("Re-check")
        FINDING = "finding", _("Finding answered")

    class State(models.TextChoices):
        ACCEPTED = "accepted", _("Registered")
        HELD = "held", _("Held")
        DISCARDED = "discarded", _("Discarded")

    state = models.CharField(max_length=10, choices=State, default=State.ACCEPTED)
    held_reason = models.CharField(max_length=40, blank=True)
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="reports")
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    text = models.TextField(max_length=2000)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)  # as reported
    point = models.PointField(srid=4326, geography=True, spatial_index=False)  # places are searched among cases
    place = models.CharField(max_length=200, blank=True)
    original_lon = models.FloatField(null=True, blank=True)
    original_lat = models.FloatField(null=True, blank=True)
    coordinate_system = models.CharField(max_length=8, default="wgs84")
    accuracy_m = models.FloatField(null=True, blank=True)
    place_source = models.CharField(max_length=12)  # device · map · zone · camera · operator
    began_at = models.DateTimeField()  # start of the call, the camera's moment; else = received_at
    received_at = models.DateTimeField()
    form_seconds = models.PositiveIntegerField(null=True, blank=True)  # time in the form, shown apart
    tracking_hash = models.CharField(max_length=64, unique=True)
    camera = models.ForeignKey(Camera, models.PROTECT, null=True, blank=True, related_name="reports", db_index=False)
    camera_moment = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)  # operator, officer
    on_behalf_of = models.CharField(max_length=40, blank=True)  # kind of person, never a name: that is sealed
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True, blank=True, related_name="reports", db_index=False)
    idempotency_key = models.CharField(max_length=80)  # with its form or client as prefix
    content_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=8, default="zh-hans")
    solved = models.BooleanField(null=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    solved_words = models.CharField(max_length=500, blank=True)  # what the reporter says is still wrong
    is_simulated = models.BooleanField(default=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["centre", "received_at"], name="report_held", condition=Q(state="held")),
            models.Index(fields=["received_at"], name="report_received"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="report_idempotency_key"),  # unique=True would add a second index
            models.CheckConstraint(
                condition=(Q(state="accepted") & Q(case__isnull=False)) | (~Q(state="accepted") & Q(case__isnull=True)),
                name="report_accepted_has_case",
            ),
            models.CheckConstraint(condition=Q(began_at__lte=F("received_at")), name="report_began_before_received"),
        ]
        triggers = [
            pgtrigger.Protect(name="report_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="as_said",
                fields=["channel", "text", "point", "original_lon", "original_lat", "began_at", "received_at", "tracking_hash",
                        "idempotency_key", "content_hash", "is_simulated"],
            ),
            pgtrigger.FSM(name="report_moves", field="state", transitions=[("held", "accepted"), ("held", "discarded")]),
            pgtrigger.Protect(
                name="report_stays_with_case", operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.case_id IS NOT NULL AND NEW.case_id IS DISTINCT FROM OLD.case_id"),
            ),
            pgtrigger.Trigger(
                name="report_is_found", when=pgtrigger.After, operation=pgtrigger.Insert | pgtrigger.UpdateOf("case_id", "place", "solved_words"),
                condition=pgtrigger.Condition("NEW.case_id IS NOT NULL"), func="PERFORM cases_search_write(NEW.case_id); RETURN NULL;",
            ),
        ]  # fmt: skip

    @cached_property
    def track_key(self) -> str:
        """The audience key of the citizen's page."""
        return self.tracking_hash[:32]


class Contact(models.Model):
    """The informant, sealed: ciphertext apart from the report, opened only with a reason that is journalled."""

    report = models.OneToOneField(Report, models.PROTECT, related_name="contact")
    sealed = models.BinaryField()  # JSON {"name","phone"} under AES-256-GCM
    key_id = models.CharField(max_length=16)
    algorithm = models.CharField(max_length=16)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)  # HMAC: finds a caller's other reports
    created_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="contact_never_lost", operation=pgtrigger.Update | pgtrigger.Delete)]


class Photo(models.Model):
    """A photo. First a draft that survives any refusal; the original is sealed, only a re-encoded copy is shown."""

    class State(models.TextChoices):
        STORED = "stored", _("Being prepared")
        READY = "ready", _("Ready")
        BROKEN = "broken", _("Unreadable")

    class Kind(models.TextChoices):
        REPORT = "report", _("With the report")
        BEFORE = "before", _("Before")
        AFTER = "after", _("After")
        CAMERA = "camera", _("From a camera")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft_key = models.CharField(max_length=64, db_index=True)  # hash of the form's or officer's secret while a draft
    state = models.CharField(max_length=8, choices=State, default=State.STORED)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.REPORT)
    report = models.ForeignKey(Report, models.PROTECT, null=True, blank=True, related_name="photos")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="photos")
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=40)
    sealed_name = models.CharField(max_length=80)  # the original, encrypted, under MEDIA_ROOT/sealed/
    copy_name = models.CharField(max_length=80, blank=True)  # re-encoded without EXIF, under MEDIA_ROOT/copies/
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]
        triggers = [
            pgtrigger.Protect(  # a draft may go
                name="photo_never_lost", operation=pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.report_id IS NOT NULL OR OLD.case_id IS NOT NULL"),
            ),
            pgtrigger.Protect(
                name="photo_stays_where_it_belongs", operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.report_id IS NOT NULL AND NEW.report_id IS DISTINCT FROM OLD.report_id"
                                              " OR OLD.case_id IS NOT NULL AND NEW.case_id IS DISTINCT FROM OLD.case_id"),
            ),
            pgtrigger.ReadOnly(name="photo_as_taken", fields=["taken_by", "sha256", "size", "sealed_name", "created_at"]),
        ]  # fmt: skip


class Used(models.Model):
    """A one-time thing that was used (a solved challenge). The unique key is what makes it one-time, whatever Redis does."""

    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(db_index=True)  # swept when it has expired anyway
