"""Citizens report: one form, with or without JavaScript. Nothing that was typed or uploaded is lost by a refusal."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import challenge, drafts, forms, intake, photos, places, ratelimit, remedies
from cases.models import Photo
from cases.rulebook import current
from cases.views.words import report_words
from grid.models import County, Zone
from journal import clock
from journal.moves import CITIZEN
from journal.refused import BadInput, Refused

HIDDEN = ("draft_key", "idempotency_key", "started", "lon", "lat", "accuracy", "place_source", "zone", "place_label", "altcha")
SHOWN = ("text", "category", "group", "place_words", "place_label", "contact_name", "contact_phone")


def in_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def surroundings() -> dict:
    """What every public page says about the county and who operates this."""
    county = County.objects.defer("outline").get()
    centre = current(county.rules_version).county_centre
    chinese = in_chinese()
    rows = county.options.get("emergency", [])
    return {
        "county": county, "county_name": county.name if chinese else county.name_en,
        "operator": centre.name if chinese else centre.name_en or centre.name,
        "emergency": [{"number": row["number"], "label": row["name" if chinese else "name_en"]} for row in rows],
    }  # fmt: skip


def category_groups() -> list[dict]:
    """Categories by group in the county's order: [{"key", "name", "kinds": [{code, name, hint, photo_wanted}]}]."""
    chinese, rules = in_chinese(), current()
    english = rules.options.get("group_names_en", {})
    groups: dict[str, dict] = {}
    for category in rules.active_categories():
        name = category.group if chinese else english.get(category.group, category.group)
        group = groups.setdefault(category.group, {"key": category.group, "name": name, "kinds": []})
        group["kinds"].append({
            "code": category.code, "name": category.plain_name if chinese else category.name_en,
            "hint": category.hint if chinese else "", "photo_wanted": category.photo_wanted,
        })  # fmt: skip
    for group in groups.values():
        if rules.complaints and not {kind["code"] for kind in group["kinds"]}.isdisjoint(rules.complaints):
            group["must_nots"] = [(rule.code, rule.text) for rule in rules.must_nots(clock.today())]
    return list(groups.values())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request):
    """The form, and its sending. For the page's script the answers are JSON: {"url"} or {"detail", "errors", …}."""
    if request.method != "POST":
        return _page(request, {**forms.fresh(), **_complaint(request.GET.get("rule", "").replace("\x00", ""))})
    data = request.POST.copy()
    problems = _take_files(request, data) + _take_place(data)
    if data.get("remove"):
        if drafts.is_id(data["remove"]):
            drafts.remove(data["remove"], draft_key=data.get("draft_key", ""))
        return _page(request, data)
    form = forms.ReportForm(data)
    if not form.is_valid() or problems:
        return _refused(request, data, form=form, problems=problems)
    try:
        received = intake.receive_report(**form.report(request), by=CITIZEN)
    except Refused as refused:
        if refused.code == "key_reused":
            data["idempotency_key"] = forms.new_idempotency_key()
            refused = Refused(_("This form was sent before with another content. Send once more to make it a report of its own."), code="key_reused")
        return _refused(request, data, refused=refused)
    url = reverse("track", args=[received.code])
    return JsonResponse({"url": url}) if _is_script(request) else HttpResponseRedirect(url)


def _complaint(code: str) -> dict[str, str]:
    """What the form begins with for whoever complains that a must-not was broken (its code); nothing for another code."""
    rules = current()
    rule = remedies.must_not(rules, code)
    category = remedies.complaints(rules) if rule else None
    if category is None:
        return {}
    return {"category": category.code, "text": _("Complaint about an officer: “%(rule)s” (%(code)s). ") % {"rule": rule.text, "code": rule.code}}


def _is_script(request) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _take_files(request, data) -> list[tuple[str, str]]:
    """Without JavaScript photos come with the form: keep them as drafts first. Sentences about those that are none."""
    problems = []
    for file in request.FILES.getlist("files"):
        try:
            ratelimit.check_public("photos", request)
            data.appendlist("photos", str(drafts.store_draft(file, draft_key=data.get("draft_key", "")).pk))
        except Refused as refused:
            problems.append(("photos", f"{file.name[:40]}: {refused.sentence}"))
    return problems


def _take_place(data) -> list[tuple[str, str]]:
    """What the page without JavaScript says differently: a choice from the list, two numbers exchanged, "not sure"."""
    if data.get("do") == "swap":
        data["lon"], data["lat"] = data.get("lat", ""), data.get("lon", "")
    if choice := data.get("zone_choice"):
        lon, comma, lat = choice.partition(",")
        if comma:
            data["lon"], data["lat"], data["place_source"] = lon, lat, "map"
        else:
            data["zone"] = choice
    if "group" in data and not data["group"]:
        data["category"] = ""
    return []


def _refused(request, data, *, form=None, refused: Refused | None = None, problems=()):
    """The form again with everything in it and a sentence at each field; status 422, or the refusal's own."""
    errors: dict[str, list[str]] = {}
    for name, sentence in problems:
        errors.setdefault(name, []).append(sentence)
    candidates, swap = [], None
    if form is not None:
        for name, found in form.errors.items():
            errors.setdefault("place" if name in {"lon", "lat", "zone"} else name, []).extend(found)
        swap = form.swap
        if "place" in errors and not data.get("lon"):
            words = data.get("place_words", "")
            candidates = list(form.candidates) or places.search(words)
    if refused is not None:
        swap = refused.extra.get("swap")
        errors.setdefault("photos" if refused.code == "photo_gone" else "send", []).append(str(refused.sentence))
    status = refused.status if refused else 422
    if _is_script(request):
        return JsonResponse({
            "code": refused.code if refused else "invalid", "errors": errors, "swap": swap,
            "detail": " ".join(sentence for found in errors.values() for sentence in found),
            "candidates": [found.as_json() for found in candidates],
            "fresh": {"idempotency_key": data.get("idempotency_key", "")},
        }, status=status)  # fmt: skip
    return _page(request, data, errors=errors, candidates=candidates, swap=swap, status=status)


def _page(request, data, *, errors=None, candidates=(), swap=None, status=200):
    """`data`: what a fresh form holds, or what was sent."""
    errors = errors or {}
    missing = {**forms.fresh(), **{name: data.get(name) for name in HIDDEN if data.get(name)}}
    groups = category_groups()
    group_of = {kind["code"]: group["key"] for group in groups for kind in group["kinds"]}
    value = {name: data.get(name, "") for name in SHOWN}
    value["rules"] = data.getlist("rules") if hasattr(data, "getlist") else []
    value["group"] = value["group"] or group_of.get(value["category"], "")
    context = {
        **surroundings(), "groups": groups, "value": value, "errors": errors, "candidates": candidates, "swap": swap,
        "problems": [("place_words" if name == "place" else name, sentence) for name, found in errors.items() for sentence in found],
        "hidden": [(name, missing.get(name, "")) for name in HIDDEN],
        "draft_key": missing["draft_key"], "drafts": [(photo, drafts.preview_key(photo)) for photo in drafts.of(data.get("draft_key") or "")],
        "zones": _zones() if "place" in errors and not candidates else [],
        "photo_limit": settings.PHOTO_MAX_COUNT, "photo_bytes": settings.PHOTO_MAX_BYTES, "words": report_words(),
    }  # fmt: skip
    return render(request, "cases/report.html", context, status=status)


def _zones() -> list[tuple[str, list]]:
    """Townships and grids to choose from, when the words named no place."""
    rows = Zone.objects.filter(is_active=True).order_by("code")
    return [
        (label, list(rows.filter(kind=kind).values_list("code", "name")))
        for kind, label in ((Zone.Kind.GRID, Zone.Kind.GRID.label), (Zone.Kind.TOWNSHIP, Zone.Kind.TOWNSHIP.label))
    ]


@require_POST
def upload(request):
    """One photo of the page, stored at once: {"id", "url"}."""
    ratelimit.check_public("photos", request)
    file = request.FILES.get("photo")
    if file is None:
        raise BadInput(_("No photo arrived. Please choose it again."), code="empty_file")
    photo = drafts.store_draft(file, draft_key=request.POST.get("draft_key", ""))
    return JsonResponse({"id": str(photo.pk), "url": draft_url(photo)}, status=201)


def draft_url(photo: Photo) -> str:
    return f"{reverse('report-photo', args=[photo.pk])}?key={drafts.preview_key(photo)}"


@never_cache
@require_http_methods(["GET", "DELETE"])
def draft_photo(request, pk):
    """The preview of a draft, for who holds its key; DELETE with the form's own key takes it away."""
    if request.method == "DELETE":
        drafts.remove(pk, draft_key=request.headers.get("X-Draft-Key", ""))
        return HttpResponse(status=204)
    photo = drafts.find(pk, request.GET.get("key", ""))
    if photo is None:
        return JsonResponse({"code": "404", "detail": _("There is no such photo.")}, status=404)
    return photos.serve_photo(request, photo, "thumb")


@never_cache
@require_GET
def places_found(request):
    """?q= places by name, or ?lon=&lat= what a point is called (422 outside the county)."""
    ratelimit.check_public("places", request)
    if "lon" not in request.GET:
        return JsonResponse({"places": [found.as_json() for found in places.search(request.GET.get("q", "")[:60])]})
    try:
        where = places.place(float(request.GET["lon"]), float(request.GET.get("lat", "")), source="map")
    except ValueError:
        raise BadInput(_("This is not a position on the earth."), code="position") from None
    return JsonResponse({"words": places.locate(where).words})


@never_cache
@require_GET
def new_challenge(request):
    """A task for the phone to compute while its owner types."""
    ratelimit.check_public("challenges", request)
    return JsonResponse(challenge.new_challenge())


@require_POST
def large_type(request):
    """适老化: larger type on every page of this browser, by the reader's choice."""
    next_page = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(next_page, allowed_hosts={request.get_host()}):
        next_page = "/"
    response = HttpResponseRedirect(next_page)
    response.set_cookie("large_type", "1" if request.POST.get("large") == "1" else "0", max_age=365 * 86400, samesite="Lax", secure=settings.HTTPS)
    return response
