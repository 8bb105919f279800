"""The wall: one page that looks and cannot act. Everything on it comes through its socket (command.boards.wall), but for what its screen is
set to and how its links stand, which it asks for; and the page that lets a screen in."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.gis.db.models import Extent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from cases import ratelimit
from cases.rulebook import county, current
from command.boards.cases import STAGES
from command.links import links
from command.sentences import STAGES as STAGE_WORDS
from command.views.layers import offered
from config.access import staff
from enforcement import screens
from enforcement.models import Organisation, Screen, User
from enforcement.roles import Role
from grid.models import Camera, Zone
from journal.refused import Refused

DISPLAY_SESSION_SECONDS = 400 * 86400  # the longest that browsers keep a cookie; every load of the page renews it
LONG_NAME = 11  # characters
WAS_SCREEN = "was_screen"  # a cookie without a secret: who asks such a browser to sign in says first that it was disconnected
BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_safe
@never_cache
@staff
def wall(request: HttpRequest) -> HttpResponse:
    """The page. A display's session never ends by itself; people's do as everywhere."""
    screen = _screen(request.user)
    if request.user.role == Role.DISPLAY:
        request.session.set_expiry(DISPLAY_SESSION_SECONDS)
    if screen:
        screens.seen(screen)
        translation.activate(screen.language)
        request.LANGUAGE_CODE = screen.language
    centre, here = request.user.centre, county()
    cameras = Camera.objects.filter(is_active=True)
    if not centre.is_county_centre:
        cameras = cameras.filter(organisation__centre=centre)
    context = {
        "county": here,
        "centre": centre,
        "head": "wall-head__long" if len(centre.name) > LONG_NAME else "",
        "brigades": Organisation.objects.filter(has_centre=True).count() if centre.is_county_centre else 1,
        "stages": [(stage, STAGE_WORDS[stage]) for stage in STAGES],
        "scenes": [(number, name, word) for number, (name, word) in enumerate(Screen.Scene.choices, 1)],
        "layers": offered(request.user, "wall"),
        "page": {
            "base": reverse("wall-base-map"), "state": reverse("wall-state"), "lost": reverse("wall-pair"),
            "home": _home(centre), **_set_to(screen, here.options),
            "cameras": [
                {"id": pk, "name": name, "group": group, "lon": round(point.x, 6), "lat": round(point.y, 6)}
                for pk, name, group, point in cameras.order_by("group", "code").values_list("pk", "name", "group", "point")
            ],
        },
    }
    return render(request, "command/wall.html", context)


@require_safe
@never_cache
@staff
def state(request: HttpRequest) -> JsonResponse:
    """What an open page asks every quarter of a minute: {"screen", "quiet_s", "dim", "links"}. That it asks says that the screen lives."""
    screen, options = _screen(request.user), county().options
    if screen:
        screens.seen(screen)
        translation.activate(screen.language)
    return JsonResponse({**_set_to(screen, options), "links": links(request.user.centre, options)})


def _home(centre: Organisation) -> tuple[float, ...] | None:
    """West, south, east, north of the places whose matters rules give to the centre; None for one that works wherever its kind of matter lies."""
    rules = current()
    held = {rule.zone_id for rule in rules.routing
            if rule.zone_id and rule.organisation_id and rules.organisations[rule.organisation_id].centre_id == centre.pk}  # fmt: skip
    return Zone.objects.filter(pk__in=held).aggregate(box=Extent("geometry"))["box"] if held else None


def _screen(user: User) -> Screen | None:
    return Screen.objects.filter(user=user).first() if user.role == Role.DISPLAY else None


def _set_to(screen: Screen | None, options: dict) -> dict:
    """`screen`: what it shows, None before a person's browser; `quiet_s`: seconds without an open case until the quiet picture comes, 0
    for never; `dim`: hours between which that is dimmed, like ["22:00", "06:00"]."""
    shown = {"scene": screen.scene, "rotate_s": screen.rotate_s, "language": screen.language} if screen else None
    return {"screen": shown, "quiet_s": options["wall_quiet_s"], "dim": options["wall_dim_hours"]}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("code")
def pair(request: HttpRequest) -> HttpResponse:
    """Opened on the screen itself. The code is in the part of the link that browsers keep to themselves, and is used by the button only."""
    refused = None
    if request.method == "POST":
        ratelimit.check_public("pairing", request)
        try:
            screen = screens.pair(request.POST.get("code", "")[:80])
        except Refused as error:
            refused = error
        else:
            login(request, screen.user, backend=BACKEND)
            request.session.set_expiry(DISPLAY_SESSION_SECONDS)
            answer = redirect("wall")
            answer.set_cookie(WAS_SCREEN, "1", max_age=DISPLAY_SESSION_SECONDS, path=request.surface.path, httponly=True, samesite="Lax",
                              secure=settings.HTTPS)  # fmt: skip
            return answer
    context = {"refused": refused, "was_screen": WAS_SCREEN in request.COOKIES, "is_let_in": request.user.is_authenticated}
    return render(request, "command/wall_pair.html", context, status=refused.status if refused else 200)
