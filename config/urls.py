"""The map of the site. Every address has an owner in `tests/test_access.py`."""

from django.conf import settings
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from config import views
from config.surfaces import SURFACES
from grid.views import public_base, tile
from journal import views as journal_views

urlpatterns = [
    path("api/", include("cases.api.urls")),  # first, as the most frequent one: each address before it is tried
    path("", include("cases.urls.public")),
    path("", include("command.urls.public")),
    path("", include("command.urls.officer")),
    path("healthz", views.healthz),
    path("livez", views.livez),
    *([path("", include("demo.urls"))] if settings.DEMO else []),
    path("journal/roots.json", journal_views.roots, name="journal-roots"),
    path("map/base.json", public_base, name="base-map"),
    path("map/tiles/<int:z>/<int:x>/<int:y>", tile, name="map-tile"),
    path("command/wall/", include("command.urls.wall")),
    path("supervision/", include("supervision.urls")),
    path("registers/", include("registers.urls")),
    path("command/", include("command.urls.console")),
    # The choice of a language is no secret of a surface: without a token, it works from all of them.
    path("i18n/setlang/", csrf_exempt(set_language), name="set_language"),
    *(path(f"{surface.path[1:]}login/", views.login, name=f"{surface.name}-login") for surface in SURFACES),
    *(path(f"{surface.path[1:]}password/", views.password, name=f"{surface.name}-password") for surface in SURFACES),
    *(path(f"{surface.path[1:]}logout/", views.sign_out, name=f"{surface.name}-logout") for surface in SURFACES),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
