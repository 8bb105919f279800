"""Read, check, store: the one way county data gets in."""

from collections import Counter
from pathlib import Path

from django.db import OperationalError
from django.utils.translation import gettext as _

from grid.models import County as StoredCounty
from journal.moment import collided, one_moment
from journal.refused import Refused

from . import tables
from .checks import County, check, read_zones
from .reading import Folder, Problem
from .settings import read_settings
from .storing import STILL, store


def read(path: Path) -> tuple[County | None, list[Problem]]:
    """The county in a folder, and everything that is wrong with it, in order of file and line."""
    folder = Folder(path)
    settings = read_settings(folder)
    rows = {table.file: tables.read_table(folder, table) for table in tables.TABLES}
    zones = read_zones(folder)
    county = County(settings, rows, zones, _read_lines(folder), folder.keys) if settings else None
    if county:
        check(folder, county)
    return county, sorted(set(folder.problems))


def _read_lines(folder: Folder) -> list:
    lines = []
    for file, kinds in tables.LINE_FILES.items():
        for row in folder.features(file, required=False, lines=True):
            row.values.setdefault("demonstration", False)
            if row["kind"] not in kinds or not isinstance(row["name"], str) or len(row["name"]) > 60:
                folder.problems.append(row.problem(_("The kind must be one of %(kinds)s, the name a text of at most 60.") % {
                    "kinds": ", ".join(kinds)}))  # fmt: skip
            lines.append(row)
    return lines


def load(path: Path, *, only_check: bool = False) -> tuple[list[Problem], Counter]:
    """Load a county folder if all of it holds. Returns the problems, or none and the counts of what was changed.

    Raises Refused when the folder is missing, the database holds another county, or somebody changes what is being loaded at that moment.
    """
    if not path.is_dir():
        raise Refused(_("There is no folder %(folder)s.") % {"folder": path})
    county, problems = read(path)
    if problems or only_check:
        return problems, Counter()
    try:
        with one_moment(writes=True, still=STILL):
            return [], _store(county)
    except OperationalError as error:
        if not collided(error):
            raise
        raise Refused(_("Somebody has just changed a register on its page. Nothing was loaded; please load again."), code="moved") from None


def _store(county: County) -> Counter:
    code = county.settings["county"]["code"]
    held = StoredCounty.objects.select_for_update().first()
    if held and held.code != code:
        raise Refused(_("This database holds the county %(held)s; %(code)s needs a database of its own.") % {
            "held": held.code, "code": code})  # fmt: skip
    return store(county)
