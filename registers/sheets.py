"""Files that people hand in, XLSX or CSV, into lines of text by column. Every refusal is a sentence; nothing of a file is executed."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from cases.county import labels
from cases.county.columns import Column
from cases.county.tables import Table
from journal import spoken
from journal.refused import BadInput

MAX_BYTES = 8 * 1024 * 1024
MAX_UNPACKED = 120 * 1024 * 1024  # of a workbook's parts together
MAX_PARTS = 500
MAX_ROWS = 50_000
MAX_COLUMNS = 80
DIGITS = 15  # Excel keeps no more of a number
MARKS = "=+-@\t\r'"  # a cell that begins so is a formula to some program: written with ' before it, read without


class Fault(str):
    """In place of a cell that cannot be read: why."""

    __slots__ = ()


@dataclass(frozen=True)
class Line:
    """A line that is not empty: its number in the file, and its cells as text."""

    number: int
    cells: list[str]


def look(content: bytes) -> None:
    """What can be said of a file at once, before anybody waits for it. Raises BadInput."""
    if not content:
        raise BadInput(_("The file is empty."), code="empty")
    if len(content) > MAX_BYTES:
        raise BadInput(_("The file is larger than %(size)d MB. Split it into several.") % {"size": MAX_BYTES >> 20}, code="too_large")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput(_("This is a file of an old Excel, or one with a password. Save it as XLSX without a password."), code="old_excel")
    if content.startswith(b"PK"):
        _open(content).close()
    else:
        _text(content[:65_536] if len(content) > 65_536 else content, whole=len(content) <= 65_536)


def read(table: Table, content: bytes, progress: Callable[[int], None] = lambda rows: None) -> list[tuple[int, dict[str, str], list[str]]]:
    """Line, cells by column and faults of each row, for `planning.plan`. Raises BadInput when the file as a whole cannot be taken.

    `progress` hears of every thousand rows."""
    look(content)
    lines = _workbook(content) if content.startswith(b"PK") else _csv(content)
    head = next(lines, None)
    if head is None:
        raise BadInput(_("The file has no line with anything in it."), code="empty")
    places = _columns(table, head)
    spelt = labels.values(table)
    rows = []
    for line in lines:
        if len(rows) >= MAX_ROWS:
            raise BadInput(_("More than %(n)d rows. Split the file into several.") % {"n": MAX_ROWS}, code="too_many_rows")
        cells, faults = {}, []
        for place, cell in enumerate(line.cells):
            if isinstance(cell, Fault):
                faults.append(str(cell))
            elif place not in places and cell:
                faults.append(_("There is something to the right, in a column without a header: “%(cell)s”.") % {"cell": cell[:40]})
        for place, column in places.items():
            cell = line.cells[place] if place < len(line.cells) else ""
            cells[column.name] = cell if isinstance(cell, Fault) else tidy(column, cell, spelt.get(column.name, {}))
        rows.append((line.number, cells, faults))
        if len(rows) % 1_000 == 0:
            progress(len(rows))
    if not rows:
        raise BadInput(_("Below the header there is no row."), code="empty")
    return rows


def _columns(table: Table, head: Line) -> dict[int, Column]:
    """The table's columns by their place in the file; by code, or by label in any language."""
    known, columns = labels.heads(table), {column.name: column for column in table.columns}
    places, unknown, twice = {}, [], []
    for place, cell in enumerate(head.cells):
        if not cell:
            continue
        inside = re.search(r"[(（]\s*(\w+)\s*[)）]", cell)
        name = inside[1] if inside and inside[1] in columns else known.get(labels.fold(cell))
        if name is None:
            unknown.append(cell[:40])
        elif columns[name] in places.values():
            twice.append(cell[:40])
        else:
            places[place] = columns[name]
    missing = [f"{labels.column(table, column).label} ({column.name})" for column in table.columns if column not in places.values()]
    said = [
        sentence % {"names": spoken.listed(names)}
        for sentence, names in (
            (_("The header lacks: %(names)s."), missing), (_("Nobody knows these columns: %(names)s."), unknown),
            (_("These columns are there twice: %(names)s."), twice),
        )
        if names
    ]  # fmt: skip
    if said:
        said.append(_("Take the template of this register; its header is in line %(line)d here.") % {"line": head.number})
        raise BadInput(" ".join(said), code="header")
    return places


def tidy(column: Column, cell: str, values: dict[str, str]) -> str:
    """A cell as people and Excel write it, spelt as the county's files spell it; what is not understood stays for the parser to refuse."""
    cell = cell.strip(" \u3000\xa0")
    if column.kind == "day" and (found := re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0{1,2}:00(?::00)?)?", cell)):
        return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    if column.kind == "time" and (found := re.fullmatch(r"(\d{1,2})[:：](\d{2})(?::00)?", cell)):
        return f"{int(found[1]):02}:{found[2]}"
    if column.kind == "number":
        plain = cell.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", cell) else cell
        return plain.removesuffix(".0")
    if column.kind in ("codes", "choices"):
        return ";".join(values.get(part, part) for part in (one.strip() for one in re.split("[;；、]", cell)) if part)
    return values.get(cell, cell)


# --- CSV -------------------------------------------------------------------------------------------
def _text(content: bytes, *, whole: bool = True) -> str:
    """Text of a CSV file: UTF-8, or what Excel in China writes (GB18030), or its "Unicode text" (UTF-16)."""
    ways = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for way in ways:
        try:
            text = content.decode(way) if whole else content.decode(way, errors="ignore")
        except UnicodeDecodeError:
            continue
        if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe]", text):
            break
        return text
    raise BadInput(_("This is neither an Excel workbook (XLSX) nor a CSV file."), code="file_type")


def escaped(cell: str) -> str:
    """A text as CSV holds it, so that no program takes it for a formula."""
    return f"'{cell}" if cell and cell[0] in MARKS else cell


def unescaped(cell: str) -> str:
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in MARKS else cell


def _csv(content: bytes) -> Iterator[Line]:
    text = _text(content)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    number = 1
    try:
        for cells in reader:
            if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
                raise BadInput(_("More than %(n)d columns in line %(line)d.") % {"n": MAX_COLUMNS, "line": number}, code="too_many_columns")
            if any(cell.strip() for cell in cells):
                yield Line(number, [unescaped(cell.strip()) for cell in cells[:MAX_COLUMNS]])
            number = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(_("Line %(line)d cannot be read as CSV: %(error)s") % {"line": number, "error": error}, code="csv") from None


# --- XLSX ------------------------------------------------------------------------------------------
def _open(content: bytes) -> zipfile.ZipFile:
    """The workbook as an archive whose parts are few and not too large, without a document type of their own."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise BadInput(_("Unpacked, this workbook is too large. Copy the rows into the template of this register."), code="too_large")
        names = {part.filename for part in parts}
        if "xl/workbook.xml" not in names:
            raise BadInput(_("This is neither an Excel workbook (XLSX) nor a CSV file."), code="file_type")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as stream:
                    if b"<!DOCTYPE" in stream.read(4096):
                        raise BadInput(_("This workbook holds what no Excel writes; it is not read."), code="file_type")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise BadInput(_("The workbook is damaged or has a password: it cannot be opened."), code="damaged") from None
    return archive


def _workbook(content: bytes) -> Iterator[Line]:
    import openpyxl  # takes a tenth of a second, which only whoever imports pays

    archive = _open(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
        if sheet is None:
            raise BadInput(_("The workbook has no visible sheet."), code="empty")
        _refuse_merged(archive, sheet)
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [_cell(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if len(cells) > MAX_COLUMNS:
                raise BadInput(_("More than %(n)d columns in line %(line)d.") % {"n": MAX_COLUMNS, "line": number}, code="too_many_columns")
            if cells:
                yield Line(number, cells)
    except BadInput:
        raise
    except Exception as error:  # openpyxl raises whatever it meets in a file that is not as it should be
        raise BadInput(_("The workbook is damaged or has a password: it cannot be opened."), code="damaged") from error
    finally:
        archive.close()


def _refuse_merged(archive: zipfile.ZipFile, sheet) -> None:
    path = sheet._worksheet_path
    with archive.open(path) as stream:
        end = b""
        while block := stream.read(1 << 20):
            if found := re.search(rb'<mergeCell ref="([A-Z0-9:]+)"', end + block):
                raise BadInput(
                    _("Cells are merged (%(cells)s). Undo the merging, so that each row has its own cells.") % {"cells": found[1].decode()},
                    code="merged",
                )
            end = block[-64:]


def _cell(cell) -> str:
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    if kind == "f":
        return Fault(_("%(cell)s holds a formula: paste its value instead.") % {"cell": cell.coordinate})
    if kind == "e":
        return Fault(_("%(cell)s holds an error of Excel: %(value)s.") % {"cell": cell.coordinate, "value": value})
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, int | float):
        text = repr(int(value)) if value == int(value) else repr(value)
        if len(text.lstrip("-").partition(".")[0].rstrip("0")) > DIGITS or abs(value) >= 10**DIGITS:
            said = _("%(cell)s is a number of more than 15 digits, and Excel keeps only 15: format the column as text and type it anew.")
            return Fault(said % {"cell": cell.coordinate})
        return text
    return str(value).strip()
