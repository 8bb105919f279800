"""Files as people hand them in, and the whole way of one."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from cases.county import exporting
from cases.county.tables import BY_NAME
from registers import imports
from registers.models import ImportRun


def rows_of(register: str) -> list[list[str]]:
    """Header and rows of a register as the county's file would have them."""
    return exporting.files()[BY_NAME[register].file]


def xlsx(rows: list[list], *, change=None) -> bytes:
    """A workbook with these rows; `change(sheet)` before it is saved."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    return "\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows).encode(encoding)


def upload(content: bytes, name: str = "清单.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def sheet_of(content: bytes, place: int = 0) -> list[list]:
    return [list(row) for row in load_workbook(io.BytesIO(content)).worksheets[place].iter_rows(values_only=True)]


def checked(register: str, content: bytes, by, *, whole: bool = False) -> ImportRun:
    """Handed in and looked at."""
    run = imports.receive(table=BY_NAME[register], name="清单.xlsx", content=content, by=by, whole=whole)
    imports.check(run.pk)
    return ImportRun.objects.get(pk=run.pk)


def applied(run: ImportRun, by, *, reason: str = "按文件更新", document: str = "") -> ImportRun:
    imports.order(run, by=by, reason=reason, document=document)
    imports.apply(run.pk)
    return ImportRun.objects.get(pk=run.pk)


def said(run: ImportRun) -> list[str]:
    """Every reason of a run: of the file, of its rows, of what lies elsewhere."""
    rows = run.result.get("rows", [])
    return [run.sentence] * bool(run.sentence) + [reason for row in rows for reason in row[4]] + run.result.get("others", [])
