"""What a reporter may do with his case: it touches dispatches, so it lives here; the page itself is `cases.views.track`. And what the
message gateway reports back."""

from django.urls import path

from command.views import receipts, reporter

urlpatterns = [
    path("t/<str:code>/answer/", reporter.answer, name="track-answer"),
    path("inbound/messages/", receipts.receipts, name="message-receipts"),
    path("t/<str:code>/withdraw/", reporter.withdraw, name="track-withdraw"),
]
