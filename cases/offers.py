"""Offers of a case to another centre, as rows. The verbs are in `command/offers.py`; what goes on otherwise ends an offer here."""

from journal import clock, deadlines
from journal.moves import record

from . import guests
from .models import Case, CentreOffer, GuestCentre


def open_of(case: Case) -> CentreOffer | None:
    """The offer of a case that waits for an answer."""
    found = CentreOffer.objects.filter(case=case, ended_at__isnull=True)
    return found.select_related("from_centre", "to_centre", "organisation", "offered_by").first()


def told_of(offer: CentreOffer) -> dict:
    """What the journal holds of an offer, by value."""
    return {"from": offer.from_centre.code, "to": offer.organisation.code, "from_name": offer.from_centre.short_name,
            "to_name": offer.organisation.short_name}  # fmt: skip


def end(offer: CentreOffer, case: Case, ending: str, *, by, answer: str = "") -> None:
    """End an offer of a locked case; the asked centre sees the case no longer, unless it gets it or has another reason."""
    offer.ended_at, offer.ending, offer.answer = clock.now(), ending, answer[:500]
    offer.ended_by = by if by.actor.kind == "user" else None
    offer.save(update_fields=["ended_at", "ending", "answer", "ended_by"])
    deadlines.cancel(case, "offer", subject=f"offer:{offer.pk}")
    guests.end(case, offer.to_centre_id, GuestCentre.Because.ASKED)


def lapse(case: Case, *, by) -> None:
    """A locked case goes on otherwise (ends, is another matter, somebody is sent): an offer of it is none any more."""
    offer = open_of(case)
    if offer:
        end(offer, case, CentreOffer.Ending.LAPSED, by=by)
        record(case, "offer_lapsed", by=by, subject=f"offer:{offer.pk}", data=told_of(offer))
