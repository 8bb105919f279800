"""Rules of conduct that a complaint or a review has named."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from enforcement.models import ConductRule, Officer, User

from .case import Case


class NamedRule(models.Model):
    """A work rule, duty or must-not that was broken in a case, as whoever handles the complaint or reviews the case sees it.
    Nothing is taken back but by a row of its own that says why (`withdraws`)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="named_rules")
    rule = models.ForeignKey(ConductRule, models.PROTECT, related_name="named")
    officer = models.ForeignKey(Officer, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    note = models.CharField(max_length=300)
    named_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    named_at = models.DateTimeField()
    withdraws = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="withdrawn_by")

    class Meta:
        ordering = ["named_at", "pk"]
        indexes = [models.Index(fields=["named_at"], name="named_rule_at")]
        constraints = [models.CheckConstraint(condition=~Q(withdraws=F("id")), name="named_rule_not_of_itself")]
        triggers = [
            pgtrigger.Protect(name="named_rule_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="named_rule_withdraws_its_own", when=pgtrigger.Before, operation=pgtrigger.Insert,
                condition=pgtrigger.Condition("NEW.withdraws_id IS NOT NULL"),
                func="""
                    IF NOT EXISTS (SELECT 1 FROM cases_namedrule n WHERE n.id = NEW.withdraws_id AND n.withdraws_id IS NULL
                                   AND n.case_id = NEW.case_id AND n.rule_id = NEW.rule_id) THEN
                        RAISE EXCEPTION 'row % withdraws what it did not name', NEW.id USING CONSTRAINT = 'named_rule_withdraws_its_own';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]  # fmt: skip
