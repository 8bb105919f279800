"""Lists page by key: the next page begins where this one ended, whatever has come or gone meanwhile, at the same cost on every page."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest

PAGE = 50
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def keyset(queryset, request: HttpRequest, field: str, asked: dict | None = None):
    """(rows, query string of the next page or ""): rows older than the key in `after` ("<microseconds>-<pk>")."""
    moment, _dash, pk = request.GET.get("after", "").partition("-")
    if moment.isdigit() and pk.isdigit() and len(moment) < 18 and len(pk) < 19:
        at = EPOCH + int(moment) * MICROSECOND
        queryset = queryset.filter(Q(**{f"{field}__lt": at}) | Q(**{field: at, "pk__lt": int(pk)}))
    found = list(queryset[: PAGE + 1])
    if len(found) <= PAGE:
        return found, ""
    last = found[PAGE - 1]
    key = f"{(getattr(last, field) - EPOCH) // MICROSECOND}-{last.pk}"
    return found[:PAGE], urlencode({**(asked or {}), "after": key})
