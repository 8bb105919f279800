"""Sockets (and pages, for a single development process). One `/ws/<surface>/` for each surface, one for citizens."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  the apps must be loaded first
from django.urls import path  # noqa: E402

from cases.consumers import of_code  # noqa: E402
from command.consumers import AUDIENCES  # noqa: E402
from config.surfaces import SURFACES, session_cookie, session_mark  # noqa: E402
from enforcement.roles import SURFACE_ROLES  # noqa: E402
from journal.consumers import CodeConsumer, SameOrigin, StaffConsumer, nowhere  # noqa: E402

sockets = [
    path(
        f"ws/{surface.name}/",
        StaffConsumer.as_asgi(
            cookie_name=session_cookie(surface), key_mark=session_mark(surface), roles=SURFACE_ROLES[surface.name],
            audience_of=AUDIENCES[surface.name],
        ),
    )
    for surface in SURFACES
    if surface.is_live
]
sockets += [path("ws/track/", CodeConsumer.as_asgi(audience_of=of_code)), path("ws/<path:rest>", nowhere)]
application = ProtocolTypeRouter({"http": pages, "websocket": SameOrigin(URLRouter(sockets))})
