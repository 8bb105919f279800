"""Addresses of the registers, `/registers/…`."""

from django.urls import path

from registers.views import home

urlpatterns = [
    path("", home.home, name="registers"),
]
