"""The map of the site. Every address has an owner in `tests/test_access.py`."""


from django.urls import include, path

from config import views
from config.surfaces import SURFACES
from grid.views import public_base
from journal import views as journal_views

urlpatterns = [
    path("", include("cases.urls.public")),
    path("", include("command.urls.public")),
    path("", include("command.urls.officer")),
    path("healthz", views.healthz),
    path("livez", views.livez),
    path("journal/roots.json", journal_views.roots, name="journal-roots"),
    path("api/", include("cases.api.urls")),
    path("map/base.json", public_base, name="base-map"),
    path("command/", include("command.urls.console")),
    path("i18n/", include("django.conf.urls.i18n")),
    *(path(f"{surface.path[1:]}login/", views.login, name=f"{surface.name}-login") for surface in SURFACES),
    *(path(f"{surface.path[1:]}logout/", views.sign_out, name=f"{surface.name}-logout") for surface in SURFACES),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
