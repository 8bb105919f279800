"""The audit administrator reads and changes nothing; the one button has the journal looked through."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.access import staff
from enforcement.roles import Role
from journal import checking
from registers import audit
from registers.paging import page_of
from registers.shell import page

AUDIT = frozenset({Role.AUDIT_ADMIN})
SECTION = "registers-audit"


@require_safe
@never_cache
@staff(roles=AUDIT)
def index(request: HttpRequest) -> HttpResponse:
    choice = audit.read(request.GET)
    found = page_of(request, choice.rows())
    query = request.GET.copy()
    for name in ("show", "page"):
        query.pop(name, None)
    context = {
        "choice": choice, "records": audit.RECORDS, "paging": found, "lines": choice.record.cells(found.rows), "query": query.urlencode(),
        "readers": audit.readers(choice) if choice.show == "contacts" else None, **audit.journal(),
    }  # fmt: skip
    return page(request, "registers/audit.html", here=SECTION, **context)


@require_safe
@never_cache
@staff(roles=AUDIT)
def export(request: HttpRequest) -> HttpResponse:
    """The list that the address names, as a table."""
    choice = audit.read(request.GET)
    response = StreamingHttpResponse(audit.as_csv(choice), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{choice.show}-{choice.first}-{choice.last}.csv"'
    return response


@require_POST
@staff(roles=AUDIT)
def check(request: HttpRequest) -> HttpResponse:
    """Have the whole journal looked through in the background."""
    checking.ask(by=request.user)
    messages.success(request, _("The journal is being checked. The result appears here; reload the page in a while."))
    return redirect(SECTION)
