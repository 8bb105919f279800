"""What citizens reach without an account."""

from django.urls import path

from cases.views import disclosure, track
from cases.views import public as views

urlpatterns = [
    path("", views.report, name="home"),
    path("report/", views.report, name="report"),
    path("report/photos/", views.upload, name="report-photos"),
    path("report/photos/<uuid:pk>/", views.draft_photo, name="report-photo"),
    path("report/places/", views.places_found, name="report-places"),
    path("report/challenge/", views.new_challenge, name="report-challenge"),
    path("large-type/", views.large_type, name="large-type"),
    path("disclosure/", disclosure.organs, name="organs"),
    path("disclosure/items/", disclosure.items, name="items"),
    path("disclosure/items.json", disclosure.items_json, name="items-json"),
    path("disclosure/items.csv", disclosure.items_csv, name="items-csv"),
    path("t/", track.find, name="track-find"),
    path("t/<str:code>/", track.track, name="track"),
    path("t/<str:code>/photos/<uuid:pk>/", track.photo, name="track-photo"),
]
