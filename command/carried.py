"""Which equipment the people who were sent to a case had with them, from each one's order until its end: whose body camera to look into."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from cases.models import Case
from enforcement import equipment
from enforcement.models import EquipmentIssue


@dataclass(frozen=True)
class Carried:
    """A thing that an officer had while he was sent; `since`, `until`: when within his order he got it or gave it back, if then."""

    code: str
    name: str
    kind: str
    since: datetime | None
    until: datetime | None


def of(case: Case) -> dict[int, list[Carried]]:
    """By order (its key) what its officer had between being sent and the end. One statement."""
    sent, ended = F("officer__dispatches__sent_at"), F("officer__dispatches__ended_at")
    rows = (
        EquipmentIssue.objects.filter(  # in one call: all of it of one order
            Q(returned_at__isnull=True) | Q(returned_at__gt=sent), Q(officer__dispatches__ended_at__isnull=True) | Q(issued_at__lt=ended),
            officer__dispatches__case=case,
        )
        .annotate(order=F("officer__dispatches__pk"), sent=sent, ended=ended).select_related("equipment")
        .order_by("equipment__kind", "equipment__code")
    )  # fmt: skip
    found = defaultdict(list)
    for row in rows:
        thing = row.equipment
        found[row.order].append(Carried(
            thing.code, thing.name, equipment.word(thing.kind, thing.name), row.issued_at if row.issued_at > row.sent else None,
            row.returned_at if row.returned_at and (row.ended is None or row.returned_at < row.ended) else None,
        ))  # fmt: skip
    return dict(found)


def onto(dispatches, case: Case) -> list:
    """The case's orders, each with `carried`."""
    held, rows = of(case), list(dispatches)
    for row in rows:
        row.carried = held.get(row.pk, [])
    return rows
