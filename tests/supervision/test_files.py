"""The page of figures as XLSX and CSV: the same tables with the same numbers, and no cell that some program takes for a formula."""

import csv
import io
from datetime import time, timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from openpyxl import load_workbook

from cases.models import Case
from enforcement.models import Organisation
from journal import clock, spoken
from journal.models import Entry
from registers import audit
from supervision.definitions import BY_CODE, SPANS
from tests.cast import sign_in


@pytest.fixture
def client(cast) -> Client:
    made = Client(headers={"host": "localhost", "accept-language": "en"})
    sign_in(made, cast.supervisor, "supervision")
    return made


@pytest.fixture
def page(client, case_at):
    """The page after an hour with a closed and an overdue case."""
    case_at("closed"), case_at("received", grid=1)
    with clock.at(clock.now() + timedelta(hours=1)):
        yield client.get("/supervision/", {"period": "today", "by": "grid"}).context["page"]


def number_of(value):
    """A time of day or a span of a workbook in seconds; all else as it is."""
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second
    return value.total_seconds() if isinstance(value, timedelta) else value


def test_the_csv_file_says_what_the_page_says(client, page):
    content = client.get("/supervision/figures.csv?period=today&by=grid").content
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row[:2] for row in lines if row[:1] == ["Period"]] == [["Period", "2026-11-24 – 2026-11-24"]]
    for table in page.tables:
        at = lines.index([table.caption])
        at += 2 if table.is_grouped else 1
        assert lines[at] == table.columns
        for shown, written in zip(table.rows, lines[at + 1 :], strict=False):
            assert [cell.text for cell in shown if cell.kind != "time"] == [
                text for text, cell in zip(written, shown, strict=True) if cell.kind != "time"]  # fmt: skip
    stages = next(row for row in lines if row[:2] == ["Report to closing", "0:10:00"])
    assert len(stages) == 5, "times with their hours: a spreadsheet takes 10:00 for ten o'clock"


def test_the_workbook_says_what_the_page_says_in_numbers(client, page):
    book = load_workbook(io.BytesIO(client.get("/supervision/figures.xlsx?period=today&by=grid").content))
    assert len(book.sheetnames) == len(page.tables)
    for sheet, table in zip(book.worksheets, page.tables, strict=True):
        written = list(sheet.iter_rows(min_row=sheet.max_row - len(table.rows) + 1, max_col=len(table.columns)))
        for shown, cells in zip(table.rows, written, strict=True):
            for one, cell in zip(shown, cells, strict=True):
                assert number_of(cell.value) == (one.text if one.value is None else pytest.approx(one.value)), (table.code, one)
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToHeight == 0
    shares = book.worksheets[3]
    assert any(cell.number_format == "0.0%" for row in shares.iter_rows() for cell in row) and shares.merged_cells.ranges


def test_a_name_that_begins_like_a_formula_stays_a_name(client, cast, page):
    Organisation.objects.filter(code="CG").update(short_name="=cmd|' /C calc'!A0", name_en="")
    text = client.get("/supervision/figures.csv?period=today").content.decode()
    assert "'=cmd|" in text and not any(cell.startswith("=") for row in csv.reader(io.StringIO(text)) for cell in row)
    book = load_workbook(io.BytesIO(client.get("/supervision/figures.xlsx?period=today").content))
    found = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert found and all(cell.data_type == "s" and cell.quotePrefix for cell in found)


def test_a_file_says_its_filters_and_keeps_to_them(client, page):
    text = client.get("/supervision/figures.csv?period=today&channel=hotline").content.decode("utf-8-sig")
    assert "Channel,Hotline" in text and "all matters closed in the period" in text
    assert next(row for row in csv.reader(io.StringIO(text)) if row[:1] == ["All matters within target"])[1:4] == ["—", "0", "0"]


def taken_out(client, query: str, kind: str = "csv") -> list[list]:
    """The cases of a list's file, without what stands above them."""
    answer = client.post(f"/supervision/cases.{kind}?{query}")
    assert answer.status_code == 200 and f".{kind}" in answer["Content-Disposition"]
    if kind == "xlsx":
        return list(load_workbook(io.BytesIO(answer.content)).worksheets[0].values)[1:]
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return lines[lines.index([]) + 2 :]


def test_the_list_behind_each_figure_is_taken_out_with_as_many_rows(client, cast, page, case_at):
    for code, found in page.total.items():
        parts = {"part": found.part} if code in SPANS or not BY_CODE[code].of else {"part": found.part, "of": found.of, "rest": found.rest}
        for which, number in parts.items():
            if code not in SPANS and BY_CODE[code].amount:
                continue  # counts rounds
            assert len(taken_out(client, f"period=today&figure={code}&which={which}")) == number, (code, which)
    query = "period=today&figure=every&which=of"
    (line,), (row,) = taken_out(client, query), taken_out(client, query, "xlsx")
    case = Case.objects.get(state="closed")
    assert line[0] == row[0] == case.number and line[4] == spoken.stamp(case.started_at) and row[4] == case.started_at.astimezone(
        clock.LOCAL).replace(tzinfo=None)  # fmt: skip
    assert number_of(row[12]) == pytest.approx((case.closed_at - case.started_at).total_seconds())
    assert taken_out(client, f"{query}&channel=hotline") == [] and client.get(f"/supervision/cases.csv?{query}").status_code == 405
    elsewhere = Client(headers={"host": "localhost"})
    sign_in(elsewhere, cast.person("shift_leader", centre="SC"), "supervision")
    assert taken_out(elsewhere, query) == []


def test_it_is_kept_who_took_a_list_out_and_too_long_a_one_is_refused(client, cast, page, monkeypatch):
    taken_out(client, "period=today&figure=ten&which=of&unit=CG")
    entry = Entry.objects.get(verb="cases_exported")
    assert entry.by_id == str(cast.supervisor.pk) and (entry.data["figure"], entry.data["cases"]) == ("ten", 1)
    choice = audit.read(QueryDict("show=changes"))
    (cells,) = choice.record.cells(list(choice.rows().filter(verb="cases_exported")))
    assert "十分钟事项达标率" in cells[3] and "2026-11-24" in cells[3]
    assert 'formaction="/supervision/cases.csv?' in client.get("/supervision/cases/?period=today").content.decode()
    monkeypatch.setattr("supervision.lists.MOST", 1)
    refused = client.post("/supervision/cases.csv?period=today&figure=begun", headers={"X-Requested-With": "fetch"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many")
    assert Entry.objects.filter(verb="cases_exported").count() == 1
    assert "/supervision/cases.csv" not in client.get("/supervision/cases/?period=today&figure=begun").content.decode()
