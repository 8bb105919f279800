"""Screens on walls: who leads a centre makes them and lets them in; administrators see which there are and cut them off."""

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from config.access import staff
from enforcement import screens as verbs
from enforcement.models import Screen
from enforcement.roles import LEADING
from journal.refused import BadInput, Refused
from registers import accounts, posted, screens
from registers.shell import page

SECTION = "registers-screens"


def _screen(request: HttpRequest, pk: int) -> Screen:
    found = verbs.of(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _choices() -> dict:
    return {"scenes": Screen.Scene.choices, "languages": settings.LANGUAGES, "turns": (0, 15, 30, 45, 60, 120, 300)}


def _shown(data) -> dict:
    """What the form says of a screen, as the verbs take it."""
    turn = data.get("rotate_s", "")
    if not (turn.isascii() and turn.isdigit() and len(turn) < 6):
        raise BadInput(_("Choose how often the scenes turn."), code="rotate_s", field="rotate_s")
    return {
        "name": posted.text(data, "name", 80), "scene": data.get("scene", ""), "rotate_s": int(turn), "language": data.get("language", ""),
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff(roles=verbs.REVOKERS)
def index(request: HttpRequest) -> HttpResponse:
    """The screens that one sees; a post makes one, and answers with the link that lets it in."""
    refused, centres = None, verbs.centres(request.user)
    if request.method == "POST":
        try:
            centre = next((one for one in centres if one.pk == posted.key(request.POST, "centre")), None)
            if centre is None:
                raise BadInput(_("Choose a centre."), code="missing", field="centre")
            made, code = verbs.add(by=request.user, centre=centre, **_shown(request.POST))
        except Refused as error:
            refused = error
        else:
            return _link(request, made, code)
    context = {"lines": screens.lines(request.user), "centres": centres, "refused": refused, "given": request.POST, **_choices()}
    return page(request, "registers/screens.html", here=SECTION, status=refused.status if refused else 200, **context)


def _link(request: HttpRequest, screen: Screen, code: str) -> HttpResponse:
    """The link stands in this answer and nowhere else. What follows # is never sent to a server, so no log can hold it."""
    place = request.build_absolute_uri(reverse("wall-pair"))
    link = f"{place}#{code}"
    drawn = mark_safe(segno.make(link, error="m").svg_inline(border=2, omitsize=True, svgclass="qr"))  # noqa: S308  drawn by segno
    context = {"screen": screen, "code": code, "link": link, "place": place, "qr": drawn, "minutes": int(verbs.LINK_LASTS.total_seconds()) // 60}
    return page(request, "registers/screen_link.html", here=SECTION, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff(roles=verbs.REVOKERS)
def screen(request: HttpRequest, pk: int) -> HttpResponse:
    """One screen: what it shows, what was done to it; a post changes what it is called and shows."""
    found, refused = _screen(request, pk), None
    if request.method == "POST":
        try:
            verbs.change(found, by=request.user, **_shown(request.POST))
        except Refused as error:
            refused = error
        else:
            messages.success(request, _("Saved. The screen follows within half a minute."))
            return redirect("registers-screen", pk)
    given = request.POST if refused else {
        "name": found.user.name, "scene": found.scene, "rotate_s": str(found.rotate_s), "language": found.language,
    }  # fmt: skip
    context = {
        "line": screens.Line(found, request.user), "history": accounts.history(found.user), "refused": refused, "given": given, **_choices(),
    }  # fmt: skip
    return page(request, "registers/screen.html", here=SECTION, status=refused.status if refused else 200, **context)


@require_POST
@never_cache
@staff(roles=LEADING)
def link(request: HttpRequest, pk: int) -> HttpResponse:
    found = _screen(request, pk)
    return _link(request, found, verbs.new_link(found, by=request.user))


@require_POST
@staff(roles=verbs.REVOKERS)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    found = verbs.revoke(_screen(request, pk), by=request.user, reason=posted.text(request.POST, "reason"))
    messages.success(request, _("%(name)s is disconnected: its page has ended.") % {"name": found.user.name})
    return redirect(SECTION)
