"""The door of every staff page: signed in on this surface, with a post that may be here. Else: sign in, or 404."""

from functools import wraps
from urllib.parse import urlencode

from django.http import Http404, JsonResponse
from django.shortcuts import redirect

from enforcement.roles import SURFACE_ROLES


def is_background(request) -> bool:
    """Whether a script asked (fetch, htmx): it gets a code, not a login page."""
    return bool(request.headers.get("HX-Request")) or request.headers.get("X-Requested-With") == "fetch"


def with_sockets(request, response):
    """Lets the page open sockets to this host in Safari before 15.4, too: there 'self' does not count them."""
    response._csp_update = {"connect-src": [f"{scheme}://{request.get_host()}" for scheme in ("ws", "wss")]}
    return response


def staff(view=None, *, roles=None, changing_password=False):
    """Guard a view of a staff surface. `roles` narrows the surface's posts further. Who came in with a password that somebody else
    has handed out does nothing before he has changed it; `changing_password` is for the page where he does."""

    def decorate(inner):
        @wraps(inner)
        def guarded(request, *args, **kwargs):
            user = request.user
            if not user.is_authenticated:
                if is_background(request):
                    return JsonResponse({"code": "login"}, status=401)
                target = request.get_full_path() if request.method == "GET" else request.surface.path
                return redirect(f"/{_prefix(request)}login/?{urlencode({'next': target})}")
            may = SURFACE_ROLES.get(request.surface.name, frozenset())
            if user.role not in may or (roles is not None and user.role not in roles):
                raise Http404
            if user.must_change_password and not changing_password:
                if is_background(request):
                    return JsonResponse({"code": "password"}, status=401)
                target = request.get_full_path() if request.method == "GET" else request.surface.path
                return redirect(f"/{_prefix(request)}password/?{urlencode({'next': target})}")
            return inner(request, *args, **kwargs)

        guarded.staff_roles = roles
        guarded.is_staff_view = True
        return guarded

    return decorate(view) if view else decorate


def _prefix(request) -> str:
    return request.surface.path.lstrip("/")
