"""Addresses of the wall, `/command/wall/…`: looking only, so there is nothing to post, but the code that lets a screen in."""

from django.urls import path

from command.views import layers, wall
from config.access import staff
from grid.views import staff_base

urlpatterns = [
    path("", wall.wall, name="wall"),
    path("state/", wall.state, name="wall-state"),
    path("pair/", wall.pair, name="wall-pair"),
    path("map/base.json", staff(staff_base), name="wall-base-map"),
    path("map/tracks.json", layers.wall_tracks, name="wall-tracks"),
    path("map/heat.json", layers.heat, name="wall-heat"),
]
