"""The start page of the demonstration and its doors; in production neither exists."""

from django.urls import path

from config.surfaces import SURFACES
from demo import views

urlpatterns = [
    path("start/", views.start, name="start"),
    path("start/state/", views.state, name="start-state"),
    # below each surface's own path, so that the right session is opened
    *(path(f"{surface.path[1:]}enter/", views.enter, name=f"{surface.name}-enter") for surface in SURFACES),
]
