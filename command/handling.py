"""What an officer does on site: handle and feed back (处置 · 反馈)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import drafts, endings
from cases.jurisdiction import decides
from cases.models import Photo
from cases.transitions import NEEDS
from enforcement.models import Item, Organisation
from enforcement.qualification import covers
from journal import clock
from journal.moves import record
from journal.refused import Refused

from .dispatch import check_may_act, end_dispatch, own, recall_all, tell
from .models import Dispatch
from .transitions import ACTIVE, State


@transaction.atomic
def finish(dispatch: Dispatch, *, by, outcome: str = "", note: str, photo_ids=(), draft_key: str = "",
           recheck_on: date | None = None, item: Item | None = None, organisation: Organisation | None = None,
           department: Organisation | None = None, question: str = "", police_contact: str = "") -> Dispatch:  # fmt: skip
    """Feed back from the spot. The lead brings the outcome with what it needs and so resolves the case; a companion
    or a helper (协管员), who never decide, bring a note.

    Photos are drafts of the officer (`photo_ids`, `draft_key`), or were attached before. Companions are released
    with the lead. Refused without a valid certificate, before arriving, or when the outcome lacks something.
    """
    dispatch, case = own(dispatch, by=by)
    check_may_act(dispatch)
    if not note.strip():
        raise Refused(_("Write what was found and done."), code="missing", missing=["note"])
    if dispatch.state != State.ON_SITE:
        raise Refused(_("Confirm your arrival first; then the result can be fed back."), code="wrong_state", state=dispatch.state)
    if photo_ids:
        drafts.attach(photo_ids, draft_key=draft_key, case=case)
    data = {"note": note.strip(), "officer": dispatch.officer.name}
    end_dispatch(dispatch, "finished", by=by, case=case, data=data)
    if not dispatch.is_lead:
        tell(case, dispatch)
        return dispatch
    _check_details(recheck_on, item, case, dispatch)
    evidence = list(Photo.objects.filter(case=case, taken_by=by).order_by("created_at").values_list("pk", flat=True))
    details = {
        "photos": [str(pk) for pk in evidence],
        "photo_hashes": list(Photo.objects.filter(pk__in=evidence).order_by("created_at").values_list("sha256", flat=True)),
        "recheck_on": recheck_on.isoformat() if recheck_on else "", "item": item.code if item else "",
        "organisation": organisation.code if organisation else "", "department": department.code if department else "",
        "question": question.strip(), "police_contact": police_contact.strip(),
    }  # fmt: skip
    kept = {key: value for key, value in details.items() if value or key in NEEDS.get(outcome, ())}
    endings.resolve(case, by=by, outcome=outcome, note=note, details=kept)
    companions = _release_companions(case, by=by)
    tell(case, dispatch, *companions)
    return dispatch


def _check_details(recheck_on, item, case, dispatch) -> None:
    if recheck_on and recheck_on <= clock.today():
        raise Refused(_("The day of the re-check must lie ahead."), code="recheck_on")
    if item and not decides(case.organisation, item, township=case.township_code, began=case.began_on):
        raise Refused(_("%(organisation)s does not hold this item.") % {"organisation": case.organisation.name}, code="item")
    if item and not covers(dispatch.officer.certificates.valid(), {item.department}):
        raise Refused(_("Your certificate does not cover this item."), code="item")


def _release_companions(case, *, by) -> list[Dispatch]:
    """With the lead's result everybody is free again: who has accepted is released, who has not is called back."""
    released = []
    for companion in case.dispatches.filter(state__in=[State.ACCEPTED, State.ON_SITE]).select_related("officer__user"):
        end_dispatch(companion, "released", by=by, case=case, data={"officer": companion.officer.name})
        released.append(companion)
    return released + recall_all(case, by=by, reason=_("the lead has finished"))


@transaction.atomic
def confirm(dispatch: Dispatch, *, by, note: str) -> Dispatch:
    """A helper or companion describes what he sees while the lead is still on the way. Decides nothing."""
    dispatch, case = own(dispatch, by=by)
    if dispatch.state not in ACTIVE:
        raise Refused(_("This order has ended."), code="wrong_state", state=dispatch.state)
    if not note.strip():
        raise Refused(_("Write what you see."), code="missing", missing=["note"])
    record(case, "confirmed", by=by, subject=f"dispatch:{dispatch.pk}", data={"note": note.strip(), "officer": dispatch.officer.name})
    tell(case, dispatch)
    return dispatch


