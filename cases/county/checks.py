"""What must hold between rows: references, trees, posts, dates, rules, places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from enforcement.models import Officer, Organisation
from enforcement.roles import ADMINISTRATORS, FIELD, OUTDOORS, Role

from . import tables
from .covering import duty_gaps
from .reading import SRID, Folder, Problem, Row
from .tiling import tiling_faults

Kind = Organisation.Kind


@dataclass
class County:
    """Everything that was read: settings, rows by file, zones by code, lines of the base map."""

    settings: Row
    rows: dict[str, list[Row]]
    zones: dict[str, Row]
    lines: list[Row]
    known: dict[str, set]  # keys by file as written, of faulty rows too
    centre_of: dict[str, str | None] = field(default_factory=dict)

    def copy(self) -> "County":
        """With lists of rows of its own (the checks take faulty rows out); the rows are the same."""
        return replace(self, rows={file: list(rows) for file, rows in self.rows.items()}, centre_of={})

    def by_key(self, file: str) -> dict[str, Row]:
        """Rows of a file by their (single) key."""
        column = tables.BY_FILE[file].key[0]
        return {row[column]: row for row in self.rows[file]}


def read_zones(folder: Folder) -> dict[str, Row]:
    """Zones by code from the GeoJSON files, in the order of ZONE_FILES."""
    zones = {}
    for file, kind in tables.ZONE_FILES.items():
        for row in folder.features(file, required=file in tables.REQUIRED_ZONE_FILES):
            faults = [_("“%(name)s” is missing or not text.") % {"name": name} for name in ("code", "name")
                      if not isinstance(row[name], str) or not row[name].strip()]  # fmt: skip
            faults += [_("“%(name)s” must be true or false.") % {"name": name} for name in ("seat", "demonstration")
                       if not isinstance(row.values.setdefault(name, False), bool)]  # fmt: skip
            if row["kind"] != kind:
                faults.append(_("The kind must be %(kind)s in this file.") % {"kind": kind})
            if not faults and (len(row["code"]) > 24 or len(row["name"]) > 60):
                faults.append(_("The code may have 24 characters, the name 60."))
            if not faults and row["code"] in zones:
                faults.append(_("The code %(code)s is already used.") % {"code": row["code"]})
            folder.problems += [row.problem(fault) for fault in faults]
            if not faults:
                zones[row["code"]] = row
    return zones


def check_references(county: County) -> Iterator[Problem]:
    """Each code that a row names must be the key of a row of the file that it refers to (a faulty one will do).

    Rows that hang on a faulty or missing one are taken out, so that the checks after this blame only what is wrong itself.
    """
    known = county.known | {tables.ZONES: county.known[tables.ZONES] - {county.settings["county"]["code"]}}
    for row, column, name in _references(county):
        if name not in known[column.refers]:
            yield row.problem(_("%(column)s: there is no “%(name)s” in %(file)s.") % {
                "column": column.name, "name": name, "file": column.refers})  # fmt: skip
    while True:
        keys = {file: set(county.by_key(file)) for file in REFERRED} | {tables.ZONES: known[tables.ZONES] & set(county.zones)}
        hanging = {id(row) for row, column, name in _references(county) if name not in keys[column.refers]}
        if not hanging:
            return
        for file, rows in county.rows.items():
            county.rows[file] = [row for row in rows if id(row) not in hanging]


REFERRED = {column.refers for table in tables.TABLES for column in table.columns if column.refers} - {tables.ZONES}


def _references(county: County) -> Iterator[tuple]:
    for table in tables.TABLES:
        for column in (column for column in table.columns if column.refers):
            for row in county.rows[table.file]:
                value = row[column.name]
                for name in value if isinstance(value, list | tuple) else [value] if value else []:
                    yield row, column, name


def check_organisations(county: County) -> Iterator[Problem]:
    """A tree, and a centre above everyone who may own a case. Fills `county.centre_of`."""
    organisations = county.by_key(tables.ORGANISATIONS)
    for code, row in organisations.items():
        above, at = [], code
        while at is not None and at not in above:
            above.append(at)
            at = organisations[at]["parent"]
        county.centre_of[code] = next((name for name in above if organisations[name]["has_centre"]), None)
        if at is not None:
            yield row.problem(_("The organisation is above itself: %(path)s.") % {"path": " → ".join([*above, at])})
        elif row["kind"] == Kind.COUNTY_CENTRE and not row["has_centre"]:
            yield row.problem(_("The county centre must have a centre."))
        elif row["kind"] != Kind.OUTSIDE and county.centre_of[code] is None:
            yield row.problem(_("No centre stands above it: give it a parent that has one."))


def check_people(county: County) -> Iterator[Problem]:
    """Badges belong to those who go out, certificates to those with badges; duty names known watches."""
    people, watches = county.by_key(tables.OFFICERS), {row["watch"] for row in county.rows["duty.csv"]}
    badges = {}
    for row in people.values():
        badge, outdoors = row["badge"], row["post"] in OUTDOORS
        if outdoors != bool(badge):
            yield row.problem(_("A badge is needed by officers, squad leaders and helpers, and only by them."))
        if len(badge) > Officer._meta.get_field("badge").max_length or (badges.setdefault(badge, row) is not row and badge):
            yield row.problem(_("The badge is too long or belongs to %(row)s.") % {"row": badges[badge].place})
        if row["watch"] and row["watch"] not in watches:
            yield row.problem(_("The watch “%(watch)s” has no pattern in duty.csv.") % {"watch": row["watch"]})
        if county.centre_of.get(row["organisation"]) is None:
            yield row.problem(_("The organisation has no command centre."))
    yield from _check_certificates(county, people)
    yield from _check_administrators(people)
    for file, column in (("equipment.csv", "holder"), ("responsibilities.csv", "officer"), ("recusals.csv", "officer")):
        for row in county.rows[file]:
            if row[column] and not people[row[column]]["badge"]:
                yield row.problem(_("%(officer)s does not go out.") % {"officer": row[column]})
    for row in county.rows["responsibilities.csv"]:
        if (row["role"] == "helper") != (people[row["officer"]]["post"] == Role.HELPER):
            yield row.problem(_("A helper answers for a zone as helper, an officer never does."))


def _check_certificates(county: County, people: dict[str, Row]) -> Iterator[Problem]:
    """For enforcement officers who have passed the exam before (行政处罚法 42), in townships."""
    passed: dict[str, date] = {}
    for row in county.rows[tables.EXAMS]:
        if row["passed"]:
            passed[row["officer"]] = min(row["taken_on"], passed.get(row["officer"], row["taken_on"]))
    for row in county.rows[tables.CERTIFICATES]:
        if people[row["officer"]]["post"] not in FIELD:
            yield row.problem(_("%(officer)s is no enforcement officer.") % {"officer": row["officer"]})
        elif row["officer"] not in passed or passed[row["officer"]] > row["valid_from"]:
            yield row.problem(_("%(officer)s had not passed the exam before the certificate begins.") % {"officer": row["officer"]})
        for zone in row["townships"]:
            if county.zones[zone]["kind"] != "township":
                yield row.problem(_("%(zone)s is no township.") % {"zone": zone})


def _check_administrators(people: dict[str, Row]) -> Iterator[Problem]:
    """System, security and audit are posts of three known persons who hold nothing else (GB/T 22239)."""
    accounts: dict[str, list[Row]] = {}
    for row in people.values():
        if row["staff_number"]:
            accounts.setdefault(row["staff_number"], []).append(row)
        elif row["post"] in ADMINISTRATORS:
            yield row.problem(_("An administrator needs a staff number, so that nobody holds two such posts."))
    for rows in accounts.values():
        if len(rows) > 1 and any(row["post"] in ADMINISTRATORS for row in rows):
            yield rows[1].problem(_("This person would hold an administrator's post beside another."))


def check_dates(county: County) -> Iterator[Problem]:
    """No period ends before it begins; fines have an order; a basis' tiers belong to a basis that is there."""
    for table in tables.TABLES:
        for begins, ends in (("valid_from", "valid_to"), ("starts_on", "ends_on")):
            for row in county.rows[table.file]:
                if row[ends] and row[ends] < row[begins]:
                    yield row.problem(_("It ends before it begins."))
    for file in (tables.BASES, tables.TIERS, tables.BANDS):
        for row in county.rows[file]:
            if row["fine_min"] is not None and row["fine_max"] is not None and row["fine_min"] > row["fine_max"]:
                yield row.problem(_("The lowest fine is above the highest."))
    bases = {(row["item"], row["valid_from"]) for row in county.rows[tables.BASES]}
    for row in county.rows[tables.TIERS]:
        if (row["item"], row["basis_from"]) not in bases:
            yield row.problem(_("The item %(item)s has no basis from %(day)s on.") % {"item": row["item"], "day": row["basis_from"]})


def check_conduct(county: County) -> Iterator[Problem]:
    """A recusal says from what; approving, charging, inspecting and punishing are never one person's towards one party."""
    for row in county.rows["recusals.csv"]:
        if not any(row[name] for name in ("party", "party_name", "zone", "thread")):
            yield row.problem(_("Say from what the officer steps aside: a party, a zone or a matter."))
    done: dict[tuple, Row] = {}
    for row in county.rows["party_acts.csv"]:
        first = done.setdefault((row["officer"], row["party"]), row)
        if first["act"] != row["act"]:
            yield row.problem(_("Another kind of act of the same person towards the same party stands in %(row)s; the kinds exclude each other.") % {
                "row": first.place})  # fmt: skip


def check_powers(county: County) -> Iterator[Problem]:
    """Departments by their short names; what may be handed down, to one at a time in a township (行政处罚法 18, 24; 行政强制法 17);
    who holds a power acts in somebody's name; an item rests on one basis at a time."""
    settings = county.settings
    for option, file in (("police", tables.ORGANISATIONS), ("follow_up_class", tables.CLASSES)):
        if (name := settings["options"][option]) not in county.known[file]:
            yield Problem(settings.file, settings["lines"][f"options.{option}"], _("%(column)s: there is no “%(name)s” in %(file)s.") % {
                "column": option, "name": name, "file": file})  # fmt: skip
    for name in settings["options"]["complaint_categories"]:
        if name not in county.known[tables.CATEGORIES]:
            yield Problem(settings.file, settings["lines"]["options.complaint_categories"], _("%(column)s: there is no “%(name)s” in %(file)s.") % {
                "column": "complaint_categories", "name": name, "file": tables.CATEGORIES})  # fmt: skip
    departments = {row["short_name"] for row in county.rows[tables.ORGANISATIONS] if row["kind"] == Kind.DEPARTMENT}
    items = county.by_key(tables.ITEMS)
    for file, column in ((tables.ITEMS, "department"), (tables.CERTIFICATES, "fields"), (tables.THRESHOLDS, "department")):
        for row in county.rows[file]:
            for name in [row[column]] if isinstance(row[column], str) else row[column]:
                if name and name not in departments:
                    yield row.problem(_("%(column)s: no department has the short name “%(name)s”.") % {
                        "column": column, "name": name})  # fmt: skip
    for row in county.rows[tables.TRANSFERS]:
        if not items[row["item"]]["transferable"]:
            yield row.problem(_("The item %(item)s may not be handed down.") % {"item": row["item"]})
        if county.zones[row["township"]]["kind"] != "township":
            yield row.problem(_("%(zone)s is no township.") % {"zone": row["township"]})
    for file, key in ONE_AT_A_TIME.items():
        yield from _meetings(county.rows[file], key)
    holders = {row["holder"] for row in county.rows[tables.ITEMS]} | {row["organisation"] for row in county.rows[tables.TRANSFERS]}
    for code, row in county.by_key(tables.ORGANISATIONS).items():
        if code in holders and not row["legal_subject"]:
            yield row.problem(_("%(name)s holds a power but acts in nobody's name: give it a legal subject.") % {"name": code})


# What there is once at a time: rows of one key whose periods may not meet.
ONE_AT_A_TIME = {
    tables.TRANSFERS: ("item", "township"), tables.BASES: ("item",), tables.NAMES: ("organisation",),
    tables.BANDS: ("item", "party", "order"), tables.FACTORS: ("item", "factor", "level"), tables.THRESHOLDS: ("department", "party"),
}  # fmt: skip


def _meetings(rows: list[Row], key: tuple[str, ...]) -> Iterator[Problem]:
    """Rows of one key whose periods meet: two holders of one item in one place, two bases of one item …"""
    periods: dict[tuple, list[Row]] = {}
    for row in rows:
        others = periods.setdefault(tuple(row[name] for name in key), [])
        for other in others:
            if _meet(row, other):
                yield row.problem(_("The period meets the one of %(row)s.") % {"row": other.place})
        others.append(row)


def _meet(one: Row, other: Row) -> bool:
    return (one["valid_to"] is None or one["valid_to"] >= other["valid_from"]) and (
        other["valid_to"] is None or other["valid_to"] >= one["valid_from"]
    )


def check_rules(county: County) -> Iterator[Problem]:
    """Orders are unique, groups exist, and whom a rule names can be reached by a centre."""
    groups = {row["group"] for row in county.rows[tables.CATEGORIES]}
    for file in RULES:
        orders = {}
        for row in county.rows[file]:
            if orders.setdefault(row["order"], row) is not row:
                yield row.problem(_("The order %(order)d is the one of %(row)s.") % {
                    "order": row["order"], "row": orders[row["order"]].place})  # fmt: skip
    for row in county.rows["routing_rules.csv"]:
        if row["group"] and row["group"] not in groups:
            yield row.problem(_("No category is in the group “%(group)s”.") % {"group": row["group"]})
        if row["organisation"] and county.centre_of.get(row["organisation"]) is None:
            yield row.problem(_("%(organisation)s has no command centre that could send anyone.") % {
                "organisation": row["organisation"]})  # fmt: skip


def check_sending(county: County) -> Iterator[Problem]:
    """A rule of sending names a unit with a centre and an hour that passes; only the assisted way waits, and long enough to act."""
    for row in county.rows["sending_rules.csv"]:
        if row["centre"] and county.centre_of.get(row["centre"]) != row["centre"]:
            yield row.problem(_("%(organisation)s has no command centre of its own.") % {"organisation": row["centre"]})
        if row["from_hour"] == row["to_hour"]:
            yield row.problem(_("From and to are the same hour: no time lies between."))
        if (row["mode"] == "assisted") != (row["seconds"] > 0) or 0 < row["seconds"] < 5:
            yield row.problem(_("Assisted sending waits 5 seconds or more; the other ways wait 0."))


RULES = {"routing_rules.csv": ("zone", "category", "group"), "target_rules.csv": ("zone", "in_seat", "category", "priority")}


def check_completeness(county: County) -> Iterator[Problem]:
    """What is true of a whole table: one county centre; the last rule takes all, so that no report lacks owner or target."""
    tops = [row for row in county.rows[tables.ORGANISATIONS] if row["kind"] == Kind.COUNTY_CENTRE]
    if len(tops) != 1:
        line = tops[1].line if tops else 1
        yield Problem(tables.ORGANISATIONS, line, _("Exactly one county centre is needed, not %(n)d.") % {"n": len(tops)})
    for file, selectors in RULES.items():
        last = max(county.rows[file], key=lambda row: row["order"], default=None)
        if last is None or any(last[name] not in (None, "") for name in selectors) or last["needs_item"]:
            yield Problem(file, last.line if last else 1, _("The last rule must take everything: leave its selectors empty."))
        elif file == "routing_rules.csv" and last["organisation"] is None:
            yield last.problem(_("The last rule must name an organisation."))


def check_places(county: County) -> Iterator[Problem]:
    """The county's code, grid codes by the county's rule, parents that exist, cameras inside."""
    settings = county.settings["county"]
    outlines = [row for row in county.zones.values() if row["kind"] == "county"]
    if len(outlines) != 1 or outlines[0]["code"] != settings["code"]:
        yield Problem("county.geojson", 1, _("One outline with the code %(code)s is needed.") % {"code": settings["code"]})
        return
    for row in county.zones.values():
        if row["kind"] == "grid" and not re.fullmatch(settings["grid_code"], row["code"]):
            yield row.problem(_("The grid code %(code)s does not follow the rule %(rule)s.") % {
                "code": row["code"], "rule": settings["grid_code"]})  # fmt: skip
        if row["kind"] != "county" and row["parent"] not in county.known[tables.ZONES]:
            yield row.problem(_("The parent “%(parent)s” is no zone.") % {"parent": row["parent"]})
    outline = outlines[0].geometry
    for row in county.rows["cameras.csv"]:
        if not outline.covers(Point(row["lon"], row["lat"], srid=SRID)):
            swapped = outline.covers(Point(row["lat"], row["lon"], srid=SRID))
            yield row.problem(_("Longitude and latitude are exchanged.") if swapped else _("The point is outside the county."))


EACH = (check_references, check_organisations, check_people, check_dates, check_conduct, check_powers, check_rules, check_sending, check_places)
WHOLE = (check_completeness, duty_gaps)


def check(folder: Folder, county: County) -> None:
    """Run all checks and collect the problems; what is said of whole tables is only asked when each row holds."""
    for each in EACH:
        folder.problems += each(county)
    if not folder.problems:
        for each in (tiling, *WHOLE):
            folder.problems += each(county)


def new_problems(county: County, before: County) -> list[Problem]:
    """Problems of a county that it did not have `before`: what stood there already, or came with time, is nobody's fault now.

    Zones are taken for sound. Both are left as they are, but for `centre_of` of one that has none."""
    now, then = county.copy(), before.copy()
    for checks in (EACH, WHOLE):  # the second after the first: it asks of what that has left
        found, known = ([problem for each in checks for problem in each(one)] for one in (now, then))
        same = {problem.same for problem in known}
        if new := sorted({problem for problem in found if problem.same not in same}):
            return new
    county.centre_of = now.centre_of
    return []


def tiling(county: County) -> Iterator[Problem]:
    return tiling_faults(county.zones)
