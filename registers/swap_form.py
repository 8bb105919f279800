"""What somebody chooses when he asks for a swap, in two steps without a script: which stretch and who, then what in return and why."""

from dataclasses import dataclass

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from enforcement.models import Duty, DutySwap, User
from journal.refused import BadInput

from . import swaps


@dataclass(frozen=True)
class Choice:
    """What was chosen so far and what there is to choose from."""

    stretches: list[Duty]
    partners: list[User]
    duty: Duty | None
    to: User | None
    returns: list[Duty]


def choice(user: User, said: QueryDict) -> Choice:
    """From the address; a stretch or person that is not his to choose is not found (404)."""
    if user.centre is None:
        raise Http404
    stretches, partners = list(swaps.ahead(user)), list(swaps.partners(user).select_related("organisation"))
    duty, to = _one(stretches, said.get("duty", "")), _one(partners, said.get("to", ""))
    return Choice(stretches, partners, duty, to, list(swaps.ahead(to)) if to else [])


def ask(user: User, said: QueryDict) -> DutySwap:
    """The second step, sent. Raises Refused (and Http404 for what is not his to choose)."""
    found = choice(user, said)
    if found.duty is None or found.to is None:
        raise BadInput(_("Choose your stretch and who is to take it."), code="missing", field="to")
    return swaps.ask(found.duty, to=found.to, in_return=_one(found.returns, said.get("in_return", "")), reason=said.get("reason", "")[:200], by=user)


def _one(rows: list, said: str):
    """The chosen row; None when nothing was chosen."""
    if not said:
        return None
    found = next((row for row in rows if str(row.pk) == said), None)
    if found is None:
        raise Http404
    return found
