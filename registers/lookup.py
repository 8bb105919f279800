"""Which registers the system administrator looks up in Django's admin, read-only, and what their columns are called.

Never cases, reports, contacts, photos, the journal, sessions or tracks. Geometry and pictures are left out.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models import Category, RoutingRule, SendingRule, TargetClass, TargetRule
from enforcement import models as m
from grid.models import Camera, County, MapLine, Responsibility, Zone
from journal.models import CalendarDay
from journal.spoken import listed, stamp


@dataclass(frozen=True)
class Register:
    """A model, what it is called, its columns (the first three to six make the list), and by what it is searched."""

    model: type[Model]
    label: str | Promise
    columns: tuple[str, ...]
    searched: tuple[str, ...] = ()
    listed: int = 6


SPAN = ("valid_from", "valid_to")
REGISTERS = (
    Register(m.LegalSubject, _("Legal subjects"), ("code", "name", "seal", "reconsideration_body", "court", "is_active"), ("code", "name")),
    Register(m.Organisation, _("Units"), ("code", "name", "short_name", "kind", "parent", "is_active", "legal_subject", "has_centre", "centre"),
             ("code", "name")),
    Register(m.OrganisationName, _("Names over time"), ("organisation", "name", *SPAN), ("name",)),
    Register(m.User, _("Accounts"), ("username", "name", "organisation", "role", "staff_number", "is_active", "phone", "last_login"),
             ("username", "name", "staff_number")),
    Register(m.Officer, _("Officers"), ("badge", "user", "organisation", "rank", "is_helper", "is_leader", "suspended_at", "suspended_reason"),
             ("badge", "user__name")),
    Register(m.Exam, _("Exams"), ("user", "kind", "taken_on", "score", "passed", "organiser"), ("user__name",)),
    Register(m.Certificate, _("Certificates"), ("number", "officer", "issued_by", *SPAN, "status", "fields", "townships", "status_reason"),
             ("number", "officer__user__name")),
    Register(m.StaffTransfer, _("Transfers of people"), ("user", "from_body", "organisation", "selected_by", *SPAN, "document"), ("user__name",)),
    Register(m.TrainingPlan, _("Trainings"), ("code", "name", "level", "kind", "hours", "starts_on", "ends_on", "organiser"), ("code", "name")),
    Register(m.Enrolment, _("Enrolments"), ("plan", "user", "hours", "result"), ("user__name",)),
    Register(m.ConductRule, _("Rules of conduct"), ("code", "kind", "number", "text", *SPAN, "basis"), ("code", "text")),
    Register(m.ProcedureStep, _("Steps of procedures"), ("procedure", "number", "name", "text", "limit", "basis"), ("name",)),
    Register(m.DutyPattern, _("Duty patterns"), ("user", "first_day", "every_days", "starts", "hours", "kind"), ("user__name",)),
    Register(m.Equipment, _("Equipment"), ("code", "name", "kind", "organisation", "holder", "service_due", "is_active"), ("code", "name")),
    Register(m.EquipmentIssue, _("Equipment issued"), ("equipment", "officer", "issued_at", "issued_by", "returned_at", "returned_to"),
             ("equipment__code",)),
    Register(m.Item, _("Items"), ("code", "name", "kind", "department", "holder", "transferable", *SPAN, "notes"), ("code", "name")),
    Register(m.Basis, _("Legal bases"), ("item", "text", "fine_min", "fine_max", *SPAN), ("item__code", "text")),
    Register(m.Tier, _("Tiers"), ("basis", "party", "circumstance", "fine_min", "fine_max", "of"), ("basis__item__code",)),
    Register(m.Transfer, _("Items handed down"), ("item", "organisation", "township", *SPAN, "document"), ("item__code", "document")),
    Register(m.DiscretionBand, _("Discretion bands"), ("item", "party", "degree", "condition", "fine_min", "fine_max", *SPAN, "source"),
             ("item__code",)),
    Register(m.DiscretionFactor, _("Discretion factors"), ("item", "factor", "level", "share", *SPAN, "source"), ("item__code",)),
    Register(m.HearingThreshold, _("Hearing thresholds"), ("department", "party", "amount", "confirmed", *SPAN, "source"), ("department",)),
    Register(m.ItemList, _("Versions of the list"), ("number", "name", "since", "until", "by", "items", "transfers", "document", "digest"),
             ("name",)),
    Register(m.Baseline, _("Baselines"), ("code", "label", "value", "unit", "source"), ("code", "label")),
    Register(County, _("County"), ("code", "name", "hotline", "map_approval_number", "rules_version"), ("code",)),
    Register(Zone, _("Zones"), ("code", "name", "kind", "parent", "is_seat", "is_active"), ("code", "name")),
    Register(Responsibility, _("Responsibilities"), ("zone", "officer", "role"), ("zone__code", "officer__user__name")),
    Register(Camera, _("Cameras as points"), ("code", "name", "group", "organisation", "is_active"), ("code", "name")),
    Register(MapLine, _("Lines of the map"), ("kind", "name", "is_demonstration"), ("name",)),
    Register(TargetClass, _("Target classes"), ("code", "name", *TargetClass.STAGES, "in_working_time", "is_ten_minute"), ("code", "name"), 7),
    Register(Category, _("Categories"), ("code", "name", "group", "priority", "brigade", "is_active", "department", "plain_name", "gb_class"),
             ("code", "name")),
    Register(SendingRule, _("Sending rules"),
             ("order", "centre", "group", "category", "priority", "from_hour", "to_hour", "mode", "seconds")),
    Register(TargetRule, _("Target rules"), ("order", "zone", "in_seat", "category", "priority", "target_class")),
    Register(RoutingRule, _("Routing rules"), ("code", "order", "zone", "category", "group", "organisation", "to_department", "note", "is_active"),
             ("code", "note")),
    Register(CalendarDay, _("Working days"), ("date", "is_workday", "source"), ("source",)),
)  # fmt: skip

LABELS: dict[str, str | Promise] = {
    "accept": _("Accepting"), "amount": _("Amount"), "badge": _("Badge number"), "basis": _("Basis"), "brigade": _("Brigade"), "by": _("By"),
    "category": _("Category"), "centre": _("Command centre"), "circumstance": _("Circumstance"), "code": _("Code"), "condition": _("Condition"),
    "confirmed": _("Confirmed"), "court": _("Court"), "date": _("Day"), "degree": _("Degree"), "department": _("Department"),
    "digest": _("Checksum"), "document": _("Document"), "ends_on": _("To"), "equipment": _("Equipment"), "every_days": _("Every so many days"),
    "factor": _("Factor"), "fields": _("Fields"), "fine_max": _("Highest fine"), "fine_min": _("Lowest fine"), "first_day": _("First day"),
    "from_body": _("From body"), "from_hour": _("From hour"), "to_hour": _("To hour"), "mode": _("Way of sending"), "seconds": _("Seconds"),
    "gb_class": _("National class"), "group": _("Group"), "handle": _("Arriving and handling"),
    "has_centre": _("Has a command centre"), "holder": _("Holder"), "hotline": _("Hotline"), "hours": _("Hours"), "in_seat": _("In the seat"),
    "in_working_time": _("Working time only"), "is_active": _("In use"), "is_demonstration": _("Demonstration"), "is_helper": _("Village helper"),
    "is_leader": _("Squad leader"), "is_seat": _("County seat"), "is_ten_minute": _("Ten-minute matter"), "is_workday": _("Working day"),
    "issued_at": _("Issued"), "issued_by": _("Issued by"), "item": _("Item"), "items": _("Items"), "kind": _("Kind"), "label": _("Name"),
    "last_login": _("Last sign-in"), "legal_subject": _("Legal subject"), "level": _("Level"), "limit": _("Limit"),
    "map_approval_number": _("Map approval number"), "name": pgettext_lazy("of a thing", "Name"), "note": _("Note"),
    "notes": _("Notes"), "number": _("Number"),
    "of": _("Multiple of"), "officer": _("Officer"), "order": _("Order"), "organisation": _("Unit"), "organiser": _("Organiser"),
    "parent": _("Above it"), "party": _("Party"), "passed": _("Passed"), "phone": _("Work phone"), "plain_name": _("Plain name"),
    "plan": _("Training"), "priority": _("Priority"), "procedure": _("Procedure"), "rank": _("Rank"),
    "reconsideration_body": _("Reconsideration body"), "result": pgettext_lazy("training", "Result"),
    "returned_at": _("Returned"), "returned_to": _("Returned to"),
    "role": _("Post"), "rules_version": _("Version of the rules"), "score": _("Score"), "seal": _("Seal"), "selected_by": _("Selected by"),
    "send": _("Sending"), "service_due": _("Service due"), "share": _("Share"), "short_name": _("Short name"), "since": _("Holds from"),
    "source": _("Source of the entry"), "staff_number": _("Staff number"), "starts": _("Begins at"), "starts_on": _("From"),
    "status": _("State"), "status_reason": _("Reason"), "suspended_at": _("Suspended since"), "suspended_reason": _("Reason"),
    "take_in": _("Taking in"), "taken_on": _("Day"), "target_class": _("Target class"), "text": _("Text"),
    "to_department": _("To the department"), "township": _("Township"), "townships": _("Townships"), "transferable": _("May be handed down"),
    "transfers": _("Handed down"), "unit": _("Unit of measure"), "until": _("Until"), "user": _("Person"), "username": _("Account"),
    "valid_from": _("Holds from"), "valid_to": _("Holds until"), "value": _("Value"), "verify": _("Checking"), "zone": _("Zone"),
}  # fmt: skip
OWN_LABELS = {(m.User, "name"): _("Name"), (m.TrainingPlan, "level"): pgettext_lazy("column", "Level")}


def label(model: type[Model], column: str) -> str | Promise:
    return OWN_LABELS.get((model, column)) or LABELS[column]


def words(row: Model, column: str) -> str:
    """A cell as it is read: choices and yes and no as words, things by their name, times in full."""
    field, value = row._meta.get_field(column), getattr(row, column)
    if value is None or value == "" or value == []:
        return "—"
    if field.choices:
        return str(getattr(row, f"get_{column}_display")())
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, Model):
        return called(value)
    if isinstance(value, list):
        return listed(value)
    return stamp(value) if isinstance(value, datetime) else str(value)


DEEPER = {m.Officer: "__user", m.Basis: "__item"}  # what `called` reads beyond a row of these


def called(row: Model) -> str:
    """What a row is called where another names it."""
    if isinstance(row, m.Basis):
        return f"{row.item.code} {row.valid_from}"
    if isinstance(row, m.Officer):
        return f"{row.user.name} {row.badge}"
    return next((str(value) for name in ("short_name", "name", "number", "code", "username") if (value := getattr(row, name, None))), f"{row.pk}")
