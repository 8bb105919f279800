"""Writing for the next shift, signing the hand-over, withdrawing the signature, taking over (交接班)."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import Case
from enforcement.models import Organisation, User
from enforcement.roles import CENTRE
from journal import clock
from journal.moves import record
from journal.refused import Refused

from . import shift_state
from .models import ShiftHandover, ShiftNote

MOST = 1000  # characters of a note


def _only(by, centre: Organisation) -> None:
    if by.actor.roles.isdisjoint(CENTRE) or by.centre != centre:
        raise Refused(_("Your post does not allow this step."), code="not_allowed")


def lock(centre: Organisation) -> None:
    """Who signs or takes over waits for the other of the same centre."""
    Organisation.objects.select_for_update().values_list("pk").get(pk=centre.pk)


def waiting(centre_pk: int):
    """The hand-over of a centre that nobody has taken over yet."""
    return ShiftHandover.objects.filter(centre=centre_pk, taken_at__isnull=True, withdrawn_at__isnull=True)


@transaction.atomic
def keep(centre: Organisation, *, by: User, texts: dict[int | None, str]) -> None:
    """Keep what somebody writes, as he writes it: {key of a case or None: text}. An empty text takes the note away."""
    _only(by, centre)
    seen = set(Case.objects.visible_to(by).filter(pk__in=[pk for pk in texts if pk]).values_list("pk", flat=True))
    for pk, text in texts.items():
        if pk is not None and pk not in seen:
            continue  # no case of his
        text = text.strip()[:MOST]
        if text:
            ShiftNote.objects.update_or_create(centre=centre, written_by=by, case_id=pk, defaults={"text": text, "written_at": clock.now()})
        else:
            ShiftNote.objects.filter(centre=centre, written_by=by, case_id=pk).delete()


@transaction.atomic
def give(centre: Organisation, *, by: User) -> ShiftHandover:
    """Sign the hand-over: what is so now, and what everybody of the shift has written. One waits at a time."""
    lock(centre)
    _only(by, centre)
    open_one = waiting(centre.pk).select_related("given_by").first()
    if open_one:
        raise Refused(_("The hand-over that %(who)s has signed has not been taken over yet. What you have written is kept.")
                      % {"who": open_one.given_by.name}, code="twice")  # fmt: skip
    notes = ShiftNote.objects.filter(centre=centre).select_related("written_by").order_by("case", "written_at")
    made = ShiftHandover.objects.create(
        centre=centre, given_by=by, given_at=clock.now(), snapshot=shift_state.gather(centre),
        notes=[{"case": note.case_id, "text": note.text, "by": note.written_by.name, "user": note.written_by_id} for note in notes],
    )
    notes.delete()
    record(made, "shift_given", by=by, data={"cases": len(made.snapshot["cases"]), "notes": len(made.notes)})
    return made


@transaction.atomic
def take(handover: ShiftHandover, *, by: User, remark: str = "") -> ShiftHandover:
    """Confirm that one has taken over, with what one found otherwise. Never from oneself, and once; from then on it stands."""
    handover, centre = _open(handover, by)
    if handover.given_by_id == by.pk:
        raise Refused(_("Who signs a hand-over does not take it over himself."), code="same_person")
    handover.taken_by, handover.taken_at, handover.remark = by, clock.now(), remark.strip()[:MOST]
    handover.changes = shift_state.differences(handover.snapshot, shift_state.gather(centre))
    record(handover, "shift_taken", by=by, data={"given_by": handover.given_by.name, "remark": handover.remark}, save=False)
    handover.save(update_fields=["taken_by", "taken_at", "remark", "changes", "version", "chain"])
    return handover


@transaction.atomic
def withdraw(handover: ShiftHandover, *, by: User) -> ShiftHandover:
    """Withdraw one's own signature while nobody has taken over: what was signed is kept as withdrawn, its notes can be written on again."""
    handover, centre = _open(handover, by)
    if handover.given_by_id != by.pk:
        raise Refused(_("Only %(who)s, who has signed it, can withdraw it.") % {"who": handover.given_by.name}, code="not_allowed")
    handover.withdrawn_at = clock.now()
    record(handover, "shift_withdrawn", by=by, save=False)
    handover.save(update_fields=["withdrawn_at", "version", "chain"])
    for note in handover.notes:
        writer = note.get("user", by.pk)  # signed before writers were kept: by whoever signed
        kept, made = ShiftNote.objects.get_or_create(
            centre=centre, written_by_id=writer, case_id=note["case"], defaults={"text": note["text"], "written_at": clock.now()})  # fmt: skip
        if not made:  # he has gone on writing: both, in the order in which they were written
            kept.text = f"{note['text']}\n{kept.text}"
            kept.save(update_fields=["text"])
    return handover


def _open(handover: ShiftHandover, by: User) -> tuple[ShiftHandover, Organisation]:
    """The hand-over, fresh, and its locked centre, whose people may act on it until it was taken over or withdrawn."""
    centre = Organisation.objects.get(pk=handover.centre_id)
    lock(centre)
    _only(by, centre)
    handover = ShiftHandover.objects.select_related("given_by", "taken_by").get(pk=handover.pk)
    if handover.taken_at:
        raise Refused(_("This hand-over has been taken over already, by %(who)s.") % {"who": handover.taken_by.name}, code="twice")
    if handover.withdrawn_at:
        raise Refused(_("%(who)s has withdrawn this hand-over.") % {"who": handover.given_by.name}, code="withdrawn")
    return handover, centre


def written(centre: Organisation, user: User) -> tuple[dict, list[dict]]:
    """What nobody has signed yet: one's own by case, and the colleagues'."""
    notes = list(ShiftNote.objects.filter(centre=centre).select_related("written_by").order_by("written_at"))
    mine = {note.case_id: note.text for note in notes if note.written_by_id == user.pk}
    others = [{"case": note.case_id, "text": note.text, "by": note.written_by.name} for note in notes if note.written_by_id != user.pk]
    return mine, others


def shown(handover: ShiftHandover, *, now: dict | None = None) -> dict:
    """Context of a signed hand-over: with the differences that whoever took over was shown, else those of `now` (what is gathered)."""
    changes = handover.changes
    if changes is None:
        changes = shift_state.differences(handover.snapshot, now or shift_state.gather(handover.centre))
    return shift_state.told(handover.snapshot, handover.centre, notes=handover.notes, changes=changes)
