"""The live work: who was sent to what, and where people are."""

import pgtrigger
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import Case, JointPart
from enforcement.models import Officer, Organisation, User
from journal.models import Thread

from .shift_models import ShiftHandover, ShiftNote  # noqa: F401  Django looks here
from .transitions import ACTIVE, DISPATCH_MOVES, State, Way


class DispatchQuerySet(models.QuerySet):
    def active(self):
        return self.filter(state__in=ACTIVE)

    def visible_to(self, user):
        """Dispatches of the cases that the user sees; an officer's own."""
        return self.filter(case__in=Case.objects.visible_to(user))


class Dispatch(models.Model):
    """One officer sent to one case, in a joint action to his unit's part of it. The lead decides; companions and helpers go along."""

    MOVES = DISPATCH_MOVES

    case = models.ForeignKey(Case, models.PROTECT, related_name="dispatches")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="dispatches")
    is_lead = models.BooleanField()
    part = models.ForeignKey(JointPart, models.PROTECT, null=True, blank=True, related_name="dispatches", db_index=False)
    is_first = models.BooleanField(default=False, db_default=False)  # answers for the part's result
    state = models.CharField(max_length=10, choices=State, default=State.SENT)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")  # empty: the clock
    certificate = models.CharField(max_length=32, blank=True)  # number in force when sent
    reasons = models.JSONField(default=list)  # why this officer, as the suggestion said
    distance_m = models.PositiveIntegerField(null=True, blank=True)
    # That it has reached him and that he has looked at it are facts of their own (`command.marks`); accepting proves neither moment.
    delivered_at = models.DateTimeField(null=True, blank=True)
    delivered_by = models.CharField(max_length=8, choices=Way, blank=True, db_default="")
    seen_at = models.DateTimeField(null=True, blank=True)
    way = models.CharField(max_length=8, default="page", db_default="page")  # the last way that was tried to reach him (`command.reaching`)
    accepted_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    arrival_point = models.PointField(srid=4326, geography=True, null=True, blank=True, spatial_index=False)
    arrival_reason = models.CharField(max_length=200, blank=True)

    objects = DispatchQuerySet.as_manager()

    @property
    def reached(self) -> str:
        """The last of the marks of an order that is not accepted yet: "sent", "delivered" or "seen"; "" afterwards."""
        return "" if self.state != State.SENT else "seen" if self.seen_at else "delivered" if self.delivered_at else "sent"

    class Meta:
        indexes = [
            models.Index(fields=["officer", "-sent_at"], name="dispatch_officer_sent"),
            models.Index(fields=["officer", "ended_at"], name="dispatch_officer_ended"),  # what has just ended, what ended today
        ]
        constraints = [
            models.UniqueConstraint(fields=["officer"], name="officer_one_active_dispatch", condition=Q(state__in=[*ACTIVE])),
            models.UniqueConstraint(
                fields=["case"], name="case_one_active_lead", condition=Q(state__in=[*ACTIVE], is_lead=True)
            ),
            models.UniqueConstraint(fields=["part"], name="part_one_active_first", condition=Q(state__in=[*ACTIVE], is_first=True)),
            models.CheckConstraint(
                condition=Q(part__isnull=True, is_first=False) | Q(part__isnull=False, is_lead=False), name="dispatch_first_of_a_part"
            ),
            models.CheckConstraint(
                condition=(Q(state__in=[*ACTIVE]) & Q(ended_at__isnull=True))
                | (~Q(state__in=[*ACTIVE]) & Q(ended_at__isnull=False)),
                name="dispatch_ended_at_with_end",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True, delivered_by="") | (Q(delivered_at__gte=F("sent_at")) & ~Q(delivered_by="")),
                name="dispatch_delivered_after_sent",
            ),
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True) | Q(delivered_at__isnull=False, seen_at__gte=F("delivered_at")),
                name="dispatch_seen_after_delivered",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="dispatch_moves", field="state",
                transitions=sorted({(str(row.frm), str(row.to)) for row in DISPATCH_MOVES if row.frm}),
            ),
            pgtrigger.Protect(name="dispatch_never_deleted", operation=pgtrigger.Delete),
            # Who was sent, when and by what right is fixed: another officer is another order, which `may_be_sent` looks at.
            pgtrigger.ReadOnly(name="as_sent", fields=["case", "officer", "is_lead", "part", "is_first", "sent_at", "sent_by", "certificate"]),
            # 行政处罚法 42, 43: no interface, not even plain SQL, sends somebody who may not act there, or is off duty (`command_bar`).
            pgtrigger.Trigger(
                name="may_be_sent", when=pgtrigger.Before, operation=pgtrigger.Insert,
                declare=[("who", "enforcement_officer%ROWTYPE"), ("whose", "cases_jointpart%ROWTYPE")],
                func="""
                    PERFORM 1 FROM cases_case WHERE id = NEW.case_id FOR SHARE;  -- whoever ends the case waits, or is waited for
                    IF NEW.state <> 'sent' OR NEW.delivered_at IS NOT NULL OR NEW.seen_at IS NOT NULL THEN
                        RAISE EXCEPTION 'an order begins as sent, not as %', NEW.state USING CONSTRAINT = 'may_be_sent_state';
                    END IF;
                    -- The rights are looked at as of sent_at: no choosing a better moment than the case has come to.
                    IF NEW.sent_at < (SELECT max(at) FROM journal_entry WHERE thread = 'case:' || NEW.case_id) - interval '1 minute' THEN
                        RAISE EXCEPTION 'the order is back-dated: case % has gone on since', NEW.case_id
                            USING CONSTRAINT = 'may_be_sent_backdated';
                    END IF;
                    SELECT * INTO who FROM enforcement_officer WHERE id = NEW.officer_id;
                    IF (NEW.is_lead OR NEW.is_first) AND who.is_helper THEN
                        RAISE EXCEPTION 'helper % never leads', who.badge USING CONSTRAINT = 'may_be_sent_helper';
                    END IF;
                    -- In a joint action each unit sends its own people: for its part, or as the unit that leads.
                    SELECT * INTO whose FROM cases_jointpart p WHERE p.case_id = NEW.case_id AND CASE WHEN NEW.part_id IS NULL
                        THEN p.is_lead AND p.state = 'agreed' ELSE p.id = NEW.part_id AND NOT p.is_lead AND p.state = 'agreed' END FOR SHARE;
                    IF whose.id IS NULL AND NEW.part_id IS NOT NULL THEN
                        RAISE EXCEPTION 'part % is not one of case % that stands', NEW.part_id, NEW.case_id USING CONSTRAINT = 'may_be_sent_part';
                    END IF;
                    IF whose.id IS NOT NULL AND NOT command_is_of(who.organisation_id, whose.organisation_id, whose.centre_id) THEN
                        RAISE EXCEPTION 'officer % is not of the unit whose part it is', who.badge USING CONSTRAINT = 'may_be_sent_unit';
                    END IF;
                    PERFORM command_refuse_barred(NEW.officer_id, NEW.case_id, NEW.sent_at, 'may_be_sent', NEW.part_id);
                    IF NOT EXISTS (SELECT 1 FROM enforcement_duty d WHERE d.user_id = who.user_id
                        AND d.starts_at <= NEW.sent_at AND d.ends_at > NEW.sent_at) THEN
                        RAISE EXCEPTION 'officer % is off duty', who.badge USING CONSTRAINT = 'may_be_sent_duty';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Nor does anything let him act who may not any more. The moment is the newest that the case has come to in the journal:
            # the database's own clock is no measure. A companion's release is no act of his.
            pgtrigger.Trigger(
                name="may_act", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Condition("OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('accepted', 'on_site', 'finished')"),
                declare=[("told", "text")],
                func="""
                    SELECT e.verb INTO told FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id
                        AND e.subject = 'dispatch:' || NEW.id AND e.data->>'to' = NEW.state ORDER BY e.number DESC LIMIT 1;
                    IF told = 'released' AND NEW.state = 'finished' THEN
                        IF NEW.is_lead OR NEW.is_first THEN
                            RAISE EXCEPTION 'the lead of order % finishes, nobody releases him', NEW.id USING CONSTRAINT = 'may_act_released';
                        END IF;
                        RETURN NEW;
                    END IF;
                    PERFORM command_refuse_barred(NEW.officer_id, NEW.case_id,
                        (SELECT max(at) FROM journal_entry WHERE thread = 'case:' || NEW.case_id), 'may_act', NEW.part_id);
                    RETURN NEW;
                """,
            ),
            # An order and its answers are in the journal, or they are not at all.
            pgtrigger.Trigger(
                name="order_is_told", when=pgtrigger.After, timing=pgtrigger.Deferred, operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id
                                   AND e.subject = 'dispatch:' || NEW.id AND e.verb = 'sent'
                                   AND e.at BETWEEN NEW.sent_at - interval '1 minute' AND NEW.sent_at + interval '1 minute') THEN
                        RAISE EXCEPTION 'order % is not in the journal', NEW.id USING CONSTRAINT = 'order_is_told';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="dispatch_state_is_told", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
                func="""
                    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id
                                   AND e.subject = 'dispatch:' || NEW.id AND e.data->>'to' = NEW.state) THEN
                        RAISE EXCEPTION 'order % becomes % without a journal entry', NEW.id, NEW.state
                            USING CONSTRAINT = 'dispatch_state_is_told';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # A mark is set once, at a time that the journal has, and never taken back.
            pgtrigger.Trigger(
                name="marks_are_told", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("delivered_at", "delivered_by", "seen_at"),
                condition=pgtrigger.Condition("((OLD.delivered_at, OLD.delivered_by, OLD.seen_at) IS DISTINCT FROM"
                                              " (NEW.delivered_at, NEW.delivered_by, NEW.seen_at))"),
                declare=[("mark", "text"), ("moment", "timestamptz")],
                func="""
                    IF OLD.delivered_at IS DISTINCT FROM NEW.delivered_at AND OLD.delivered_at IS NOT NULL
                        OR OLD.delivered_by <> NEW.delivered_by AND OLD.delivered_by <> ''
                        OR OLD.seen_at IS DISTINCT FROM NEW.seen_at AND OLD.seen_at IS NOT NULL THEN
                        RAISE EXCEPTION 'a mark of order % is changed', NEW.id USING CONSTRAINT = 'marks_are_told_once';
                    END IF;
                    FOR mark, moment IN VALUES ('delivered', NEW.delivered_at), ('seen', NEW.seen_at) LOOP
                        IF moment IS NOT NULL AND NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id
                                AND e.subject = 'dispatch:' || NEW.id AND e.verb = mark AND e.at = moment) THEN
                            RAISE EXCEPTION 'order % is % without a journal entry', NEW.id, mark USING CONSTRAINT = 'marks_are_told';
                        END IF;
                    END LOOP;
                    RETURN NEW;
                """,
            ),
            # At commit: nobody stays bound to an ended case.
            pgtrigger.Trigger(
                name="ended_case_binds_nobody", when=pgtrigger.After, timing=pgtrigger.Deferred,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF EXISTS (SELECT 1 FROM cases_case c JOIN command_dispatch d ON d.case_id = c.id
                               WHERE c.id = NEW.case_id AND d.state IN ('sent', 'accepted', 'on_site')
                               AND c.state NOT IN ('received', 'in_hand', 'resolved')) THEN
                        RAISE EXCEPTION 'case % has ended but binds an officer', NEW.case_id
                            USING CONSTRAINT = 'ended_case_binds_nobody';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]  # fmt: skip


class Reservation(models.Model):
    """An officer set aside for a case by the clock: he is told nothing yet, and other cases leave him alone until it ends. Reserved,
    withdrawn and sent are three facts: a reservation ends as one of the last two."""

    class End(models.TextChoices):
        SENT = "sent", _("Sent")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    case = models.ForeignKey(Case, models.PROTECT, related_name="reservations")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="reservations")
    reasons = models.JSONField(default=list)  # why this officer, as the suggestion said
    since = models.DateTimeField()
    until = models.DateTimeField()  # then the clock sends
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=End, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], name="case_one_reservation", condition=Q(ended_at__isnull=True)),
            models.UniqueConstraint(fields=["officer"], name="officer_one_reservation", condition=Q(ended_at__isnull=True)),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")), name="reservation_ended_at_with_end"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="reservation_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="as_reserved", fields=["case", "officer", "since", "until"]),
        ]


class OrderMessage(models.Model):
    """One text message or call to the work phone of an officer who was sent (`command.messages`). Numbers and texts are the staff's own."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting to go out")
        HANDED = "handed", _("With the carrier")
        DELIVERED = "delivered", _("Delivered")
        ANSWERED = "answered", _("Call answered")
        CONFIRMED = "confirmed", _("Confirmed by a key")
        FAILED = "failed", _("Did not arrive")
        DROPPED = "dropped", _("No longer needed")

    reference = models.CharField(max_length=32, unique=True)  # what the carrier knows it by
    dispatch = models.ForeignKey(Dispatch, models.PROTECT, related_name="messages")
    way = models.CharField(max_length=8, choices=Way)
    number = models.CharField(max_length=20)
    text = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()  # not handed over before
    handed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="message_waiting", condition=Q(state="queued"))]
        constraints = [models.UniqueConstraint(fields=["dispatch", "way"], name="message_once_a_way")]


class HelpCallQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Calls of the user's centre; the county's centre sees all."""
        centre = user.centre
        return self.none() if centre is None else self if centre.is_county_centre else self.filter(centre=centre)


class HelpCall(Thread):
    """An officer calls for help from his phone. Open until somebody has answered it and it has ended; one at a time for each officer."""

    officer = models.ForeignKey(Officer, models.PROTECT, related_name="help_calls")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="help_calls")  # that he was bound to
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    point = models.PointField(srid=4326, geography=True, null=True, blank=True, spatial_index=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = HelpCallQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["centre"], name="help_call_open", condition=Q(ended_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(fields=["officer"], name="officer_one_help_call", condition=Q(ended_at__isnull=True)),
            models.CheckConstraint(condition=Q(answered_at__isnull=True) | Q(answered_by__isnull=False), name="help_answered_by_somebody"),
        ]
        triggers = [
            pgtrigger.Protect(name="help_call_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="as_called", fields=["officer", "case", "centre", "called_at"]),
        ]


class Position(models.Model):
    """The newest fix of an officer (server time counts; the phone's is kept beside it). Written every few seconds: no index
    beside its key, so that PostgreSQL writes the row in its place."""

    officer = models.OneToOneField(Officer, models.CASCADE, related_name="position")
    point = models.PointField(srid=4326, geography=True, spatial_index=False)
    accuracy_m = models.FloatField(null=True, blank=True)
    heading = models.FloatField(null=True, blank=True)
    at = models.DateTimeField()
    phone_at = models.DateTimeField(null=True, blank=True)


class Track(models.Model):
    """Where an officer was, kept for evidence of arrival and cleared by the retention rule (location is sensitive data)."""

    officer = models.ForeignKey(Officer, models.CASCADE, related_name="tracks", db_index=False)  # the index below serves
    point = models.PointField(srid=4326, geography=True, spatial_index=False)  # asked by officer and time
    accuracy_m = models.FloatField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["officer", "at"], name="track_officer_at")]


class PhoneAction(models.Model):
    """What an officer's phone sent, once. The phone repeats a post until it hears an answer; the repeat gets the first one.

    `at` is the server's time, which counts; `phone_at` is when the officer pressed, which may be long before on a phone
    without network. A refusal is kept too: its sentence is the answer that the phone shows.
    """

    uuid = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    verb = models.CharField(max_length=12)
    subject = models.CharField(max_length=40, blank=True)  # "dispatch:7"
    at = models.DateTimeField()
    phone_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(default=200)  # of the answer
    answer = models.JSONField(default=dict)
