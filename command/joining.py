"""A caller reports what is open already: his report is stored with a code of its own and joins the running case."""

from django.db import transaction

from cases.intake import Received, receive_report
from cases.models import Case

from . import endings


@transaction.atomic
def receive_into(case: Case, *, by, **report) -> Received:
    """`receive_report`, merged at once into an open case: nobody is sent twice, and the reporter follows that case."""
    received = receive_report(by=by, **report)
    if received.case and not received.repeated:
        endings.merge(received.case, by=by, into=case)
    return received
