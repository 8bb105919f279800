"""What citizens reach without an account."""

from django.urls import path

from cases.views import disclosure, roster, track
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
    path("disclosure/items/<str:item>/", disclosure.item, name="item"),
    path("disclosure/lists/", disclosure.lists, name="lists"),
    path("disclosure/lists/<int:number>/", disclosure.version, name="list"),
    path("disclosure/lists/<int:number>.json", disclosure.version_json, name="list-json"),
    path("disclosure/officers/", roster.officers, name="officers"),
    path("disclosure/officers.json", roster.officers_json, name="officers-json"),
    path("disclosure/officers.csv", roster.officers_csv, name="officers-csv"),
    path("disclosure/officers/print/", roster.print_sheets, name="officers-print"),
    path("disclosure/portraits/<str:digest>/", roster.portrait, name="portrait"),
    path("disclosure/procedures/", disclosure.procedures, name="procedures"),
    path("disclosure/procedures.json", disclosure.procedures_json, name="procedures-json"),
    path("disclosure/procedures.csv", disclosure.procedures_csv, name="procedures-csv"),
    path("disclosure/remedies/", disclosure.remedies_page, name="remedies"),
    path("disclosure/remedies.json", disclosure.remedies_json, name="remedies-json"),
    path("disclosure/remedies.csv", disclosure.remedies_csv, name="remedies-csv"),
    path("v/", roster.verify, name="verify"),
    path("v/<str:token>/", roster.verify_code, name="verify-code"),
    path("t/", track.find, name="track-find"),
    path("t/<str:code>/", track.track, name="track"),
    path("t/<str:code>/photos/<uuid:pk>/", track.photo, name="track-photo"),
]
