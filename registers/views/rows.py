"""One row of a register: all of it, what it was before, and a form that is an import of one row."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases.county import exporting, labels
from cases.county.tables import Table
from config.access import staff
from journal.refused import BadInput
from registers import imports, past, workbooks
from registers.listing import codes, described
from registers.models import ImportRun
from registers.rights import editable, readable
from registers.shell import page
from registers.views.lists import about

SUGGESTED = 500  # codes of another register that a field offers
LONG = 60  # characters from which on a text gets a field of several lines


@require_safe
@never_cache
@staff
def row(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """Every column with its meaning, and the history."""
    table = readable(request.user, register)
    values = _values(table, pk)
    cells = described(table, [(pk, values)], list(table.columns))[0][1]
    return page(
        request, "registers/row.html", here="register-lists", **about(request, table), pk=pk, title=_title(table, values),
        cells=[(cell, labels.column(table, cell.column)) for cell in cells], changes=past.of(table, pk), is_held=_is_held(table, pk),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff
def edit(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """Change one row; its key stays."""
    table = editable(request.user, register)
    if not _is_held(table, pk):
        raise Http404
    values = _values(table, pk)
    cells = {column.name: column.spell(values[column.name]) for column in table.columns}
    fixed = {name: cells[name] for name in table.key}
    return _form(request, table, cells, fixed, title=_title(table, values), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff
def new(request: HttpRequest, register: str) -> HttpResponse:
    """Add one row."""
    table = editable(request.user, register)
    return _form(request, table, {"demo": "no"}, {}, title="", pk=None)


def _form(request: HttpRequest, table: Table, cells: dict[str, str], fixed: dict[str, str], *, title: str, pk: int | None) -> HttpResponse:
    run, refused, reason, document = None, "", "", ""
    if request.method == "POST":
        cells = {column.name: _posted(request, column) for column in table.columns} | fixed
        reason, document = (request.POST.get(name, "").replace("\x00", "") for name in ("reason", "document"))
        if pk is None and _exists(table, cells):
            refused = imports.taken()
        else:
            try:
                run = imports.put_row(table=table, cells=cells, by=request.user, reason=reason, document=document)
            except BadInput as bad:
                refused = str(bad.sentence)
        if run and run.state == ImportRun.State.APPLIED:
            return redirect("register-row", register=table.name, pk=pk or _pk(table, cells))
    reasons = [refused] if refused else []
    if run:
        rows = run.result.get("rows", []) if run.result else []
        reasons += [run.sentence] if run.sentence else [said for _line, _key, _what, _changes, why in rows for said in why]
        reasons += (run.result or {}).get("others", [])
    fields = [
        (column, labels.column(table, column), cells.get(column.name, ""), column.name in fixed, _options(table, column),
         workbooks.allowed(table, column), column.kind == "text" and (getattr(table.model_field(column), "max_length", 0) or LONG + 1) > LONG)
        for column in table.columns
    ]  # fmt: skip
    refers = {column.refers: column.refers.partition(".")[0] for column in table.columns if column.refers and column.name not in fixed}
    return page(
        request, "registers/edit.html", suggestions=[(name, codes(file, most=SUGGESTED)) for file, name in refers.items()],
        here="register-lists", **about(request, table), fields=fields, title=title, pk=pk, reasons=reasons,
        reason=reason, document=document, status=422 if reasons else 200,
    )  # fmt: skip


def _posted(request: HttpRequest, column) -> str:
    if column.kind == "choices":
        return ";".join(request.POST.getlist(f"cell-{column.name}"))
    return " ".join(request.POST.get(f"cell-{column.name}", "").replace("\x00", "").split())


def _options(table: Table, column) -> list[tuple[str, str]]:
    return list(labels.choices(table, column).items()) if column.values else []


def _values(table: Table, pk: int) -> dict:
    """The row's values by column. Raises Http404."""
    found = list(exporting.values(table, _all(table).filter(pk=pk)))
    if not found:
        raise Http404
    return found[0][1]


def _all(table: Table):
    """Rows that have become inactive, too."""
    rows = table.model.objects.order_by("pk")
    return rows.filter(is_superuser=False) if hasattr(table.model, "is_superuser") else rows


def _is_held(table: Table, pk: int) -> bool:
    return exporting.held(table).filter(pk=pk).exists()


def _by_key(table: Table, cells: dict[str, str]):
    columns = {column.name: column for column in table.columns}
    wanted = {}
    for name in table.key:
        value = columns[name].read(cells.get(name, ""))
        path = exporting.path(table, columns[name])
        wanted[f"{path}__isnull" if value is None else path] = True if value is None else value
    return exporting.held(table).filter(**wanted)


def _exists(table: Table, cells: dict[str, str]) -> bool:
    try:
        return _by_key(table, cells).exists()
    except ValueError:
        return False


def _pk(table: Table, cells: dict[str, str]) -> int:
    return _by_key(table, cells).values_list("pk", flat=True).get()


def _title(table: Table, values: dict) -> str:
    named = next((values[name] for name in ("name", "label", "text") if values.get(name)), "")
    columns = {column.name: column for column in table.columns}
    key = " · ".join(cell for name in table.key if (cell := columns[name].spell(values[name])))
    return f"{named[:60]} {key}" if named and named != key else key
