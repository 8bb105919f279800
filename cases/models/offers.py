"""A case that one centre offers to another, which accepts or returns it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enforcement.models import Organisation, User

from .case import Case


class CentreOffer(models.Model):
    """A case offered to another centre (移交). It stays with its owner, whose clock runs on, until the other one signs for it, or until the
    county's centre designates whose it is (行政处罚法 25)."""

    class Ending(models.TextChoices):
        ACCEPTED = "accepted", _("Signed for")
        RETURNED = "returned", _("Returned to the giver")
        WITHDRAWN = "withdrawn", _("Taken back by the giver")
        DESIGNATED = "designated", _("Designated by the county")
        LAPSED = "lapsed", _("The case went on otherwise")

    case = models.ForeignKey(Case, models.PROTECT, related_name="offers")
    from_centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    to_centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")  # whose it would be there
    reason = models.CharField(max_length=500)
    offered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    unanswered_at = models.DateTimeField(null=True, blank=True)  # since then the county's centre knows
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")  # empty: the clock or a citizen
    answer = models.CharField(max_length=500, blank=True)  # why it was returned or designated

    class Meta:
        indexes = [models.Index(fields=["to_centre"], name="offer_open", condition=Q(ended_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(fields=["case"], name="offer_one_open", condition=Q(ended_at__isnull=True)),
            models.CheckConstraint(condition=~Q(from_centre=F("to_centre")), name="offer_to_another_centre"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")), name="offer_ended_at_with_end"
            ),
            models.CheckConstraint(condition=~Q(ending__in=["returned", "designated"]) | ~Q(answer=""), name="offer_answered_with_reason"),
            models.CheckConstraint(
                condition=~Q(ending="accepted") | (Q(ended_by__isnull=False) & ~Q(ended_by=F("offered_by"))), name="offer_two_persons"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="offer_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="as_offered", fields=["case", "from_centre", "to_centre", "organisation", "reason", "offered_by", "offered_at"]
            ),
            pgtrigger.Protect(name="offer_ends_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__ended_at__isnull=False)),
            pgtrigger.Trigger(
                name="offered_by_its_owner", when=pgtrigger.Before, operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM cases_case c WHERE c.id = NEW.case_id AND c.centre_id = NEW.from_centre_id FOR SHARE) THEN
                        RAISE EXCEPTION 'case % does not belong to centre %', NEW.case_id, NEW.from_centre_id
                            USING CONSTRAINT = 'offered_by_its_owner';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # At commit: an ended case is offered to nobody.
            pgtrigger.Trigger(
                name="ended_case_is_not_offered", when=pgtrigger.After, timing=pgtrigger.Deferred,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF EXISTS (SELECT 1 FROM cases_case c JOIN cases_centreoffer o ON o.case_id = c.id
                               WHERE c.id = NEW.case_id AND o.ended_at IS NULL AND c.state NOT IN ('received', 'in_hand')) THEN
                        RAISE EXCEPTION 'case % is offered but nobody can take it over any more', NEW.case_id
                            USING CONSTRAINT = 'ended_case_is_not_offered';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]  # fmt: skip
