"""How consoles, walls and officers' phones see the world; importing registers each board with journal.push."""

from . import centre, officer, wall  # noqa: F401
