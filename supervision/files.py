"""The page of figures as a file: the same tables in the same order, with the period, the filters and the rules."""

import csv
import io

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from journal import clock, spoken
from registers.sheets import escaped
from registers.workbooks import saved, text_cell

from .definitions import NOTES
from .forms import LABELS, Asked
from .tables import Cell, Page, Table

FORMATS = {"percent": "0.0%", "time": "[h]:mm:ss", "number": "#,##0.##", "moment": "yyyy-mm-dd hh:mm:ss"}
DAY_SECONDS = 86_400  # spreadsheets count time in days
FIRST_WIDTH, WIDTH, WORDS_WIDTH = 26, 11, 48


def head(asked: Asked) -> list[tuple[str, str]]:
    """What every file says at its top: period, filters, moment, and what holds for all figures."""
    period = asked.choice.period
    known = [(str(LABELS[name]), option.name) for name, option in asked.chosen.items()]
    return [
        (_("Period"), f"{period.first.isoformat()} – {period.last.isoformat()}"), *(known or [(_("Filters"), _("none"))]),
        (_("As of"), spoken.stamp(clock.now())), *((pgettext("of a file", "Note"), str(note)) for note in (*asked.errors, *NOTES)),
    ]  # fmt: skip


def _heads(table: Table) -> list[str]:
    """The upper line spelt out for each column, where there is one."""
    return [text for one in table.heads for text in (one.text, *[""] * (one.span - 1))]


def as_csv(page: Page) -> bytes:
    """UTF-8 with a mark at its beginning, for Excel; tables one below the other with an empty line between."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([escaped(name), escaped(value)] for name, value in head(page.asked))
    for table in page.tables:
        writer.writerow([])
        writer.writerow([escaped(table.caption)])
        if table.is_grouped:
            writer.writerow([escaped(text) for text in _heads(table)])
        writer.writerow([escaped(text) for text in table.columns])
        writer.writerows([spelt(cell) for cell in row] for row in table.rows)
    return ("\ufeff" + out.getvalue()).encode()


def spelt(cell: Cell) -> str:
    """Times with their hours, which spreadsheets would otherwise take the minutes for."""
    if cell.kind == "time":
        minutes, seconds = divmod(round(cell.value), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return f"{cell.value:g}" if cell.kind == "number" else cell.text if cell.kind == "percent" else escaped(cell.text)


def as_xlsx(page: Page) -> bytes:
    """A sheet for each table; shares, numbers and times as Excel knows them, set for A4 across."""
    from openpyxl import Workbook

    book = Workbook()
    first = book.active
    first.title = _("Figures")
    for name, value in head(page.asked):
        first.append([text_cell(first, name), text_cell(first, value)])
    first.append([])
    _write(first, page.summary)
    for table in page.tables[1:]:
        sheet = book.create_sheet(_title(table, book.sheetnames))
        _write(sheet, table)
    for sheet in book.worksheets:
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
        sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight = True, 0
    return saved(book)


def _write(sheet, table: Table) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.append([text_cell(sheet, table.caption)])
    sheet.cell(sheet.max_row, 1).font = Font(bold=True)
    if table.note:
        sheet.append([text_cell(sheet, table.note)])
    lines = [_heads(table)] if table.is_grouped else []
    top = sheet.max_row + 1
    for line in (*lines, table.columns):
        sheet.append([text_cell(sheet, text) for text in line])
        for cell in sheet[sheet.max_row]:
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", start_color="FFF0F3F6")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    if lines:
        column = 1
        for one in table.heads:
            if one.span > 1:
                sheet.merge_cells(start_row=top, end_row=top, start_column=column, end_column=column + one.span - 1)
            column += one.span
    for row in table.rows:
        sheet.append([written(sheet, one) for one in row])
    for place, column in enumerate(zip(*([*map(str, table.columns)], *([cell.text for cell in row] for row in table.rows)), strict=True), start=1):
        letter = get_column_letter(place)
        width = FIRST_WIDTH if place == 1 else WORDS_WIDTH if max(map(len, column)) > FIRST_WIDTH else WIDTH
        sheet.column_dimensions[letter].width = max(width, sheet.column_dimensions[letter].width if place == 1 else 0)


def written(sheet, one: Cell):
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment

    if one.value is None:
        made = text_cell(sheet, one.text)
        made.alignment = Alignment(wrap_text=True, vertical="top")
        return made
    made = WriteOnlyCell(sheet, one.value / DAY_SECONDS if one.kind == "time" else one.value)
    made.number_format = FORMATS[one.kind]
    return made


def _title(table: Table, taken: list[str]) -> str:
    """A name of a sheet: at most 31 characters, none of []:*?/\\, each once."""
    plain = "".join(" " if sign in "[]:*?/\\'" else sign for sign in table.caption)[:28] or table.code[:28]
    return plain if plain not in taken else f"{plain[:25]} {len(taken)}"
