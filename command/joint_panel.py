"""What the console shows of a joint action: the units with their parts, officers and what this person may do with each."""

from dataclasses import dataclass

from django.http import Http404

from cases import parts
from cases.models import Case, JointPart
from cases.rulebook import current
from cases.transitions import PartState
from enforcement.models import Officer
from enforcement.roles import DISPATCHING, LEADING

from . import suggestions
from .boards.cases import Row
from .models import Dispatch

SHOWN = 5  # suggestions for a part


@dataclass(frozen=True)
class Part:
    """One unit's part with who is bound to it now; which of its buttons this person has."""

    part: JointPart
    officers: list[Dispatch]
    may: dict[str, bool]
    sending: dict | None = None  # who can be sent, where that is this person's next step
    keys: bool = False  # with the keys of the console


def shown(row: Row, user, may_ask: bool) -> dict:
    """Context of the panel: `team` (the lead's), `parts`, and for who may ask units what there is to choose. One statement; who can be sent
    for a part that waits for this person's own centre is looked up at once."""
    case, made = row.case, []
    team = [one for one in row.dispatches if one.part_id is None]
    for part in case.parts.select_related("organisation", "centre", "asked_by").order_by("-is_lead", "pk"):
        part.case, may = case, permissions(part, case, user)
        officers = [one for one in row.dispatches if one.part_id == part.pk]
        next_step = may["send"] and not officers and user.centre.pk == part.centre_id
        keys = next_step and not case.is_worked_by(user) and not any(one.keys for one in made)
        made.append(Part(part, officers, may, sending(part) if next_step else None, keys))
    return {"team": team, "parts": made, "is_joint": bool(row.units), **(_choices(case, row) if may_ask else {})}


def permissions(part: JointPart, case: Case, user) -> dict[str, bool]:
    """As the verbs ask, so that no button is refused."""
    own = user.centre is not None and (user.centre.is_county_centre or user.centre.pk == part.centre_id)
    dispatching, asked, stands = user.role in DISPATCHING, part.state == PartState.ASKED, part.state == PartState.AGREED
    return {
        "answer": own and dispatching and asked,
        "send": own and dispatching and stands and not part.is_lead and not case.paused_at,
        "recall": own and dispatching and stands and not part.is_lead,
        "end": case.is_worked_by(user) and ((asked and dispatching) or (stands and user.role in LEADING)),
    }


def _choices(case: Case, row: Row) -> dict:
    """Units that could take part, and, before the first one, that could lead."""
    rules = current()
    units = sorted((unit for unit in rules.organisations.values() if unit.is_active and unit.centre_id), key=lambda unit: unit.code)
    manned = set(Officer.objects.going_out().filter(is_helper=False).values_list("organisation", flat=True))
    able = [unit for unit in units if unit.kind in parts.UNITS and not manned.isdisjoint(rules.below(unit.pk))]
    leaders = [] if case.open_units else [unit for unit in units if unit.centre_id == case.centre_id]
    own = case.organisation_id if any(unit.pk == case.organisation_id for unit in leaders) else case.centre_id
    taken = {*case.open_units} or {own}
    return {"askable": [unit for unit in able if unit.pk not in taken], "leaders": leaders, "own_unit": own, "fields": parts.fields(rules)}


def sending(part: JointPart) -> dict:
    """Context of the list of those who can be sent for a part."""
    can = [one for one in suggestions.suggest(part.case, part=part, limit=SHOWN) if one.can_go]
    cannot = {}
    if not can:
        for one in suggestions.suggest(part.case, part=part, limit=None):
            cannot.setdefault(one.why_not, []).append(one.officer.name)
    first = part.dispatches.active().filter(is_first=True).exists()
    return {"part": part, "suggestions": can, "cannot_go": sorted(cannot.items(), key=lambda pair: len(pair[1])), "companions": first}


def part_or_404(user, pk: int) -> JointPart:
    """A part that the user's centre answers for, or of a case that it works on; everybody else's is not found."""
    found = JointPart.objects.filter(pk=pk).select_related("case__centre", "case__organisation", "organisation", "centre")
    mine = found.worked_by(user).first() or found.filter(case__in=Case.objects.worked_by(user)).first()
    if mine is None:
        raise Http404
    return mine
