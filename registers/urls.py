"""Addresses of the registers, `/registers/…`."""

from django.urls import path

from registers.views import home, imports, lists, rows

urlpatterns = [
    path("", home.home, name="registers"),
    path("lists/", lists.lists, name="register-lists"),
    path("tables/<slug:register>/", lists.listing, name="register-list"),
    path("tables/<slug:register>/export.xlsx", lists.export, {"kind": "xlsx"}, name="register-xlsx"),
    path("tables/<slug:register>/export.csv", lists.export, {"kind": "csv"}, name="register-csv"),
    path("tables/<slug:register>/template.xlsx", lists.template, name="register-template"),
    path("tables/<slug:register>/import/", imports.hand_in, name="register-import"),
    path("tables/<slug:register>/new/", rows.new, name="register-new"),
    path("tables/<slug:register>/<int:pk>/", rows.row, name="register-row"),
    path("tables/<slug:register>/<int:pk>/edit/", rows.edit, name="register-edit"),
    path("imports/", imports.runs, name="register-imports"),
    path("imports/<int:pk>/", imports.run, name="register-run"),
    path("imports/<int:pk>/progress/", imports.progress, name="register-progress"),
    path("imports/<int:pk>/apply/", imports.apply, name="register-apply"),
    path("imports/<int:pk>/discard/", imports.discard, name="register-discard"),
    path("imports/<int:pk>/file/", imports.file, name="register-file"),
]
