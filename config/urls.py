"""The map of the site. Every address has an owner in `tests/test_access.py`."""

from django.urls import path

urlpatterns: list = []
