"""What keeps an officer out of a matter, what two hands may not do together, and the rules of conduct."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal import clock

from .people import Officer, User
from .spans import Span, in_order


class RecusalQuerySet(models.QuerySet):
    def in_force(self, at=None):
        """Recusals that hold at `at` (default: now)."""
        at = at or clock.now()
        day = at.astimezone(clock.LOCAL).date()
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), Q(lifted_at=None) | Q(lifted_at__gt=at), valid_from__lte=day)


class Recusal(Span):
    """A relation for which an officer steps aside (回避, 行政处罚法 43): with a party, in a place, or in one matter. Never public.

    Holds from the moment it is declared; `decided_by` is empty until a leading post has decided, who may also lift it."""

    class Relation(models.TextChoices):
        KIN = "kin", _("Relative of the party")
        INTEREST = "interest", _("Interest in the matter")
        EMPLOYER = "employer", _("Formerly employed there")
        HOME = "home", _("Lives there")
        OTHER = "other", _("Other relation that may affect fairness")

    officer = models.ForeignKey(Officer, models.PROTECT, related_name="recusals", db_index=False)  # the constraint's index serves
    relation = models.CharField(max_length=12, choices=Relation)
    party = models.CharField(max_length=18, blank=True)  # unified social credit code (GB 32100)
    party_name = models.CharField(max_length=80, blank=True)
    zone = models.CharField(max_length=24, blank=True)  # code of a township, village, grid or area
    thread = models.CharField(max_length=40, blank=True)  # one matter: "case:7"
    note = models.CharField(max_length=200, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)  # label of who decided it
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=80, blank=True, db_default="")
    lifted_because = models.CharField(max_length=200, blank=True, db_default="")
    is_demo = models.BooleanField(default=False)

    objects = RecusalQuerySet.as_manager()

    class Meta:
        ordering = ["officer", "-valid_from"]
        constraints = [
            in_order("recusal_dates_in_order"),
            models.UniqueConstraint(fields=["officer", "party", "party_name", "zone", "thread", "valid_from"], name="recusal_once"),
            models.CheckConstraint(condition=~Q(party="", party_name="", zone="", thread=""), name="recusal_says_from_what"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by="", lifted_because="") | ~(Q(lifted_at=None) | Q(lifted_by="") | Q(lifted_because="")),
                name="recusal_lifted_by_somebody",
            ),
        ]
        triggers = [pgtrigger.Protect(name="recusal_never_deleted", operation=pgtrigger.Delete)]


class PartyAct(models.Model):
    """What somebody did towards a party. Approving a licence, charging, inspecting and deciding a penalty exclude each other in one
    person (审批、收费、稽查、处罚不由一家说了算): the database refuses the second kind, whichever of his accounts it comes from."""

    class Act(models.TextChoices):
        LICENSING = "licensing", _("Approving a licence")
        CHARGING = "charging", _("Charging fees")
        INSPECTING = "inspecting", _("Inspecting")
        PENALISING = "penalising", _("Deciding a penalty")

    user = models.ForeignKey(User, models.PROTECT, related_name="party_acts", db_index=False)
    party = models.CharField(max_length=18)  # unified social credit code
    party_name = models.CharField(max_length=80)
    act = models.CharField(max_length=12, choices=Act)
    acted_on = models.DateField()
    source = models.CharField(max_length=120)  # "case:7", or the paper of another system
    recorded_by = models.CharField(max_length=80, blank=True, db_default="")  # label; empty: the county's data
    # Whose act it was: all accounts of a staff number are one person. Set by the database.
    person = models.CharField(max_length=32, blank=True, db_default="", editable=False)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["user", "party", "-acted_on"]
        indexes = [models.Index(fields=["source"], name="party_act_source")]
        constraints = [
            models.UniqueConstraint(fields=["user", "party", "act", "source"], name="party_act_once"),
            models.CheckConstraint(condition=~(Q(party="") | Q(party_name="")), name="party_act_names_party"),
            ExclusionConstraint(name="party_acts_exclude_each_other", expressions=[
                ("person", RangeOperators.EQUAL), ("party", RangeOperators.EQUAL), ("act", RangeOperators.NOT_EQUAL)]),
        ]
        triggers = [
            pgtrigger.Protect(name="party_act_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="party_act_as_done", fields=["user", "party", "act", "source"]),
            pgtrigger.Trigger(
                name="party_act_of_a_person", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    -- Locked: a staff number that is being changed is waited for.
                    SELECT CASE u.staff_number WHEN '' THEN 'account ' || u.id ELSE 'staff ' || u.staff_number END INTO NEW.person
                    FROM enforcement_user u WHERE u.id = NEW.user_id FOR SHARE;
                    RETURN NEW;
                """,
            ),
        ]  # fmt: skip


class ConductRule(Span):
    """A work rule, a duty, or one of the must-nots (十不准), so that a complaint or a review can name it."""

    class Kind(models.TextChoices):
        WORK = "work", _("Work rule")
        DUTY = "duty", _("Duty of a post")
        MUST_NOT = "must_not", _("Must-not")

    code = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)
    basis = models.CharField(max_length=200, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["kind", "number", "code"]
        constraints = [in_order("conduct_rule_dates_in_order")]


class ProcedureStep(models.Model):
    """A step of a procedure as it is published (行政处罚法 39): what happens, within what time, by which article."""

    class Procedure(models.TextChoices):
        ON_SPOT = "on_spot", _("Penalty on the spot")
        ORDINARY = "ordinary", _("Penalty, ordinary procedure")
        COMPULSION = "compulsion", _("Sealing and seizing")
        INSPECTION = "inspection", _("Inspection")
        LICENCE = "licence", _("Licence")

    procedure = models.CharField(max_length=12, choices=Procedure)
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    limit = models.CharField(max_length=60, blank=True)
    basis = models.CharField(max_length=200)

    class Meta:
        ordering = ["procedure", "number"]
        constraints = [models.UniqueConstraint(fields=["procedure", "number"], name="procedure_step_once")]
