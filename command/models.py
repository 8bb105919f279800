"""The live work: who was sent to what, and where people are."""

import pgtrigger
from django.contrib.gis.db import models
from django.db.models import Q

from cases.models import Case
from enforcement.models import Officer, User

from .transitions import ACTIVE, DISPATCH_MOVES, State


class DispatchQuerySet(models.QuerySet):
    def active(self):
        return self.filter(state__in=ACTIVE)

    def visible_to(self, user):
        """Dispatches of the cases that the user sees; an officer's own."""
        return self.filter(case__in=Case.objects.visible_to(user))


class Dispatch(models.Model):
    """One officer sent to one case. The lead decides; companions and helpers go along."""

    MOVES = DISPATCH_MOVES

    case = models.ForeignKey(Case, models.PROTECT, related_name="dispatches")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="dispatches")
    is_lead = models.BooleanField()
    state = models.CharField(max_length=10, choices=State, default=State.SENT)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")  # empty: the clock
    certificate = models.CharField(max_length=32, blank=True)  # number in force when sent
    reasons = models.JSONField(default=list)  # why this officer, as the suggestion said
    distance_m = models.PositiveIntegerField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    arrival_point = models.PointField(srid=4326, geography=True, null=True, blank=True, spatial_index=False)
    arrival_reason = models.CharField(max_length=200, blank=True)

    objects = DispatchQuerySet.as_manager()

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
            models.CheckConstraint(
                condition=(Q(state__in=[*ACTIVE]) & Q(ended_at__isnull=True))
                | (~Q(state__in=[*ACTIVE]) & Q(ended_at__isnull=False)),
                name="dispatch_ended_at_with_end",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="dispatch_moves", field="state",
                transitions=sorted({(str(row.frm), str(row.to)) for row in DISPATCH_MOVES if row.frm}),
            ),
            pgtrigger.Protect(name="dispatch_never_deleted", operation=pgtrigger.Delete),
            # Who was sent, when and by what right is fixed: another officer is another order, which `may_be_sent` looks at.
            pgtrigger.ReadOnly(name="as_sent", fields=["case", "officer", "is_lead", "sent_at", "sent_by", "certificate"]),
            # 行政处罚法 42, 43: no interface, not even plain SQL, sends somebody who may not act there, or is off duty (`command_bar`).
            pgtrigger.Trigger(
                name="may_be_sent", when=pgtrigger.Before, operation=pgtrigger.Insert,
                declare=[("who", "enforcement_officer%ROWTYPE")],
                func="""
                    PERFORM 1 FROM cases_case WHERE id = NEW.case_id FOR SHARE;  -- whoever ends the case waits, or is waited for
                    IF NEW.state <> 'sent' THEN
                        RAISE EXCEPTION 'an order begins as sent, not as %', NEW.state USING CONSTRAINT = 'may_be_sent_state';
                    END IF;
                    -- The rights are looked at as of sent_at: no choosing a better moment than the case has come to.
                    IF NEW.sent_at < (SELECT max(at) FROM journal_entry WHERE thread = 'case:' || NEW.case_id) - interval '1 minute' THEN
                        RAISE EXCEPTION 'the order is back-dated: case % has gone on since', NEW.case_id
                            USING CONSTRAINT = 'may_be_sent_backdated';
                    END IF;
                    SELECT * INTO who FROM enforcement_officer WHERE id = NEW.officer_id;
                    IF NEW.is_lead AND who.is_helper THEN
                        RAISE EXCEPTION 'helper % never leads', who.badge USING CONSTRAINT = 'may_be_sent_helper';
                    END IF;
                    PERFORM command_refuse_barred(NEW.officer_id, NEW.case_id, NEW.sent_at, 'may_be_sent');
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
                        IF NEW.is_lead THEN
                            RAISE EXCEPTION 'the lead of order % finishes, nobody releases him', NEW.id USING CONSTRAINT = 'may_act_released';
                        END IF;
                        RETURN NEW;
                    END IF;
                    PERFORM command_refuse_barred(NEW.officer_id, NEW.case_id,
                        (SELECT max(at) FROM journal_entry WHERE thread = 'case:' || NEW.case_id), 'may_act');
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
