"""Reports, cases and what belongs to them; the county's rules as data."""

import uuid

import pgtrigger
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from enforcement.models import Item, Organisation, User
from enforcement.roles import CENTRE, Role
from grid.models import Camera, Zone
from journal import clock
from journal.models import Thread
from journal.moves import Actor

from .transitions import CASE_MOVES, OPEN, Outcome, State


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


class CaseQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=OPEN)

    def visible_to(self, user):
        """The one door to cases. The county centre sees all; a centre its own; officers what they were sent to."""
        if not user.is_authenticated or not user.is_active or user.organisation_id is None:
            return self.none()
        organisation = user.organisation
        if user.role in CENTRE | {Role.SUPERVISOR, Role.LEGAL_REVIEWER, Role.DISPLAY}:
            if organisation.is_county_centre or (organisation.centre and organisation.centre.is_county_centre):
                return self
            return self.filter(centre_id=organisation.centre_id) if organisation.centre_id else self.none()
        if user.role == Role.SQUAD_LEADER:  # what the squad's people were sent to
            return self.filter(pk__in=self.model.objects.filter(
                dispatches__officer__organisation_id=organisation.pk).values("pk"))  # fmt: skip
        if user.role in {Role.OFFICER, Role.HELPER}:
            return self.filter(pk__in=self.model.objects.filter(dispatches__officer__user_id=user.pk).values("pk"))
        return self.none()


class Case(Thread):
    """One matter on one clock. Several reports may have joined it."""

    MOVES = CASE_MOVES

    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="cases")
    priority = models.CharField(max_length=2, choices=Category.Priority)
    target_class = models.ForeignKey(TargetClass, models.PROTECT, related_name="+")
    is_ten_minute = models.BooleanField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="cases")  # owner: holds the power there
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="centre_cases")  # whose dispatchers send
    routed_by = models.ForeignKey(RoutingRule, models.PROTECT, null=True, blank=True, related_name="+")
    routed_because = models.CharField(max_length=200, blank=True)  # the rule's words when it matched
    point = models.PointField(srid=4326, geography=True)
    place = models.CharField(max_length=200, blank=True)  # as a person says it
    township = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+")
    village = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+")
    grid = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField()  # the clock's start
    due_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # also rejected, merged, withdrawn, passed on
    reworks = models.PositiveSmallIntegerField(default=0)
    reopenings = models.PositiveSmallIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)
    escalation = models.PositiveSmallIntegerField(default=0)  # 0 none · 1 squad leader · 2 centre
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_cases")
    follows = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="followed_by")
    speed = models.PositiveSmallIntegerField(default=1)  # replay: budgets are divided by it
    is_simulated = models.BooleanField(default=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["centre", "due_at"], name="case_open", condition=Q(state__in=[*OPEN])),
            models.Index(fields=["centre", "started_at"], name="case_centre_started"),
            models.Index(fields=["started_at"], name="case_started"),
            models.Index(fields=["centre", "closed_at"], name="case_centre_closed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state__in=[*OPEN]) & Q(closed_at__isnull=True))
                | (~Q(state__in=[*OPEN]) & Q(closed_at__isnull=False)),
                name="case_closed_at_with_end",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.RESOLVED, State.CLOSED]) | ~Q(outcome=""), name="case_end_has_outcome"
            ),
            models.CheckConstraint(
                condition=Q(state=State.MERGED, merged_into__isnull=False)
                | (~Q(state=State.MERGED) & Q(merged_into__isnull=True)),
                name="case_merged_into_another",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="case_not_merged_into_itself"),
            models.CheckConstraint(condition=Q(speed__gte=1), name="case_speed_positive"),
            models.CheckConstraint(condition=Q(is_simulated=True) | Q(speed=1), name="case_speed_only_simulated"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="moves", field="state",
                transitions=sorted({(str(row.frm), str(row.to)) for row in CASE_MOVES if row.frm}),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]  # fmt: skip

    @property
    def number(self) -> str:
        """What people say: day of the report and running number."""
        return f"{self.started_at.astimezone(clock.LOCAL):%Y%m%d}-{self.pk:04d}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


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
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel)
    text = models.TextField(max_length=2000)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")  # as reported
    point = models.PointField(srid=4326, geography=True)
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
    camera = models.ForeignKey(Camera, models.PROTECT, null=True, blank=True, related_name="reports")
    camera_moment = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")  # operator, officer
    on_behalf_of = models.CharField(max_length=40, blank=True)  # kind of person, never a name: that is sealed
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True, blank=True, related_name="reports")
    idempotency_key = models.CharField(max_length=80, unique=True)  # with its form or client as prefix
    content_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=8, default="zh-hans")
    solved = models.BooleanField(null=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    solved_words = models.CharField(max_length=500, blank=True)  # what the reporter says is still wrong
    is_simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["centre", "received_at"], name="report_held", condition=Q(state="held")),
            models.Index(fields=["received_at"], name="report_received"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="accepted") & Q(case__isnull=False)) | (~Q(state="accepted") & Q(case__isnull=True)),
                name="report_accepted_has_case",
            ),
            models.CheckConstraint(condition=Q(began_at__lte=F("received_at")), name="report_began_before_received"),
        ]
        triggers = [pgtrigger.Protect(name="report_never_deleted", operation=pgtrigger.Delete)]

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


class Pause(models.Model):
    """A stretch in which a case's clock stands still: asked with a reason, approved by a second person, counted apart."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="pauses")
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    remaining = models.JSONField(default=dict)  # seconds left of each stopped deadline

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")), name="pause_two_persons"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(approved_by__isnull=False), name="pause_starts_approved"
            ),
            models.UniqueConstraint(
                fields=["case"], name="pause_one_open", condition=Q(ends_at__isnull=True, refused_at__isnull=True)
            ),
        ]


class Rework(models.Model):
    """A round sent back by the centre's check."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="rework_rounds")
    round = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "round"], name="rework_round_once")]


class Order(models.Model):
    """An order to correct (责令改正) with its re-check date; on that day the matter comes back by itself as a new case."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="order")
    recheck_on = models.DateField()
    demand = models.CharField(max_length=500)
    rechecked_by_case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")


class Lead(models.Model):
    """The filing list: a matter that should become a proceeding, with all its evidence."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="lead")
    item = models.ForeignKey(Item, models.PROTECT, related_name="leads")
    summary = models.CharField(max_length=500)
    listed_at = models.DateTimeField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="leads")


class Finding(models.Model):
    """A question to a department (请部门认定): asked, due, answered."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="findings")
    department = models.ForeignKey(Organisation, models.PROTECT, related_name="findings")
    question = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    followed_by = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="+")


class Handover(models.Model):
    """A case passed on to a body outside the platform, which accepts or returns it; also to the police."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="handovers")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="handovers")
    reason = models.CharField(max_length=500)
    contact = models.CharField(max_length=80, blank=True)  # who took it there
    sent_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    return_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(returned_at__isnull=True), name="handover_one_answer"
            )
        ]


class Used(models.Model):
    """A one-time thing that was used (a solved challenge). The unique key is what makes it one-time, whatever Redis does."""

    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(db_index=True)  # swept when it has expired anyway
