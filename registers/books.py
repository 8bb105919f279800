"""How the registers are laid out for people: in groups, which columns a list shows, and by what it is narrowed."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.county import tables
from cases.county.columns import Column
from cases.county.tables import BY_NAME, Table


@dataclass(frozen=True)
class Group:
    name: str
    label: str | Promise
    icon: str
    registers: tuple[str, ...]


GROUPS = (
    Group("powers", _("Powers and procedures"), "gavel", (
        "items", "bases", "tiers", "transfers", "discretion_bands", "discretion_factors", "hearing_thresholds", "procedure_steps",
        "legal_subjects", "organisation_names")),
    Group("people", _("People"), "users", (
        "officers", "exams", "certificates", "staff_transfers", "trainings", "enrolments", "recusals", "party_acts", "conduct_rules")),
    Group("equipment", _("Equipment and duty"), "tool", ("equipment", "duty")),
    Group("rules", _("Rules and targets"), "route", (
        "categories", "routing_rules", "target_rules", "target_classes", "sending_rules", "calendar", "baselines")),
    Group("places", _("Organisations and places"), "buildings", ("organisations", "responsibilities", "cameras")),
)  # fmt: skip

# Columns of which the list shows others' text only in the row itself.
HIDDEN = {
    "organisations": ("name_en",), "categories": ("name_en", "gb_class", "icon", "reward_eligible", "photo_wanted", "hint", "kind"),
    "target_classes": ("name_en",), "baselines": ("label_en",), "items": ("notes",), "staff_transfers": ("document",),
    "recusals": ("note", "decided_by"), "certificates": ("status_reason",), "officers": ("staff_number",),
}  # fmt: skip
# What a list can be narrowed by beside words: choices, references to organisations, and texts of which there are few.
FILTERS = {
    "items": ("kind", "department", "holder"), "transfers": ("organisation", "township"), "officers": ("organisation", "post", "watch"),
    "certificates": ("status", "issued_by"), "exams": ("kind", "passed"), "enrolments": ("training", "result"), "trainings": ("level", "kind"),
    "staff_transfers": ("organisation",), "recusals": ("relation",), "party_acts": ("act",), "conduct_rules": ("kind",),
    "equipment": ("kind", "organisation"), "duty": ("watch", "kind"), "categories": ("group", "priority", "department"),
    "routing_rules": ("group", "organisation"), "target_rules": ("priority", "target_class"), "organisations": ("kind", "parent"),
    "responsibilities": ("role",), "cameras": ("group", "organisation"), "discretion_bands": ("party", "degree"), "tiers": ("party",),
    "hearing_thresholds": ("department", "party", "confirmed"), "procedure_steps": ("procedure",), "calendar": ("kind",),
}  # fmt: skip


def group_of(table: Table) -> Group:
    return next(group for group in GROUPS if table.name in group.registers)


def shown(table: Table) -> list[Column]:
    hidden = (*HIDDEN.get(table.name, ()), "demo")
    return [column for column in table.columns if column.name not in hidden]


def filters(table: Table) -> list[Column]:
    columns = {column.name: column for column in table.columns}
    return [columns[name] for name in FILTERS.get(table.name, ())]


def has_end(table: Table) -> bool:
    """Whether its rows end by a date or become inactive, so that a list can tell those in force."""
    return table.gone in (tables.ENDS, tables.INACTIVE, tables.REVOKED)


assert {name for group in GROUPS for name in group.registers} == set(BY_NAME)  # noqa: S101  a register that nobody could find
