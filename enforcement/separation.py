"""Who licenses, charges, inspects and penalises a party are different people (审批、收费、稽查、处罚不由一家说了算), whatever their accounts."""

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from journal import history
from journal.refused import Refused

from .models import PartyAct, User
from .parties import credit_code

Act = PartyAct.Act


def why_not(user: User, party: str, act: str) -> str:
    """Why the person behind an account may not act so towards a party (unified social credit code), "" when he may."""
    person = Q(user=user) | Q(user__staff_number=user.staff_number) if user.staff_number else Q(user=user)
    before = PartyAct.objects.filter(person, party=party).exclude(act=act).order_by("acted_on", "pk").first()
    return _said(user, before) if before else ""


def _said(user: User, before: PartyAct | None) -> str:
    what = {
        Act.LICENSING: _("approved a licence of this party"), Act.CHARGING: _("charged fees to this party"),
        Act.INSPECTING: _("inspected this party"), Act.PENALISING: _("decided a penalty on this party"),
    }  # fmt: skip
    return _("%(name)s has %(act)s (%(day)s). Approving, charging, inspecting and penalising are for different people.") % {
        "name": user.name, "act": what[before.act] if before else _("acted towards this party in another office"),
        "day": before.acted_on if before else "—",
    }  # fmt: skip


@history.tells
@transaction.atomic
def take_part(*, user: User, party: str, party_name: str, act: str, on: date, source: str, by) -> PartyAct:
    """Write down what somebody did towards a party. `source`: "case:7" or a paper; the same act from the same source counts once.

    Refused when the person has done something towards the party that excludes it; at the same moment on two accounts, one is refused.
    """
    try:
        credit_code(party)
    except ValueError as fault:
        raise Refused(_("The party: “%(code)s” %(fault)s.") % {"code": party[:18], "fault": fault}, code="party") from None
    if refusal := why_not(user, party, act):
        raise Refused(refusal, code="separated")
    try:
        with transaction.atomic():
            done, _is_new = PartyAct.objects.get_or_create(
                user=user, party=party, act=act, source=source,
                defaults={"party_name": party_name, "acted_on": on, "recorded_by": by.actor.label, "is_demo": user.is_demo},
            )  # fmt: skip
    except IntegrityError:  # the other one was quicker
        raise Refused(why_not(user, party, act) or _said(user, None), code="separated") from None
    return done
