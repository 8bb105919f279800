"""Looks through the whole journal that somebody asks for on a page: a row that asks, a task that answers."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from . import clock
from .models import JournalCheck
from .refused import Refused
from .verify import look_through

GIVEN_UP = timedelta(minutes=10)  # a look that has not ended by then may have been lost with its process: another may be asked for


@transaction.atomic
def ask(*, by) -> JournalCheck:
    """A new look, started after the commit; refused while one is under way."""
    from .tasks import check_journal

    last = JournalCheck.objects.select_for_update().first()
    if last and last.ended_at is None and clock.now() - last.asked_at < GIVEN_UP:
        raise Refused(_("The journal is being checked already."), code="running")
    row = JournalCheck.objects.create(asked_by=by.actor.label, asked_at=clock.now())
    check_journal.delay_on_commit(row.pk)
    return row


def run(pk: int) -> JournalCheck:
    """Do what the row asks for; a second run of the same row changes nothing."""
    row = JournalCheck.objects.get(pk=pk)
    if row.ended_at is None:
        row.entries, fault = look_through()
        row.fault, row.ended_at = fault[:300], max(clock.now(), row.asked_at)
        row.save(update_fields=["entries", "fault", "ended_at"])
    return row
