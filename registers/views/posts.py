"""Posts: the security administrator confirms or refuses what the system administrator asks for, sees who may be where, and lets people
sign in again."""

from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.access import staff
from enforcement import accounts, posts
from enforcement.models import PostChange, User
from enforcement.roles import ADMINISTRATORS, SURFACE_ROLES, Role
from journal import clock
from registers import posted
from registers.shell import page

SECURITY = frozenset({Role.SECURITY_ADMIN})
SECTION = "registers-posts"
DECIDED_SHOWN = 30


@require_safe
@never_cache
@staff(roles=SECURITY)
def index(request: HttpRequest) -> HttpResponse:
    """What waits, who may be where, whose sign-in is locked, what was decided last."""
    changes = PostChange.objects.select_related("user__organisation", "organisation", "asked_by", "decided_by")
    holders = dict(User.objects.filter(is_active=True, is_superuser=False).order_by().values_list("role").annotate(n=Count("pk")))
    matrix = [
        (role, role in ADMINISTRATORS, holders.get(role.value, 0), [role in may for may in SURFACE_ROLES.values()]) for role in Role
    ]  # fmt: skip
    context = {
        "waiting": changes.filter(state=PostChange.State.ASKED).order_by("asked_at"), "matrix": matrix, "surfaces": [*SURFACE_ROLES],
        "decided": changes.exclude(state=PostChange.State.ASKED).order_by("-decided_at")[:DECIDED_SHOWN], "lockouts": lockouts(),
    }  # fmt: skip
    return page(request, "registers/posts.html", here=SECTION, **context)


def lockouts() -> list[tuple[AccessAttempt, User | None]]:
    """Accounts that cannot sign in from an address just now, and whose they are (none: nobody's)."""
    since = clock.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    rows = list(AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gte=since)[:200])
    people = {user.username: user for user in User.objects.filter(username__in={row.username for row in rows})}
    return [(row, people.get(row.username)) for row in rows]


def _change(pk: int) -> PostChange:
    found = PostChange.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_POST
@staff(roles=SECURITY)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    change = posts.confirm(_change(pk), by=request.user, note=posted.text(request.POST, "reason"))
    messages.success(request, _("Confirmed: %(name)s has the post from now on.") % {"name": change.user.name})
    return redirect(SECTION)


@require_POST
@staff(roles=SECURITY)
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    posts.refuse(_change(pk), by=request.user, reason=posted.text(request.POST, "reason"))
    messages.success(request, _("Refused; nothing has changed for this account."))
    return redirect(SECTION)


@require_POST
@staff(roles=SECURITY)
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an account sign in again from an address, before the half hour is over."""
    attempt = AccessAttempt.objects.filter(pk=pk).first()
    user = attempt and User.objects.filter(username=attempt.username).first()
    if user is None:
        raise Http404
    accounts.lift_lockout(user, by=request.user, reason=posted.text(request.POST, "reason"))
    messages.success(request, _("%(name)s may sign in again.") % {"name": user.name})
    return redirect(SECTION)
