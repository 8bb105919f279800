"""The register of officers, whose certificates end soon, and what entitles them: taken and given back with a reason."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.access import staff
from enforcement import standing
from enforcement.models import Certificate
from enforcement.roles import CENTRE, Role
from registers import accounts, people, posted
from registers.paging import page_of
from registers.sentences import STANDING
from registers.shell import page

READERS = CENTRE | {Role.SUPERVISOR, Role.LEGAL_REVIEWER}
OVERSEEING = frozenset(standing.OVERSEEING)
SECTION = "registers-people"


@require_safe
@never_cache
@staff(roles=READERS)
def index(request: HttpRequest) -> HttpResponse:
    """Officers of one's centre (of the county for its centre), first what ends soon."""
    found = page_of(request, people.find(request.user, request.GET).only("pk"))
    context = {
        "lines": people.lines(found.rows), "paging": found, "endings": people.endings(request.user), "asked": request.GET,
        "units": people.units(request.user), "kinds": people.KINDS.items(), "states": people.STATES.items(),
    }  # fmt: skip
    return page(request, "registers/people.html", here=SECTION, **context)


@require_safe
@never_cache
@staff(roles=READERS)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    officer = get_object_or_404(people.scope(request.user).select_related("user", "organisation"), pk=pk)
    may = standing.may_decide(request.user) and officer.user_id != request.user.pk
    context = {"officer": officer, "may": may, "history": accounts.history(officer.user, verbs=STANDING), **people.of_officer(officer)}
    return page(request, "registers/person.html", here=SECTION, **context)


def _certificate(verb: Callable) -> Callable:
    @require_POST
    @staff(roles=OVERSEEING)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        certificate = Certificate.objects.filter(pk=pk, officer__in=people.scope(request.user)).first()
        if certificate is None:
            raise Http404
        verb(certificate, by=request.user, reason=posted.text(request.POST, "reason"), document=posted.text(request.POST, "document"))
        messages.success(request, _("Done; it holds from this moment."))
        return redirect("registers-person", certificate.officer_id)

    return view


def _officer(verb: Callable) -> Callable:
    @require_POST
    @staff(roles=OVERSEEING)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        officer = get_object_or_404(people.scope(request.user), pk=pk)
        verb(officer, by=request.user, reason=posted.text(request.POST, "reason"), document=posted.text(request.POST, "document"))
        messages.success(request, _("Done; it holds from this moment."))
        return redirect("registers-person", officer.pk)

    return view


suspend_certificate, restore_certificate = _certificate(standing.suspend_certificate), _certificate(standing.restore_certificate)
revoke_certificate = _certificate(standing.revoke_certificate)
suspend, restore = _officer(standing.suspend_officer), _officer(standing.restore_officer)
