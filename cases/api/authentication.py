"""Clients of the API identify themselves by a key of their own."""

import hashlib

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from cases.models import ApiClient

BY_KEY = "SELECT * FROM cases_apiclient WHERE key_hash = %s AND is_active"  # every request asks: written out, it costs a third


class ClientKeyAuthentication(BaseAuthentication):
    """`Authorization: Key <key>`; only the SHA-256 of a key is stored."""

    def authenticate(self, request):
        header = request.headers.get("Authorization", "")
        if not header.startswith("Key "):
            return None
        digest = hashlib.sha256(header[4:].strip().encode()).hexdigest()
        client = next(iter(ApiClient.objects.raw(BY_KEY, [digest])), None)
        if client is None:
            raise AuthenticationFailed(_("Unknown client key."))
        if client.is_simulated and settings.ENVIRONMENT == "production":
            raise PermissionDenied(_("Simulated clients are refused in production."))
        return client, None

    def authenticate_header(self, request):
        return "Key"
