"""Files into registers: hand in, watch, look at what would change, apply or give up; and everything that was ever handed in."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.county import labels, tables
from cases.county.tables import BY_NAME
from config.access import staff
from journal.refused import BadInput
from registers import imports, planning, sheets
from registers.models import ImportRun
from registers.rights import editable, may_edit, may_read
from registers.shell import page
from registers.views.lists import about, download

PER_PAGE = 50
ORDER = (planning.REFUSED, planning.CHANGED, planning.NEW, planning.ENDING)  # as shown: first what somebody has to do something about
_LIGHT = ("content", "result")  # what is large


@require_safe
@never_cache
@staff
def runs(request: HttpRequest) -> HttpResponse:
    """What was brought into the registers that this post reads, the newest first."""
    mine = [name for name in BY_NAME if may_read(request.user, name)]
    if not mine:
        raise Http404
    found = ImportRun.objects.filter(register__in=mine).select_related("uploaded_by", "decided_by").defer(*_LIGHT)
    chosen = request.GET.get("register", "")
    if chosen in mine:
        found = found.filter(register=chosen)
    listed = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request, "registers/runs.html", here="register-imports", listed=listed,
        rows=[(run, labels.register(BY_NAME[run.register])) for run in listed],
        registers=[(name, labels.register(BY_NAME[name]).label) for name in mine], chosen=chosen if chosen in mine else "",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff
def hand_in(request: HttpRequest, register: str) -> HttpResponse:
    """The form for a file, and the last ones of this register."""
    table, refused = editable(request.user, register), ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise BadInput(_("Choose a file first."), code="missing")
            if file.size > sheets.MAX_BYTES:
                sheets.look(b" " * (sheets.MAX_BYTES + 1))
            run = imports.receive(table=table, name=file.name, content=file.read(), whole="whole" in request.POST, by=request.user)
            return redirect("register-run", pk=run.pk)
        except BadInput as bad:
            refused = str(bad.sentence)
    last = ImportRun.objects.filter(register=table.name).select_related("uploaded_by").defer(*_LIGHT)[:5]
    return page(
        request, "registers/import.html", here="register-lists", **about(request, table), refused=refused, last=last, gone=table.gone,
        stays=table.gone == tables.STAYS, megabytes=sheets.MAX_BYTES >> 20, most=sheets.MAX_ROWS, status=422 if refused else 200,
    )  # fmt: skip


@require_safe
@never_cache
@staff
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file would change, row by row, or has changed."""
    found = _run(request, pk, without=("content",))
    table = BY_NAME[found.register]
    columns = {column.name: str(labels.column(table, column).label) for column in table.columns}
    rows = sorted((found.result or {}).get("rows", []), key=lambda row: (ORDER.index(row[2]), row[0]))
    which = request.GET.get("what")
    if which in ORDER:
        rows = [row for row in rows if row[2] == which]
    listed = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    told = [(line, key, what, [(columns.get(name, name), before, after) for name, before, after in changes], reasons)
            for line, key, what, changes, reasons in listed]  # fmt: skip
    return page(
        request, "registers/run.html", here="register-imports", **about(request, table) | {"may_edit": may_edit(request.user, table.name)},
        run=found, listed=listed, rows=told, which=which if which in ORDER else "", counts=[(what, found.counts.get(what, 0)) for what in ORDER],
        unchanged=found.counts.get(planning.UNCHANGED, 0), **{name: (found.result or {}).get(name, []) for name in ("others", "along", "kept")},
        changes=sum(found.counts.get(what, 0) for what in (planning.NEW, planning.CHANGED, planning.ENDING)),
    )  # fmt: skip


@require_safe
@never_cache
@staff
def progress(request: HttpRequest, pk: int) -> JsonResponse:
    """{"state", "busy", "progress"}: for the page's script, which asks each second while a worker is at it."""
    request.is_background = True
    found = _run(request, pk)
    return JsonResponse({"state": found.state, "busy": found.is_busy, "progress": found.progress})


@require_POST
@staff
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Order it, with a reason."""
    found = _run(request, pk)
    imports.order(found, by=request.user, reason=request.POST.get("reason", "").replace("\x00", ""),
                  document=request.POST.get("document", "").replace("\x00", ""))  # fmt: skip
    return redirect("register-run", pk=pk)


@require_POST
@staff
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it up."""
    imports.discard(_run(request, pk), by=request.user)
    return redirect("register-run", pk=pk)


@require_safe
@never_cache
@staff
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was handed in."""
    found = _run(request, pk, without=("result",))
    kind = "xlsx" if bytes(found.content[:2]) == b"PK" else "csv"
    return download(bytes(found.content), "application/octet-stream", f"{found.register}-{found.pk}.{kind}")


def _run(request: HttpRequest, pk: int, *, without: tuple[str, ...] = _LIGHT) -> ImportRun:
    found = get_object_or_404(ImportRun.objects.select_related("uploaded_by", "decided_by").defer(*without), pk=pk)
    if not may_read(request.user, found.register):
        raise Http404
    return found
