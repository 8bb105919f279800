"""Signing in and out of a surface, and whether the installation is well."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import ratelimit
from config.access import staff
from config.surfaces import surface_of
from enforcement import accounts
from enforcement.roles import SURFACE_ROLES, Role
from journal import health, push
from journal.refused import BadInput, Refused


class SurfaceAuthenticationForm(AuthenticationForm):
    """Refuses an account whose post has no business on this surface, in the same words as a wrong password would not."""

    def confirm_login_allowed(self, user):
        super().confirm_login_allowed(user)
        if user.role == Role.DISPLAY and not user.is_demo:  # nobody else has such an account's password either
            raise ValidationError(_("Screens do not sign in: a leader of the centre makes a link that lets this one in."), code="screen")
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@staff(changing_password=True)
def password(request):
    """One's own password: by choice, or before anything else where somebody has handed it out. Other sessions of the account end."""
    here, refused = request.surface.path, None
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    target = wanted if _is_of(wanted, request.surface) else here
    if request.method == "POST":
        ratelimit.check_public("sign_in", request)
        old, new, again = (request.POST.get(name, "")[:200] for name in ("old", "new", "again"))
        try:
            if new != again:
                raise BadInput(_("The two new passwords are not the same."), code="again", field="again")
            user = accounts.change_password(request.user, password=new, old=old)
        except Refused as error:
            refused = error
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password is changed. Everywhere else you are signed out."))
            return redirect(target)
    context = {"refused": refused, "target": target, "rules": accounts.password_rules(), "must": request.user.must_change_password}
    return render(request, "config/password.html", context, status=refused.status if refused else 200)


def _is_of(url: str, surface) -> bool:
    """Whether it is a page of this site on the surface."""
    parts = urlsplit(url)
    return not parts.scheme and not parts.netloc and "\\" not in url and is_valid_path(parts.path) and surface_of(parts.path) == surface


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
