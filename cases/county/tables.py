"""The files of a county: their columns, keys and references. `data/fucheng/README.md` says the same to people."""

from dataclasses import dataclass, replace

from django.db.models import DecimalField, Model
from django.utils.translation import gettext as _

from cases.models import Category, RoutingRule, SendingRule, TargetClass, TargetRule
from enforcement.models import (
    Baseline,
    Basis,
    Certificate,
    ConductRule,
    DiscretionBand,
    DiscretionFactor,
    Enrolment,
    Equipment,
    Exam,
    HearingThreshold,
    Item,
    LegalSubject,
    Officer,
    Organisation,
    OrganisationName,
    Party,
    PartyAct,
    ProcedureStep,
    Recusal,
    Shift,
    StaffTransfer,
    Tier,
    TrainingPlan,
    Transfer,
    User,
)
from enforcement.roles import Role
from grid.models import Camera, Responsibility
from journal.models import CalendarDay

from .columns import (
    Column,
    amount,
    choice,
    choices,
    code,
    codes,
    coordinate,
    credit_code,
    day,
    fraction,
    hours,
    lessons,
    text,
    time_of_day,
    whole,
    yes_no,
)
from .reading import ZONES, Folder, Row

WEEK = 7 * 86_400  # seconds: no stage of any class is longer
SUBJECTS, ORGANISATIONS, OFFICERS = "legal_subjects.csv", "organisations.csv", "officers.csv"
ITEMS, BASES, TRANSFERS = "items.csv", "bases.csv", "transfers.csv"
NAMES, EXAMS, CERTIFICATES, TRAININGS = "organisation_names.csv", "exams.csv", "certificates.csv", "trainings.csv"
TIERS, BANDS, FACTORS, THRESHOLDS = "tiers.csv", "discretion_bands.csv", "discretion_factors.csv", "hearing_thresholds.csv"
CATEGORIES, CLASSES = "categories.csv", "target_classes.csv"

# Kind of zone in each file; county and townships must be there, the others where the county has them.
ZONE_FILES = {
    "county.geojson": "county",
    "townships.geojson": "township",
    "villages.geojson": "village",
    "grids.geojson": "grid",
    "areas.geojson": "area",
}
REQUIRED_ZONE_FILES = {"county.geojson", "townships.geojson"}
LINE_FILES = {"roads.geojson": ("road", "street"), "water.geojson": ("water",)}


# What becomes of a row that a whole list no longer has.
STAYS, ENDS, INACTIVE, REVOKED, REMOVED = "stays", "ends", "inactive", "revoked", "removed"


@dataclass(frozen=True)
class Table:
    """One CSV file: the model that it fills, the columns that tell its rows apart, its columns, and what becomes of a row that it no
    longer has: it stays (what happened has happened), ends yesterday, becomes inactive, is revoked, or is removed (its history stays)."""

    file: str
    model: type[Model]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    gone: str = STAYS

    @property
    def name(self) -> str:
        """The file's name without its ending: what addresses and rights say."""
        return self.file.removesuffix(".csv")

    def fields(self, row: Row) -> dict:
        """Values by field of the model; references are still codes."""
        return {column.field: row[column.name] for column in self.columns if column.field}

    def key_of(self, row: Row) -> tuple:
        return tuple(row[name] for name in self.key)

    def known_as(self, row: Row) -> str:
        """The row's key as people read it."""
        columns = {column.name: column for column in self.columns}
        return " · ".join(cell for name in self.key if (cell := columns[name].spell(row[name])))

    def model_field(self, column: Column):
        """The field that takes the column's values, of this or another model; None for one that is made into something else."""
        model, name = ELSEWHERE.get((self.file, column.name), (self.model, column.field))
        return model._meta.get_field(name) if name else None


TABLES = (
    Table(SUBJECTS, LegalSubject, ("code",), (
        code(), text("name"), text("seal"), text("reconsideration_body"), text("court", optional=True)), INACTIVE),
    Table(ORGANISATIONS, Organisation, ("code",), (
        code(), text("name"), text("name_en", optional=True), text("short_name"), choice("kind", Organisation.Kind.values),
        code("parent", refers=ORGANISATIONS, optional=True), yes_no("has_centre"),
        code("legal_subject", refers=SUBJECTS, optional=True), yes_no("accepts_handover"), yes_no("demo", field="is_demo")), INACTIVE),
    Table(NAMES, OrganisationName, ("organisation", "valid_from"), (
        code("organisation", refers=ORGANISATIONS), text("name"), day("valid_from"), day("valid_to", optional=True)), ENDS),
    Table(OFFICERS, User, ("username",), (
        code("username"), text("name"), code("organisation", refers=ORGANISATIONS), choice("post", Role.values, field="role"),
        text("badge", optional=True, field=""), text("rank", optional=True, field=""), text("phone", optional=True),
        text("staff_number", optional=True), text("watch", optional=True), yes_no("demo", field="is_demo")), INACTIVE),
    Table(EXAMS, Exam, ("officer", "kind", "taken_on"), (
        code("officer", field="user", refers=OFFICERS), text("kind"), day("taken_on"), amount("score"), yes_no("passed"),
        text("organiser", optional=True), yes_no("demo", field="is_demo"))),
    Table(CERTIFICATES, Certificate, ("number",), (
        text("number"), code("officer", refers=OFFICERS), codes("fields", field="fields"),
        codes("townships", field="townships", refers=ZONES), text("issued_by"), day("valid_from"), day("valid_to"),
        choice("status", Certificate.Status.values), text("status_reason", optional=True)), REVOKED),
    Table("staff_transfers.csv", StaffTransfer, ("officer", "valid_from"), (
        code("officer", field="user", refers=OFFICERS), text("from_body"), code("organisation", refers=ORGANISATIONS),
        text("selected_by", optional=True), text("document", optional=True), day("valid_from"), day("valid_to", optional=True),
        yes_no("demo", field="is_demo"))),
    Table(TRAININGS, TrainingPlan, ("code",), (
        code(), text("name"), text("level"), text("kind"), choices("posts", Role.values), lessons("hours"), day("starts_on"), day("ends_on"),
        text("organiser", optional=True), yes_no("demo", field="is_demo"))),
    Table("enrolments.csv", Enrolment, ("training", "officer"), (
        code("training", field="plan", refers=TRAININGS), code("officer", field="user", refers=OFFICERS), lessons("hours"),
        choice("result", Enrolment.Result.values), yes_no("demo", field="is_demo"))),
    Table("recusals.csv", Recusal, ("officer", "party", "party_name", "zone", "thread", "valid_from"), (
        code("officer", refers=OFFICERS), choice("relation", Recusal.Relation.values), credit_code("party"), text("party_name", optional=True),
        code("zone", refers=ZONES, optional=True, empty=""), text("thread", optional=True), text("note", optional=True),
        text("decided_by", optional=True), day("valid_from"), day("valid_to", optional=True), yes_no("demo", field="is_demo"))),
    Table("party_acts.csv", PartyAct, ("officer", "party", "act", "source"), (
        code("officer", field="user", refers=OFFICERS), credit_code("party", optional=False), text("party_name"), choice("act", PartyAct.Act.values),
        day("acted_on"), text("source"), yes_no("demo", field="is_demo"))),
    Table("conduct_rules.csv", ConductRule, ("code",), (
        code(), choice("kind", ConductRule.Kind.values), whole("number", 1, 999), text("text"), text("basis", optional=True),
        day("valid_from"), day("valid_to", optional=True), yes_no("demo", field="is_demo")), ENDS),
    Table("duty.csv", Shift, ("watch", "first_day", "every_days", "starts"), (
        text("watch"), text("shift", field="name"), day("first_day"), whole("every_days", 1, 60), time_of_day("starts"),
        hours("hours"), choice("kind", ("duty", "on_call"))), REMOVED),
    Table(ITEMS, Item, ("code",), (
        code(), text("name"), text("kind"), text("department"), code("holder", refers=ORGANISATIONS, optional=True),
        text("notes", optional=True), yes_no("transferable"), day("valid_from"), day("valid_to", optional=True)), ENDS),
    Table(BASES, Basis, ("item", "valid_from"), (
        code("item", refers=ITEMS), text("text"), day("valid_from"), day("valid_to", optional=True), amount("fine_min"), amount("fine_max")), ENDS),
    Table(TRANSFERS, Transfer, ("item", "organisation", "township", "valid_from"), (
        code("item", refers=ITEMS), code("organisation", refers=ORGANISATIONS), code("township", refers=ZONES), day("valid_from"),
        day("valid_to", optional=True), text("document", optional=True), yes_no("demo", field="is_demo")), ENDS),
    Table(TIERS, Tier, ("item", "basis_from", "party", "circumstance"), (
        replace(code("item", refers=ITEMS), field=""), replace(day("basis_from"), field=""), choice("party", Party.values),
        text("circumstance", optional=True), amount("fine_min"), amount("fine_max"), text("of", optional=True)), REMOVED),
    Table(BANDS, DiscretionBand, ("item", "party", "order", "valid_from"), (
        code("item", refers=ITEMS), choice("party", Party.values), whole("order", 1, 99), text("degree"), text("condition", optional=True),
        amount("fine_min"), amount("fine_max"), text("source"), day("valid_from"), day("valid_to", optional=True)), ENDS),
    Table(FACTORS, DiscretionFactor, ("item", "factor", "level", "valid_from"), (
        code("item", refers=ITEMS), text("factor"), text("level"), whole("order", 0, 999), fraction("share"), text("source"),
        day("valid_from"), day("valid_to", optional=True)), ENDS),
    Table(THRESHOLDS, HearingThreshold, ("department", "party", "valid_from"), (
        text("department", optional=True), choice("party", ("person", "organisation")), amount("amount", optional=False), text("source"),
        yes_no("confirmed"), day("valid_from"), day("valid_to", optional=True)), ENDS),
    Table("procedure_steps.csv", ProcedureStep, ("procedure", "number"), (
        choice("procedure", ProcedureStep.Procedure.values), whole("number", 1, 99), text("name"), text("text"), text("limit", optional=True),
        text("basis")), REMOVED),
    Table("equipment.csv", Equipment, ("code",), (
        code(), text("kind"), text("name"), code("organisation", refers=ORGANISATIONS),
        code("holder", refers=OFFICERS, optional=True), day("service_due", optional=True), yes_no("demo", field="is_demo")), INACTIVE),
    Table("baselines.csv", Baseline, ("code",), (
        code(), text("label"), text("label_en", optional=True), amount("value", optional=False), text("unit", optional=True),
        text("source")), REMOVED),
    Table("responsibilities.csv", Responsibility, ("zone", "officer"), (
        code("zone", refers=ZONES), code("officer", refers=OFFICERS), choice("role", Responsibility.Role.values)), REMOVED),
    Table("cameras.csv", Camera, ("code",), (
        code(), text("name"), text("group"), coordinate("lon"), coordinate("lat"),
        code("organisation", refers=ORGANISATIONS, optional=True), yes_no("demo", field="is_demo")), INACTIVE),
    Table(CLASSES, TargetClass, ("code",), (
        code(), text("name"), text("name_en", optional=True), *(whole(stage, 1, WEEK) for stage in TargetClass.STAGES),
        yes_no("working_time", field="in_working_time"), yes_no("ten_minute", field="is_ten_minute"))),
    Table(CATEGORIES, Category, ("code",), (
        code(), text("name"), text("name_en", optional=True), text("plain_name"), text("group"), text("kind"), text("gb_class"),
        code("icon", optional=True), choice("priority", Category.Priority.values),
        code("brigade", refers=ORGANISATIONS, optional=True), code("department", refers=ORGANISATIONS, optional=True),
        codes("items", refers=ITEMS), yes_no("reward_eligible"), yes_no("photo_wanted"), text("hint", optional=True)), INACTIVE),
    Table("target_rules.csv", TargetRule, ("order",), (
        whole("order", 1, 9_999), code("zone", refers=ZONES, optional=True), yes_no("in_seat", optional=True),
        code("category", refers=CATEGORIES, optional=True), choice("priority", Category.Priority.values, optional=True),
        code("target_class", refers=CLASSES)), REMOVED),
    Table("routing_rules.csv", RoutingRule, ("code",), (
        code(), whole("order", 1, 9_999), code("zone", refers=ZONES, optional=True),
        code("category", refers=CATEGORIES, optional=True), text("group", optional=True), yes_no("needs_item"),
        code("organisation", refers=ORGANISATIONS, optional=True), yes_no("to_department"), text("note")), INACTIVE),
    Table("sending_rules.csv", SendingRule, ("order",), (
        whole("order", 1, 9_999), code("centre", refers=ORGANISATIONS, optional=True), text("group", optional=True),
        code("category", refers=CATEGORIES, optional=True), choice("priority", Category.Priority.values, optional=True),
        whole("from_hour", 0, 23), whole("to_hour", 0, 24), choice("mode", SendingRule.Mode.values), whole("seconds", 0, 3_600)), REMOVED),
    Table("calendar.csv", CalendarDay, ("date",), (
        day("date"), choice("kind", ("workday", "holiday"), field=""), text("name", optional=True, field=""))),
)  # fmt: skip
BY_FILE = {table.file: table for table in TABLES}
BY_NAME = {table.name: table for table in TABLES}
# Columns that fill a field of another model, or one that is spelt otherwise there.
ELSEWHERE = {
    (OFFICERS, "badge"): (Officer, "badge"), (OFFICERS, "rank"): (Officer, "rank"), ("calendar.csv", "name"): (CalendarDay, "source"),
    ("cameras.csv", "lon"): (Camera, ""), ("cameras.csv", "lat"): (Camera, ""), (CATEGORIES, "items"): (Category, "items"),
}  # fmt: skip


def read_table(folder: Folder, table: Table) -> list[Row]:
    """Rows of a table with parsed cells; rows that do not hold, or repeat a key, become problems."""
    rows, seen = [], {}
    for row in folder.csv(table.file, tuple(column.name for column in table.columns)):
        folder.keys[table.file].add(row[table.key[0]])
        faults = [_("%(column)s: “%(cell)s” %(fault)s") % {"column": column.name, "cell": cell[:60], "fault": fault}
                  for column, cell, fault in parse(row, table)]  # fmt: skip
        key = table.key_of(row)
        if not faults and key in seen:
            faults.append(_("repeats line %(line)d") % {"line": seen[key]})
        seen.setdefault(key, row.line)
        for fault in faults:
            folder.problems.append(row.problem(fault))
        if not faults:
            rows.append(row)
    return rows


def parse(row: Row, table: Table) -> list[tuple[Column, str, str]]:
    """Parse the row's cells in place and return what is wrong with them: column, cell, reason."""
    faults = []
    for column in table.columns:
        cell = row.values[column.name]
        try:
            row.values[column.name] = _fitting(column.read(cell), table.model_field(column))
        except ValueError as error:
            faults.append((column, cell, str(error)))
    return faults


def _fitting(value, field):
    """The value, which the field can hold as it is. Raises ValueError."""
    limit = getattr(field, "max_length", None)
    if isinstance(value, str) and limit and len(value) > limit:
        raise ValueError(_("is longer than %(limit)d characters") % {"limit": limit})
    if isinstance(field, DecimalField) and value is not None:
        if value != round(value, field.decimal_places):
            raise ValueError(_("may have %(limit)d decimals") % {"limit": field.decimal_places})
        if abs(value) >= 10 ** (field.max_digits - field.decimal_places):
            raise ValueError(_("is too large"))
    return value
