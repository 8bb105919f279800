"""The roster of the urban-management brigade, and people of it."""

from datetime import timedelta

import pytest

from enforcement.models import Certificate, Duty, Officer
from journal import clock
from registers import plan
from tests.cast import sign_in


@pytest.fixture
def duty_of(cast):
    """`duty_of(person, ahead=1)`: the person's next stretch, the one after …"""

    def find(person, ahead: int = 1) -> Duty:
        return Duty.objects.filter(user=person, starts_at__gt=clock.now()).order_by("starts_at")[ahead - 1]

    return find


@pytest.fixture
def week_ahead(noon):
    return noon, noon + timedelta(days=7)


@pytest.fixture
def gaps(cast, week_ahead):
    """Sentences of what CG's plan lacks in the next seven days."""
    return lambda: [plan.words(gap) for gap in plan.read(cast.centre, *week_ahead).gaps()]


@pytest.fixture
def thin(cast, noon):
    """Only two certified officers stay in each watch: the plan is just enough."""
    kept = {}
    for officer in cast.officers() + [one for one in everybody(cast) if one not in cast.officers()]:
        watch = Duty.objects.filter(user=officer.user_id, starts_at__gt=noon).order_by("starts_at").values_list("starts_at", flat=True).first()
        if len(kept.setdefault(watch, [])) < 2:
            kept[watch].append(officer)
        else:
            officer.certificates.update(status=Certificate.Status.SUSPENDED)
    return {officer.pk: officer for found in kept.values() for officer in found}


def everybody(cast):
    return list(Officer.objects.filter(organisation__centre=cast.centre, is_helper=False).select_related("user__organisation__centre").order_by("pk"))


@pytest.fixture
def at_registers(client):
    """`at_registers(user)`: the client, signed in on the registers."""

    def enter(user):
        sign_in(client, user, "registers")
        return client

    return enter
