"""What comes out of the database is what went in: the county's files, row by row, as they spell it."""

import csv
import os
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from cases.county import exporting, tables
from cases.county.loading import load
from enforcement.models import Item, User
from tests import databases
from tests.cases.test_load_county import empty_database  # noqa: F401  a fixture

FUCHENG = databases.COUNTY


def read(folder, file: str) -> list[list[str]]:
    with (folder / file).open(encoding="utf-8", newline="") as source:
        return list(csv.reader(source))


def canonical(table, rows: list[list[str]]) -> dict[tuple, dict[str, str]]:
    """Rows by key; lists whose order says nothing are sorted, numbers lose what is only spelling."""
    header, *rest = rows
    columns = {column.name: column for column in table.columns}
    found = {}
    for cells in rest:
        row = {name: columns[name].spell(columns[name].read(cell)) for name, cell in zip(header, cells, strict=True)}
        if table.file == tables.CATEGORIES:
            row["items"] = ";".join(sorted(row["items"].split(";")))
        found[tuple(row[name] for name in table.key)] = row
    assert len(found) == len(rest)
    return found


def test_the_export_has_the_same_rows_as_the_files(db, noon):
    written = exporting.files()
    assert set(written) == {table.file for table in tables.TABLES}
    for table in tables.TABLES:
        assert canonical(table, written[table.file]) == canonical(table, read(FUCHENG, table.file)), table.file


def test_files_are_spelt_as_the_export_spells_them(db, noon):
    """Amounts without noise, dates, lists: the text itself, but for the order of the items of a category."""
    written = exporting.files()
    for table in tables.TABLES:
        header, *rest = read(FUCHENG, table.file)
        if table.file != tables.CATEGORIES:
            assert sorted(map(tuple, written[table.file][1:])) == sorted(
                tuple(row[header.index(column.name)] for column in table.columns) for row in rest), table.file  # fmt: skip


@pytest.fixture
def written(tmp_path):
    """A function that writes the export over the CSV files of a copy of the county's folder."""

    def write():
        folder = tmp_path / "county"
        if not folder.exists():
            shutil.copytree(FUCHENG, folder)
        for file, rows in exporting.files().items():
            with (folder / file).open("w", encoding="utf-8", newline="") as target:
                csv.writer(target, lineterminator="\n").writerows(rows)
        return folder

    return write


def test_loading_the_export_changes_nothing(db, noon, written):
    assert load(written()) == ([], {})


EXAMPLE = """
import os, sys; os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
import csv
from pathlib import Path
from cases.county import exporting
from cases.county.loading import load
folder = Path(sys.argv[1])
assert load(folder)[0] == []
for file, rows in exporting.files().items():
    with (folder / file).open(encoding="utf-8", newline="") as before:
        assert sorted(map(tuple, csv.reader(before))) == sorted(map(tuple, rows)), file
    with (folder / file).open("w", encoding="utf-8", newline="") as after:
        csv.writer(after).writerows(rows)
print(load(folder))
"""


def test_another_county_comes_out_as_it_went_in(empty_database, tmp_path):  # noqa: F811
    folder = shutil.copytree(FUCHENG.parent / "example", tmp_path / "example")
    done = subprocess.run([sys.executable, "-c", EXAMPLE, str(folder)], cwd=databases.ROOT, env=os.environ | {"DATABASE_URL": empty_database},
                          capture_output=True, text=True)  # fmt: skip
    assert done.stdout.strip() == "([], Counter())", done.stderr[-2000:]


def test_the_command_writes_the_countys_files_anew(db, noon, tmp_path):
    folder = tmp_path / "county"
    with pytest.raises(CommandError):
        call_command("export_county", folder)
    shutil.copytree(FUCHENG, folder)
    call_command("export_county", folder, verbosity=0)
    assert load(folder) == ([], {})


def test_an_item_that_leaves_the_files_before_it_begins_never_begins(db, noon):
    Item.objects.create(code="ZZ-1", name="x", kind="处罚", department="安监局", valid_from="2026-12-24")
    assert load(FUCHENG)[0] == []
    item = Item.objects.get(code="ZZ-1")
    assert item.valid_from == item.valid_to == noon.date() - timedelta(days=1)


def test_who_left_is_not_exported_and_what_hung_on_him_is_neither(db, noon, written):
    person = User.objects.get(username="gc-officer-3")
    User.objects.filter(pk=person.pk).update(is_active=False)
    for file in (tables.OFFICERS, tables.EXAMS, tables.CERTIFICATES):
        assert not any("gc-officer-3" in row for row in exporting.files()[file]), file
    assert any(row[0] == "gc-officer-2" for row in exporting.files()[tables.OFFICERS])


def test_what_has_ended_is_exported_with_its_end(db, noon):
    ended = next(row for row in exporting.files()[tables.BASES] if row[3] and row[3] < "2026-11-24")
    assert ended in read(FUCHENG, tables.BASES)
