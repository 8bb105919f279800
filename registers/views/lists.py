"""Pages of the registers as lists: all of them by group, one with search and filters, and the same as a file."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.county import exporting, labels
from cases.county.tables import BY_NAME
from config.access import staff
from journal import clock
from registers import books, workbooks
from registers.listing import Listing
from registers.rights import may_edit, may_read, readable
from registers.shell import page

MOST_ROWS = 100_000  # of an export


@require_safe
@never_cache
@staff
def lists(request: HttpRequest) -> HttpResponse:
    """Every register that this post reads, in groups, with how many rows it holds."""
    groups = []
    for group in books.GROUPS:
        tables = [BY_NAME[name] for name in group.registers if may_read(request.user, name)]
        if tables:
            groups.append((group, [
                (table, labels.register(table), exporting.held(table).count(), may_edit(request.user, table.name)) for table in tables]))  # fmt: skip
    if not groups:
        readable(request.user, "")  # whoever reads none has no such page
    return page(request, "registers/lists.html", here="register-lists", groups=groups)


@require_safe
@never_cache
@staff
def listing(request: HttpRequest, register: str) -> HttpResponse:
    """One register: words, filters, pages."""
    table = readable(request.user, register)
    listed = Listing(table, request.GET)
    found = listed.page(request.GET.get("page"))
    kept = {"q": listed.words, "list": listed.which if listed.which != "kept" else "", **listed.chosen}
    return page(
        request, "registers/list.html", here="register-lists", **about(request, table), listed=listed, found=found, rows=listed.cells(found),
        columns=[(column, labels.column(table, column)) for column in books.shown(table)], choices=listed.choices(),
        has_end=books.has_end(table), query=urlencode({name: value for name, value in kept.items() if value}),
    )  # fmt: skip


def about(request: HttpRequest, table) -> dict:
    """What every page of one register says at its top."""
    group = books.group_of(table)
    siblings = [(BY_NAME[name], labels.register(BY_NAME[name])) for name in group.registers if may_read(request.user, name)]
    return {"table": table, "words": labels.register(table), "group": group, "siblings": siblings, "may_edit": may_edit(request.user, table.name)}


@require_safe
@never_cache
@staff
def export(request: HttpRequest, register: str, kind: str) -> HttpResponse:
    """What the list shows with the same words and filters, every column, as XLSX or CSV."""
    table = readable(request.user, register)
    rows = (row for _pk, row in exporting.values(table, Listing(table, request.GET).rows()[:MOST_ROWS]))
    write, content_type = {"xlsx": (workbooks.as_xlsx, workbooks.XLSX), "csv": (workbooks.as_csv, "text/csv; charset=utf-8")}[kind]
    return download(write(table, rows), content_type, f"{table.name}-{clock.today():%Y%m%d}.{kind}")


@require_safe
@never_cache
@staff
def template(request: HttpRequest, register: str) -> HttpResponse:
    """An empty workbook with the register's header, lists to choose from and explanations."""
    table = readable(request.user, register)
    return download(workbooks.template(table), workbooks.XLSX, f"{table.name}-template.xlsx")


def download(content: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


