"""What arrives from an officer's phone: maybe late, maybe twice, maybe after the order has ended."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cases import drafts
from cases.locking import lock
from cases.models import Photo
from enforcement.models import User
from journal import clock
from journal.moves import record
from journal.refused import BadInput, Refused

from .dispatch import tell
from .models import Dispatch, PhoneAction
from .transitions import ACTIVE


def once(uuid: UUID, *, by: User, verb: str, subject: str = "", phone_at: datetime | None = None, act: Callable[[], dict]) -> dict:
    """Run `act` (→ JSON-ready answer) once for a `uuid` that the phone made; a repeat gets the first answer.

    The row and what `act` writes are one transaction: whoever repeats at the same moment waits and then reads.
    A refusal leaves nothing behind, so that the same press may succeed later, except what `keep_evidence` kept.
    Refused when the uuid was used by somebody else or for something else.
    """
    with transaction.atomic():
        row, is_new = PhoneAction.objects.get_or_create(
            uuid=uuid, defaults={"user": by, "verb": verb, "subject": subject, "at": clock.now(), "phone_at": phone_at}
        )
        if is_new:
            row.answer = act()
            row.save(update_fields=["answer"])
    if (row.user_id, row.verb, row.subject) != (by.pk, verb, subject):
        raise Refused(_("This was sent before as something else. Reload the page and press again."), code="reused")
    if row.status != PhoneAction._meta.get_field("status").default:
        raise Refused(row.answer["detail"], **{key: value for key, value in row.answer.items() if key != "detail"})
    return row.answer


@transaction.atomic
def keep_evidence(dispatch: Dispatch, *, uuid: UUID, by: User, note: str, photo_ids=(), draft_key: str, phone_at=None) -> Refused:
    """A result that came after its order had ended decides nothing, but what the officer saw stays with the case.

    Attaches the photos, journals the note and the phone's time, and answers the refusal that the phone shows; it is
    stored under `uuid`, so that a repeat keeps nothing twice.
    """
    detail = _(
        "This order had ended before your result arrived (%(state)s). "
        "Your note and photos are kept with the case; the command centre sees them."
    )
    dispatch = Dispatch.objects.select_related("officer__user").get(pk=dispatch.pk)
    refused = Refused(detail % {"state": dispatch.get_state_display()}, code="ended", state=dispatch.state, kept=True)
    _row, is_new = PhoneAction.objects.get_or_create(
        uuid=uuid,
        defaults={"user": by, "verb": "finish", "subject": f"dispatch:{dispatch.pk}", "at": clock.now(), "phone_at": phone_at,
                  "status": Refused.status, "answer": refused.as_json()},
    )  # fmt: skip
    if not is_new:
        return refused
    case = lock(dispatch.case_id)
    kept = [draft.pk for draft in drafts.of(draft_key) if str(draft.pk) in photo_ids and draft.state != Photo.State.BROKEN]
    if kept:
        drafts.attach(kept, draft_key=draft_key, case=case)
    if note.strip() or kept:
        record(case, "evidence_kept", by=by, subject=f"dispatch:{dispatch.pk}", data={
            "note": note.strip(), "photos": [str(pk) for pk in kept], "officer": dispatch.officer.name,
            "phone_at": phone_at.isoformat() if phone_at else "",
        })  # fmt: skip
        tell(case, dispatch)
    return refused


def photo_ids(uuids: Iterable[UUID], *, by: User) -> list[str]:
    """Ids of the photos that the phone sent under these uuids, in their order; `BadInput` when one never arrived."""
    found = dict(PhoneAction.objects.filter(uuid__in=uuids, user=by, verb="photo").values_list("uuid", "answer"))
    if missing := [uuid for uuid in uuids if uuid not in found]:
        raise BadInput(_("%(count)d photos have not arrived yet.") % {"count": len(missing)}, code="photos_missing")
    return [found[uuid]["id"] for uuid in uuids]


def has_ended(dispatch: Dispatch) -> bool:
    """Whether the order ended meanwhile: recalled, expired, or finished by the lead."""
    return Dispatch.objects.filter(pk=dispatch.pk).exclude(state__in=ACTIVE).exists()
