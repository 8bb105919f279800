"""Registers as files for people who live in Excel: templates, and what is on the screen as XLSX or CSV.

A cell that some program would take for a formula is text: in XLSX by its type, in CSV by a sign before it, which imports take off again.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal

from django.utils.translation import gettext as _

from cases.county import labels
from cases.county.columns import Column
from cases.county.tables import BY_FILE, ZONES, Table
from journal import spoken
from registers.sheets import MARKS, escaped

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS = {"day": 13, "time": 9, "number": 11, "yes_no": 9, "choice": 14}
TEMPLATE_ROWS = 5_000  # down to which formats and lists reach


def heading(table: Table, column: Column) -> str:
    return f"{labels.column(table, column).label} ({column.name})"


def as_csv(table: Table, rows: Iterable[dict]) -> bytes:
    """UTF-8 with a mark at its beginning, without which Excel takes it for another writing."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([heading(table, column) for column in table.columns])
    writer.writerows([_text(column, column.spell(row[column.name])) for column in table.columns] for row in rows)
    return ("\ufeff" + out.getvalue()).encode()


def _text(column: Column, cell: str) -> str:
    return cell if column.kind in ("number", "day", "time") else escaped(cell)


def as_xlsx(table: Table, rows: Iterable[dict]) -> bytes:
    """One sheet: days and numbers as Excel knows them, all else as text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(table))
    _shape(table, sheet)
    sheet.append(_head(table, sheet))

    def cell(column: Column, value):
        if value is None or (value == column.empty and column.may_be_empty):
            return None
        if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
            return value
        made = WriteOnlyCell(sheet)
        if isinstance(value, date | time):
            made.value = value
            made.number_format = "yyyy-mm-dd" if isinstance(value, date) else "hh:mm"
        else:
            made = text_cell(sheet, column.spell(value))
        return made

    for row in rows:
        sheet.append([cell(column, row[column.name]) for column in table.columns])
    return saved(book)


def text_cell(sheet, text: str):
    """A cell of openpyxl that is text, also when it begins like a formula; control characters, which no sheet can hold, are left out."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    made = WriteOnlyCell(sheet, "")
    made.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    made.data_type = "s"
    made.number_format = "@"
    made.quotePrefix = text[:1] in MARKS
    return made


def template(table: Table) -> bytes:
    """A sheet to fill in, with lists to choose from and text where Excel would otherwise calculate; and one that explains the columns."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = _sheet_name(table)
    _shape(table, sheet)
    for place, cell in enumerate(_head(table, sheet), start=1):
        sheet.cell(1, place, cell.value)._style = cell._style
    for place, column in enumerate(table.columns, start=1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].number_format = _format(column)
        for row in range(2, 202):
            sheet.cell(row, place).number_format = _format(column)
        if column.values and column.kind != "choices":
            names = list(labels.choices(table, column).values())
            if len(",".join(names)) <= 250 and not any("," in name for name in names):
                rule = DataValidation("list", formula1='"' + ",".join(names) + '"', allow_blank=column.may_be_empty, showErrorMessage=True)
                rule.add(f"{letter}2:{letter}{TEMPLATE_ROWS}")
                sheet.add_data_validation(rule)
    _explain(table, book.create_sheet(_("Explanation")))
    return saved(book)


def allowed(table: Table, column: Column) -> str:
    """What a cell may hold, as a sentence for people."""
    if column.values:
        named = [f"{label} ({value})" if label != value else value for value, label in labels.choices(table, column).items()]
        return _("one or more of %(values)s, with ; between") % {"values": spoken.listed(named)} if column.kind == "choices" else spoken.listed(named)
    if column.refers == ZONES:
        return _("codes of zones, with ; between") if column.kind == "codes" else _("code of a zone")
    if column.refers:
        named = str(labels.register(BY_FILE[column.refers]).label)
        return (_("codes in “%(register)s”, with ; between") if column.kind == "codes" else _("a code in “%(register)s”")) % {"register": named}
    limit = getattr(table.model_field(column), "max_length", None)
    return {
        "day": _("a date like 2026-01-31"), "time": _("a time like 08:30"), "number": _("a number"),
        "code": _("letters, digits, “-”, “.” and “_”"), "codes": _("several, with ; between"),
    }.get(column.kind) or (_("text of at most %(n)d characters") % {"n": limit} if limit else _("text"))  # fmt: skip


def _explain(table: Table, sheet) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.append([_("Column"), _("Code"), _("Required"), _("Key"), _("Allowed"), _("Meaning")])
    for column in table.columns:
        words = labels.column(table, column)
        sheet.append([str(words.label), column.name, _("Yes") if not column.may_be_empty else _("No"), _("Yes") if column.name in table.key else "",
                      allowed(table, column), str(words.says)])  # fmt: skip
    sheet.append([])
    sheet.append([str(labels.register(table).says)])
    sheet.append([_("Rows are matched by their key. The header may be label or code, in Chinese or English; dates may be real dates of Excel.")])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDEF", (20, 22, 10, 8, 60, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2, max_row=len(table.columns) + 1):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _head(table: Table, sheet) -> list:
    """Header cells; what is required is bold and marked by its colour."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill

    cells = []
    for column in table.columns:
        cell = WriteOnlyCell(sheet, heading(table, column))
        cell.font = Font(bold=not column.may_be_empty)
        cell.fill = PatternFill("solid", start_color="FFD9E8F7" if not column.may_be_empty else "FFF0F3F6")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cells.append(cell)
    return cells


def _shape(table: Table, sheet) -> None:
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "B2"
    for place, column in enumerate(table.columns, start=1):
        limit = getattr(table.model_field(column), "max_length", None) or 20
        sheet.column_dimensions[get_column_letter(place)].width = WIDTHS.get(column.kind) or min(max(14, limit // 2), 60)


def _format(column: Column) -> str:
    return {"day": "yyyy-mm-dd", "time": "hh:mm", "number": "General"}.get(column.kind, "@")


def _sheet_name(table: Table) -> str:
    return str(labels.register(table).label)[:31].replace("/", " ").replace(":", " ")


def saved(book) -> bytes:
    """The file of a workbook of openpyxl."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
