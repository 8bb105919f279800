"""The shift hand-over of a centre: what the next shift must know, what is written for it, who has signed and who has taken over."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from command import shift, shift_state
from command.models import ShiftHandover
from command.said import Said
from command.views.console import bar
from command.views.paging import keyset
from config.access import is_background, staff
from enforcement.roles import CENTRE, Role
from journal import clock

READERS = CENTRE | {Role.SUPERVISOR}


@require_safe
@never_cache
@staff(roles=READERS)
def shift_page(request: HttpRequest) -> HttpResponse:
    """What waits to be taken over; what is so now, and the reader's notes for the next shift."""
    shared, centre, user = bar(request), request.user.centre, request.user
    open_one = shift.waiting(centre.pk).select_related("given_by", "centre").first()
    mine, others = shift.written(centre, user)
    state = shift_state.gather(centre)
    context = {
        "handover": open_one, "signed": shift.shown(open_one, now=state) if open_one else None, "may_write": user.role in CENTRE, "here": "shift",
        "is_mine": bool(open_one) and open_one.given_by_id == user.pk, "most": shift.MOST,
        "state": shift_state.told(state, centre, notes=others, mine=mine), "now": clock.now(), **shared,
    }  # fmt: skip
    return render(request, "command/shift.html", context)


def _texts(said: Said) -> dict[int | None, str]:
    """{key of a case or None: text} of the fields `note` and `note-<key>`."""
    texts = {}
    for name in said.posted:
        key = name.removeprefix("note-")
        if name == "note":
            texts[None] = said.text(name, shift.MOST)
        elif name != key and key.isascii() and key.isdigit() and len(key) < 19:
            texts[int(key)] = said.text(name, shift.MOST)
    return texts


@require_POST
@staff(roles=CENTRE)
def keep(request: HttpRequest) -> HttpResponse:
    """What is being written, kept with every pause in typing."""
    shift.keep(request.user.centre, by=request.user, texts=_texts(Said(request.POST)))
    return JsonResponse({"kept": clock.now().isoformat()})


@require_POST
@staff(roles=CENTRE)
def give(request: HttpRequest) -> HttpResponse:
    """Sign. What was typed is kept first, so that a refusal loses nothing."""
    shift.keep(request.user.centre, by=request.user, texts=_texts(Said(request.POST)))
    made = shift.give(request.user.centre, by=request.user)
    return _answer(request, made)


@require_safe
@never_cache
@staff(roles=READERS)
def past(request: HttpRequest) -> HttpResponse:
    """Those that were signed, newest first, paged by key."""
    found = ShiftHandover.objects.visible_to(request.user).select_related("centre", "given_by", "taken_by").defer("snapshot", "changes")
    page, following = keyset(found.order_by("-given_at", "-pk"), request, "given_at")
    return render(request, "command/shift_past.html", {"handovers": page, "following": following, "here": "shift", **bar(request)})


@require_safe
@never_cache
@staff(roles=READERS)
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One hand-over as it was signed; prints on A4."""
    handover = _visible(request, pk)
    context = {"handover": handover, "signed": shift.shown(handover), "here": "shift", "now": clock.now(), **bar(request)}
    return render(request, "command/shift_one.html", context)


@require_POST
@staff(roles=CENTRE)
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm having taken over."""
    taken = shift.take(_visible(request, pk), by=request.user, remark=Said(request.POST).text("remark", shift.MOST))
    return _answer(request, taken, message=_("You have taken over."))


@require_POST
@staff(roles=CENTRE)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw one's own signature."""
    return _answer(request, shift.withdraw(_visible(request, pk), by=request.user))


def _visible(request: HttpRequest, pk: int) -> ShiftHandover:
    return get_object_or_404(ShiftHandover.objects.visible_to(request.user).select_related("centre", "given_by", "taken_by"), pk=pk)


def _answer(request: HttpRequest, handover: ShiftHandover, **extra) -> HttpResponse:
    return JsonResponse({"handover": handover.pk, **extra}) if is_background(request) else redirect("command-shift")
