"""Tags and filters that every page may use: import map, icons, times and distances as people say them."""

import json
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from config.surfaces import BY_NAME
from enforcement.choosing import grouped
from journal import clock, spoken

register = template.Library()
register.filter("grouped", grouped)

LIBRARIES = {"idb": "vendor/idb/idb.js"}
SPRITE = "vendor/icons.svg"


# --- scripts and icons ---------------------------------------------------------------------------
def _modules() -> dict[str, str]:
    """Bare module names and their hashed addresses: every static/js/*.js under its own name, and the libraries."""
    own = sorted((settings.BASE_DIR / "static" / "js").glob("*.js"))
    names = {path.stem: f"js/{path.name}" for path in own}
    names |= {name: path for name, path in LIBRARIES.items() if finders.find(path)}
    return {name: static(path) for name, path in names.items()}


_kept_modules = lru_cache(maxsize=1)(_modules)


@register.simple_tag(takes_context=True)
def importmap(context) -> SafeString:
    """`<script type="importmap">` for staff pages (citizens' and officers' browsers may not know import maps)."""
    imports = _modules() if settings.DEBUG else _kept_modules()
    text = json.dumps({"imports": imports}, separators=(",", ":")).replace("<", "\\u003c")
    return format_html('<script type="importmap" nonce="{}">{}</script>', context["request"].csp_nonce, mark_safe(text))  # noqa: S308  our own file names, escaped above


@lru_cache(maxsize=1)
def _symbols() -> dict[str, str]:
    path = finders.find(SPRITE)
    if not path:
        return {}
    text = Path(path).read_text(encoding="utf-8")
    return {
        name: re.sub(r"\s+", " ", body)
        for name, body in re.findall(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', text, re.DOTALL)
    }


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """The drawing of one icon, inline: no request, any colour. Without `label` it is decoration.

    Raises ValueError for a name that the sprite does not have, so that a wrong name is seen at once.
    """
    symbols = _symbols()
    if symbols and name not in symbols:
        raise ValueError(f"no icon “{name}”: add it to package.json")
    what = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    drawing = mark_safe(symbols.get(name, ""))  # noqa: S308  from the package's sprite
    return format_html('<svg class="icon" viewBox="0 0 24 24" {}>{}</svg>', what, drawing)


@register.filter
def surface_label(name: str):
    """What a surface is called."""
    return BY_NAME[name].label


@register.simple_tag(takes_context=True)
def came_from(context) -> str:
    """Address of the page that the reader came from on this site, else the surface's first page."""
    request = context["request"]
    referer = urlsplit(request.META.get("HTTP_REFERER", ""))
    if referer.netloc == request.get_host():
        return "/" + referer.path.lstrip("/") + (f"?{referer.query}" if referer.query else "")
    surface = context.get("surface")
    return surface.path if surface else "/"


# --- times and distances -------------------------------------------------------------------------
for spoken_filter in (
    spoken.time_of_day, spoken.day, spoken.stamp, spoken.when, spoken.ago, spoken.duration, spoken.countdown, spoken.distance, spoken.listed,
):  # fmt: skip
    register.filter(spoken_filter)


@register.filter
def moment(value: datetime | None, form: str = "when") -> SafeString | str:
    """`<time>` in one of the forms when, ago, time_of_day, day; the full stamp on hover."""
    if not value:
        return ""
    words = getattr(spoken, form)(value)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), spoken.stamp(value), words)


@register.filter
def local_input(value: datetime | None) -> str:
    """2026-11-26T08:00, local time, as a field of a day and a time wants it."""
    return f"{value.astimezone(clock.LOCAL):%Y-%m-%dT%H:%M}" if value else ""


@register.filter
def milliseconds(moment: datetime | None) -> int | str:
    """Unix milliseconds for `<case-clock>`; empty without a moment."""
    return int(moment.timestamp() * 1000) if moment else ""
