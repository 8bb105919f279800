"""A case: one matter on one clock, and the one door to it."""

import pgtrigger
from django.contrib.gis.db import models
from django.db.models import F, Q

from cases.transitions import CASE_MOVES, OPEN, Outcome, State
from enforcement.models import Organisation
from enforcement.roles import CENTRE, Role
from grid.models import Zone
from journal import clock
from journal.models import Thread

from .guest import seen_by
from .rules import Category, RoutingRule, TargetClass


class CaseQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=OPEN)

    def visible_to(self, user):
        """The one door to cases. The county centre sees all; a centre its own and those that it is a guest of; officers what they
        were sent to."""
        return self._of(user, seen_by)

    def worked_by(self, user):
        """As `visible_to` without the guests: what the person's post may act on."""
        return self._of(user, lambda centre: Q(centre_id=centre))

    def _of(self, user, of_centre):
        if not user.is_authenticated or not user.is_active or user.organisation_id is None:
            return self.none()
        organisation = user.organisation
        if user.role in CENTRE | {Role.SUPERVISOR, Role.LEGAL_REVIEWER, Role.DISPLAY}:
            if organisation.is_county_centre or (organisation.centre and organisation.centre.is_county_centre):
                return self
            return self.filter(of_centre(organisation.centre_id)) if organisation.centre_id else self.none()
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
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="cases", db_index=False)
    priority = models.CharField(max_length=2, choices=Category.Priority)
    target_class = models.ForeignKey(TargetClass, models.PROTECT, related_name="+", db_index=False)
    is_ten_minute = models.BooleanField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="cases")  # owner: holds the power there
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="centre_cases", db_index=False)  # whose dispatchers send
    routed_by = models.ForeignKey(RoutingRule, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    routed_because = models.CharField(max_length=200, blank=True)  # the rule's words when it matched
    point = models.PointField(srid=4326, geography=True)
    place = models.CharField(max_length=200, blank=True)  # as a person says it
    township = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    village = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    grid = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    area = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    # Version of the list of items under which it began. No foreign key: each report would lock the version's row.
    list_number = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()  # the clock's start
    due_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # also rejected, merged, withdrawn, passed on
    reworks = models.PositiveSmallIntegerField(default=0)
    reopenings = models.PositiveSmallIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)
    escalation = models.PositiveSmallIntegerField(default=0)  # 0 none · 1 squad leader · 2 centre
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_cases", db_index=False)
    follows = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="followed_by", db_index=False)
    speed = models.PositiveSmallIntegerField(default=1)  # replay: budgets are divided by it
    is_simulated = models.BooleanField(default=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        # Every index is paid for by each report: registers that cases point at are never searched from the other side.
        indexes = [
            models.Index(fields=["centre", "due_at"], name="case_open", condition=Q(state__in=[*OPEN])),
            models.Index(fields=["merged_into"], name="case_merged", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["follows"], name="case_follows", condition=Q(follows__isnull=False)),
            models.Index(fields=["centre", "started_at"], name="case_centre_started"),
            models.Index(fields=["started_at"], name="case_started"),
            models.Index(fields=["centre", "closed_at"], name="case_centre_closed"),
            models.Index(fields=["centre", "due_at"], name="case_centre_due"),  # what fell due in a period, open or not
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
            pgtrigger.Protect(  # every life begins at the beginning of the table
                name="born_received", operation=pgtrigger.Insert, condition=pgtrigger.Q(new__state__df=State.RECEIVED.value)
            ),
            pgtrigger.Trigger(
                name="state_is_told", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
                func="""
                    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.id AND e.number = NEW.version
                                   AND e.data->>'to' = NEW.state) THEN
                        RAISE EXCEPTION 'case % becomes % without a journal entry', NEW.id, NEW.state USING CONSTRAINT = 'state_is_told';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Another centre gets a case when it has signed for it, by the county's designation, or because it is another matter.
            pgtrigger.Trigger(
                name="centre_is_told", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("centre_id"),
                condition=pgtrigger.Q(old__centre__df=pgtrigger.F("new__centre")),
                func="""
                    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.id AND e.number = NEW.version
                                   AND e.verb IN ('offer_accepted', 'designated', 'classified')) THEN
                        RAISE EXCEPTION 'case % gets another centre, which has not signed for it', NEW.id USING CONSTRAINT = 'centre_is_told';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # At commit: what ends, or is handled, is offered to nobody any more.
            pgtrigger.Trigger(
                name="case_end_ends_offer", when=pgtrigger.After, timing=pgtrigger.Deferred, operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
                func="""
                    IF EXISTS (SELECT 1 FROM cases_case c JOIN cases_centreoffer o ON o.case_id = c.id
                               WHERE c.id = NEW.id AND o.ended_at IS NULL AND c.state NOT IN ('received', 'in_hand')) THEN
                        RAISE EXCEPTION 'case % has gone on but is still offered', NEW.id USING CONSTRAINT = 'case_end_ends_offer';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="first_clock", fields=["started_at", "is_simulated", "speed", "list_number"]),
            pgtrigger.Trigger(  # its first report is written before it
                name="case_is_found", when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("place", "category_id", "township_id", "village_id", "grid_id"),
                func="PERFORM cases_search_write(NEW.id); RETURN NULL;",
            ),
        ]  # fmt: skip

    @property
    def township_code(self) -> str | None:
        """Where it lies, as transfers of items name it."""
        return self.township.code if self.township_id else None

    @property
    def began_on(self):
        """The day on which it began here: whose list decides who finishes it."""
        return self.started_at.astimezone(clock.LOCAL).date()

    @property
    def number(self) -> str:
        """What people say: day of the report and running number."""
        return f"{self.started_at.astimezone(clock.LOCAL):%Y%m%d}-{self.pk:04d}"

    def is_worked_by(self, user) -> bool:
        """Whether it is the user's centre that acts on it (the county's may on all)."""
        return user.centre is not None and (user.centre.is_county_centre or user.centre.pk == self.centre_id)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
