"""The one place where a refusal becomes an answer: 409 as page, htmx fragment or JSON."""

from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.views import exception_handler

from journal.refused import Refused


class RefusalMiddleware:
    """Answers `Refused` raised by a verb with its own sentence."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, Refused):
            return refusal_response(request, exception)
        return None


def refusal_response(request, refused: Refused):
    """409 with the sentence; what was typed stays in the page, which is not replaced (htmx) or kept in history."""
    if request.accepts("text/html") and not request.headers.get("X-Requested-With") == "fetch":
        if getattr(request, "htmx", False):
            response = render(request, "config/_refused.html", {"refused": refused}, status=409)
            response["HX-Retarget"] = "#refusals"
            response["HX-Reswap"] = "innerHTML"
            return response
        return render(request, "config/refused.html", {"refused": refused}, status=409)
    return JsonResponse(refused.as_json(), status=409)


def api_exception_handler(exception, context):
    """DRF: `Refused` is a 409 with the same sentence as on the page."""
    if isinstance(exception, Refused):
        translated = APIException(detail=refused_detail(exception), code=exception.code)
        translated.status_code = 409
        exception = translated
    return exception_handler(exception, context)


def refused_detail(refused: Refused) -> dict:
    return refused.as_json()


def csrf_failure(request, reason=""):
    """An expired form: a sentence, and for the phone's queue a 403 that it may try again with a new token."""
    sentence = _("This page has expired. Nothing was lost: go back, reload and send again.")
    if request.accepts("text/html") and request.headers.get("X-Requested-With") != "fetch":
        return render(request, "config/refused.html", {"refused": Refused(sentence)}, status=403)
    return JsonResponse({"code": "csrf", "detail": sentence}, status=403)
