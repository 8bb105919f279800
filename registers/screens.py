"""Screens on walls as the list shows them: how each stands, and what may be done with it."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enforcement.models import Screen, User
from enforcement.roles import LEADING
from enforcement.screens import of
from journal import clock

SILENT_AFTER = timedelta(minutes=3)  # a screen that shows its page asks every quarter of a minute
# Code → its word and the shape before it (a class of .state).
STATES: dict[str, tuple[str | Promise, str]] = {
    "revoked": (_("Disconnected"), "withdrawn"),
    "shows": (_("Shows"), "closed"),
    "silent": (_("Not seen"), "expired"),
    "waits": (_("Link made, not opened yet"), "held"),
    "link_over": (_("Link was not opened in time"), "received"),
}


@dataclass(frozen=True)
class Line:
    screen: Screen
    reader: User

    @property
    def state(self) -> str:
        screen, now = self.screen, clock.now()
        if screen.revoked_at:
            return "revoked"
        if screen.paired_at:
            return "shows" if now - (screen.seen_at or screen.paired_at) < SILENT_AFTER else "silent"
        return "waits" if screen.link_until and screen.link_until > now else "link_over"

    @property
    def word(self):
        return STATES[self.state][0]

    @property
    def shape(self) -> str:
        return STATES[self.state][1]

    @property
    def may_edit(self) -> bool:
        return self.reader.role in LEADING and not self.screen.revoked_at

    @property
    def may_revoke(self) -> bool:
        return not self.screen.revoked_at


def lines(reader: User) -> list[Line]:
    """Screens that the reader sees: those in use first."""
    return sorted((Line(screen, reader) for screen in of(reader)), key=lambda line: line.state == "revoked")
