"""What each register and each of its columns is called, and what the column means: the one place, for pages, templates and imports.

A column's own entry ("officers.name") comes before the one of its name ("name").
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from journal import spoken

from .columns import Column
from .tables import BY_FILE, Table


@dataclass(frozen=True)
class Words:
    """`label`: what it is called, `says`: what it means or is for ("": the label says all)."""

    label: str | Promise
    says: str | Promise = ""


REGISTERS = {
    "legal_subjects": Words(pgettext_lazy("register", "Legal subjects"),
        pgettext_lazy("register", "In whose name and with whose seal units act; where to complain.")),
    "organisations": Words(pgettext_lazy("register", "Organisations"),
        pgettext_lazy("register", "Units, their place in the tree, their centre and their legal subject.")),
    "organisation_names": Words(pgettext_lazy("register", "Names over time"),
        pgettext_lazy("register", "What a unit was called in a time; outside these its name holds.")),
    "officers": Words(pgettext_lazy("register", "Staff and officers"), pgettext_lazy("register", "Accounts by post; who goes out has a badge.")),
    "exams": Words(pgettext_lazy("register", "Qualification exams"),
        pgettext_lazy("register", "Sittings; nobody gets a certificate who has not passed before.")),
    "certificates": Words(pgettext_lazy("register", "Certificates"),
        pgettext_lazy("register", "What entitles an officer to act: for which fields, from when to when.")),
    "staff_transfers": Words(pgettext_lazy("register", "People handed over"),
        pgettext_lazy("register", "From which body to which unit, selected by which exam, since when.")),
    "trainings": Words(pgettext_lazy("register", "Training plans"),
        pgettext_lazy("register", "Trainings by level, kind and post, with their hours.")),
    "enrolments": Words(pgettext_lazy("register", "Training records"),
        pgettext_lazy("register", "Who takes part in which training, hours and result.")),
    "recusals": Words(pgettext_lazy("register", "Recusals"), pgettext_lazy("register", "Relations for which an officer steps aside. Never public.")),
    "party_acts": Words(pgettext_lazy("register", "Acts towards parties"),
        pgettext_lazy("register", "Approving, charging, inspecting and punishing the same party exclude each other in one person.")),
    "conduct_rules": Words(pgettext_lazy("register", "Rules of conduct"),
        pgettext_lazy("register", "Work rules, duties and must-nots that a complaint or a review can name.")),
    "duty": Words(pgettext_lazy("register", "Shifts"), pgettext_lazy("register", "Shifts of each watch; who belongs to the watch is on duty then.")),
    "items": Words(pgettext_lazy("register", "Enforcement items"),
        pgettext_lazy("register", "The powers: what may be punished, compelled, inspected or licensed, and who holds it.")),
    "bases": Words(pgettext_lazy("register", "Legal bases"),
        pgettext_lazy("register", "What an item rests on, one basis at a time; the day of the conduct chooses.")),
    "transfers": Words(pgettext_lazy("register", "Transfers of items"),
        pgettext_lazy("register", "Items handed down in a township, to one organisation at a time.")),
    "tiers": Words(pgettext_lazy("register", "Fines by party and circumstance"),
        pgettext_lazy("register", "Amounts that a basis sets for some parties or circumstances.")),
    "discretion_bands": Words(pgettext_lazy("register", "Discretion bands"),
        pgettext_lazy("register", "Bands of the published discretion standard.")),
    "discretion_factors": Words(pgettext_lazy("register", "Discretion factors"),
        pgettext_lazy("register", "Levels of the factors of a discretion formula and their shares.")),
    "hearing_thresholds": Words(pgettext_lazy("register", "Hearing thresholds"),
        pgettext_lazy("register", "From which fine on a hearing must be offered.")),
    "procedure_steps": Words(pgettext_lazy("register", "Procedures"),
        pgettext_lazy("register", "The steps of each procedure as they are published.")),
    "equipment": Words(pgettext_lazy("register", "Equipment"), pgettext_lazy("register", "What there is, whose it is and who has it.")),
    "baselines": Words(pgettext_lazy("register", "Figures of the source"),
        pgettext_lazy("register", "Figures of the source document, shown beside what is loaded.")),
    "responsibilities": Words(pgettext_lazy("register", "Who answers for a zone"), pgettext_lazy("register", "Officers and helpers by zone.")),
    "cameras": Words(pgettext_lazy("register", "Camera points"), pgettext_lazy("register", "Codes, names and places of cameras; no pictures.")),
    "target_classes": Words(pgettext_lazy("register", "Target classes"), pgettext_lazy("register", "How long each stage of a matter may take.")),
    "categories": Words(pgettext_lazy("register", "Categories of reports"),
        pgettext_lazy("register", "What a report can be about, and who takes it.")),
    "target_rules": Words(pgettext_lazy("register", "Rules of targets"),
        pgettext_lazy("register", "Which target class a case gets; the first that matches.")),
    "routing_rules": Words(pgettext_lazy("register", "Rules of assignment"), pgettext_lazy("register", "Who gets a case; the first that matches.")),
    "sending_rules": Words(pgettext_lazy("register", "Rules of sending"),
        pgettext_lazy("register", "By hand, assisted or automatic, by centre, category and hour; the first that matches.")),
    "calendar": Words(pgettext_lazy("register", "Working calendar"), pgettext_lazy("register", "Days that differ from Monday to Friday.")),
}

COLUMNS = {
    "code": Words(pgettext_lazy("column", "Code"), pgettext_lazy("column", "Tells the row apart; never changed.")),
    "name": Words(pgettext_lazy("column", "Name"), pgettext_lazy("column", "As on papers and screens.")),
    "name_en": Words(pgettext_lazy("column", "English name"), pgettext_lazy("column", "For pages in English.")),
    "kind": Words(pgettext_lazy("column", "Kind")),
    "demo": Words(pgettext_lazy("column", "Demonstration"), pgettext_lazy("column", "Yes for what was invented for demonstration.")),
    "organisation": Words(pgettext_lazy("column", "Organisation"), pgettext_lazy("column", "Code of the organisation.")),
    "valid_from": Words(pgettext_lazy("column", "From"), pgettext_lazy("column", "First day, included.")),
    "valid_to": Words(pgettext_lazy("column", "To"), pgettext_lazy("column", "Last day, included; empty: without end.")),
    "watch": Words(pgettext_lazy("column", "Watch"), pgettext_lazy("column", "The watch whose shifts the person works.")),
    "officer": Words(pgettext_lazy("column", "Person"), pgettext_lazy("column", "User name of the person.")),
    "organiser": Words(pgettext_lazy("column", "Held by"), pgettext_lazy("column", "Who held it.")),
    "number": Words(pgettext_lazy("column", "Number"), pgettext_lazy("column", "Its place in the list.")),
    "document": Words(pgettext_lazy("column", "Document"), pgettext_lazy("column", "Name and number of the paper.")),
    "hours": Words(pgettext_lazy("column", "Hours"), pgettext_lazy("column", "Hours, decimals allowed.")),
    "party": Words(pgettext_lazy("column", "Party"), pgettext_lazy("column", "Whom the amount is meant for.")),
    "party_name": Words(pgettext_lazy("column", "Name of the party"), pgettext_lazy("column", "As on the licence.")),
    "zone": Words(pgettext_lazy("column", "Zone"), pgettext_lazy("column", "Code of the township, village, grid or area.")),
    "note": Words(pgettext_lazy("column", "Note")),
    "source": Words(pgettext_lazy("column", "Source"), pgettext_lazy("column", "Where it was published or taken from.")),
    "text": Words(pgettext_lazy("column", "Text"), pgettext_lazy("column", "The words themselves.")),
    "basis": Words(pgettext_lazy("column", "Basis"), pgettext_lazy("column", "Law and article.")),
    "department": Words(pgettext_lazy("column", "Department"), pgettext_lazy("column", "Short name of the department.")),
    "holder": Words(pgettext_lazy("column", "Holder"), pgettext_lazy("column", "Who holds it where it was not handed down.")),
    "item": Words(pgettext_lazy("column", "Item"), pgettext_lazy("column", "Code of the item.")),
    "fine_min": Words(pgettext_lazy("column", "Lowest fine"), pgettext_lazy("column", "Yuan; empty: none or not read.")),
    "fine_max": Words(pgettext_lazy("column", "Highest fine"), pgettext_lazy("column", "Yuan; empty: none or not read.")),
    "centre": Words(pgettext_lazy("column", "Command centre"), pgettext_lazy("column", "Code of the unit that has it; empty: any.")),
    "from_hour": Words(pgettext_lazy("column", "From hour"), pgettext_lazy("column", "0 to 23, local time.")),
    "to_hour": Words(pgettext_lazy("column", "To hour"), pgettext_lazy("column", "Not included; 22 to 6 is the night.")),
    "mode": Words(pgettext_lazy("column", "Way of sending")),
    "seconds": Words(pgettext_lazy("column", "Seconds"), pgettext_lazy("column", "Assisted: until the clock sends; else 0.")),
    "order": Words(pgettext_lazy("column", "Order"), pgettext_lazy("column", "Smaller ones come first.")),
    "group": Words(pgettext_lazy("column", "Group")),
    "priority": Words(pgettext_lazy("column", "Priority")),
    "category": Words(pgettext_lazy("column", "Category"), pgettext_lazy("column", "Code of the category; empty: any.")),
    "level": Words(pgettext_lazy("column", "Level")),
    "seal": Words(pgettext_lazy("column", "Seal"), pgettext_lazy("column", "What the seal says; often the name.")),
    "reconsideration_body": Words(pgettext_lazy("column", "Reconsideration body"), pgettext_lazy("column", "Where a decision can be contested.")),
    "court": Words(pgettext_lazy("column", "Court"), pgettext_lazy("column", "Where the subject is sued.")),
    "short_name": Words(pgettext_lazy("column", "Short name"), pgettext_lazy("column", "As on screens and in other lists.")),
    "parent": Words(pgettext_lazy("column", "Parent"), pgettext_lazy("column", "Code of the unit above it.")),
    "has_centre": Words(pgettext_lazy("column", "Has a command centre")),
    "legal_subject": Words(pgettext_lazy("column", "Legal subject"), pgettext_lazy("column", "Code of the subject in whose name it acts.")),
    "accepts_handover": Words(pgettext_lazy("column", "Accepts handovers")),
    "username": Words(pgettext_lazy("column", "User name"), pgettext_lazy("column", "Signs in with it; never changed.")),
    "officers.name": Words(pgettext_lazy("column", "Name of the person"), pgettext_lazy("column", "As on the certificate.")),
    "post": Words(pgettext_lazy("column", "Post"),
        pgettext_lazy("column", "Posts of accounts that exist are changed on the page of posts, by two persons.")),
    "badge": Words(pgettext_lazy("column", "Badge"), pgettext_lazy("column", "For those who go out, and only for them.")),
    "rank": Words(pgettext_lazy("column", "Rank")),
    "phone": Words(pgettext_lazy("column", "Work phone")),
    "staff_number": Words(pgettext_lazy("column", "Staff number"), pgettext_lazy("column", "The person: all accounts of one person share it.")),
    "exams.kind": Words(pgettext_lazy("column", "Exam")),
    "taken_on": Words(pgettext_lazy("column", "Taken on")),
    "score": Words(pgettext_lazy("column", "Score")),
    "passed": Words(pgettext_lazy("column", "Passed")),
    "certificates.number": Words(pgettext_lazy("column", "Certificate number"), pgettext_lazy("column", "As printed on the certificate.")),
    "fields": Words(pgettext_lazy("column", "Fields"), pgettext_lazy("column", "Short names of departments; empty: all.")),
    "townships": Words(pgettext_lazy("column", "Townships"), pgettext_lazy("column", "Codes of townships; empty: all.")),
    "issued_by": Words(pgettext_lazy("column", "Issued by")),
    "status": Words(pgettext_lazy("column", "Status")),
    "status_reason": Words(pgettext_lazy("column", "Reason for the status"), pgettext_lazy("column", "Of the suspension or revocation.")),
    "from_body": Words(pgettext_lazy("column", "Came from")),
    "selected_by": Words(pgettext_lazy("column", "Selected by"), pgettext_lazy("column", "Exam or other way of selection.")),
    "trainings.level": Words(pgettext_lazy("column", "Level of training"), pgettext_lazy("column", "For example county or township.")),
    "posts": Words(pgettext_lazy("column", "Posts"), pgettext_lazy("column", "Empty: all.")),
    "starts_on": Words(pgettext_lazy("column", "Starts on")),
    "ends_on": Words(pgettext_lazy("column", "Ends on")),
    "training": Words(pgettext_lazy("column", "Training"), pgettext_lazy("column", "Code of the training.")),
    "result": Words(pgettext_lazy("column", "Result")),
    "relation": Words(pgettext_lazy("column", "Relation")),
    "recusals.party": Words(pgettext_lazy("column", "Credit code of the party"), pgettext_lazy("column", "Unified social credit code, 18 signs.")),
    "party_acts.party": Words(pgettext_lazy("column", "Credit code of the party"), pgettext_lazy("column", "Unified social credit code, 18 signs.")),
    "thread": Words(pgettext_lazy("column", "Matter"), pgettext_lazy("column", "One matter, as case:7.")),
    "decided_by": Words(pgettext_lazy("column", "Decided by")),
    "act": Words(pgettext_lazy("column", "Act")),
    "acted_on": Words(pgettext_lazy("column", "Acted on")),
    "shift": Words(pgettext_lazy("column", "Shift"), pgettext_lazy("column", "Name of the shift.")),
    "first_day": Words(pgettext_lazy("column", "First day"), pgettext_lazy("column", "From which the rhythm counts.")),
    "every_days": Words(pgettext_lazy("column", "Every how many days")),
    "starts": Words(pgettext_lazy("column", "Starts at")),
    "transferable": Words(pgettext_lazy("column", "May be handed down"),
        pgettext_lazy("column", "No for detention, licences and compulsory measures.")),
    "notes": Words(pgettext_lazy("column", "Notes")),
    "township": Words(pgettext_lazy("column", "Township"), pgettext_lazy("column", "Code of the township.")),
    "basis_from": Words(pgettext_lazy("column", "Basis since"), pgettext_lazy("column", "From which day the basis holds.")),
    "circumstance": Words(pgettext_lazy("column", "Circumstance"), pgettext_lazy("column", "Empty: in general.")),
    "of": Words(pgettext_lazy("column", "Multiple of"), pgettext_lazy("column", "What the amounts are multiples of; empty: yuan.")),
    "degree": Words(pgettext_lazy("column", "Degree")),
    "condition": Words(pgettext_lazy("column", "Condition")),
    "factor": Words(pgettext_lazy("column", "Factor")),
    "discretion_factors.level": Words(pgettext_lazy("column", "Level of the factor")),
    "share": Words(pgettext_lazy("column", "Share"), pgettext_lazy("column", "Part of one, as 0.2.")),
    "amount": Words(pgettext_lazy("column", "Amount"), pgettext_lazy("column", "Yuan.")),
    "confirmed": Words(pgettext_lazy("column", "Confirmed"), pgettext_lazy("column", "By the county's lawyers.")),
    "procedure": Words(pgettext_lazy("column", "Procedure")),
    "limit": Words(pgettext_lazy("column", "Time limit")),
    "service_due": Words(pgettext_lazy("column", "Service due")),
    "equipment.holder": Words(pgettext_lazy("column", "In the hands of"), pgettext_lazy("column", "User name of who has it.")),
    "label": Words(pgettext_lazy("column", "Figure")),
    "label_en": Words(pgettext_lazy("column", "Figure in English")),
    "value": Words(pgettext_lazy("column", "Value")),
    "unit": Words(pgettext_lazy("column", "Unit of measure")),
    "role": Words(pgettext_lazy("column", "Role")),
    "lon": Words(pgettext_lazy("column", "Longitude"), pgettext_lazy("column", "Degrees, WGS-84.")),
    "lat": Words(pgettext_lazy("column", "Latitude"), pgettext_lazy("column", "Degrees, WGS-84.")),
    "take_in": Words(pgettext_lazy("column", "Take in"), pgettext_lazy("column", "Seconds.")),
    "send": Words(pgettext_lazy("column", "Send"), pgettext_lazy("column", "Seconds.")),
    "accept": Words(pgettext_lazy("column", "Accept"), pgettext_lazy("column", "Seconds.")),
    "handle": Words(pgettext_lazy("column", "Handle"), pgettext_lazy("column", "Seconds, the way included.")),
    "verify": Words(pgettext_lazy("column", "Check"), pgettext_lazy("column", "Seconds.")),
    "working_time": Words(pgettext_lazy("column", "In working time only")),
    "ten_minute": Words(pgettext_lazy("column", "Ten-minute matter")),
    "plain_name": Words(pgettext_lazy("column", "Plain name"), pgettext_lazy("column", "As citizens read it.")),
    "gb_class": Words(pgettext_lazy("column", "Class of GB/T 30428")),
    "icon": Words(pgettext_lazy("column", "Icon"), pgettext_lazy("column", "Name of a drawing of the platform.")),
    "brigade": Words(pgettext_lazy("column", "Brigade"), pgettext_lazy("column", "Code of the brigade.")),
    "categories.department": Words(pgettext_lazy("column", "Code of the department"),
        pgettext_lazy("column", "Organisation that takes it where no brigade does.")),
    "items": Words(pgettext_lazy("column", "Items"), pgettext_lazy("column", "Codes of the items.")),
    "reward_eligible": Words(pgettext_lazy("column", "Reward possible")),
    "photo_wanted": Words(pgettext_lazy("column", "Photo wanted")),
    "hint": Words(pgettext_lazy("column", "Hint"), pgettext_lazy("column", "What the citizen reads on the form.")),
    "in_seat": Words(pgettext_lazy("column", "In the county seat"), pgettext_lazy("column", "Empty: anywhere.")),
    "target_class": Words(pgettext_lazy("column", "Target class"), pgettext_lazy("column", "Code of the target class.")),
    "needs_item": Words(pgettext_lazy("column", "Only with an item"),
        pgettext_lazy("column", "Only if the organisation holds an item of the category there.")),
    "routing_rules.organisation": Words(pgettext_lazy("column", "Goes to"), pgettext_lazy("column", "Empty: the brigade of the category.")),
    "to_department": Words(pgettext_lazy("column", "Else to the department")),
    "routing_rules.note": Words(pgettext_lazy("column", "Reason shown"), pgettext_lazy("column", "Kept with the case.")),
    "date": Words(pgettext_lazy("column", "Date")),
    "calendar.name": Words(pgettext_lazy("column", "Holiday or reason")),
}


def register(table: Table) -> Words:
    return REGISTERS[table.name]


def column(table: Table, column: Column) -> Words:
    return COLUMNS.get(f"{table.name}.{column.name}") or COLUMNS[column.name]


def choices(table: Table, column: Column) -> dict[str, str]:
    """Each value of a choice and what it is called, in the language in use; without names the values themselves."""
    if column.kind == "yes_no":
        return {"yes": _("Yes"), "no": _("No")}
    field = table.model_field(column)
    field = getattr(field, "base_field", field)
    labels = dict(getattr(field, "choices", None) or ())
    if (table.file, column.name) == ("trainings.csv", "posts"):
        labels = dict(BY_FILE["officers.csv"].model._meta.get_field("role").choices)
    return {value: str(labels.get(value, CALENDAR.get(value, value))) for value in column.values}


CALENDAR = {"workday": pgettext_lazy("column", "Working day"), "holiday": pgettext_lazy("column", "Day off")}


def shown(table: Table, column: Column, value) -> str:
    """A value as a person reads it: choices by their names."""
    named_by = choices(table, column) if column.values else {}
    if isinstance(value, list | tuple):
        return spoken.listed(named_by.get(one, one) for one in value)
    cell = column.spell(value)
    return named_by.get(cell, cell)


def heads(table: Table) -> dict[str, str]:
    """What a header may say for each column, folded: its code and its label in each language → the column's name."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for one in table.columns:
                found[fold(str(column(table, one).label))] = one.name
    return found | {one.name: one.name for one in table.columns}


def values(table: Table) -> dict[str, dict[str, str]]:
    """Column → what a cell may say for a value, in each language → the value."""
    found = {one.name: {} for one in table.columns if one.values}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for one in table.columns:
                if one.values:
                    found[one.name] |= {label: value for value, label in choices(table, one).items()}
    return found


def fold(text: str) -> str:
    """Without case, blanks and the code in brackets that templates add."""
    return "".join(text.casefold().split()).partition("(")[0].partition("（")[0].rstrip("*")
