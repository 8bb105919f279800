"""What the journal shows to everybody: its signed daily roots, which say nothing about any case."""

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from .models import DailyRoot

DAYS_SHOWN = 92


@require_safe
def roots(request):
    """{"form", "roots": [{day, threads, entries, root, signature, public_key}]}, newest first."""
    rows = DailyRoot.objects.order_by("-day")[:DAYS_SHOWN].values("day", "threads", "entries", "root", "signature", "public_key")
    return JsonResponse({"form": "ed25519 over journal-root|1|day|threads|entries|root", "roots": list(rows)})
