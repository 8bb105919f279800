"""Rules of conduct in a case: a complaint or a review names which was broken, by whom if that is known; nothing is crossed out."""

from django.db import transaction
from django.utils.translation import gettext as _

from enforcement.models import ConductRule, Officer
from enforcement.roles import LEADING, Role
from journal import clock
from journal.moves import record
from journal.refused import BadInput, Refused

from .audience import announce
from .locking import lock
from .models import Case, NamedRule
from .rulebook import current

NAMING = LEADING | {Role.SUPERVISOR}


def may_name(case: Case, user) -> bool:
    """Supervisors and leaders of the shift, of the centre that handles the case or of the county's."""
    return user.role in NAMING and user.centre is not None and (user.centre.pk == case.centre_id or user.centre.is_county_centre)


def is_complaint(case: Case) -> bool:
    """Whether the case is of a kind under which people complain about officers (`complaint_categories` of the county's settings)."""
    return case.category_id is not None and case.category.code in current().complaints


def rules_on(day) -> list[ConductRule]:
    """Rules of conduct that held on a day."""
    return [rule for rule in current().conduct if rule.covers(day)]


def standing(case: Case) -> list[NamedRule]:
    """What is named in the case and was not taken back."""
    return list(case.named_rules.filter(withdraws=None, withdrawn_by=None).select_related("rule", "officer__user", "named_by"))


def _note(text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())[:300]
    if len(text) < 2:
        raise BadInput(_("Say in a few words what it rests on; it is kept with your name."), code="missing", field="note")
    return text


@transaction.atomic
def name_rule(case: Case, *, by, rule: ConductRule, officer: Officer | None = None, note: str) -> NamedRule:
    """Name a rule as broken in this case, by an officer or without saying by whom."""
    case = lock(case)
    if not may_name(case, by):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    note = _note(note)
    if not rule.covers(case.began_on):
        raise BadInput(_("This rule did not hold on the day of the case."), code="rule", field="rule")
    if officer and officer.organisation.centre_id != case.centre_id and not case.centre.is_county_centre:
        raise BadInput(_("This officer belongs to another command centre."), code="officer", field="officer")
    if case.named_rules.filter(rule=rule, officer=officer, withdraws=None, withdrawn_by=None).exists():
        raise Refused(_("This rule is named already."), code="same")
    named = NamedRule.objects.create(case=case, rule=rule, officer=officer, note=note, named_by_id=int(by.actor.id), named_at=clock.now())
    record(case, "rule_named", by=by, subject=f"namedrule:{named.pk}", data=_told(named))
    announce(case)
    return named


@transaction.atomic
def withdraw_rule(named: NamedRule, *, by, note: str) -> NamedRule:
    """Take a naming back, by an entry of its own."""
    case = lock(named.case_id)
    named = NamedRule.objects.select_related("rule", "officer__user").get(pk=named.pk)
    if not may_name(case, by):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    note = _note(note)
    if named.withdraws_id or NamedRule.objects.filter(withdraws=named).exists():
        raise Refused(_("This was taken back already."), code="wrong_state")
    taken = NamedRule.objects.create(
        case=case, rule=named.rule, officer=named.officer, note=note, named_by_id=int(by.actor.id), named_at=clock.now(), withdraws=named,
    )  # fmt: skip
    record(case, "rule_withdrawn", by=by, subject=f"namedrule:{taken.pk}", data=_told(taken))
    announce(case)
    return taken


def _told(named: NamedRule) -> dict:
    return {"rule": named.rule.code, "rule_text": named.rule.text, "accused": named.officer.name if named.officer_id else "", "note": named.note}
