"""What an officer or helper meets on patrol: two taps and a photo."""

from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases import drafts, intake
from cases.forms import PatrolForm, fresh
from cases.rulebook import current
from command import officer_words, phone, task
from command.boards.cases import category_name
from command.officer_forms import PhotosForm
from command.views import shell
from command.views.officer import check_same_person, officer_of
from config.access import is_background, staff
from grid.models import Zone
from journal.refused import BadInput


@staff
@require_http_methods(["GET", "POST"])
@never_cache
def report(request):
    officer = officer_of(request)
    if request.method == "GET":
        return _page(request, officer, PatrolForm(initial=fresh()))
    check_same_person(request)
    meta = PhotosForm(request.POST).read()
    data = request.POST.copy()
    if is_background(request):
        data.setlist("photos", phone.photo_ids(meta["photos"], by=request.user))
    else:  # a form without script brings the files themselves
        data.setlist("photos", [
            *data.getlist("photos"),
            *(str(drafts.store_draft(file, draft_key=data.get("draft_key", ""), by=request.user).pk) for file in request.FILES.getlist("files")),
        ])  # fmt: skip
    form = PatrolForm(data)
    if not form.is_valid():
        if not is_background(request):
            return _page(request, officer, form, status=422)
        field, problems = next(iter(form.errors.items()))
        raise BadInput(problems[0], code="invalid", field=field)
    found = phone.once(
        meta["uuid"], by=request.user, verb="report", phone_at=meta["phone_at"],
        act=lambda: _answer(intake.receive_report(by=request.user, **form.report())),
    )  # fmt: skip
    if is_background(request):
        return JsonResponse({"ok": True, **found})
    words = officer_words.words()
    messages.success(request, words["report_sent"].replace("{number}", found["number"]) if found["number"] else words["report_held"])
    return redirect("officer")


def _answer(received: intake.Received) -> dict:
    return {"number": received.case.number if received.case else ""}


def _page(request, officer, form, *, status=200):
    usual = task.usual_categories(officer)
    rest = [category for category in current().active_categories() if category not in usual]
    zones = Zone.objects.filter(responsibilities__officer=officer, is_active=True).defer("geometry").order_by("code")
    return render(request, "command/officer_report.html", {
        "officer": officer, "form": form, "usual": _named(usual), "rest": _named(rest), "zones": zones, "uuid": uuid4(),
        "most_photos": settings.PHOTO_MAX_COUNT, "words": officer_words.words(), "settings": shell.settings_of(request),
    }, status=status)  # fmt: skip


def _named(categories) -> list[dict]:
    return [{"code": c.code, "name": category_name(c), "icon": c.icon, "hint": c.hint, "group": c.group} for c in categories]
