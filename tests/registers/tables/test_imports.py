"""The whole way of a file: handed in, looked at, applied with a reason; or refused with a sentence for each row, and nothing lost."""

import threading
from datetime import date

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from cases.county.tables import BY_NAME
from cases.models import Category
from enforcement.models import (
    Basis,
    Certificate,
    Duty,
    Equipment,
    EquipmentIssue,
    Exam,
    Item,
    ItemList,
    Officer,
    Transfer,
    User,
)
from grid.models import Camera, County, Responsibility
from journal.refused import BadInput, Refused
from registers import imports
from registers.models import ImportRun
from tests.plain import sql
from tests.registers.tables.files import applied, checked, csv, rows_of, said, upload, xlsx


# --- the way -----------------------------------------------------------------------------------------
def test_what_a_file_changes_is_shown_first_and_written_with_a_reason(at_desk, lawyer):
    client, rows = at_desk(lawyer), rows_of("items")
    header = rows[0]
    changed = list(rows[1])
    changed[header.index("name")] += "（修订）"
    new = ["ZX-CF-999", "对测试行为的处罚", "处罚", "环保局", "HB", "", "yes", "2026-12-01", ""]
    answer = client.post("/registers/tables/items/import/", {"file": upload(xlsx([header, changed, rows[2], new]))})
    run = ImportRun.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/registers/imports/{run.pk}/")
    assert "Every row is being checked" in client.get(answer.url).content.decode()
    assert client.get(f"{answer.url}progress/").json() == {"state": "checking", "busy": True, "progress": 0}
    imports.check(run.pk)
    assert client.get(f"{answer.url}progress/").json() == {"state": "ready", "busy": False, "progress": 100}
    page = client.get(answer.url).content.decode()
    assert "（修订）</ins>" in page and "ZX-CF-999" in page and "Apply 2 changes" in page
    assert not Item.objects.filter(code="ZX-CF-999").exists()
    version, lists = County.objects.get().rules_version, ItemList.objects.count()
    assert client.post(f"{answer.url}apply/", {"reason": " "}).status_code == 422
    assert client.post(f"{answer.url}apply/", {"reason": "省清单更新", "document": "冀政办〔2026〕1号"}).status_code == 302
    imports.apply(run.pk)
    run.refresh_from_db()
    assert f'/registers/imports/{run.pk}/"' in client.get("/registers/imports/?register=items").content.decode()
    assert f'/registers/imports/{run.pk}/"' not in client.get("/registers/imports/?register=bases").content.decode()
    assert (run.state, run.counts, run.reason, run.decided_by) == (
        "applied", {"new": 1, "changed": 1, "unchanged": 1, "refused": 0, "ending": 0}, "省清单更新", lawyer)  # fmt: skip
    assert Item.objects.get(code="ZX-CF-999").valid_from == date(2026, 12, 1)
    assert Item.objects.get(code=rows[1][0]).name.endswith("（修订）")
    assert County.objects.get().rules_version == version + 1
    newest = ItemList.objects.first()
    assert (ItemList.objects.count(), newest.by, newest.document) == (lists + 1, lawyer.actor.label, "冀政办〔2026〕1号")
    assert bytes(run.content) == client.get(f"{answer.url}file/").content


def test_rows_that_the_file_lacks_stay_unless_it_is_the_whole_list(lawyer):
    rows = rows_of("items")
    assert checked("items", xlsx(rows[:3]), lawyer).counts["ending"] == 0
    run = checked("items", xlsx(rows[:-1]), lawyer, whole=True)
    assert (run.state, run.counts["ending"], run.result["rows"][0][1:3]) == ("ready", 1, [rows[-1][0], "ending"])
    assert applied(run, lawyer).state == "applied"
    assert Item.objects.get(code=rows[-1][0]).valid_to == date(2026, 11, 23)
    assert checked("items", xlsx(rows[:-1]), lawyer, whole=True).counts["ending"] == 0


def test_a_file_is_handed_in_as_the_whole_list_and_given_up_on_the_pages(at_desk, lawyer):
    client = at_desk(lawyer)
    address = client.post("/registers/tables/items/import/", {"file": upload(xlsx(rows_of("items")[:-1])), "whole": "1"}).url
    run = ImportRun.objects.get()
    imports.check(run.pk)
    run.refresh_from_db()
    assert run.counts["ending"] == 1
    assert client.post(f"{address}discard/").status_code == 302
    run.refresh_from_db()
    assert run.state == "discarded"


def test_a_file_that_says_what_is_there_changes_nothing(lawyer):
    version = County.objects.get().rules_version
    run = checked("bases", xlsx(rows_of("bases")), lawyer, whole=True)
    assert (run.state, run.counts["unchanged"], run.result["rows"]) == ("ready", len(rows_of("bases")) - 1, [])
    assert applied(run, lawyer).state == "applied"
    assert County.objects.get().rules_version == version


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_taken_in_each_writing_of_excel_and_with_its_dates(lawyer, encoding):
    header, first, *_rest = rows_of("items")
    first[6:8] = ["是", first[7].replace("-0", "/").replace("-", "/")]
    run = checked("items", csv([["编码", "Name", *header[2:]], first], encoding), lawyer)
    assert (run.state, said(run), run.counts.get("unchanged")) == ("ready", [], 1)


def test_an_import_is_found_again_when_the_broker_was_dead(lawyer, monkeypatch, noon):
    lost, found = [], []
    monkeypatch.setattr(imports, "_enqueue", lambda task, pk: lost.append(pk))
    run = imports.receive(table=BY_NAME["items"], name="a.xlsx", content=xlsx(rows_of("items")[:2]), by=lawyer)
    monkeypatch.setattr(imports, "_enqueue", lambda task, pk: found.append((task.name, pk)))
    from datetime import timedelta

    from journal import clock

    assert imports.sweep() == 0
    with clock.at(noon + timedelta(minutes=1)):
        assert imports.sweep() == 1
    assert (lost, found) == ([run.pk], [("registers.tasks.check_import", run.pk)])


# --- refusals ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("register, column, value, reason", [
    ("items", "name", "", "Name: “” is empty"),
    ("items", "valid_from", "2026-13-01", "must be a date like"),
    ("items", "department", "无此局", "no department has the short name"),
    ("items", "holder", "XX", "Holder: there is no “XX” in Organisations."),
    ("bases", "fine_min", "12.345", "at most two decimals"),
    ("transfers", "township", "131128", "is no"),
    ("procedure_steps", "name", "长" * 41, "is longer than 40 characters"),
])  # fmt: skip
def test_a_row_that_does_not_hold_is_named_with_its_line_and_reason(lawyer, register, column, value, reason):
    rows = [list(row) for row in rows_of(register)[:4]]
    rows[2][rows[0].index(column)] = value
    run = checked(register, xlsx(rows), lawyer)
    refused = [row for row in run.result["rows"] if row[2] == "refused"]
    assert run.state == "refused" and [row[0] for row in refused] == [3]
    assert any(reason in each for each in refused[0][4]), refused
    with pytest.raises(Refused, match="not waiting"):
        imports.order(run, by=lawyer, reason="x")


def test_two_holders_of_one_item_in_one_place_are_refused_in_the_dry_run(lawyer):
    header, first, *_rest = rows_of("transfers")
    second = list(first)
    second[1], second[3] = "HB", "2026-12-01"
    run = checked("transfers", xlsx([header, second]), lawyer)
    assert run.state == "refused" and "The period meets the one of" in said(run)[0] and "of the register" in said(run)[0]


def test_what_would_no_longer_hold_elsewhere_is_said(admin):
    rows = rows_of("equipment")
    holder = rows[1][rows[0].index("holder")]
    people = [row for row in rows_of("officers") if row[0] != holder]
    run = checked("officers", xlsx(people), admin, whole=True)
    assert run.state == "refused"
    assert any(f"there is no “{holder}” in Staff and officers" in each and "Equipment" in each for each in said(run)), said(run)


def test_what_was_wrong_before_is_nobodys_fault_now(lawyer, admin):
    Category.objects.filter(code="TIP-01").update(brigade=None)
    Officer.objects.filter(user__username="gc-officer-3").update(badge="")  # a fault that stood there already
    assert checked("items", xlsx(rows_of("items")[:2]), lawyer).state == "ready"


BAD_FILES = {
    "empty": (b"", "The file is empty"),
    "old": (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "old Excel"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0", "neither an Excel workbook"),
    "damaged": (b"PK\x03\x04" + b"x" * 50, "damaged"),
    "too large": (b"a" * (8 * 1024 * 1024 + 1), "larger than 8 MB"),
}


@pytest.mark.parametrize("content, sentence", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_none_is_refused_at_once_with_a_sentence(at_desk, lawyer, content, sentence):
    answer = at_desk(lawyer).post("/registers/tables/items/import/", {"file": upload(content)})
    assert (answer.status_code == 422 and sentence in answer.content.decode()) or (not content and answer.status_code == 422)
    assert not ImportRun.objects.exists()


def test_a_bomb_is_not_unpacked(lawyer):
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (130 * 1024 * 1024))
    assert len(out.getvalue()) < 200_000
    with pytest.raises(BadInput, match="too large"):
        imports.receive(table=BY_NAME["items"], name="a.xlsx", content=out.getvalue(), by=lawyer)


@pytest.mark.parametrize("spoil, sentence", [
    (lambda rows: [rows[0][:-1], *[row[:-1] for row in rows[1:]]], "The header lacks: To (valid_to)"),
    (lambda rows: [[*rows[0], "备注二"], *[[*row, "x"] for row in rows[1:]]], "Nobody knows these columns: 备注二"),
    (lambda rows: [[*rows[0][:-1], "code"], *rows[1:]], "twice: code"),
    (lambda rows: rows[:1], "Below the header there is no row"),
])  # fmt: skip
def test_a_header_that_does_not_fit_is_explained(lawyer, spoil, sentence):
    run = checked("items", xlsx(spoil(rows_of("items")[:3])), lawyer)
    assert run.state == "refused" and sentence in run.sentence


def test_formulas_merged_cells_and_rounded_numbers_are_refused_and_real_dates_are_taken(lawyer, admin):
    rows = rows_of("items")[:3]
    assert "B2 holds a formula" in said(checked("items", xlsx(rows, change=lambda sheet: sheet.__setitem__("B2", "=1+1")), lawyer))[0]
    assert "merged (A2:B2)" in checked("items", xlsx(rows, change=lambda sheet: sheet.merge_cells("A2:B2")), lawyer).sentence
    run = checked("items", xlsx(rows, change=lambda sheet: sheet.__setitem__("H2", date.fromisoformat(rows[1][7]))), lawyer)
    assert (run.state, run.counts["unchanged"]) == ("ready", 2)
    cameras = rows_of("cameras")[:2]
    run = checked("cameras", xlsx(cameras, change=lambda sheet: sheet.__setitem__("A2", 13112800001320000001)), admin)
    assert "more than 15 digits" in said(run)[0]
    run = checked("cameras", xlsx(cameras, change=lambda sheet: sheet.__setitem__("D2", float(cameras[1][3]))), admin)
    assert (run.state, run.counts["unchanged"]) == ("ready", 1)


# --- posts -------------------------------------------------------------------------------------------
def test_nobody_raises_a_post_with_a_list(admin):
    rows = rows_of("officers")
    header, post = rows[0], rows[0].index("post")
    own = next(list(row) for row in rows if row[0] == admin.username)
    own[post] = "security_admin"
    other = next(list(row) for row in rows if row[post] == "call_taker")
    other[post] = "shift_leader"
    made = ["zx-new", "新人", "ZX", "system_admin", "", "", "", "ZX-999", "", "yes"]
    plain = ["zx-call-9", "新受理员", "ZX", "call_taker", "", "", "100-0000-0999", "", "日勤", "yes"]
    run = checked("officers", xlsx([header, own, other, made, plain]), admin)
    assert run.state == "refused"
    assert {row[1]: row[2] for row in run.result["rows"]} == {
        own[0]: "refused", other[0]: "refused", "zx-new": "refused", "zx-call-9": "refused"}  # fmt: skip
    assert sum("A post is not changed by a list" in each for each in said(run)) == 2


def test_nobody_indoors_comes_back_by_a_list_nor_moves_to_another_unit(admin):
    person = User.objects.get(username="zx-call-1")
    header, row = rows_of("officers")[0], next(list(row) for row in rows_of("officers") if row[0] == person.username)
    moved = next(list(each) for each in rows_of("officers") if each[0] == "zx-call-2")
    moved[header.index("organisation")] = "CG"
    assert "The unit of a post indoors" in said(checked("officers", xlsx([header, moved]), admin))[0]
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert "opened again on the page of accounts" in said(checked("officers", xlsx([header, row]), admin))[0]
    row[3] = "shift_leader"
    assert "A post is not changed by a list" in said(checked("officers", xlsx([header, row]), admin))[0]


def test_administrators_are_not_ended_by_a_list(admin):
    people = [row for row in rows_of("officers") if row[3] != "audit_admin"]
    run = checked("officers", xlsx(people), admin, whole=True)
    assert run.state == "refused" and "ended on the page of posts" in said(run)[0]


def test_who_leaves_gives_back_certificates_and_zones_and_keeps_his_past(admin, noon):
    person = Officer.objects.get(user__username="gc-officer-4")
    EquipmentIssue.objects.filter(officer=person, returned_at=None).update(returned_at=noon)
    Equipment.objects.filter(holder=person).update(holder=None)
    exams = Exam.objects.filter(user=person.user).count()
    people = [row for row in rows_of("officers") if row[0] != person.user.username]
    run = checked("officers", xlsx(people), admin, whole=True)
    assert run.state == "ready", said(run)
    assert any("Certificates" in each for each in run.result["along"])
    assert applied(run, admin).state == "applied"
    assert not User.objects.get(pk=person.user_id).is_active
    assert not Certificate.objects.filter(officer=person).exclude(status="revoked").exists()
    assert not Responsibility.objects.filter(officer=person).exists() and not Duty.objects.filter(user=person.user_id, starts_at__gt=noon).exists()
    assert Exam.objects.filter(user=person.user_id).count() == exams > 0


# --- two at once --------------------------------------------------------------------------------------
def test_of_two_imports_that_were_checked_together_the_second_is_shown_anew(lawyer):
    header, one, two, *_rest = rows_of("items")
    runs = []
    for row in (one, two):
        row = list(row)
        row[1] += "（改）"
        runs.append(checked("items", xlsx([header, row]), lawyer))
    assert applied(runs[0], lawyer).state == "applied"
    again = applied(runs[1], lawyer)
    assert (again.state, "have changed since" in again.sentence) == ("ready", True)
    assert not Item.objects.get(code=two[0]).name.endswith("（改）")
    assert applied(again, lawyer).state == "applied"


def test_two_workers_write_one_after_the_other_and_never_one_import_twice(committing, noon):
    lawyer = User.objects.get(username="zx-legal-1")
    header, one, two, *_rest = rows_of("items")
    runs = []
    for row in (one, two):
        row = list(row)
        row[1] += "（改）"
        run = checked("items", xlsx([header, row]), lawyer)
        imports.order(run, by=lawyer, reason="更新")
        runs.append(run.pk)
    version = County.objects.get().rules_version

    def work(pk):
        from journal import clock

        with clock.at(noon):
            imports.apply(pk)
        connection.close()

    threads = [threading.Thread(target=work, args=(pk,)) for pk in (*runs, *runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = sorted(ImportRun.objects.values_list("state", flat=True))
    assert states == ["applied", "ready"]
    assert County.objects.get().rules_version == version + 1
    assert Item.objects.filter(name__endswith="（改）").count() == 1


def test_a_county_that_moved_between_check_and_write_is_looked_at_again_under_the_lock(lawyer):
    header, first, *_rest = rows_of("transfers")
    new = list(first)
    new[3], new[1] = "2030-01-01", first[1]
    Transfer.objects.filter(item__code=first[0]).update(valid_to=date(2029, 12, 31))
    run = checked("transfers", xlsx([header, new]), lawyer)
    assert run.state == "ready", said(run)
    Transfer.objects.filter(item__code=first[0]).update(valid_to=None)  # by hand, so that the version has not moved
    run = applied(run, lawyer)
    assert run.state == "refused" and "The period meets" in said(run)[0]


# --- who did what is kept ------------------------------------------------------------------------------
def test_sql_cannot_lose_nor_change_what_was_handed_in(lawyer):
    run = checked("items", xlsx(rows_of("items")[:2]), lawyer)
    for statement in ("DELETE FROM registers_importrun", "UPDATE registers_importrun SET content = ''", "UPDATE registers_importrun SET sha256 = ''",
                      "UPDATE registers_importrun SET register = 'bases'"):  # fmt: skip
        with pytest.raises(DatabaseError, match="Cannot"):
            sql(statement)
    imports.discard(run, by=lawyer)
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE registers_importrun SET state = 'ready'")


@pytest.mark.parametrize("change, guard", [
    ("state = 'applied'", "import_run_applied_with_reason"), ("ended_at = uploaded_at - interval '1 second'", "import_run_times_in_order"),
    ("progress = 101", "import_run_progress_of_a_hundred"),
])  # fmt: skip
def test_sql_cannot_write_an_import_that_makes_no_sense(lawyer, change, guard):
    checked("items", xlsx(rows_of("items")[:2]), lawyer)
    with pytest.raises(DatabaseError, match=guard):
        sql(f"UPDATE registers_importrun SET {change}")


def test_who_is_no_editor_any_more_when_it_is_written_changes_nothing(lawyer):
    header, one, *_rest = rows_of("items")
    run = checked("items", xlsx([header, [one[0], "改名", *one[2:]]]), lawyer)
    imports.order(run, by=lawyer, reason="x")
    User.objects.filter(pk=lawyer.pk).update(role="supervisor")
    imports.apply(run.pk)
    run.refresh_from_db()
    assert (run.state, run.sentence) == ("refused", "Your post does not change this register.")


def test_a_given_up_import_stays_given_up(lawyer):
    run = imports.receive(table=BY_NAME["items"], name="a.xlsx", content=xlsx(rows_of("items")[:2]), by=lawyer)
    imports.discard(run, by=lawyer)
    imports.check(run.pk)
    run.refresh_from_db()
    assert run.state == "discarded"


def test_statements_of_a_dry_run_do_not_grow_with_the_file(lawyer):
    counts = []
    for size in (3, 200):
        run = imports.receive(table=BY_NAME["items"], name="a.xlsx", content=xlsx(rows_of("items")[:size]), by=lawyer)
        with CaptureQueriesContext(connection) as queries:
            imports.check(run.pk)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 80


def test_cameras_get_their_grid_and_inactive_ones_come_back(admin):
    header, first, *_rest = rows_of("cameras")
    Camera.objects.filter(code=first[0]).update(is_active=False, zone=None)
    assert applied(checked("cameras", xlsx([header, first]), admin), admin).state == "applied"
    camera = Camera.objects.get(code=first[0])
    assert camera.is_active and camera.zone.kind == "grid"


def test_the_database_has_the_last_word_and_says_which(lawyer, monkeypatch):
    header, first, *_rest = rows_of("bases")
    second = list(first)
    second[2] = "2030-01-01"
    monkeypatch.setattr("registers.planning.new_problems", lambda *_counties: [])
    count = Basis.objects.count()
    run = applied(checked("bases", xlsx([header, second]), lawyer), lawyer)
    assert run.state == "refused" and "basis_one_at_a_time" in run.sentence
    assert Basis.objects.count() == count
