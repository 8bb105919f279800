"""The one place where a refusal becomes an answer (409, 422 or 429): page, htmx fragment or JSON."""

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.response import Response
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
    """The refusal's status with its sentence; what was typed stays in the page, which is not replaced (htmx) or kept in history."""
    if request.accepts("text/html") and request.headers.get("X-Requested-With") != "fetch":
        if getattr(request, "htmx", False):
            response = render(request, "config/_refused.html", {"refused": refused}, status=refused.status)
            response["HX-Retarget"] = "#refusals"
            response["HX-Reswap"] = "innerHTML"
        else:
            response = render(request, "config/refused.html", {"refused": refused}, status=refused.status)
    else:
        response = JsonResponse(refused.as_json(), status=refused.status)
    for name, value in _headers(refused).items():
        response[name] = value
    return response


def api_exception_handler(exception, context):
    """DRF: every error is {"code", "detail", …} with a sentence; wrong fields are 422 with "fields", a refusal as on the page."""
    if isinstance(exception, Refused):
        return Response(exception.as_json(), status=exception.status, headers=_headers(exception))
    if isinstance(exception, RequestDataTooBig):
        return Response({"code": "too_large", "detail": _("The request is too large.")}, status=413)
    if isinstance(exception, RecursionError):  # JSON nested deeper than the parser goes
        exception = ParseError()
    response = exception_handler(exception, context)
    if response is None:
        return None
    if isinstance(exception, ValidationError):
        response.status_code = 422
        fields = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        response.data = {"code": "invalid", "detail": _("Some fields cannot be taken as they are."), "fields": fields}
    elif isinstance(exception, ParseError):
        response.data = {"code": "malformed", "detail": _("The body cannot be read: it is not valid JSON or not a complete form.")}
    else:
        code = getattr(exception, "default_code", "not_found")
        response.data = {"code": code, "detail": response.data["detail"]}
    return response


def _headers(refused: Refused) -> dict[str, str]:
    return {"Retry-After": str(refused.extra["retry_after"])} if "retry_after" in refused.extra else {}


def csrf_failure(request, reason=""):
    """An expired form: a sentence, and for the phone's queue a 403 that it may try again with a new token."""
    sentence = _("This page has expired. Nothing was lost: go back, reload and send again.")
    if request.accepts("text/html") and request.headers.get("X-Requested-With") != "fetch":
        return render(request, "config/refused.html", {"refused": Refused(sentence)}, status=403)
    return JsonResponse({"code": "csrf", "detail": sentence}, status=403)
