"""Addresses of supervision, `/supervision/…`."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.overview, name="supervision"),
    path("figures.xlsx", views.export, {"kind": "xlsx"}, name="supervision-xlsx"),
    path("figures.csv", views.export, {"kind": "csv"}, name="supervision-csv"),
    path("cases/", views.cases, name="supervision-cases"),
    path("cases.xlsx", views.take_out, {"kind": "xlsx"}, name="supervision-cases-xlsx"),
    path("cases.csv", views.take_out, {"kind": "csv"}, name="supervision-cases-csv"),
    path("conduct/", views.named_rules, name="supervision-conduct"),
    path("rules/<int:pk>/withdraw/", views.withdraw_rule, name="supervision-withdraw-rule"),
    path("cases/<int:pk>/", views.case, name="supervision-case"),
    path("cases/<int:pk>/rules/", views.name_rule, name="supervision-name-rule"),
]
