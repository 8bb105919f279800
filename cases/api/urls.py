"""/api/: the interface for programs."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from . import views
from .authority import AuthorityView

urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", views.docs, name="api-docs"),
    path("authority/", AuthorityView.as_view(), name="api-authority"),
    path("categories/", views.CategoriesView.as_view(), name="api-categories"),
    path("photos/", views.PhotosView.as_view(), name="api-photos"),
    path("reports/", views.ReportsView.as_view(), name="api-reports"),
    path("reports/<str:code>/", views.ReportView.as_view(), name="api-report"),
]
