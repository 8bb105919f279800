"""Lists, rows with their past, the form of one row, templates and exports, through HTTP."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.county import exporting, labels
from cases.county.tables import BY_NAME, TABLES
from cases.models import Category
from enforcement.models import Certificate, Item, Organisation, TrainingPlan, User
from registers import imports, past
from registers.models import ImportRun
from tests.registers.tables.files import applied, checked, rows_of, said, sheet_of, xlsx


# --- lists -----------------------------------------------------------------------------------------
def test_a_list_is_searched_and_narrowed_and_says_how_many(at_desk, lawyer):
    client = at_desk(lawyer)
    everything = Item.objects.count()
    assert f"<b>{everything}</b>" in client.get("/registers/tables/items/").content.decode()
    page = client.get("/registers/tables/items/?q=秸秆&kind=处罚").content.decode()
    count = Item.objects.filter(name__contains="秸秆", kind="处罚").count()
    assert 0 < count < everything and f"<b>{count}</b>" in page and f"of {everything}" in page
    held = client.get("/registers/tables/items/?holder=CG").content.decode()
    assert f"<b>{Item.objects.filter(holder__code='CG').count()}</b>" in held
    assert "No row fits" in client.get("/registers/tables/items/?q=没有这样的事项").content.decode()


def test_a_person_is_found_by_name_in_every_list_that_names_him(at_desk, admin):
    name = User.objects.get(username="gc-officer-1").name
    for register in ("officers", "exams", "certificates", "responsibilities"):
        assert name in at_desk(admin).get(f"/registers/tables/{register}/?q={name}").content.decode(), register


@pytest.mark.parametrize("register, column", [("certificates", "status"), ("bases", None), ("equipment", None)])
def test_what_is_in_force_and_what_has_ended_are_told_apart(at_desk, admin, register, column, noon):
    client, model = at_desk(admin), BY_NAME[register].model
    counts = {}
    for which in ("", "current", "ended"):
        page = client.get(f"/registers/tables/{register}/?list={which}").content.decode()
        counts[which] = int(page.split('<div class="list__bar"><p><b>')[1].split("<")[0])
    if register == "certificates":
        assert counts["current"] == Certificate.objects.valid().count() and sum(counts.values()) == 2 * counts[""]
    elif register == "bases":
        assert counts["ended"] == model.objects.filter(valid_to__lt=noon.date()).count() > 0
    else:
        assert (counts["current"], counts["ended"]) == (model.objects.filter(is_active=True).count(), 0)


def test_every_list_row_form_template_and_export_opens(at_desk, lawyer, admin):
    for table in TABLES:
        client = at_desk(lawyer if table.name in ("items", "bases", "tiers", "transfers", "legal_subjects", "organisation_names", "discretion_bands",
                                                  "discretion_factors", "hearing_thresholds", "procedure_steps") else admin)  # fmt: skip
        address = f"/registers/tables/{table.name}/"
        assert client.get(address).status_code == client.get(f"{address}new/").status_code == client.get(f"{address}import/").status_code == 200
        pk = exporting.held(table).values_list("pk", flat=True).first()
        if pk:
            assert client.get(f"{address}{pk}/").status_code == client.get(f"{address}{pk}/edit/").status_code == 200, table.name
        assert client.get(f"{address}99999999/").status_code == 404
        sheet = sheet_of(client.get(f"{address}template.xlsx").content)
        assert sheet[0] == [f"{labels.column(table, column).label} ({column.name})" for column in table.columns]
        assert sheet_of(client.get(f"{address}export.xlsx").content)[0] == sheet[0]


def test_statements_of_a_list_do_not_grow_with_its_rows(at_desk, lawyer):
    client, counts = at_desk(lawyer), []
    client.get("/registers/tables/items/")
    for turn in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/registers/tables/items/")
        counts.append(len(queries))
        Item.objects.bulk_create(Item(code=f"X-{turn}-{n}", name="x", kind="处罚", department="安监局", valid_from="2026-01-01") for n in range(300))
    assert counts[0] == counts[1] < 20


# --- exports ---------------------------------------------------------------------------------------
def test_what_is_on_the_screen_comes_out_as_excel_and_as_csv(at_desk, lawyer):
    client = at_desk(lawyer)
    wanted = set(Item.objects.filter(kind="检查").values_list("code", flat=True))
    sheet = sheet_of(client.get("/registers/tables/items/export.xlsx?kind=检查").content)
    text = client.get("/registers/tables/items/export.csv?kind=检查").content.decode("utf-8-sig")
    assert {row[0] for row in sheet[1:]} == {row[0] for row in list(csv.reader(io.StringIO(text)))[1:]} == wanted
    assert client.get("/registers/tables/items/export.csv").content.startswith(b"\xef\xbb\xbf")


def test_a_cell_that_begins_like_a_formula_is_text_in_every_export_and_comes_back_as_it_was(at_desk, lawyer):
    evil = "=HYPERLINK(\"http://x\")"
    Item.objects.filter(code="HB-CF-001").update(name=evil, notes="'=1")
    client = at_desk(lawyer)
    made = client.get("/registers/tables/items/export.xlsx?q=HB-CF-001").content
    from openpyxl import load_workbook

    cell = load_workbook(io.BytesIO(made)).active["B2"]
    assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == (evil, "s", True)
    text = client.get("/registers/tables/items/export.csv?q=HB-CF-001").content
    assert f"'{evil}".replace('"', '""').encode() in text and b"''=1" in text
    for content in (made, text):
        assert checked("items", content, lawyer).counts["unchanged"] == 1


def test_a_template_explains_its_columns_and_offers_what_may_be_chosen(at_desk, admin):
    made = at_desk(admin).get("/registers/tables/certificates/template.xlsx").content
    explained = {row[1]: row for row in sheet_of(made, 1) if len(row) > 1 and row[1]}
    assert explained["status"][4] == "Valid (valid), Suspended (suspended), Revoked (revoked)"
    assert explained["officer"][4] == "a code in “Staff and officers”"
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(made)).active
    assert sheet["A2"].number_format == "@" and sheet["F2"].number_format == "yyyy-mm-dd"
    assert [rule.formula1 for rule in sheet.data_validations.dataValidation] == ['"Valid,Suspended,Revoked"']


def test_a_filled_template_goes_in_with_the_words_of_its_lists(at_desk, admin):
    client = at_desk(admin)
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(client.get("/registers/tables/equipment/template.xlsx").content))
    for place, cell in enumerate(["GC-NEW-1", "drone", "无人机2号", "GC-ZH", None, None, "Yes"], start=1):
        book.active.cell(2, place, cell)
    out = io.BytesIO()
    book.save(out)
    assert applied(checked("equipment", out.getvalue(), admin), admin).state == "applied"
    assert BY_NAME["equipment"].model.objects.get(code="GC-NEW-1").is_demo


# --- one row, and what it was ------------------------------------------------------------------------
def test_a_row_shows_who_changed_what_when_and_why(at_desk, lawyer):
    item = Item.objects.get(code="HB-CF-001")
    before = item.name
    header = rows_of("items")[0]
    row = next(list(row) for row in rows_of("items") if row[0] == item.code)
    row[1], row[4] = "改过的名称", "CG"
    run = applied(checked("items", xlsx([header, row]), lawyer), lawyer, reason="清单更新", document="阜政〔2026〕9号")
    page = at_desk(lawyer).get(f"/registers/tables/items/{item.pk}/").content.decode()
    for part in (f"<del>{before}</del>", "<ins>改过的名称</ins>", "清单更新", "阜政〔2026〕9号", lawyer.actor.label, f"import {run.pk}",
                 "环境大队 (HB)", "城管大队 (CG)"):  # fmt: skip
        assert part in page, part
    newest, first = past.of(BY_NAME["items"], item.pk)
    assert (newest.by, newest.run, first.is_new) == (lawyer.actor.label, run.pk, True)


def test_a_row_is_changed_in_a_form_by_the_same_rules_and_keeps_what_was_typed(at_desk, admin):
    client, unit = at_desk(admin), Organisation.objects.get(code="GC-Z1")
    address = f"/registers/tables/organisations/{unit.pk}/edit/"
    form = {f"cell-{column.name}": cell for column, cell in zip(
        BY_NAME["organisations"].columns, next(row for row in rows_of("organisations") if row[0] == "GC-Z1"), strict=True)}  # fmt: skip
    refused = client.post(address, form | {"cell-parent": "NIRGENDS", "cell-name": "新的名称", "reason": "改名"})
    assert refused.status_code == 422 and "there is no “NIRGENDS” in Organisations" in refused.content.decode()
    assert "新的名称" in refused.content.decode()
    assert client.post(address, form | {"cell-name": "新的名称"}).status_code == 422  # without a reason
    unit.refresh_from_db()
    assert unit.name != "新的名称"
    answer = client.post(address, form | {"cell-name": "新的名称", "cell-code": "X", "reason": "改名"})
    assert (answer.status_code, answer.url) == (302, f"/registers/tables/organisations/{unit.pk}/")
    unit.refresh_from_db()
    assert (unit.name, unit.code) == ("新的名称", "GC-Z1")
    assert sorted(ImportRun.objects.values_list("state", "file_name")) == [("applied", ""), ("refused", "")]
    assert past.of(BY_NAME["organisations"], unit.pk)[0].changes[0][2] == "新的名称"


def test_of_several_choices_those_that_are_ticked_are_kept(at_desk, admin):
    plan, header = TrainingPlan.objects.order_by("pk").first(), rows_of("trainings")[0]
    cells = dict(zip(header, next(row for row in rows_of("trainings") if row[0] == plan.code), strict=True))
    form = {f"cell-{name}": cell for name, cell in cells.items() if name != "posts"}
    answer = at_desk(admin).post(f"/registers/tables/trainings/{plan.pk}/edit/", form | {"cell-posts": ["helper", "officer"], "reason": "扩大范围"})
    assert answer.status_code == 302
    plan.refresh_from_db()
    assert set(plan.posts) == {"helper", "officer"}


def test_a_new_row_is_added_once(at_desk, admin):
    client = at_desk(admin)
    form = {"cell-date": "2027-02-06", "cell-kind": "holiday", "cell-name": "春节", "reason": "国务院办公厅通知"}
    answer = client.post("/registers/tables/calendar/new/", form)
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert "2027-02-06" in page and "国务院办公厅通知" in page
    again = client.post("/registers/tables/calendar/new/", form)
    assert again.status_code == 422 and "already" in again.content.decode()


def test_a_post_is_not_changed_in_the_form_either(at_desk, admin):
    person = User.objects.get(username="zx-call-1")
    cells = next(row for row in rows_of("officers") if row[0] == person.username)
    form = {f"cell-{column.name}": cell for column, cell in zip(BY_NAME["officers"].columns, cells, strict=True)}
    answer = at_desk(admin).post(f"/registers/tables/officers/{person.pk}/edit/", form | {"cell-post": "shift_leader", "reason": "x"})
    assert answer.status_code == 422 and "A post is not changed" in answer.content.decode()


def test_items_of_a_category_have_a_past_too(admin):
    category = Category.objects.get(code="TIP-01")
    header = rows_of("categories")[0]
    row = next(list(row) for row in rows_of("categories") if row[0] == category.code)
    place = header.index("items")
    gone = row[place].split(";")[0]
    row[place] = ";".join([*row[place].split(";")[1:], "HB-CF-001"])
    assert applied(checked("categories", xlsx([header, row]), admin), admin).state == "applied"
    changes = [change for change in past.of(BY_NAME["categories"], category.pk) if not change.is_new]
    assert (changes[0].by, changes[0].changes) == (admin.actor.label, (("Items", gone, "HB-CF-001"),))


def test_who_becomes_inactive_keeps_his_page_and_his_past(at_desk, admin):
    person = User.objects.get(username="zx-call-1")
    people = [row for row in rows_of("officers") if row[0] != person.username]
    run = checked("officers", xlsx(people), admin, whole=True)
    assert run.state == "ready", said(run)
    applied(run, admin)
    page = at_desk(admin).get(f"/registers/tables/officers/{person.pk}/").content.decode()
    assert "No longer in the list" in page and "In force" in page
    assert at_desk(admin).get(f"/registers/tables/officers/{person.pk}/edit/").status_code == 404


def test_what_changes_by_hand_in_the_database_is_kept_without_a_name(db, noon):
    item = Item.objects.get(code="HB-CF-001")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enforcement_item SET notes = 'x' WHERE id = %s", [item.pk])
    newest = past.of(BY_NAME["items"], item.pk)[0]
    assert (newest.by, newest.changes[0][2]) == ("", "x")


def test_a_refused_row_is_no_waiting_import(lawyer):
    run = imports.put_row(table=BY_NAME["items"], cells={"code": "A"}, by=lawyer, reason="x")
    assert run.state == "refused" and "is empty" in said(run)[0]
    assert not ImportRun.objects.filter(state__in=ImportRun.BUSY).exists()
