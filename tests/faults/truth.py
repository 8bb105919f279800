"""The one checker after each fault: nothing accepted is lost or doubled, the journal is whole, nobody is sent twice, screens are right."""

import asyncio

from django.core.management import call_command
from django.db import connection

from cases.models import Report
from cases.sealed import tracking_hash
from command.models import Dispatch
from journal import clock
from tests.faults.traffic import ListeningClient, Traffic

RIGHT_WITHIN_S = 10.0
OVERLAPPING = """
    SELECT a.id, b.id FROM command_dispatch a JOIN command_dispatch b ON a.{same} = b.{same} AND a.id < b.id {both}
    WHERE tstzrange(a.sent_at, COALESCE(a.ended_at, 'infinity')) && tstzrange(b.sent_at, COALESCE(b.ended_at, 'infinity'))
"""


def holds(traffic: Traffic) -> None:
    """Everything; screens first, because their seconds count."""
    connection.close()  # it may be from before a restart
    screens_are_right(traffic)
    reports_are_stored_once(traffic)
    nobody_is_sent_twice()
    server_times_count()
    call_command("verify_journal", verbosity=0)
    complaints, ListeningClient.complaints = ListeningClient.complaints, []
    assert not complaints, "\n".join(complaints)


def screens_are_right(traffic: Traffic) -> None:
    async def all_of_them():
        return await asyncio.gather(*(screen.right_within(RIGHT_WITHIN_S) for screen in traffic.screens))

    traffic.run(all_of_them())
    refused = [(screen.name, code) for screen in traffic.screens for code in screen.refusals]
    assert not refused, f"screens were turned away: {refused}"


def reports_are_stored_once(traffic: Traffic) -> None:
    answered = {f"client.{traffic.client.pk}:{key}": said["code"] for key, (_status, said) in list(traffic.answered.items())}
    rows = list(Report.objects.filter(idempotency_key__in=answered).values_list("idempotency_key", "tracking_hash"))
    assert len(rows) == len(answered), f"{len(answered)} were answered with success, {len(rows)} are stored"
    assert all(tracking_hash(answered[key]) == stored for key, stored in rows), "an answer's code opens another report"


def nobody_is_sent_twice() -> None:
    """Neither now nor at any moment before."""
    with connection.cursor() as cursor:
        for same, both in (("officer_id", ""), ("case_id", "AND a.is_lead AND b.is_lead")):
            cursor.execute(OVERLAPPING.format(same=same, both=both))
            assert cursor.fetchall() == [], f"two orders at once for one {same}"


def server_times_count() -> None:
    """Whatever a phone's clock says: the steps of an order are in order, and none lies in the future."""
    for order in Dispatch.objects.all():
        steps = [moment for moment in (order.sent_at, order.accepted_at, order.arrived_at, order.ended_at) if moment]
        assert steps == sorted(steps) and steps[-1] <= clock.now(), f"dispatch {order.pk}: {steps}"
