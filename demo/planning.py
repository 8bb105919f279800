"""What shift leaders of the demonstration have changed in their rosters, by the real verbs: vehicles, a leave, a swap that waits."""

import random
from contextlib import suppress
from datetime import timedelta

from enforcement.equipment import VEHICLES
from enforcement.models import Duty, Equipment, Organisation, User
from enforcement.roles import LEADING, Role
from grid.models import Responsibility
from journal import clock
from journal.refused import Refused
from registers import duties, swaps

WEEK = timedelta(days=7)


def plan(rng: random.Random) -> None:
    """Each centre's next week; what its rules refuse stays undone."""
    for centre in Organisation.objects.filter(has_centre=True, is_active=True).order_by("code"):
        leader = User.objects.filter(organisation__centre=centre, role__in=LEADING, is_active=True).order_by("-role", "pk").first()
        if leader:
            _vehicles(centre, leader)
            officers = list(User.objects.filter(organisation__centre=centre, role=Role.OFFICER, is_active=True).order_by("pk"))
            rng.shuffle(officers)
            _swap(officers)
            _leave(officers, leader)


def _vehicles(centre: Organisation, leader: User) -> None:
    """Who has a vehicle takes it along on his own stretches."""
    now, held = clock.now(), Equipment.objects.filter(kind__in=VEHICLES, is_active=True, organisation__centre=centre, holder__isnull=False)
    areas = dict(Responsibility.objects.filter(role=Responsibility.Role.PATROL, zone__kind="area").values_list("officer", "zone__code"))
    for vehicle in held.select_related("holder", "organisation").order_by("code"):
        for duty in Duty.objects.filter(user=vehicle.holder.user_id, ends_at__gt=now, starts_at__lt=now + WEEK).select_related("user__organisation"):
            with suppress(Refused):
                duties.assign(duty, area=areas.get(vehicle.holder_id, ""), vehicle=vehicle, by=leader, reason="随车巡查")


def _swap(officers: list[User]) -> None:
    """The first pair of whom one could take the other's stretch of the coming days."""
    for giver in officers:
        for duty in swaps.ahead(giver)[2:4]:
            for taker in officers:
                with suppress(Refused):
                    swaps.ask(duty, to=taker, reason="家中有事", by=giver)
                    return


def _leave(officers: list[User], leader: User) -> None:
    """Two days, of the first officer whose absence opens no gap."""
    since = clock.day_bounds(clock.today() + timedelta(days=2))[0]
    for officer in officers:
        with suppress(Refused):
            duties.give_leave(officer, since=since, until=since + timedelta(days=2), reason="年休假", by=leader)
            return
