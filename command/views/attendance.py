"""Signing on and off duty: an officer by his phone, who sits at a console by a button there."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from command import phone
from command.officer_forms import PhoneForm
from command.views.officer import check_same_person, officer_of
from config.access import is_background, staff
from enforcement import attendance
from enforcement.models import Duty
from enforcement.roles import CENTRE
from journal.refused import BadInput, Refused
from registers import swap_form, swaps

SIGN = {"on": attendance.sign_on, "off": attendance.sign_off}


# --- the phone -------------------------------------------------------------------------------------
@require_POST
@staff
def sign(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """on · off, for one stretch of one's own. Waits in the phone's queue while there is no network; the server's time counts."""
    check_same_person(request)
    duty = get_object_or_404(Duty, pk=pk, user=request.user)
    data = PhoneForm(request.POST).read()

    def act() -> dict:
        done = SIGN[way](duty, by=request.user, phone_at=data["phone_at"])
        return {"duty": done.pk, "on": done.came_at is not None and done.left_at is None}

    found = phone.once(data["uuid"], by=request.user, verb=f"sign_{way}", subject=f"duty:{pk}", phone_at=data["phone_at"], act=act)
    return JsonResponse({"ok": True, **found}) if is_background(request) else redirect("officer")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff
def swap(request: HttpRequest) -> HttpResponse:
    """Asking for a swap: which stretch and who, then what in return and why."""
    officer = officer_of(request)
    if request.method == "POST":
        swap_form.ask(request.user, request.POST)
        return redirect("officer")
    context = {
        "choice": swap_form.choice(request.user, request.GET), "officer": officer, "address": "officer-swap",
        "swaps": swaps.mine(request.user), "withdraw": "officer-swap-withdraw",
    }  # fmt: skip
    return render(request, "command/officer_swap.html", context)


@require_POST
@staff
def withdraw(request: HttpRequest) -> HttpResponse:
    """A swap (`swap`) is needed no more."""
    key = request.POST.get("swap", "")
    if not key:
        raise BadInput(_("Choose a swap."), code="missing", field="swap")
    swaps.withdraw(get_object_or_404(swaps.mine(request.user), pk=int(key) if key.isdigit() and len(key) < 19 else 0), by=request.user)
    return redirect("officer")


# --- the console -----------------------------------------------------------------------------------
@require_POST
@staff(roles=CENTRE)
def sign_at_desk(request: HttpRequest, way: str) -> HttpResponse:
    """on · off, for the stretch that is at hand. A button and not the sign-in: an open browser is nobody's presence."""
    duty = attendance.at_hand(request.user)
    if duty is None:
        raise Refused(_("No stretch of duty of yours runs now or begins soon."), code="no_duty")
    done = SIGN[way](duty, by=request.user)
    if is_background(request):
        return JsonResponse({"duty": done.pk, "on": done.came_at is not None and done.left_at is None})
    return redirect("command")
