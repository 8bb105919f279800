"""Swaps of duty at a desk: one's own, and those that wait for an answer."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.access import staff
from enforcement.models import DutySwap
from enforcement.roles import CENTRE, FIELD, LEADING
from journal.refused import BadInput
from registers import duties, swap_form, swaps
from registers.shell import page
from registers.views.roster import HERE, PlanForm, visible_centres

MINE = CENTRE | FIELD


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff(roles=MINE)
def mine(request: HttpRequest) -> HttpResponse:
    """One's own stretches and swaps, and asking for one."""
    if request.method == "POST":
        swap_form.ask(request.user, request.POST)
        messages.success(request, _("Asked. A shift leader or deputy decides."))
        return redirect("registers-my-duty")
    found = swap_form.choice(request.user, request.GET)
    return page(request, "registers/my_duty.html", here=HERE, choice=found, swaps=swaps.mine(request.user), address="registers-my-duty",
                withdraw="registers-swap-withdraw")  # fmt: skip


@require_POST
@staff(roles=MINE)
def withdraw(request: HttpRequest) -> HttpResponse:
    """Needed no more (`swap`)."""
    swap = own_swap(request)
    swaps.withdraw(swap, by=request.user)
    messages.success(request, _("Withdrawn."))
    return redirect("registers-my-duty")


def own_swap(request: HttpRequest) -> DutySwap:
    """The swap that the form names, if the person has asked for it."""
    key = request.POST.get("swap", "")
    if not key:
        raise BadInput(_("Choose a swap."), code="missing", field="swap")
    return get_object_or_404(DutySwap, pk=int(key) if key.isdigit() and len(key) < 19 else 0, asked_by=request.user)


@require_safe
@never_cache
@staff(roles=LEADING)
def waiting(request: HttpRequest) -> HttpResponse:
    """Swaps that wait for an answer, of the centres that one plans."""
    shown = [(centre, list(swaps.waiting(centre.pk))) for centre in visible_centres(request.user) if duties.may_plan(request.user, centre)]
    return page(request, "registers/swaps.html", here=HERE, waiting=[(centre, found) for centre, found in shown if found])


@require_POST
@staff(roles=LEADING)
def decide(request: HttpRequest, pk: int, answer: str) -> HttpResponse:
    """approve · refuse"""
    swap = get_object_or_404(DutySwap.objects.select_related("asked_by__organisation__centre"), pk=pk)
    if swap.asked_by.centre is None or not duties.may_plan(request.user, swap.asked_by.centre):
        raise Http404
    if answer == "approve":
        swaps.approve(swap, by=request.user)
        messages.success(request, _("Approved: the stretches have changed hands."))
    else:
        swaps.refuse(swap, reason=PlanForm(request.POST).read()["reason"], by=request.user)
        messages.success(request, _("Refused."))
    return redirect("registers-swaps")
