"""What a file would change: its rows put into the county as it stands, and everything checked that is checked of a whole county.

Nothing is written here. The plan holds the county as it would be, which is what is stored.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import gettext as _

from cases.county import exporting, labels, tables
from cases.county.checks import County, new_problems
from cases.county.reading import Problem, Row
from cases.county.tables import Table, parse
from enforcement.models import Account, Certificate, User
from enforcement.roles import ADMINISTRATORS, FIELD, OUTDOORS
from journal import clock
from registers.sheets import Fault

NEW, CHANGED, UNCHANGED, REFUSED, ENDING = "new", "changed", "unchanged", "refused", "ending"
RESPONSIBILITIES = "responsibilities.csv"


@dataclass
class Entry:
    """One row: of the file (`line`), or of the register and not in the file (`line` 0). `changes`: column, before, after."""

    line: int
    key: str
    what: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        self.what = REFUSED
        if reason not in self.reasons:
            self.reasons.append(reason)


@dataclass
class Plan:
    """`county`: as it would be; `files`: what would be written; `others`: what would no longer hold elsewhere; `along`: what would end
    together with a row of this register; `kept`: what a whole list lacks and does not end, and why."""

    table: Table
    county: County
    files: set[str]
    entries: list[Entry]
    others: list[str] = field(default_factory=list)
    along: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.others and all(entry.what != REFUSED for entry in self.entries)

    @property
    def counts(self) -> dict[str, int]:
        return dict.fromkeys((NEW, CHANGED, UNCHANGED, REFUSED, ENDING), 0) | Counter(entry.what for entry in self.entries)

    @property
    def changes_something(self) -> bool:
        return any(entry.what in (NEW, CHANGED, ENDING) for entry in self.entries)

    def as_json(self) -> dict:
        """{"rows": [[line, key, what, changes, reasons]] but for unchanged ones, "others": [], "along": [], "kept": []}."""
        told = [[one.line, one.key, one.what, one.changes, one.reasons] for one in self.entries if one.what != UNCHANGED]
        return {"rows": told, "others": self.others, "along": self.along, "kept": self.kept}


def plan(table: Table, given: Iterable[tuple[int, dict[str, str], list[str]]], *, whole: bool = False,
         progress: Callable[[int], None] = lambda share: None) -> Plan:  # fmt: skip
    """Put rows of a file (line, cells by column, faults of cells that could not be read) into the county as it stands.

    `whole`: rows that the file lacks end. `progress` hears of a hundred."""
    before = exporting.county()
    progress(30)
    county = before.copy()
    rows = county.rows[table.file]
    places = {table.key_of(row): place for place, row in enumerate(rows)}
    entries, named = [], {}
    for line, cells, faults in given:
        row = Row(table.file, line, dict(cells))
        entry = Entry(line, "", REFUSED, reasons=list(faults))
        entries.append(entry)
        entry.reasons += [_("%(column)s: “%(cell)s” %(fault)s") % {"column": labels.column(table, column).label, "cell": cell[:60], "fault": fault}
                          for column, cell, fault in parse(row, table) if not isinstance(cell, Fault)]  # fmt: skip
        entry.key = row.known_as = " · ".join(cell for name in table.key if (cell := cells.get(name, "")) and not isinstance(cell, Fault))
        if entry.reasons:
            continue
        key = table.key_of(row)
        if key in named:
            entry.refuse(_("The same key as in line %(line)d.") % {"line": named[key]})
            continue
        named[key] = line
        old = rows[places[key]] if key in places else None
        entry.changes = _differences(table, old, row) if old else _cells(table, row)
        entry.what = NEW if old is None else CHANGED if entry.changes else UNCHANGED
        if old is None:
            rows.append(row)
        elif entry.changes:
            rows[places[key]] = row
    progress(55)
    made = Plan(table, county, {table.file}, entries)
    if table.file == tables.OFFICERS:
        _guard_posts(made, {row["username"]: row for row in before.rows[table.file]})
    elif table.file == tables.CERTIFICATES:
        _guard_decided(made)
    if whole and table.gone != tables.STAYS:
        told = {entry.key for entry in entries}  # rows that do not hold are there, too
        _end_others(made, {key for key in places if key not in named and _text(table, key) not in told})
    county.known = exporting.known(county.rows, county.zones)
    progress(65)
    _tell(made, new_problems(county, before))
    progress(95)
    return made


def _differences(table: Table, old: Row, new: Row) -> list[tuple[str, str, str]]:
    found = []
    for column in table.columns:
        one, other = old[column.name], new[column.name]
        if one != other and (before := column.spell(one)) != (after := column.spell(other)) and _sorted(column, before) != _sorted(column, after):
            found.append((column.name, before, after))
    return found


def _sorted(column, cell: str) -> list[str]:
    return sorted(cell.split(";")) if column.kind in ("codes", "choices") else [cell]


def _cells(table: Table, row: Row) -> list[tuple[str, str, str]]:
    return [(column.name, "", cell) for column in table.columns if (cell := column.spell(row[column.name]))]


def _text(table: Table, key: tuple) -> str:
    return table.known_as(Row(table.file, 0, dict(zip(table.key, key, strict=True))))


# --- what a whole list no longer has ---------------------------------------------------------------
def _end_others(made: Plan, lacking: set[tuple]) -> None:
    """Rows of the register that the file does not name: they end as their table says."""
    table, rows, yesterday = made.table, made.county.rows[made.table.file], clock.today() - timedelta(days=1)
    kept, protected = [], _protected(table)
    for row in rows:
        if row.line > 0 or table.key_of(row) not in lacking:
            kept.append(row)
            continue
        if (why := protected.get(row[table.key[0]])) and row["status"] != Certificate.Status.REVOKED:
            kept.append(row)
            made.kept.append(_("%(row)s: %(reason)s") % {"row": row.known_as, "reason": why})
            continue
        entry = Entry(0, row.known_as, ENDING)
        if table.gone == tables.ENDS:
            if row["valid_to"] and row["valid_to"] <= yesterday:
                kept.append(row)  # it has ended already
                continue
            if row["valid_from"] <= yesterday:
                kept.append(_with(row, valid_to=yesterday))
                entry.changes = [("valid_to", _spelt(table, row, "valid_to"), yesterday.isoformat())]
            elif table.file == tables.ITEMS:  # it never begins; what refers to it stays
                kept.append(_with(row, valid_from=yesterday, valid_to=yesterday))
        elif table.gone == tables.REVOKED:
            if row["status"] == Certificate.Status.REVOKED:
                kept.append(row)
                continue
            kept.append(_with(row, status=Certificate.Status.REVOKED.value))
            entry.changes = [("status", row["status"], Certificate.Status.REVOKED.value)]
        elif table.file == tables.OFFICERS and row["post"] in ADMINISTRATORS:
            entry.refuse(_("An administrator's account is ended on the page of posts, by two persons."))
        made.entries.append(entry)
    made.county.rows[table.file] = kept
    if table.file == tables.OFFICERS:
        _end_with(made, {row["username"] for row in rows} - {row["username"] for row in kept})


def _protected(table: Table) -> dict[str, str]:
    """Key of a row that no list ends → why: it, or a decision on it, was made on the pages, by who may."""
    made_here = Account.Origin.PAGES
    if table.file == tables.OFFICERS:
        why = _("the account was made on the pages and is ended there")
        return dict.fromkeys(User.objects.filter(account__origin=made_here).values_list("username", flat=True), why)
    if table.file != tables.CERTIFICATES:
        return {}
    found = Certificate.objects
    theirs, decided = found.filter(officer__user__account__origin=made_here), found.filter(decided_at__isnull=False)
    whys = (
        (found.exclude(officer__user__role__in=FIELD), _("the holder's post does not go out any more; the certificate rests")),
        (theirs, _("the holder's account was made on the pages; the certificate is revoked on the holder's page")),
        (decided, _("people have decided here on its status; it is revoked on the holder's page")),
    )
    return {number: why for some, why in whys for number in some.values_list("number", flat=True)}


def _with(row: Row, **values) -> Row:
    return Row(row.file, row.line, row.values | values, row.geometry, row.known_as)


def _spelt(table: Table, row: Row, name: str) -> str:
    return next(column for column in table.columns if column.name == name).spell(row[name])


def _end_with(made: Plan, gone: set[str]) -> None:
    """Who leaves gives back certificates and zones; what he has done stays. Equipment in his hands is returned first."""
    for table in tables.TABLES:
        names = [column.name for column in table.columns if column.refers == tables.OFFICERS]
        ends = table.file in (tables.CERTIFICATES, RESPONSIBILITIES)
        if not names or not (ends or table.gone == tables.STAYS):
            continue
        rows = made.county.rows[table.file]
        made.county.rows[table.file] = [row for row in rows if not any(row[name] in gone for name in names)]
        if ends and len(made.county.rows[table.file]) < len(rows):
            made.files.add(table.file)
            made.along += [f"{labels.register(table).label} “{row.known_as}”" for row in rows if any(row[name] in gone for name in names)]


# --- posts -----------------------------------------------------------------------------------------
def _guard_posts(made: Plan, before: dict[str, Row]) -> None:
    """Nobody raises a post, his own or another's, with a list: a post changes on the page where a second person confirms it."""
    rows = {row["username"]: row for row in made.county.rows[tables.OFFICERS] if row.line > 0}
    held = {user.username: user for user in User.objects.filter(username__in=list(rows)).select_related("organisation")}
    for entry in made.entries:
        row = rows.get(entry.key)
        if row is None or entry.what not in (NEW, CHANGED):
            continue
        account = held.get(entry.key)
        indoors = row["post"] not in OUTDOORS
        if account and account.role != row["post"]:
            entry.refuse(_("A post is not changed by a list but on the page of posts, where another person confirms it."))
        elif indoors and row["username"] not in before:  # new, or closed and to be opened again
            entry.refuse(_("An account of a post indoors is made or opened again on the page of accounts, where another person confirms its post."))
        elif account and indoors and account.organisation and account.organisation.code != row["organisation"]:
            entry.refuse(_("The unit of a post indoors is not changed by a list but on the page of posts, where another person confirms it."))
        elif account and account.staff_number and account.staff_number != row["staff_number"]:
            entry.refuse(_("A staff number is not changed by a list: it says which person holds the post."))
        elif account and account.is_superuser:
            entry.refuse(_("This account belongs to whoever runs the installation, not to the county's data."))


# --- certificates ----------------------------------------------------------------------------------
def _guard_decided(made: Plan) -> None:
    """What people have decided on a certificate stands: storing it leaves the status as it is, so no dry run says that it changes."""
    decided = set(Certificate.objects.filter(decided_at__isnull=False).values_list("number", flat=True))
    for entry in made.entries:
        if entry.what == CHANGED and entry.key in decided and any(name in ("status", "status_reason") for name, *_cells in entry.changes):
            entry.refuse(_("Somebody has decided here on the status of this certificate: it is not changed by a list but on its holder's page."))


SECRET = ("recusals.csv", "party_acts.csv")  # whom they name is not told to readers of another register


# --- what no longer holds --------------------------------------------------------------------------
def _tell(made: Plan, problems: list[Problem]) -> None:
    by_line = {entry.line: entry for entry in made.entries if entry.line > 0}
    for problem in problems:
        reason = said(made.table, problem.reason)
        if problem.file == made.table.file and problem.line > 0 and problem.line in by_line:
            by_line[problem.line].refuse(reason)
        elif problem.file in SECRET and problem.file != made.table.file:
            made.others.append(str(_("A row of a register that not everybody reads would no longer hold.")))
        elif problem.file in tables.BY_FILE:
            where = labels.register(tables.BY_FILE[problem.file]).label
            made.others.append(_("%(register)s, “%(row)s”: %(reason)s") % {"register": where, "row": problem.row, "reason": reason}
                               if problem.row else f"{where}: {reason}")  # fmt: skip
        else:
            made.others.append(f"{problem.row or problem.file}: {reason}")


def said(table: Table, reason: str) -> str:
    """A reason of the checks with the names that people read: registers for files, labels for columns."""
    def called(match: re.Match) -> str:
        return str(labels.register(tables.BY_FILE[match[0]]).label) if match[0] in tables.BY_FILE else match[0]

    columns = {column.name: column for column in table.columns}
    head, colon, rest = reason.partition(": ") if ": " in reason else reason.partition("：")
    if colon and head in columns:
        reason = f"{labels.column(table, columns[head]).label}{colon}{rest}"
    return re.sub(r"\b\w+\.csv\b", called, reason)
