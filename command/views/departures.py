"""Cases that have left a centre: why, for a console that had them, and the list of what was given to others."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from command import departures
from command.views.console import bar
from command.views.paging import keyset
from config.access import staff

MOST = 50  # cases of one question


@require_safe
@never_cache
@staff
def left(request: HttpRequest) -> JsonResponse:
    """{"left": {"12": sentence}}: why those of the cases in `case` that the reader's centre had are not with it any more."""
    request.is_background = True  # a console that asks by itself keeps nobody signed in
    asked = [int(one) for one in request.GET.getlist("case")[:MOST] if one.isascii() and one.isdigit() and len(one) < 19]
    return JsonResponse({"left": departures.said(asked, request.user)})


@require_safe
@never_cache
@staff
def given(request: HttpRequest) -> HttpResponse:
    """What the centre has given to others: number, to whom, by whose act and when."""
    shared = bar(request)
    page, following = keyset(departures.given(request.user.centre), request, "ended_at")
    return render(request, "command/given.html", {"given": page, "following": following, "here": "cases", **shared})
