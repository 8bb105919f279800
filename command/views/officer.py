"""The officer's phone: one page, what it asks in the background, and what it sends.

A phone in a field without network repeats what it could not send: every post carries a uuid and is answered once
(`command.phone`). Scripts get JSON, a form without script a redirect; refusals are answered in `config.refusals`.
"""

from uuid import uuid4

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cases import drafts, photos
from cases.models import Case, Photo
from command import barring, dispatch, handling, help, marks, officer_words, phone, positions, recusals, task
from command.models import Dispatch, HelpCall
from command.officer_forms import (
    AcceptForm,
    ArriveForm,
    ConfirmForm,
    DeclineForm,
    FinishForm,
    HelpForm,
    PhoneForm,
    PositionForm,
    StepAsideForm,
)
from command.transitions import Way
from command.views import shell
from config.access import is_background, staff, with_sockets
from enforcement.models import Officer
from journal import clock
from journal.refused import BadInput, Refused

ORDER_PHOTOS = 12


def officer_of(request) -> Officer:
    """The officer who is signed in; 404 for an account without one. Also counts presence for the idle time-out.

    Officers patrol with the page open and their hands elsewhere: while they are on duty, the page's own requests keep
    the session alive; the duty roster bounds it. Off duty only the person's own actions do.
    """
    officer = get_object_or_404(Officer.objects.select_related("user", "organisation"), user=request.user)
    if is_background(request) and request.method == "GET":
        request.is_background = task.status(officer)["duty"] is None
    return officer


@staff
@require_GET
@never_cache
def page(request):
    officer = officer_of(request)
    things = task.calls(officer.pk) | task.payloads(officer.pk, request=request)
    has_task = any(payload["kind"] == "task" for payload in things.values())
    return with_sockets(request, render(request, "command/officer.html", {
        **_parts(officer), "things": things, "help_uuid": uuid4(), "has_task": has_task, "now": clock.now(),
        "words": officer_words.words(), "settings": shell.settings_of(request),
    }))  # fmt: skip


@staff
@require_GET
@never_cache
def now(request):
    """All that the page shows, as JSON: after a wake-up, after a refusal, and before the queue is sent (token, user)."""
    officer = officer_of(request)
    session = {"user": request.user.pk, "token": get_token(request), "now": int(clock.now().timestamp() * 1000)}
    if request.GET.get("only") == "session":
        return JsonResponse(session)
    context = _parts(officer)
    return JsonResponse({
        **session,
        "on_duty": context["duty"] is not None, "things": task.calls(officer.pk) | task.payloads(officer.pk),
        "status": render_to_string("command/_officer_status.html", context),
        "day": render_to_string("command/_officer_day.html", context), "roster": render_to_string("command/_officer_roster.html", context),
    })  # fmt: skip


def _parts(officer: Officer) -> dict:
    return {**task.status(officer), **task.roster(officer), "day": task.day(officer)}


# --- the order -----------------------------------------------------------------------------------
@staff
@require_POST
def act(request, pk: int, verb: str):
    """accept · decline · recuse · arrive · confirm · finish"""
    check_same_person(request)
    order = get_object_or_404(Dispatch.objects.select_related("officer"), pk=pk, officer__user=request.user)
    form, run = VERBS[verb]
    data = form(request.POST).read()
    try:
        if verb == "finish":
            return _answer(request, _finish(request, order, data))
        found = phone.once(
            data["uuid"], by=request.user, verb=verb, subject=f"dispatch:{order.pk}", phone_at=data["phone_at"],
            act=lambda: _order_answer(run(order, request.user, data)),
        )  # fmt: skip
    except Refused as refused:
        if refused.extra.get("barred"):
            barring.tell_barred(order, refused.code)
        raise
    return _answer(request, found)


@staff
@require_POST
def mark(request, pk: int, name: str):
    """delivered · seen: what the phone's page says of an order by itself, however often. {"marked": whether that is news}"""
    check_same_person(request)
    order = get_object_or_404(Dispatch, pk=pk, officer__user=request.user)
    request.is_background = True  # no act of the person
    found = marks.seen(order, by=request.user) if name == "seen" else marks.delivered(order, by=request.user, way=Way.PAGE)
    return JsonResponse({"marked": found})


VERBS = {
    "accept": (AcceptForm, lambda order, by, data: dispatch.accept(order, by=by)),
    "decline": (DeclineForm, lambda order, by, data: dispatch.decline(order, by=by, reason=data["reason"])),
    "recuse": (StepAsideForm, lambda order, by, data: recusals.step_aside(order, by=by, relation=data["relation"], note=data["about"])),
    "arrive": (ArriveForm, lambda order, by, data: dispatch.arrive(
        order, by=by, lon=data["lon"], lat=data["lat"], accuracy_m=data["accuracy"], reason=data["reason"])),
    "confirm": (ConfirmForm, lambda order, by, data: handling.confirm(order, by=by, note=data["note"])),
    "finish": (FinishForm, None),
}  # fmt: skip


def _finish(request, order: Dispatch, data: dict) -> dict:
    """The result; when the order has ended meanwhile, what the officer saw is kept all the same."""
    uuid, phone_at, photo_uuids = data.pop("uuid"), data.pop("phone_at"), data.pop("photos")
    key = draft_key(request.user, order)
    photo_ids = phone.photo_ids(photo_uuids, by=request.user)
    for kind in (Photo.Kind.BEFORE, Photo.Kind.AFTER):  # a form without script brings the files themselves
        photo_ids += [str(drafts.store_draft(file, draft_key=key, by=request.user, kind=kind, most=ORDER_PHOTOS).pk)
                      for file in request.FILES.getlist(f"{kind}_files")]  # fmt: skip
    try:
        return phone.once(
            uuid, by=request.user, verb="finish", subject=f"dispatch:{order.pk}", phone_at=phone_at,
            act=lambda: _order_answer(handling.finish(order, by=request.user, photo_ids=photo_ids, draft_key=key, **data)),
        )  # fmt: skip
    except Refused as refused:
        if refused.extra.get("kept") or not phone.has_ended(order):
            raise
        raise phone.keep_evidence(order, uuid=uuid, by=request.user, note=data["note"], photo_ids=photo_ids,
                                  draft_key=key, phone_at=phone_at) from refused  # fmt: skip


def _order_answer(order: Dispatch) -> dict:
    return {"order": order.pk, "state": order.state, "version": order.case.version}


def _answer(request, found: dict) -> HttpResponse:
    if is_background(request):
        return JsonResponse({"ok": True, **found})
    return redirect("officer")


def check_same_person(request) -> None:
    """What one officer queued is never sent in the name of the next user of the phone."""
    sender = request.headers.get("X-Queued-By")
    if sender and sender != str(request.user.pk):
        raise Refused(_("This was recorded by another user of this phone. It waits until that user signs in."), code="other_user")


def draft_key(user, order: Dispatch) -> str:
    return salted_hmac("command.officer.photos", f"{user.pk}:{order.pk}").hexdigest()[:40]


# --- help ----------------------------------------------------------------------------------------
@staff
@require_POST
def call_help(request):
    """The call for help: {"call"}; with the place when the phone knows it. Pressed again it brings the new place."""
    check_same_person(request)
    officer, data = officer_of(request), HelpForm(request.POST).read()
    found = phone.once(
        data["uuid"], by=request.user, verb="help", phone_at=data["phone_at"],
        act=lambda: {"call": help.call(officer, by=request.user, lon=data["lon"], lat=data["lat"]).pk},
    )  # fmt: skip
    return _answer(request, found)


@staff
@require_POST
def end_help(request, pk: int):
    """He is safe."""
    check_same_person(request)
    call = get_object_or_404(HelpCall, pk=pk, officer__user=request.user)
    data = AcceptForm(request.POST).read()
    found = phone.once(
        data["uuid"], by=request.user, verb="safe", subject=call.thread, phone_at=data["phone_at"],
        act=lambda: {"call": help.end(call, by=request.user).pk},
    )  # fmt: skip
    return _answer(request, found)


# --- photos --------------------------------------------------------------------------------------
class PhotoForm(PhoneForm):
    """A photo of an order, or of a patrol report (`draft_key` of that form)."""


@staff
@require_POST
def upload(request):
    """One photo as a draft: {"id"}. Fields: uuid, file, kind (before · after · report), and order or draft_key."""
    check_same_person(request)
    data = PhotoForm(request.POST).read()
    file = request.FILES.get("file")
    if file is None:
        raise BadInput(_("The photo did not arrive whole. It will be sent again."), code="no_file")
    kind = request.POST.get("kind")
    if order_pk := request.POST.get("order", ""):
        order = get_object_or_404(Dispatch, pk=order_pk if order_pk.isdigit() else 0, officer__user=request.user)
        key, most = draft_key(request.user, order), ORDER_PHOTOS
        kind = kind if kind in (Photo.Kind.BEFORE, Photo.Kind.AFTER) else Photo.Kind.AFTER
    else:
        key, most, kind = request.POST.get("draft_key", "")[:64], None, Photo.Kind.REPORT

    def store() -> dict:
        return {"id": str(drafts.store_draft(file, draft_key=key, by=request.user, kind=kind, most=most).pk)}

    found = phone.once(data["uuid"], by=request.user, verb="photo", subject=kind, phone_at=data["phone_at"], act=store)
    return JsonResponse(found)


@staff
@require_GET
def photo(request, pk):
    """A photo of a case that the officer sees, or one that he took himself."""
    found = get_object_or_404(Photo, pk=pk)
    if found.taken_by_id != request.user.pk:
        get_object_or_404(Case.objects.visible_to(request.user), pk=found.case_id)
    return photos.serve_photo(request, found, request.GET.get("size", "full"))


# --- position ------------------------------------------------------------------------------------
@staff
@require_POST
def position(request):
    """A fix of the device: {"kept": true}, or 409 with the reason. Only while on duty; keeps the session alive then."""
    officer = officer_of(request)
    form = PositionForm(request.POST)
    if not form.is_valid():
        raise BadInput(_("This is no position."), code="invalid")
    data = form.cleaned_data
    request.is_background = True  # until the roster says otherwise
    positions.record_position(
        officer, lon=data["lon"], lat=data["lat"], accuracy_m=data["accuracy"], heading=data["heading"], phone_at=data["phone_at"]
    )
    request.is_background = False
    return JsonResponse({"kept": True})
