"""Accounts: the system administrator makes, locks and hands out passwords; the security administrator looks and ends sessions."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.access import staff
from enforcement import accounts as verbs
from enforcement import posts
from enforcement.models import PostChange, User
from enforcement.roles import ADMINISTRATORS, Role
from journal.refused import BadInput, Refused
from registers import accounts, posted
from registers.paging import page_of
from registers.shell import page

SYSTEM, BOTH = frozenset({Role.SYSTEM_ADMIN}), frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})
SECTION = "registers-accounts"
POSTS = [(code, word) for code, word in Role.choices if code != Role.DISPLAY]  # that are asked for: screens are made on a page of their own


def _user(pk: int) -> User:
    found = User.objects.filter(pk=pk, is_superuser=False).first()
    if found is None:
        raise Http404
    return found


@require_safe
@never_cache
@staff(roles=BOTH)
def index(request: HttpRequest) -> HttpResponse:
    """Every account: who, where, which post, how it stands."""
    found = page_of(request, accounts.find(request.GET))
    context = {
        "lines": [accounts.Line(user) for user in found], "paging": found, "units": accounts.units(), "posts": Role.choices,
        "states": [(code, word) for code, (word, _shape, _rows) in accounts.STATES.items()], "asked": request.GET,
        "may_edit": request.user.role == Role.SYSTEM_ADMIN,
    }  # fmt: skip
    return page(request, "registers/accounts.html", here=SECTION, **context)


@require_safe
@never_cache
@staff(roles=BOTH)
def account(request: HttpRequest, pk: int) -> HttpResponse:
    line = accounts.one(pk)
    if line is None:
        raise Http404
    changes = line.user.post_changes.select_related("organisation", "asked_by", "decided_by")
    context = {
        "line": line, "person": line.user, "history": accounts.history(line.user), "changes": changes,
        "open": next((change for change in changes if change.state == PostChange.State.ASKED), None),
        "officer": getattr(line.user, "officer", None), "units": accounts.units(), "posts": POSTS,
        "is_administrator": line.user.role in ADMINISTRATORS,
        "may_edit": request.user.role == Role.SYSTEM_ADMIN, "is_own": line.user.pk == request.user.pk, "is_screen": hasattr(line.user, "screen"),
    }  # fmt: skip
    return page(request, "registers/account.html", here=SECTION, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff(roles=SYSTEM)
def new(request: HttpRequest) -> HttpResponse:
    """A new account and the request for its post."""
    refused = None
    if request.method == "POST":
        try:
            change = posts.create(
                by=request.user, username=posted.text(request.POST, "username", 40), name=posted.text(request.POST, "name", 40),
                staff_number=posted.text(request.POST, "staff_number", 24), phone=posted.text(request.POST, "phone", 20),
                organisation=posted.unit(request.POST), role=request.POST.get("role", ""), badge=posted.text(request.POST, "badge", 24),
                reason=posted.text(request.POST, "reason"),
            )  # fmt: skip
        except Refused as error:
            refused = error
        else:
            messages.success(request, _("The account is made. It works once the security administrator has confirmed the post."))
            return redirect("registers-account", change.user_id)
    context = {"refused": refused, "given": request.POST, "units": accounts.units(), "posts": POSTS}
    return page(request, "registers/account_new.html", here=SECTION, status=refused.status if refused else 200, **context)


# --- passwords: shown in the answer to the form, and nowhere else --------------------------------
def _passwords(request: HttpRequest, handed: list[verbs.Handed]) -> HttpResponse:
    return page(request, "registers/passwords.html", here=SECTION, handed=handed)


@require_POST
@never_cache
@staff(roles=SYSTEM)
def password(request: HttpRequest, pk: int) -> HttpResponse:
    return _passwords(request, [verbs.give_password(_user(pk), by=request.user, reason=posted.text(request.POST, "reason"))])


@require_POST
@never_cache
@staff(roles=SYSTEM)
def passwords(request: HttpRequest) -> HttpResponse:
    """First passwords for everybody of a unit who has none: a list to be printed, cut and handed out."""
    wanted = User.objects.filter(accounts.NEVER, organisation=posted.unit(request.POST), is_superuser=False).exclude(
        role__in=[*ADMINISTRATORS, Role.DISPLAY])
    people = list(wanted.select_related("organisation").order_by("username")[: verbs.MANY_AT_ONCE])
    if not people:
        raise BadInput(_("Everybody in this unit has a password already."), code="nobody")
    return _passwords(request, verbs.give_passwords(people, by=request.user, reason=posted.text(request.POST, "reason")))


# --- locks, sessions, posts ----------------------------------------------------------------------
@require_POST
@staff(roles=SYSTEM)
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    verbs.lock_account(_user(pk), by=request.user, reason=posted.text(request.POST, "reason"))
    messages.success(request, _("Locked; its sessions have ended."))
    return redirect("registers-account", pk)


@require_POST
@staff(roles=SYSTEM)
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    verbs.unlock_account(_user(pk), by=request.user, reason=posted.text(request.POST, "reason"))
    messages.success(request, _("Unlocked."))
    return redirect("registers-account", pk)


@require_POST
@staff(roles=BOTH)
def end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    verbs.end_sessions(_user(pk), by=request.user, reason=posted.text(request.POST, "reason"))
    messages.success(request, _("Signed out everywhere."))
    return redirect("registers-account", pk)


@require_POST
@staff(roles=SYSTEM)
def ask_post(request: HttpRequest, pk: int) -> HttpResponse:
    posts.ask(_user(pk), by=request.user, role=request.POST.get("role", ""), organisation=posted.unit(request.POST),
              badge=posted.text(request.POST, "badge", 24), reason=posted.text(request.POST, "reason"))  # fmt: skip
    messages.success(request, _("Asked for. The security administrator decides."))
    return redirect("registers-account", pk)


@require_POST
@staff(roles=SYSTEM)
def withdraw_post(request: HttpRequest, pk: int) -> HttpResponse:
    change = PostChange.objects.filter(pk=pk).first()
    if change is None:
        raise Http404
    posts.withdraw(change, by=request.user)
    return redirect("registers-account", change.user_id)

