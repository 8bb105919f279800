"""Issue and return of equipment: `Equipment.holder` is who has it now, `EquipmentIssue` who had it when."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal import clock, history
from journal.moves import record
from journal.refused import BadInput, Refused

from . import roster
from .models import Equipment, EquipmentIssue, Officer, User
from .roles import LEADING, Role

# Kinds that the platform knows by name; another kind is called as the county calls the thing.
KINDS = {
    "drone": gettext_lazy("drone"), "body_camera": gettext_lazy("body camera"), "motorcycle": gettext_lazy("motorcycle"),
    "car": gettext_lazy("patrol car"), "radio": gettext_lazy("radio"),
}  # fmt: skip
VEHICLES = ("motorcycle", "car")
SOON = timedelta(days=30)  # service due in so many days is marked


def word(kind: str, name: str) -> str:
    """What a thing is, in the reader's language."""
    return str(KINDS.get(kind, name))


def may_hand_out(user: User, organisation, below) -> bool:
    """Whether the person may issue and take back what belongs to the unit. `below(pk)`: keys of a unit and all under it.

    Shift leaders and deputies in their centre (the county's: everywhere), squad leaders in their own unit."""
    if user.organisation_id is None:
        return False
    if user.role in LEADING:
        return user.centre is not None and (user.centre.is_county_centre or organisation.centre_id == user.centre.pk)
    return user.role == Role.SQUAD_LEADER and organisation.pk in below(user.organisation_id)


@history.tells
@transaction.atomic
def issue(equipment: Equipment, *, officer: Officer, by: User, below) -> EquipmentIssue:
    """Hand a piece of equipment to an officer of the same centre. `below` as in `may_hand_out`."""
    thread, equipment = _locked(equipment, by, below)
    officer = Officer.objects.select_related("user", "organisation").get(pk=officer.pk)
    if not equipment.is_active:
        raise Refused(_("%(name)s is out of service.") % {"name": equipment.name}, code="inactive")
    if equipment.holder_id:
        raise Refused(_("%(who)s has %(name)s: it has to be given back first.") % {"who": equipment.holder.name, "name": equipment.name},
                      code="held")  # fmt: skip
    if not Officer.objects.in_service(clock.now()).filter(pk=officer.pk).exists():
        raise Refused(_("%(who)s is suspended from duty or has left.") % {"who": officer.name}, code="suspended")
    if not may_hand_out(by, officer.organisation, below) or officer.organisation.centre_id != equipment.organisation.centre_id:
        raise Refused(_("%(who)s belongs to another unit.") % {"who": officer.name}, code="elsewhere")
    equipment.holder = officer
    equipment.save(update_fields=["holder"])
    made = EquipmentIssue.objects.create(equipment=equipment, officer=officer, issued_at=clock.now(), issued_by=by.actor.label[:80])
    record(thread, "issued", by=by, subject=f"equipment:{equipment.pk}", data={"name": equipment.name, "officer": officer.name})
    return made


@history.tells
@transaction.atomic
def give_back(equipment: Equipment, *, condition: str, by: User, below) -> EquipmentIssue:
    """Take a piece of equipment back, in the condition in which it came."""
    thread, equipment = _locked(equipment, by, below)
    condition = condition.strip()
    if not condition:
        raise BadInput(_("Say in what condition it came back."), code="missing", field="condition")
    open_one = EquipmentIssue.objects.filter(equipment=equipment, returned_at__isnull=True).select_related("officer__user").first()
    if open_one is None:
        raise Refused(_("Nobody has %(name)s.") % {"name": equipment.name}, code="not_issued")
    open_one.returned_at, open_one.returned_to, open_one.condition = clock.now(), by.actor.label[:80], condition[:200]
    open_one.save(update_fields=["returned_at", "returned_to", "condition"])
    equipment.holder = None
    equipment.save(update_fields=["holder"])
    record(thread, "given_back", by=by, subject=f"equipment:{equipment.pk}", data={
        "name": equipment.name, "officer": open_one.officer.name, "condition": open_one.condition})  # fmt: skip
    return open_one


@history.tells
@transaction.atomic
def service(equipment: Equipment, *, next_due: date, note: str, by: User, below) -> Equipment:
    """Service was done: when it is due next, and what was done."""
    thread, equipment = _locked(equipment, by, below)
    note = note.strip()[:200]
    if not note:
        raise BadInput(_("Say what was done."), code="missing", field="note")
    if next_due <= clock.today():
        raise BadInput(_("The next service has to lie ahead."), code="past", field="next_due")
    before, equipment.service_due = equipment.service_due, next_due
    equipment.save(update_fields=["service_due"])
    record(thread, "serviced", by=by, subject=f"equipment:{equipment.pk}", data={
        "name": equipment.name, "before": before.isoformat() if before else "", "due": next_due.isoformat(), "note": note})  # fmt: skip
    return equipment


def _locked(equipment: Equipment, by: User, below):
    """The locked roster of the centre to which the thing belongs, and the thing, fresh and locked; refused to who may not."""
    found = Equipment.objects.select_related("organisation").get(pk=equipment.pk)
    if not may_hand_out(by, found.organisation, below):
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    if found.organisation.centre_id is None:
        raise Refused(_("%(name)s belongs to no command centre.") % {"name": found.name}, code="no_centre")
    thread = roster.lock(found.organisation.centre_id)
    Equipment.objects.select_for_update().get(pk=found.pk)
    return thread, Equipment.objects.select_related("organisation", "holder__user").get(pk=found.pk)


@transaction.atomic
def follow_holders(*, by: str) -> int:
    """After a load has set other holders: end the issues that are no longer true and write those that are; how many rows changed.

    `by`: label of who loaded. The load says what is; that it became so is dated now."""
    now, changed = clock.now(), 0
    open_ones = {one.equipment_id: one for one in EquipmentIssue.objects.filter(returned_at__isnull=True)}
    for thing in Equipment.objects.order_by("pk"):
        had = open_ones.get(thing.pk)
        if (had.officer_id if had else None) == thing.holder_id:
            continue
        if had:
            had.returned_at, had.returned_to = max(now, had.issued_at), by[:80]
            had.save(update_fields=["returned_at", "returned_to"])
        if thing.holder_id:
            EquipmentIssue.objects.create(equipment=thing, officer_id=thing.holder_id, issued_at=max(now, had.issued_at) if had else now,
                                          issued_by=by[:80])  # fmt: skip
        changed += 1
    return changed
