"""Signing in and out of a surface, and whether the installation is well."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.shortcuts import redirect
from django.urls import is_valid_path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cases import ratelimit
from config import health
from config.surfaces import surface_of
from enforcement.roles import SURFACE_ROLES
from journal import push


class SurfaceAuthenticationForm(AuthenticationForm):
    """Refuses an account whose post has no business on this surface, in the same words as a wrong password would not."""

    def confirm_login_allowed(self, user):
        super().confirm_login_allowed(user)
        if user.role not in SURFACE_ROLES.get(self.request.surface.name, frozenset()):
            raise ValidationError(_("This account's post does not work here. Sign in on its own page."), code="surface")


class SurfaceLogin(LoginView):
    template_name = "config/login.html"
    authentication_form = SurfaceAuthenticationForm
    http_method_names = ["get", "head", "post"]
    redirect_authenticated_user = False

    def post(self, request, *args, **kwargs):
        ratelimit.check_public("sign_in", request)
        return super().post(request, *args, **kwargs)

    def get_default_redirect_url(self):
        return self.request.surface.path

    def get_redirect_url(self):
        url = super().get_redirect_url()
        path = urlsplit(url).path
        return url if is_valid_path(path) and surface_of(path) == self.request.surface else ""


login = SurfaceLogin.as_view()


@require_POST
def sign_out(request):
    """End this surface's session; the others in the same browser stay."""
    path, user = request.surface.path, request.user
    logout(request)
    if user.pk:  # his other open pages of this session are closed at once, not at their next check
        push.tell([f"user.{user.pk}"], f"user:{user.pk}", 1)
    return redirect(f"{path}login/")


@require_GET
def healthz(request):
    """Every part that the service needs: 200, or 503 with the names of what is missing."""
    parts = health.parts()
    missing = sorted(name for name, state in parts.items() if state != "ok")
    body = {"status": "missing" if missing else "ok", "missing": missing, "parts": parts, "environment": settings.ENVIRONMENT}
    return JsonResponse(body, status=503 if missing else 200)


@require_GET
def livez(request):
    """This process and its database only: what a load balancer asks."""
    state = health.database()
    return JsonResponse({"status": state}, status=200 if state == "ok" else 503)
