"""A list in a browser: a workbook goes in, the bar moves, what would change is shown without a reload, and is applied."""

from openpyxl import Workbook
from playwright.sync_api import expect

from enforcement.models import Item, User
from registers import imports
from registers.models import ImportRun
from tests.registers.tables.files import rows_of


def workbook(path, rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def work(step):
    """What a worker does; the site of these tests has none."""
    step(ImportRun.objects.latest("pk").pk)


def test_a_workbook_goes_in_is_looked_at_and_applied_without_a_reload(visitor, people, tmp_path):
    header, first, *_rest = rows_of("items")
    file = workbook(tmp_path / "事项.xlsx", [header, [first[0], "改过的名称", *first[2:]]])
    page = visitor.page("registers", User.objects.get(username="zx-legal-1"), path="/registers/tables/items/")
    page.get_by_role("link", name="导入", exact=True).click()
    page.set_input_files("#file", file)
    page.get_by_role("button", name="校验文件").click()
    expect(page.locator("progress")).to_be_visible()
    page.evaluate("window.kept = true")
    work(imports.check)
    expect(page.locator(".tally")).to_be_visible()
    expect(page.locator(".run__rows ins")).to_have_text("改过的名称")
    assert page.evaluate("window.kept"), "the page was loaded anew"
    page.get_by_label("理由").fill("省清单更新")
    page.get_by_role("button", name="使 1 项变更生效").click()
    expect(page.locator("progress")).to_be_visible()
    work(imports.apply)
    expect(page.get_by_text("已生效")).to_be_visible()
    assert Item.objects.get(code=first[0]).name == "改过的名称"
    page.goto(f"/registers/tables/items/{Item.objects.get(code=first[0]).pk}/")
    expect(page.locator(".past > li").first).to_contain_text("省清单更新")


def test_without_scripts_the_page_is_looked_at_again(visitor, people, tmp_path):
    file = workbook(tmp_path / "事项.xlsx", rows_of("items")[:2])
    page = visitor.page("registers", User.objects.get(username="zx-legal-1"), path="/registers/tables/items/import/", java_script_enabled=False)
    page.set_input_files("#file", file)
    page.get_by_role("button", name="校验文件").click()
    expect(page.locator("progress")).to_be_visible()
    work(imports.check)
    page.get_by_role("link", name="刷新进度").click()
    expect(page.get_by_text("文件与清单一致")).to_be_visible()
