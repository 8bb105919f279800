"""The power check: what of the loaded list nobody may use today, line by line."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.rulebook import current
from config.access import staff
from enforcement.roles import Role
from journal import clock
from registers import power_check
from registers.shell import page

CHECKERS = frozenset({Role.LEGAL_REVIEWER, Role.SUPERVISOR})
PAGE = 50


@require_safe
@never_cache
@staff(roles=CHECKERS)
def powers(request: HttpRequest) -> HttpResponse:
    """How many findings of each kind, and the lines of one kind (?finding=; without it the first that has any)."""
    rules, day = current(), clock.today()
    found = power_check.check(rules, day)
    chosen = request.GET.get("finding", "")
    if chosen not in found:
        chosen = next((kind for kind, rows in found.items() if rows), next(iter(found)))
    kinds = [(kind, label, len(found[kind])) for kind, (label, _find) in power_check.CHECKS.items()]
    shown = Paginator(found[chosen], PAGE).get_page(request.GET.get("page"))
    return page(
        request, "registers/powers.html", here="registers-powers", kinds=kinds, chosen=chosen, page=shown, day=day, total=len(rules.items),
        list_number=rules.list_number,
    )  # fmt: skip
