"""Import → export → import is the identity: on made-up rows of several registers, as XLSX and as CSV."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cases.county import exporting
from cases.county.reading import Row
from cases.county.storing import store
from cases.county.tables import BY_NAME, Table, parse
from registers import planning, sheets, workbooks
from tests.registers.tables.files import xlsx

SIGNS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Co", "Cn"))
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def texts(most: int, least: int = 1):
    """What a cell may hold, formulas to some program among it."""
    odd = ["=1+1", "'=x", "''", "'a", "+86", "-", "@x", "001", "1e5", "是", "1,000"]
    return st.one_of(st.text(SIGNS, min_size=least, max_size=most), st.sampled_from(odd))


def codes():
    return st.from_regex(r"[A-Za-z0-9_\-.一-龥]{1,20}", fullmatch=True)


def amounts():
    return st.one_of(st.none(), st.decimals(0, 10**9, places=2))


def spans():
    lengths = st.one_of(st.none(), st.integers(0, 4000))
    return st.tuples(DAYS, lengths).map(lambda pair: (pair[0], None if pair[1] is None else pair[0] + timedelta(pair[1])))


ROWS = {
    "items": st.fixed_dictionaries({
        "code": codes(), "name": texts(300), "kind": texts(8), "department": st.sampled_from(["安监局", "环保局"]),
        "holder": st.sampled_from([None, "HB"]), "notes": texts(60, 0), "transferable": st.booleans(), "span": spans()}),
    "legal_subjects": st.fixed_dictionaries({
        "code": codes(), "name": texts(80), "seal": texts(80), "reconsideration_body": texts(80), "court": texts(80, 0)}),
    "baselines": st.fixed_dictionaries({
        "code": codes(), "label": texts(80), "label_en": texts(120, 0), "value": st.decimals(0, 10**9, places=2), "unit": texts(20, 0),
        "source": texts(200)}),
    "calendar": st.fixed_dictionaries({"date": DAYS, "kind": st.sampled_from(["workday", "holiday"]), "name": texts(120, 0)}),
    "trainings": st.fixed_dictionaries({
        "code": codes(), "name": texts(80), "level": texts(24), "kind": texts(24),
        "posts": st.lists(st.sampled_from(["officer", "helper"]), unique=True),
        "hours": st.decimals("0.1", 9999, places=1), "span": spans().filter(lambda span: span[1]), "organiser": texts(80, 0), "demo": st.booleans()}),
    "cameras": st.fixed_dictionaries({
        "code": st.from_regex(r"[0-9]{20}", fullmatch=True), "name": texts(80), "group": texts(24),
        "lon": st.floats(116.13, 116.18).map(lambda lon: round(lon, 8)), "lat": st.floats(37.86, 37.88).map(lambda lat: round(lat, 8)),
        "organisation": st.sampled_from([None, "CG"]), "demo": st.booleans()}),
    "bases": st.fixed_dictionaries({
        "item": st.just("HB-CF-001"), "text": texts(500), "span": spans(), "fine_min": amounts(), "fine_max": amounts()}),
}  # fmt: skip
NAMES = {"items": ("valid_from", "valid_to"), "bases": ("valid_from", "valid_to"), "trainings": ("starts_on", "ends_on")}


def values(name: str, made: dict) -> dict:
    row = dict(made)
    if "span" in row:
        row |= dict(zip(NAMES[name], row.pop("span"), strict=True))
    if row.get("fine_min") is not None and row.get("fine_max") is not None and row["fine_min"] > row["fine_max"]:
        row["fine_min"], row["fine_max"] = row["fine_max"], row["fine_min"]
    return row


def spelt(table: Table, row: dict) -> list[str]:
    return [column.spell(row[column.name]) for column in table.columns]


class Enough(Exception):
    """The example is over: roll it back."""


@pytest.mark.parametrize("name", ROWS)
def test_import_export_import_is_the_identity(db, noon, name):
    table, ways = BY_NAME[name], cycle([workbooks.as_xlsx, workbooks.as_csv])

    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(ROWS[name], min_size=1, max_size=10 if name != "bases" else 1,
                    unique_by=lambda made: made.get("code") or made.get("date") or made["item"]))  # fmt: skip
    def holds(made):
        rows = [spelt(table, values(name, one)) for one in made]
        try:
            with transaction.atomic():
                if name == "bases":
                    table.model.objects.filter(item__code="HB-CF-001").delete()
                header = [column.name for column in table.columns]
                first = planning.plan(table, sheets.read(table, xlsx([header, *rows])))
                assume(first.holds and first.counts["new"] == len(rows))  # no key that the register has, no text that nobody may type
                store(first.county, by="x", reason="x", only=first.files)
                keys = {row[0] for row in rows}
                out = [row for _pk, row in exporting.values(table, exporting.held(table)) if spelt(table, row)[0] in keys]
                assert sorted(spelt(table, row) for row in out) == sorted(rows)
                again = planning.plan(table, sheets.read(table, next(ways)(table, out)))
                assert (again.holds, again.changes_something, again.counts["unchanged"]) == (True, False, len(rows)), again.entries
                raise Enough
        except Enough:
            pass

    holds()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_what_is_spelt_is_read_as_it_was(db, noon, name):
    """Every row of the county, through its text and back."""
    table = BY_NAME[name]
    for row in exporting.rows(table):
        again = Row(table.file, 1, dict(zip((column.name for column in table.columns), spelt(table, row.values), strict=True)))
        assert parse(again, table) == []
        assert spelt(table, again.values) == spelt(table, row.values)
        assert all(isinstance(value, float | Decimal) or value == again.values[column] or not value for column, value in row.values.items())
