"""The start page: the loop from four chairs in one browser, with a door to each that needs no password."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from cases.models import Case, Report, TargetClass
from cases.sealed import tracking_hash
from cases.tracking import Progress, main_case
from cases.views.public import surroundings
from config.surfaces import BY_NAME
from demo.accounts import PASSWORD, accounts, on_duty
from demo.crew import leaves
from demo.steps import steps
from enforcement.models import Organisation, User
from enforcement.roles import Role
from journal.refused import Refused

POSTS = {"command": Role.DISPATCHER, "wall": Role.DISPLAY, "officer": Role.OFFICER, "supervision": Role.SUPERVISOR, "registers": Role.LEGAL_REVIEWER}
BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@require_GET
def start(request):
    """The guided walk. It ticks itself off while the visitor's own report goes its way."""
    target = TargetClass.objects.filter(is_ten_minute=True).order_by("pk").first()
    context = {
        **surroundings(), "steps": steps(), "accounts": accounts(), "password": PASSWORD,
        **({"budget": _budget(target), "limit": target.take_in, "patience": int(leaves("take_in", {"take_in": target.take_in}))} if target else {}),
    }  # fmt: skip
    return render(request, "demo/start.html", context)


def _budget(target: TargetClass) -> list[dict]:
    """The stages of the ten minutes as a bar of 100: [{"stage", "at", "share", "width", "minutes"}]."""
    rows, at = [], 0.0
    for stage in target.STAGES:
        seconds = getattr(target, stage)
        width = 100 * seconds / target.total
        rows.append({"stage": stage, "at": at, "share": width, "width": width - 0.6, "minutes": round(seconds / 60)})
        at += width
    return rows


@never_cache
@require_GET
def state(request):
    """Where the visitor's report (?code=) stands: {"done": [step …], "title", "started", "due", "case", "officer", "centre"}."""
    report = _report(request.GET.get("code", ""))
    if report is None:
        return JsonResponse({"code": "no_such_code"}, status=404)
    progress = Progress(report)
    case, lead = progress.case, _lead(progress.case)
    done = ["report"] + [step for step, name in (("send", "sent"), ("arrive", "on_site"), ("handle", "handled")) if name in progress.happened.at]
    if progress.happened.accepted:
        done.append("accept")
    if case and not case.is_open:
        done = ["report", "send", "accept", "arrive", "handle", "close"]
    if report.solved is not None:
        done.append("answer")
    return JsonResponse({
        "done": done, "title": progress.title, "held": progress.is_held,
        "started": case and int(case.started_at.timestamp() * 1000), "due": case and int(case.due_at.timestamp() * 1000),
        "ended": int(case.closed_at.timestamp() * 1000) if case and case.closed_at else None,
        "case": reverse("command-case", args=[case.pk]) if case else "", "centre": case.centre.short_name if case else "",
        "officer": str(lead) if lead else "", "dispatch": progress.happened.lead,
    })  # fmt: skip


@csrf_exempt  # the page is of another surface and has not its token: the origin is checked instead
@never_cache
@require_POST
def enter(request):
    """Sign in on this surface as a demonstration person: who works on the visitor's report (`code`), else who is on duty.

    404 outside the demonstration, for real people and for other sites.
    """
    if not settings.DEMO or urlsplit(request.headers.get("Origin", "")).netloc != request.get_host():
        raise Http404
    surface = request.surface.name
    report = _report(request.POST.get("code", ""))
    case = main_case(report) if report else None
    person = _person(surface, case)
    if person is None or not person.is_demo:
        raise Http404
    login(request, person, backend=BACKEND)
    if surface == "command" and case:
        return redirect("command-case", case.pk)
    return redirect(BY_NAME[surface].path)


def _person(surface: str, case: Case | None) -> User | None:
    if surface == "officer" and case and (lead := _lead(case)):
        return lead
    county = Organisation.objects.filter(kind=Organisation.Kind.COUNTY_CENTRE).values_list("code", flat=True).first()
    works_here = case and surface in {"command", "officer"}
    return on_duty(POSTS[surface], case.centre.code if works_here else county or "") or on_duty(POSTS[surface])


def _lead(case: Case | None) -> User | None:
    """Who leads on the case now, else who led last."""
    dispatch = case and case.dispatches.filter(is_lead=True).select_related("officer__user").order_by("-pk").first()
    return dispatch.officer.user if dispatch else None


def _report(code: str) -> Report | None:
    try:
        digest = tracking_hash(code)
    except Refused:
        return None
    return Report.objects.select_related("case__merged_into", "case__centre").filter(tracking_hash=digest).first()
