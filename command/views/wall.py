"""The wall: one page that looks and cannot act. Everything on it comes through its socket (command.boards.wall)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.rulebook import county
from command.boards.cases import STAGES
from command.sentences import STAGES as STAGE_WORDS
from command.views.layers import offered
from config.access import staff
from enforcement.models import Organisation
from enforcement.roles import Role
from grid.models import Camera

DISPLAY_SESSION_SECONDS = 400 * 86400  # the longest that browsers keep a cookie; every load of the page renews it
SCENES = ("situation", "stages", "brigades", "cameras", "patrol")


@require_safe
@never_cache
@staff
def wall(request: HttpRequest) -> HttpResponse:
    """The page. A display's session never ends by itself; people's do as everywhere."""
    if request.user.role == Role.DISPLAY:
        request.session.set_expiry(DISPLAY_SESSION_SECONDS)
    centre = request.user.centre
    cameras = Camera.objects.filter(is_active=True)
    if not centre.is_county_centre:
        cameras = cameras.filter(organisation__centre=centre)
    context = {
        "county": county(),
        "centre": centre,
        "brigades": Organisation.objects.filter(has_centre=True).count() if centre.is_county_centre else 1,
        "stages": [(stage, STAGE_WORDS[stage]) for stage in STAGES],
        "scenes": [(number, name, word) for number, (name, word) in enumerate(zip(SCENES, _scene_words(), strict=True), 1)],
        "layers": offered(request.user, "wall"),
        "page": {
            "base": reverse("wall-base-map"),
            "cameras": [
                {"id": pk, "name": name, "group": group, "lon": round(point.x, 6), "lat": round(point.y, 6)}
                for pk, name, group, point in cameras.order_by("group", "code").values_list("pk", "name", "group", "point")
            ],
        },
    }
    return render(request, "command/wall.html", context)


def _scene_words() -> tuple[str, ...]:
    return _("Situation"), _("Stages"), _("Units"), _("Cameras"), _("Patrol")
