"""Answers for what goes wrong outside a verb: a page in the visitor's language, JSON for programs."""

from django.http import HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def _wants_json(request) -> bool:
    """The page's scripts and everything under /api/, whatever it says it accepts."""
    is_program = request.path.startswith("/api/") and request.path != "/api/docs/"
    return is_program or not request.accepts("text/html") or request.headers.get("X-Requested-With") == "fetch"


def _answer(request, status: int, sentence: str):
    if _wants_json(request):
        return JsonResponse({"code": str(status), "detail": sentence}, status=status)
    return render(request, f"config/{status}.html", status=status)


def bad_request(request, exception):
    return _answer(request, 400, _("This request was not understood."))


def forbidden(request, exception):
    return _answer(request, 403, _("Your post does not allow this step."))


def not_found(request, exception):
    return _answer(request, 404, _("There is nothing at this address."))


def server_error(request):
    """Needs nothing that may be broken: no session, no database, no context processor."""
    if _wants_json(request):
        return JsonResponse({"code": "500", "detail": _("Something went wrong on our side.")}, status=500)
    return HttpResponseServerError(render_to_string("config/500.html"))
