"""The first page of the registers: where one may go, and how what is loaded compares with the source's own figures."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.access import staff
from enforcement.models import Baseline
from registers import baselines
from registers.shell import page


@require_safe
@never_cache
@staff
def home(request: HttpRequest) -> HttpResponse:
    """Sections of this post; baselines beside what is loaded."""
    shown = [(row, baselines.loaded(row.code)) for row in Baseline.objects.order_by("code")]
    return page(request, "registers/home.html", here="registers", baselines=shown)
