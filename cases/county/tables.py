"""The files of a county: their columns, keys and references. `data/fucheng/README.md` says the same to people."""

from dataclasses import dataclass, replace

from django.db.models import Model
from django.utils.translation import gettext as _

from cases.models import Category, RoutingRule, TargetClass, TargetRule
from enforcement.models import (
    Baseline,
    Basis,
    Certificate,
    ConductRule,
    DiscretionBand,
    DiscretionFactor,
    DutyPattern,
    Enrolment,
    Equipment,
    Exam,
    HearingThreshold,
    Item,
    LegalSubject,
    Organisation,
    OrganisationName,
    Party,
    PartyAct,
    ProcedureStep,
    Recusal,
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


@dataclass(frozen=True)
class Table:
    """One CSV file: the model that it fills, the columns that tell its rows apart, and its columns."""

    file: str
    model: type[Model]
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def fields(self, row: Row) -> dict:
        """Values by field of the model; references are still codes."""
        return {column.field: row[column.name] for column in self.columns if column.field}


TABLES = (
    Table(SUBJECTS, LegalSubject, ("code",), (
        code(), text("name"), text("seal"), text("reconsideration_body"), text("court", optional=True))),
    Table(ORGANISATIONS, Organisation, ("code",), (
        code(), text("name"), text("name_en", optional=True), text("short_name"), choice("kind", Organisation.Kind.values),
        code("parent", refers=ORGANISATIONS, optional=True), yes_no("has_centre"),
        code("legal_subject", refers=SUBJECTS, optional=True), yes_no("accepts_handover"), yes_no("demo", field="is_demo"))),
    Table(NAMES, OrganisationName, ("organisation", "valid_from"), (
        code("organisation", refers=ORGANISATIONS), text("name"), day("valid_from"), day("valid_to", optional=True))),
    Table(OFFICERS, User, ("username",), (
        code("username"), text("name"), code("organisation", refers=ORGANISATIONS), choice("post", Role.values, field="role"),
        Column("badge", str, may_be_empty=True), text("rank", optional=True, field=""), text("phone", optional=True),
        text("staff_number", optional=True), Column("watch", str, may_be_empty=True), yes_no("demo", field="is_demo"))),
    Table(EXAMS, Exam, ("officer", "kind", "taken_on"), (
        code("officer", field="user", refers=OFFICERS), text("kind"), day("taken_on"), amount("score"), yes_no("passed"),
        text("organiser", optional=True), yes_no("demo", field="is_demo"))),
    Table(CERTIFICATES, Certificate, ("number",), (
        text("number"), code("officer", refers=OFFICERS), codes("fields", field="fields"),
        codes("townships", field="townships", refers=ZONES), text("issued_by"), day("valid_from"), day("valid_to"),
        choice("status", Certificate.Status.values), text("status_reason", optional=True))),
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
        day("valid_from"), day("valid_to", optional=True), yes_no("demo", field="is_demo"))),
    Table("duty.csv", DutyPattern, ("watch", "first_day", "every_days", "starts"), (
        Column("watch", str), Column("shift", str), day("first_day"), whole("every_days", 1, 60), time_of_day("starts"),
        hours("hours"), choice("kind", ("duty", "on_call")))),
    Table(ITEMS, Item, ("code",), (
        code(), text("name"), text("kind"), text("department"), code("holder", refers=ORGANISATIONS, optional=True),
        text("notes", optional=True), yes_no("transferable"), day("valid_from"), day("valid_to", optional=True))),
    Table(BASES, Basis, ("item", "valid_from"), (
        code("item", refers=ITEMS), text("text"), day("valid_from"), day("valid_to", optional=True), amount("fine_min"), amount("fine_max"))),
    Table(TRANSFERS, Transfer, ("item", "organisation", "township", "valid_from"), (
        code("item", refers=ITEMS), code("organisation", refers=ORGANISATIONS), code("township", refers=ZONES), day("valid_from"),
        day("valid_to", optional=True), text("document", optional=True), yes_no("demo", field="is_demo"))),
    Table(TIERS, Tier, ("item", "basis_from", "party", "circumstance"), (
        replace(code("item", refers=ITEMS), field=""), replace(day("basis_from"), field=""), choice("party", Party.values),
        text("circumstance", optional=True), amount("fine_min"), amount("fine_max"), text("of", optional=True))),
    Table(BANDS, DiscretionBand, ("item", "party", "order", "valid_from"), (
        code("item", refers=ITEMS), choice("party", Party.values), whole("order", 1, 99), text("degree"), text("condition", optional=True),
        amount("fine_min"), amount("fine_max"), text("source"), day("valid_from"), day("valid_to", optional=True))),
    Table(FACTORS, DiscretionFactor, ("item", "factor", "level", "valid_from"), (
        code("item", refers=ITEMS), text("factor"), text("level"), whole("order", 0, 999), fraction("share"), text("source"),
        day("valid_from"), day("valid_to", optional=True))),
    Table(THRESHOLDS, HearingThreshold, ("department", "party", "valid_from"), (
        text("department", optional=True), choice("party", ("person", "organisation")), amount("amount", optional=False), text("source"),
        yes_no("confirmed"), day("valid_from"), day("valid_to", optional=True))),
    Table("procedure_steps.csv", ProcedureStep, ("procedure", "number"), (
        choice("procedure", ProcedureStep.Procedure.values), whole("number", 1, 99), text("name"), text("text"), text("limit", optional=True),
        text("basis"))),
    Table("equipment.csv", Equipment, ("code",), (
        code(), text("kind"), text("name"), code("organisation", refers=ORGANISATIONS),
        code("holder", refers=OFFICERS, optional=True), day("service_due", optional=True), yes_no("demo", field="is_demo"))),
    Table("baselines.csv", Baseline, ("code",), (
        code(), text("label"), text("label_en", optional=True), amount("value", optional=False), text("unit", optional=True),
        text("source"))),
    Table("responsibilities.csv", Responsibility, ("zone", "officer"), (
        code("zone", refers=ZONES), code("officer", refers=OFFICERS), choice("role", Responsibility.Role.values))),
    Table("cameras.csv", Camera, ("code",), (
        code(), text("name"), text("group"), coordinate("lon"), coordinate("lat"),
        code("organisation", refers=ORGANISATIONS, optional=True), yes_no("demo", field="is_demo"))),
    Table(CLASSES, TargetClass, ("code",), (
        code(), text("name"), text("name_en", optional=True), *(whole(stage, 1, WEEK) for stage in TargetClass.STAGES),
        yes_no("working_time", field="in_working_time"), yes_no("ten_minute", field="is_ten_minute"))),
    Table(CATEGORIES, Category, ("code",), (
        code(), text("name"), text("name_en", optional=True), text("plain_name"), text("group"), text("kind"), text("gb_class"),
        code("icon", optional=True), choice("priority", Category.Priority.values),
        code("brigade", refers=ORGANISATIONS, optional=True), code("department", refers=ORGANISATIONS, optional=True),
        codes("items", refers=ITEMS), yes_no("reward_eligible"), yes_no("photo_wanted"), text("hint", optional=True))),
    Table("target_rules.csv", TargetRule, ("order",), (
        whole("order", 1, 9_999), code("zone", refers=ZONES, optional=True), yes_no("in_seat", optional=True),
        code("category", refers=CATEGORIES, optional=True), choice("priority", Category.Priority.values, optional=True),
        code("target_class", refers=CLASSES))),
    Table("routing_rules.csv", RoutingRule, ("code",), (
        code(), whole("order", 1, 9_999), code("zone", refers=ZONES, optional=True),
        code("category", refers=CATEGORIES, optional=True), text("group", optional=True), yes_no("needs_item"),
        code("organisation", refers=ORGANISATIONS, optional=True), yes_no("to_department"), text("note"))),
    Table("calendar.csv", CalendarDay, ("date",), (
        day("date"), choice("kind", ("workday", "holiday"), field=""), text("name", optional=True, field=""))),
)  # fmt: skip
BY_FILE = {table.file: table for table in TABLES}


def read_table(folder: Folder, table: Table) -> list[Row]:
    """Rows of a table with parsed cells; rows that do not hold, or repeat a key, become problems."""
    rows, seen = [], {}
    for row in folder.csv(table.file, tuple(column.name for column in table.columns)):
        folder.keys[table.file].add(row[table.key[0]])
        faults = _parse(row, table)
        key = tuple(row[name] for name in table.key)
        if not faults and key in seen:
            faults.append(_("repeats line %(line)d") % {"line": seen[key]})
        seen.setdefault(key, row.line)
        for fault in faults:
            folder.problems.append(row.problem(fault))
        if not faults:
            rows.append(row)
    return rows


def _parse(row: Row, table: Table) -> list[str]:
    """Parse the row's cells in place and return what is wrong with them."""
    faults = []
    for column in table.columns:
        try:
            value = column.read(row.values[column.name])
            if column.field and isinstance(value, str):
                limit = getattr(table.model._meta.get_field(column.field), "max_length", None)
                if limit and len(value) > limit:
                    raise ValueError(_("is longer than %(limit)d characters") % {"limit": limit})
            row.values[column.name] = value
        except ValueError as error:
            faults.append(_("%(column)s: “%(cell)s” %(fault)s") % {
                "column": column.name, "cell": row.values[column.name][:60], "fault": error})  # fmt: skip
    return faults
