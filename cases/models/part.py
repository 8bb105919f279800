"""Joint action (联合执法): several units on one case, each with its own part, one of them in the lead."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from cases.transitions import OPEN_PARTS, PART_MOVES, PartState
from enforcement.models import Organisation, User

from .case import Case


class PartQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=OPEN_PARTS)

    def worked_by(self, user):
        """Parts that the user's centre answers for; the county's centre may for all. Of a part that it has, a centre sees the case."""
        centre = user.centre
        return self.none() if centre is None else self if centre.is_county_centre else self.filter(centre=centre)


class JointPart(models.Model):
    """What one unit does in a joint action. Orders that belong to it are sent by the unit's own centre, to officers of the unit, and ask for
    a certificate of the part's field. The leading unit's orders are those that belong to no part."""

    MOVES = PART_MOVES

    case = models.ForeignKey(Case, models.PROTECT, related_name="parts")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)  # the unit
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)  # whose dispatchers send
    is_lead = models.BooleanField(default=False)
    task = models.CharField(max_length=200, blank=True)  # in words; of the leading unit it may go without saying
    department = models.CharField(max_length=24, blank=True)  # field of law, as items and certificates name it; empty: the case's own
    state = models.CharField(max_length=8, choices=PartState)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # also refused
    words = models.CharField(max_length=300, blank=True)  # the result, or why it was refused or ended

    objects = PartQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["centre"], name="joint_part_open", condition=Q(state__in=[*OPEN_PARTS]))]
        constraints = [
            models.UniqueConstraint(fields=["case", "organisation"], name="joint_part_once", condition=Q(state__in=[*OPEN_PARTS])),
            models.UniqueConstraint(fields=["case"], name="joint_part_one_lead", condition=Q(state__in=[*OPEN_PARTS], is_lead=True)),
            models.CheckConstraint(
                condition=(Q(state__in=[*OPEN_PARTS]) & Q(ended_at__isnull=True)) | (~Q(state__in=[*OPEN_PARTS]) & Q(ended_at__isnull=False)),
                name="joint_part_ended_at_with_end",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PartState.AGREED, PartState.DONE]) | Q(agreed_at__isnull=False, agreed_at__gte=F("asked_at")),
                name="joint_part_agreed_after_asked",
            ),
            models.CheckConstraint(condition=Q(is_lead=True, department="") | (Q(is_lead=False) & ~Q(task="")), name="joint_part_says_what"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="part_moves", field="state", transitions=sorted({(str(row.frm), str(row.to)) for row in PART_MOVES if row.frm}),
            ),
            pgtrigger.Protect(name="part_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="as_asked", fields=["case", "organisation", "centre", "is_lead", "task", "department", "asked_by", "asked_at"]
            ),
            # Nobody binds another centre's unit: it answers itself, unless the county's centre orders it.
            pgtrigger.Trigger(
                name="may_be_asked", when=pgtrigger.Before, operation=pgtrigger.Insert,
                declare=[("own", "bigint"), ("orders", "boolean")],
                func="""
                    SELECT centre_id INTO own FROM cases_case WHERE id = NEW.case_id FOR SHARE;
                    SELECT EXISTS (SELECT 1 FROM enforcement_user u JOIN enforcement_organisation o ON o.id = u.organisation_id
                        JOIN enforcement_organisation c ON c.id = o.centre_id WHERE u.id = NEW.asked_by_id AND c.kind = 'county_centre') INTO orders;
                    IF NEW.centre_id IS DISTINCT FROM (SELECT centre_id FROM enforcement_organisation WHERE id = NEW.organisation_id) THEN
                        RAISE EXCEPTION 'unit % is of another centre', NEW.organisation_id USING CONSTRAINT = 'may_be_asked_centre';
                    END IF;
                    IF NEW.is_lead AND NEW.centre_id <> own THEN
                        RAISE EXCEPTION 'who leads is a unit of the centre that has the case' USING CONSTRAINT = 'may_be_asked_lead';
                    END IF;
                    IF NOT (NEW.state = 'agreed' AND (NEW.centre_id = own OR orders) OR NEW.state = 'asked' AND NEW.centre_id <> own) THEN
                        RAISE EXCEPTION 'a part cannot begin as %', NEW.state USING CONSTRAINT = 'may_be_asked_state';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="part_is_told", when=pgtrigger.After, timing=pgtrigger.Deferred, operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id
                                   AND e.subject = 'jointpart:' || NEW.id AND e.verb IN ('part_asked', 'part_ordered')) THEN
                        RAISE EXCEPTION 'part % is not in the journal', NEW.id USING CONSTRAINT = 'part_is_told';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="part_state_is_told", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
                func="""
                    IF NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.thread = 'case:' || NEW.case_id
                                   AND e.subject = 'jointpart:' || NEW.id AND e.data->>'to' = NEW.state) THEN
                        RAISE EXCEPTION 'part % becomes % without a journal entry', NEW.id, NEW.state USING CONSTRAINT = 'part_state_is_told';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # At commit: a part is open only while its case is in hand. The other half is a trigger of the case (`no_part_left_open`).
            pgtrigger.Trigger(
                name="part_of_case_in_hand", when=pgtrigger.After, timing=pgtrigger.Deferred, operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF EXISTS (SELECT 1 FROM cases_case c JOIN cases_jointpart p ON p.case_id = c.id
                               WHERE p.id = NEW.id AND p.state IN ('asked', 'agreed') AND c.state <> 'in_hand') THEN
                        RAISE EXCEPTION 'part % is open, its case is not in hand', NEW.id USING CONSTRAINT = 'part_of_case_in_hand';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]  # fmt: skip

    @property
    def subject(self) -> str:
        """As journal and deadlines name it."""
        return f"jointpart:{self.pk}"
