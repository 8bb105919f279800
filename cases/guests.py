"""Who else sees a case: centres that were asked to take it over, or have a part in it. Both take a locked case.

Seeing is all that a guest may: queue, wall, panel, photos. What decides about acting is `CaseQuerySet.worked_by`.
"""

from journal import clock, push

from .audience import rooms
from .models import Case, GuestCentre


def begin(case: Case, centre: int, because: GuestCentre.Because) -> None:
    """From now on the centre sees the case; who does already for this reason goes on. The verb announces the case afterwards."""
    GuestCentre.objects.get_or_create(case=case, centre_id=centre, because=because, until=None, defaults={"since": clock.now()})


def end(case: Case, centre: int, because: GuestCentre.Because) -> None:
    """The reason has gone: the case leaves the centre's screens, unless another reason or the case itself keeps it there."""
    if GuestCentre.objects.open().filter(case=case, centre=centre, because=because).update(until=clock.now()):
        push.tell(rooms([centre]), case.thread, 0)  # 0: whatever they know, look again
