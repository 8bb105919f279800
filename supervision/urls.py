"""Addresses of supervision, `/supervision/…`."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.overview, name="supervision"),
    path("cases/<int:pk>/", views.case, name="supervision-case"),
]
