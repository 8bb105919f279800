"""The cases behind a figure as a file: exactly as many as it counts, and who took them out is kept."""

import csv
import io
from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from command.boards.cases import STAGES
from command.sentences import STAGES as STAGE_WORDS
from enforcement import accounts
from journal import clock, spoken
from journal.moves import record
from journal.refused import Refused
from registers.sheets import escaped
from registers.workbooks import saved, text_cell

from . import counting, figures, files
from .figures import CaseLine
from .forms import Asked
from .tables import EMPTY, Cell, number, time

MOST = 30_000  # cases of a file
AT_ONCE = 1_000  # read together
WIDTHS = (18, 22, 34, 12, 20, 20, 20, *[10] * (len(STAGES) + 1), 10, 10, 18, 8, 8, 8, 8)


@transaction.atomic
def take_out(asked: Asked, *, by) -> list[int]:
    """The keys of the list that the address names, for a file; what was taken out stands on the account's thread (`registers/audit.py`)."""
    found = counting.cases(asked.scope, asked.code, asked.which, page=MOST)
    if found.total > MOST:
        raise Refused(_("A file holds at most %(n)s cases. Choose a shorter period or a filter.") % {"n": f"{MOST:,}"}, code="too_many")
    period = asked.choice.period
    with translation.override(settings.LANGUAGE_CODE):  # kept as it was called, in the language of the records
        names = [str(asked.definition.name), *([str(parts()[asked.which])] if len(asked.parts) > 1 else []),
                 *(f"{option.name}" for option in asked.chosen.values())]  # fmt: skip
    record(accounts.lock(by), "cases_exported", by=by, data={
        "name": " · ".join(names), "figure": asked.code, "which": asked.which, "query": asked.address(), "cases": found.total,
        "period": f"{period.first.isoformat()} – {period.last.isoformat()}",
    })  # fmt: skip
    return found.keys


def parts() -> dict[str, str]:
    """What the lists of a share are called."""
    return {"part": pgettext("numerator", "Counted"), "of": pgettext("of a denominator", "All"), "rest": _("Not counted")}


def head(asked: Asked, total: int) -> list[tuple[str, str]]:
    """What stands above the list: the figure with its rule, then what every file says."""
    one = asked.definition
    return [
        (_("Figure"), str(one.name)), *([(_("Which cases"), parts()[asked.which])] if len(asked.parts) > 1 else []),
        (_("What is counted"), str(one.counted)), (_("Of what"), str(one.among) or EMPTY), (pgettext("of counting", "Rule"), str(one.rule)),
        (_("Cases"), f"{total:,}"), *files.head(asked),
    ]  # fmt: skip


def columns() -> list[str]:
    return [
        _("Case"), _("Kind of matter"), _("Place"), _("Unit"), pgettext("moment", "Reported"), _("Due"), pgettext("moment", "Closed"),
        *(str(STAGE_WORDS[stage]) for stage in STAGES), _("Whole"), _("State"), _("Against the limit"), _("Class"),
        pgettext("figure", "Rework"), _("Reopened"), _("Paused"), _("Simulated"),
    ]  # fmt: skip


def cells(line: CaseLine) -> list[Cell]:
    """What the page says of a case, in cells; nothing that a person has typed, and nobody who reported."""
    case, target = line.case, line.case.target_class
    in_time = {True: _("in time"), False: _("late"), None: EMPTY}[line.in_time]
    return [
        Cell(case.number), Cell(line.title), Cell(line.where), Cell(case.centre.short_name),
        *map(_moment, (case.started_at, case.due_at, case.closed_at)),
        *(time(seconds) for seconds, _late in line.stages), time(line.loop), Cell(case.get_state_display()), Cell(in_time),
        Cell(target.name_en if translation.get_language() == "en" else target.name),
        number(case.reworks), number(case.reopenings), number(line.pauses), Cell(_("yes") if case.is_simulated else ""),
    ]  # fmt: skip


def _moment(at) -> Cell:
    return Cell(spoken.stamp(at), at.astimezone(clock.LOCAL).replace(tzinfo=None, microsecond=0), "moment") if at else Cell(EMPTY)


def _rows(user, keys: list[int]) -> Iterator[list[Cell]]:
    for start in range(0, len(keys), AT_ONCE):
        yield from map(cells, figures.lines(user, keys[start : start + AT_ONCE]))


def as_csv(asked: Asked, user, keys: list[int]) -> bytes:
    """UTF-8 with a mark at its beginning, for Excel."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([escaped(name), escaped(value)] for name, value in head(asked, len(keys)))
    writer.writerow([])
    writer.writerow(columns())
    writer.writerows([files.spelt(cell) for cell in row] for row in _rows(user, keys))
    return ("\ufeff" + out.getvalue()).encode()


def as_xlsx(asked: Asked, user, keys: list[int]) -> bytes:
    """Two sheets: the cases with moments and times as Excel knows them, and what they are the cases of."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet, about = book.create_sheet(_("Cases")), book.create_sheet(_("About this list"))
    sheet.freeze_panes = "B2"
    for place, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append([text_cell(sheet, name) for name in columns()])
    for row in _rows(user, keys):
        sheet.append([files.written(sheet, cell) for cell in row])
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 20, 100
    for name, value in head(asked, len(keys)):
        about.append([text_cell(about, name), text_cell(about, value)])
    return saved(book)
