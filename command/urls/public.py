"""What a reporter may do with his case: it touches dispatches, so it lives here; the page itself is `cases.views.track`."""

from django.urls import path

from command.views import reporter

urlpatterns = [
    path("t/<str:code>/answer/", reporter.answer, name="track-answer"),
    path("t/<str:code>/withdraw/", reporter.withdraw, name="track-withdraw"),
]
