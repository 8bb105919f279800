"""What an officer does on site: handle and feed back (处置 · 反馈)."""

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cases import drafts, endings
from cases.jurisdiction import decides
from cases.models import Case, Photo
from cases.transitions import NEEDS
from enforcement import separation
from enforcement.models import Item, Organisation, Recusal
from enforcement.models.people import same_person
from journal import clock
from journal.moves import record
from journal.refused import Refused

from . import joint, rights
from .dispatch import end_dispatch, own, release, tell
from .models import Dispatch
from .transitions import ACTIVE, State


@transaction.atomic
@rights.held()
def finish(dispatch: Dispatch, *, by, outcome: str = "", note: str, photo_ids=(), draft_key: str = "",
           recheck_on: date | None = None, item: Item | None = None, organisation: Organisation | None = None,
           department: Organisation | None = None, question: str = "", police_contact: str = "",
           party: str = "", party_name: str = "") -> Dispatch:  # fmt: skip
    """Feed back from the spot. The lead brings the outcome with what it needs and so resolves the case; a companion
    or a helper (协管员), who never decide, bring a note.

    Photos are drafts of the officer (`photo_ids`, `draft_key`), or were attached before. Companions are released
    with the lead. Who answers for a unit's part in a joint action brings that part's result. `party` (unified social credit code) and
    `party_name` say whom the matter concerns: who was on site has inspected it.
    Refused without a certificate that counts there, before arriving, when the outcome lacks something, when another unit's part has not
    ended, or when somebody on site has to step aside from the party or acted towards it in another office.
    """
    dispatch, case = own(dispatch, by=by)
    certificate = rights.check(dispatch)
    if not note.strip():
        raise Refused(_("Write what was found and done."), code="missing", missing=["note"])
    if dispatch.state != State.ON_SITE:
        raise Refused(_("Confirm your arrival first; then the result can be fed back."), code="wrong_state", state=dispatch.state)
    if dispatch.is_lead:
        joint.refuse_while_others_work(case)
    if photo_ids:
        drafts.attach(photo_ids, draft_key=draft_key, case=case)
    data = {"note": note.strip(), "officer": dispatch.officer.name, "certificate": certificate}
    end_dispatch(dispatch, "finished", by=by, case=case, data=data)
    if not dispatch.is_lead:
        released = joint.done(dispatch, case, by=by, note=note.strip(), certificate=certificate) if dispatch.is_first else []
        tell(case, dispatch, *released)
        return dispatch
    _check_details(recheck_on, item, case)
    if item:
        certificate = rights.check_item(dispatch, item)
    inspected_by = _inspect(dispatch, case, party, party_name.strip(), by=by) if party else []
    evidence = list(Photo.objects.filter(case=case, taken_by=by).order_by("created_at").values_list("pk", flat=True))
    details = {
        "photos": [str(pk) for pk in evidence],
        "photo_hashes": list(Photo.objects.filter(pk__in=evidence).order_by("created_at").values_list("sha256", flat=True)),
        "recheck_on": recheck_on.isoformat() if recheck_on else "", "item": item.code if item else "",
        "organisation": organisation.code if organisation else "", "department": department.code if department else "",
        "question": question.strip(), "police_contact": police_contact.strip(),
        "party": party, "party_name": party_name.strip() if party else "", "inspected_by": inspected_by, "certificate": certificate,
    }  # fmt: skip
    kept = {key: value for key, value in details.items() if value or key in NEEDS.get(outcome, ())}
    endings.resolve(case, by=by, outcome=outcome, note=note, details=kept)
    companions = release(case.dispatches.active(), case, by=by, reason=_("the lead has finished"))
    joint.end_lead(case, by=by, note=note)
    tell(case, dispatch, *companions)
    return dispatch


def _check_details(recheck_on, item, case) -> None:
    if recheck_on and recheck_on <= clock.today():
        raise Refused(_("The day of the re-check must lie ahead."), code="recheck_on")
    if item and not decides(case.organisation, item, township=case.township_code, began=case.began_on):
        raise Refused(_("%(organisation)s does not hold this item.") % {"organisation": case.organisation.name}, code="item")


def _inspect(lead: Dispatch, case: Case, party: str, party_name: str, *, by) -> list[str]:
    """Who is or was on site with the lead has inspected the party; their names. Nobody who has to step aside from it (行政处罚法 43),
    nor who licensed it, charged it or decided a penalty on it: then the centre sends others."""
    team = Dispatch.objects.filter(case=case, sent_at__gte=lead.sent_at, arrived_at__isnull=False, officer__is_helper=False)
    names = []
    for one in team.filter(state__in=[State.ON_SITE, State.FINISHED]).select_related("officer__user").order_by("-is_lead", "pk"):
        if Recusal.objects.in_force().filter(Q(party=party) | Q(party_name=party_name), same_person("officer__user", one.officer_id)).exists():
            raise Refused(_("%(officer)s has to step aside from this party; the centre has to send someone else.") % {"officer": one.officer.name},
                          code="recused", officer=one.officer.name, order=one.pk)  # fmt: skip
        separation.take_part(
            user=one.officer.user, party=party, party_name=party_name, act=separation.Act.INSPECTING, on=clock.today(), source=case.thread, by=by
        )
        names.append(one.officer.name)
    return names


@transaction.atomic
@rights.held()
def confirm(dispatch: Dispatch, *, by, note: str) -> Dispatch:
    """A helper or companion describes what he sees while the lead is still on the way. Decides nothing.

    Refused when the order has ended, when something bars him from the matter (行政处罚法 42, 43), or without a note."""
    dispatch, case = own(dispatch, by=by)
    if dispatch.state not in ACTIVE:
        raise Refused(_("This order has ended."), code="wrong_state", state=dispatch.state)
    rights.check(dispatch)
    if not note.strip():
        raise Refused(_("Write what you see."), code="missing", missing=["note"])
    record(case, "confirmed", by=by, subject=f"dispatch:{dispatch.pk}", data={"note": note.strip(), "officer": dispatch.officer.name})
    tell(case, dispatch)
    return dispatch


