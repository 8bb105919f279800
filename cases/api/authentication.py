"""Clients of the API identify themselves by a key of their own."""

import hashlib

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from cases.models import ApiClient
from journal import prepared

FIELDS = [field.attname for field in ApiClient._meta.concrete_fields]
BY_KEY = f"SELECT {', '.join(FIELDS)} FROM cases_apiclient WHERE key_hash = $1 AND is_active"  # noqa: S608  names of our own


class ClientKeyAuthentication(BaseAuthentication):
    """`Authorization: Key <key>`; only the SHA-256 of a key is stored."""

    def authenticate(self, request):
        header = request.headers.get("Authorization", "")
        if not header.startswith("Key "):
            return None
        digest = hashlib.sha256(header[4:].strip().encode()).hexdigest()
        rows = prepared.fetch("client_by_key", BY_KEY, [digest])
        if not rows:
            raise AuthenticationFailed(_("Unknown client key."))
        client = ApiClient.from_db(DEFAULT_DB_ALIAS, FIELDS, rows[0])
        if client.is_simulated and settings.ENVIRONMENT == "production":
            raise PermissionDenied(_("Simulated clients are refused in production."))
        return client, None

    def authenticate_header(self, request):
        return "Key"
