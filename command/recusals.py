"""Stepping aside in one matter (回避, 行政处罚法 43): the officer declares it, a leading post decides it and may lift it.

The journal says that somebody steps aside, never why: the relation and the reasons stay with the `Recusal`, for those who decide.
"""

from django.db import transaction
from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _

from cases.locking import lock
from cases.models import Case
from enforcement.models import Officer, Recusal
from enforcement.models.people import same_person
from enforcement.roles import LEADING
from journal import clock, history
from journal.moves import record
from journal.refused import Refused

from . import joint
from .dispatch import end_dispatch, given_back, own, tell
from .models import Dispatch
from .rights import Threads


@history.tells
@transaction.atomic
def step_aside(dispatch: Dispatch, *, by, relation: str, note: str = "") -> Dispatch:
    """The officer gives his order back, at any step, because he may not be impartial. He is not sent to the matter again."""
    dispatch, case = own(dispatch, by=by)
    end_dispatch(dispatch, "stepped_aside", by=by, case=case, data={"officer": dispatch.officer.name})
    _keep(dispatch.officer, case, relation=relation, note=note)
    tell(case, dispatch, *given_back(dispatch, case, by=by, reason=_("the lead has declined")))
    return dispatch


@history.tells
@transaction.atomic
def decide(case: Case, *, by, officer: Officer, relation: str, reason: str) -> Recusal:
    """A leading post decides that an officer steps aside, whether he has declared it or somebody else asks for it. If he is bound to
    the case he is called back at once."""
    case = lock(case)
    _check_decides(case, by, reason)
    if officer.organisation.centre_id not in joint.centres(case):
        raise Refused(_("%(officer)s belongs to another command centre.") % {"officer": officer.name}, code="elsewhere")
    recusal = _keep(officer, case, relation=relation, note=reason, decided_by=by.actor.label)
    record(case, "recused", by=by, data={"officer": officer.name})
    order = case.dispatches.active().filter(officer=officer).select_related("officer__user", "part").first()
    if order:
        end_dispatch(order, "recalled", by=by, case=case, data={"reason": _("has to step aside"), "officer": officer.name})
        others = given_back(order, case, by=by, reason=_("the lead has to step aside"))
        tell(case, order, *others)
    else:
        tell(case)
    return recusal


@history.tells
@transaction.atomic
def lift(case: Case, *, by, officer: Officer, reason: str) -> None:
    """A leading post decides that the officer need not step aside in this matter (any more)."""
    case = lock(case)
    _check_decides(case, by, reason)
    now = clock.now()
    mine = of(case).filter(same_person("officer__user", officer.pk))
    if not mine.update(lifted_at=now, lifted_by=by.actor.label[:80], lifted_because=reason.strip()[:200]):
        raise Refused(_("%(officer)s does not step aside in this matter.") % {"officer": officer.name}, code="wrong_state")
    record(case, "recusal_lifted", by=by, data={"officer": officer.name})
    tell(case)


def _check_decides(case: Case, by, reason: str) -> None:
    if by.actor.roles.isdisjoint(LEADING):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if not case.is_open:
        raise Refused(_("This is no longer possible: the state is now “%(state)s”.") % {"state": case.get_state_display()},
                      code="wrong_state", state=case.state)  # fmt: skip
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])


def _keep(officer: Officer, case: Case, *, relation: str, note: str, decided_by: str = "") -> Recusal:
    """One recusal for an officer in a matter: what was declared is decided on the same row, what was lifted today is in force again."""
    if relation not in Recusal.Relation.values:
        raise Refused(_("Say which relation it is; only those who decide read it."), code="missing", missing=["relation"])
    known = Recusal.objects.select_for_update().filter(officer=officer, thread=case.thread)
    found = known.in_force().first() or known.filter(valid_from=clock.today()).first()
    if found is None:
        found = Recusal(officer=officer, thread=case.thread, valid_from=clock.today(), is_demo=case.is_simulated)
    said = [found.note, note.strip()] if found.pk and found.note != note.strip() else [note.strip()]
    found.relation, found.note = relation, " / ".join(part for part in said if part)[:200]
    found.decided_by, found.valid_to = decided_by[:80], None
    found.lifted_at, found.lifted_by, found.lifted_because = None, "", ""
    found.save()
    return found


def of(case: Case) -> QuerySet[Recusal]:
    """Who steps aside in this matter now, whichever of its cases it was said of."""
    return Recusal.objects.in_force().filter(thread__in=Threads(Value(case.pk))).select_related("officer__user").order_by("pk")
