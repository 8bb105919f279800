"""Answers for what goes wrong outside a verb: a page in the visitor's language, JSON for programs."""

import sys

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

OPEN_AGAIN_S = 15  # as nginx does when nothing answers at all


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
    """Needs nothing that may be broken: no session, no database, no context processor. 503 while the database is away."""
    if _database_is_away(sys.exc_info()[1]):
        return _unavailable(request)
    if _wants_json(request):
        return JsonResponse({"code": "500", "detail": _("Something went wrong on our side.")}, status=500)
    return HttpResponseServerError(render_to_string("config/500.html"))


def _unavailable(request):
    headers = {"Retry-After": "5"}
    if _wants_json(request):
        detail = _("The database does not answer just now. What was confirmed is kept; please send this again in a moment.")
        return JsonResponse({"code": "unavailable", "detail": detail}, status=503, headers=headers)
    sent = request.method not in ("GET", "HEAD")
    if not sent:
        headers["Refresh"] = str(OPEN_AGAIN_S)
    return HttpResponse(render_to_string("config/503.html", {"sent": sent}), status=503, headers=headers)


def _database_is_away(error: BaseException | None) -> bool:
    """Restarting, unreachable, out of connections or of disk: the same request may succeed later. A connection that is cut in the
    middle of a statement is a plain DatabaseError."""
    while error and not (isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError):
        error = error.__cause__ or error.__context__
    return error is not None
