"""Surfaces: each part of the site keeps a session and a CSRF secret of its own.

A dispatcher, an officer, a wall and a supervisor can so sit side by side in one browser (a shared
duty computer, the start page of the demo) without logging each other out, and a stolen phone
session opens nothing at the console.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext_lazy as _

from integrations.tiles import source as tile_source
from journal.build import build_id

from .access import is_background

PROLONG_EVERY_SECONDS = 60


@dataclass(frozen=True)
class Surface:
    name: str
    path: str  # pages start with it; its socket is /ws/<name>/
    label: str
    idle_seconds: int | None  # None: never (a wall that only looks)
    is_live: bool = True  # its pages open a socket


SURFACES = (
    Surface("wall", "/command/wall/", _("Wall"), None),
    Surface("command", "/command/", _("Command console"), settings.IDLE_SECONDS),
    Surface("officer", "/officer/", _("Officer phone"), settings.IDLE_SECONDS),
    Surface("supervision", "/supervision/", _("Supervision"), settings.IDLE_SECONDS),
    Surface("registers", "/registers/", _("Registers"), settings.IDLE_SECONDS, is_live=False),
)
PUBLIC = Surface("public", "/", _("Public"), settings.IDLE_SECONDS)
BY_NAME = {surface.name: surface for surface in (*SURFACES, PUBLIC)}


def surface_of(path: str) -> Surface:
    """The surface that a page or socket path belongs to (`/ws/officer/` is the officer's)."""
    if path.startswith("/ws/"):
        return BY_NAME.get(path.split("/")[2], PUBLIC)
    return next((surface for surface in SURFACES if path.startswith(surface.path)), PUBLIC)


def session_cookie(surface: Surface) -> str:
    return f"session_{surface.name}"


def session_mark(surface: Surface) -> str:
    """How the keys of the surface's sessions begin (a key has 40 characters, 32 of them random)."""
    return f"{surface.name[:7]}-"


class SurfaceSession(SessionStore):
    """A session of one surface: its key, carried to another (the wall's never ends), opens nothing there."""

    key_salt = "django.contrib.sessions.SessionStore"  # as Django's own, which sockets read

    def __init__(self, session_key: str | None, surface: Surface):
        self.mark = session_mark(surface)
        super().__init__(session_key if session_key and session_key.startswith(self.mark) else None)
        self.stored_until: datetime | None = None

    def _get_session_from_db(self):
        found = super()._get_session_from_db()
        self.stored_until = found and found.expire_date
        return found

    def prolong(self, seconds: int) -> None:
        """Let it end in `seconds`; stored at most once a minute, since a phone on the road asks every five seconds."""
        left = self.stored_until.timestamp() - time.time() if self.stored_until else 0  # Django ends sessions by the machine's time
        if self.get("_session_expiry") != seconds or left < seconds - PROLONG_EVERY_SECONDS:
            self.set_expiry(seconds)

    def _get_new_session_key(self):
        return self.mark + super()._get_new_session_key()


def page_context(request) -> dict:
    return {
        "surface": surface_of(request.path),
        "DEMO": settings.DEMO,
        "tiles": tile_source(),  # background of the maps, where the installation has one
        "build": build_id(),
        "timezone": settings.TIME_ZONE,
        "large_type": request.COOKIES.get("large_type") == "1",  # 适老化, the reader's choice
    }


class SurfaceSessionMiddleware(SessionMiddleware):
    """Django's session, under a cookie named after the surface; idle time counts page requests only."""

    def process_request(self, request):
        request.surface = surface_of(request.path)
        key = request.COOKIES.get(session_cookie(request.surface))
        if key:  # under Django's own name too, so that a logout deletes the cookie
            request.COOKIES[settings.SESSION_COOKIE_NAME] = key
        request.session = SurfaceSession(key, request.surface)

    def process_response(self, request, response):
        surface = request.surface
        if surface.idle_seconds and not request.session.is_empty() and not getattr(request, "is_background", False):
            request.session.prolong(surface.idle_seconds)
        name = settings.SESSION_COOKIE_NAME
        if is_background(request) and request.session.is_empty():
            request.COOKIES.pop(name, None)  # a script's late answer takes no cookie away: somebody may have signed in again meanwhile
        response = super().process_response(request, response)
        if name in response.cookies:  # rename what Django set
            morsel = response.cookies.pop(name)
            new = session_cookie(surface)
            response.set_cookie(new, morsel.value, path="/", httponly=True, samesite="Lax", secure=settings.HTTPS)
            for attribute in ("max-age", "expires"):
                response.cookies[new][attribute] = morsel[attribute]
        return response


class SurfaceCsrfMiddleware(CsrfViewMiddleware):
    """Django's CSRF check, with a secret for each surface, so that one login does not spoil another's open form."""

    def _cookie(self, request) -> str:
        return f"csrf_{surface_of(request.path).name}"

    def process_request(self, request):
        request.COOKIES[settings.CSRF_COOKIE_NAME] = request.COOKIES.get(self._cookie(request), "")
        if not request.COOKIES[settings.CSRF_COOKIE_NAME]:
            del request.COOKIES[settings.CSRF_COOKIE_NAME]
        super().process_request(request)

    def process_response(self, request, response):
        response = super().process_response(request, response)
        name = settings.CSRF_COOKIE_NAME
        if name in response.cookies:  # set by Django here, or by its decorator around the sign-in view
            morsel = response.cookies.pop(name)
            response.set_cookie(
                self._cookie(request), morsel.value, max_age=settings.CSRF_COOKIE_AGE, path="/",
                samesite="Lax", secure=settings.HTTPS,
            )  # fmt: skip
        return response
