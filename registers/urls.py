"""Addresses of the registers, `/registers/…`."""

from django.urls import path

from registers.views import home, portraits, powers

urlpatterns = [
    path("", home.home, name="registers"),
    path("powers/", powers.powers, name="registers-powers"),
    path("portraits/", portraits.overview, name="registers-portraits"),
    path("portraits/<int:pk>/", portraits.upload, name="registers-portrait"),
    path("portraits/<int:pk>/picture/", portraits.picture, name="registers-portrait-picture"),
    path("portraits/<int:pk>/remove/", portraits.remove, name="registers-portrait-remove"),
]
