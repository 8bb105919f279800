"""Officers set aside for a case: rows that the clock makes and whoever sends ends."""

from datetime import datetime

from cases.models import Case
from enforcement.models import Officer
from journal import clock, deadlines
from journal.moves import CLOCK, record

from .models import Reservation


def of(case: Case) -> Reservation | None:
    """The open reservation of a case."""
    return Reservation.objects.filter(case=case, ended_at=None).select_related("officer__user").first()


def holding(officer: Officer) -> Reservation | None:
    """The open reservation of an officer."""
    return Reservation.objects.filter(officer=officer, ended_at=None).first()


def begin(case: Case, officer: Officer, *, until: datetime, reasons: list[str]) -> Reservation:
    """Set a free officer (row locked) aside for a locked case until the clock sends him."""
    reserved = Reservation.objects.create(case=case, officer=officer, reasons=reasons, since=clock.now(), until=until)
    record(case, "reserved", by=CLOCK, subject=f"reservation:{reserved.pk}", data={
        "officer": officer.name, "badge": officer.badge, "reasons": reasons, "until": until.isoformat()})  # fmt: skip
    deadlines.set_many(case, {"reserved": until}, subject=f"reservation:{reserved.pk}")
    return reserved


def end(reserved: Reservation, case: Case, ending: Reservation.End, *, by) -> None:
    """End a reservation of a locked case: withdrawn is a fact of its own, of one that was sent the order tells."""
    reserved.ended_at, reserved.ending = clock.now(), ending
    reserved.save(update_fields=["ended_at", "ending"])
    deadlines.cancel(case, "reserved", subject=f"reservation:{reserved.pk}")
    if ending == Reservation.End.WITHDRAWN:
        record(case, "reservation_withdrawn", by=by, subject=f"reservation:{reserved.pk}", data={"officer": reserved.officer.name})
