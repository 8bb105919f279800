"""How the client's key is described in OpenAPI."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ClientKeyScheme(OpenApiAuthenticationExtension):
    target_class = "cases.api.authentication.ClientKeyAuthentication"
    name = "ClientKey"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Key <key>  (manage.py create_api_client)"}
