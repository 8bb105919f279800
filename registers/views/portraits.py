"""Portraits of the roster wall: who has one, upload, remove."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import portraits
from config.access import staff
from enforcement.models import Officer
from journal.refused import BadInput
from registers.shell import page

PAGE = 40


@require_safe
@never_cache
@staff(roles=portraits.KEEPERS)
def overview(request: HttpRequest) -> HttpResponse:
    """The officers whose portraits this post keeps, by words (?q=) or only those without one (?missing=1)."""
    kept = portraits.kept_by(request.user).order_by("organisation__code", "badge")
    words, missing = request.GET.get("q", "").replace("\x00", "").strip()[:40], request.GET.get("missing") == "1"
    found = kept.filter(user__name__icontains=words) if words else kept
    found = found.filter(portrait="") if missing else found
    shown = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return page(
        request, "registers/portraits.html", here="registers-portraits", page=shown, words=words, missing=missing,
        numbers={"all": kept.count(), "without": kept.filter(portrait="").count()},
    )  # fmt: skip


@require_safe
@never_cache
@staff(roles=portraits.KEEPERS)
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """A portrait, on the wall or not."""
    officer = _kept(request, pk)
    if not officer.portrait:
        raise Http404
    return portraits.serve(officer.portrait, public=False)


@require_POST
@staff(roles=portraits.KEEPERS)
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    officer = _kept(request, pk)
    file = request.FILES.get("picture")
    if file is None:
        raise BadInput(_("No photo arrived. Please choose it again."), code="empty_file")
    portraits.put(officer=officer, data=file.read(), by=request.user)
    messages.success(request, _("The portrait of %(name)s is on the wall within a minute.") % {"name": officer.name})
    return redirect("registers-portraits")


@require_POST
@staff(roles=portraits.KEEPERS)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    officer = _kept(request, pk)
    portraits.remove(officer=officer, by=request.user)
    messages.success(request, _("The portrait of %(name)s was taken away.") % {"name": officer.name})
    return redirect("registers-portraits")


def _kept(request: HttpRequest, pk: int) -> Officer:
    return get_object_or_404(portraits.kept_by(request.user), pk=pk)
