"""Each client has a quota of its own."""

from django.conf import settings

from cases import ratelimit
from cases.models import ApiClient


def within_quota(request, *, photos: bool = False) -> ApiClient:
    """The client of a request, counted against its own quota of requests (and six photos each) a minute."""
    client = request.user
    limit = client.per_minute * (settings.PHOTO_MAX_COUNT if photos else 1)
    ratelimit.check("client-photos" if photos else "client", str(client.pk), limit=limit, seconds=60)
    return client
