"""Tags and filters that every page may use: import map, icons, times and distances as people say them."""

import json
import re
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from journal import clock

register = template.Library()

LIBRARIES = {"idb": "vendor/idb/idb.js", "htmx": "vendor/htmx/htmx.esm.js"}
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
    return format_html('<script type="importmap" nonce="{}">{}</script>', context["request"].csp_nonce, mark_safe(text))


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
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" {}>{}</svg>', what, mark_safe(symbols.get(name, ""))
    )


@register.simple_tag(takes_context=True)
def came_from(context) -> str:
    """Address of the page that the reader came from on this site, else the surface's first page."""
    request = context["request"]
    referer = urlsplit(request.META.get("HTTP_REFERER", ""))
    if referer.netloc == request.get_host():
        return referer.path + (f"?{referer.query}" if referer.query else "")
    surface = context.get("surface")
    return surface.path if surface else "/"


# --- times and distances -------------------------------------------------------------------------
def _local(moment: datetime) -> datetime:
    return moment.astimezone(clock.LOCAL)


@register.filter
def time_of_day(moment: datetime | None) -> str:
    """14:03"""
    return f"{_local(moment):%H:%M}" if moment else ""


@register.filter
def day(moment) -> str:
    """11月22日 周日 — of a date or a moment; with the year when it is not the current one."""
    if not moment:
        return ""
    date = _local(moment).date() if isinstance(moment, datetime) else moment
    weekdays = (
        pgettext("short weekday", "Mon"), pgettext("short weekday", "Tue"), pgettext("short weekday", "Wed"),
        pgettext("short weekday", "Thu"), pgettext("short weekday", "Fri"), pgettext("short weekday", "Sat"),
        pgettext("short weekday", "Sun"),
    )  # fmt: skip
    months = (
        pgettext("short month", "Jan"), pgettext("short month", "Feb"), pgettext("short month", "Mar"),
        pgettext("short month", "Apr"), pgettext("short month", "May"), pgettext("short month", "Jun"),
        pgettext("short month", "Jul"), pgettext("short month", "Aug"), pgettext("short month", "Sep"),
        pgettext("short month", "Oct"), pgettext("short month", "Nov"), pgettext("short month", "Dec"),
    )  # fmt: skip
    parts = {"day": date.day, "month": months[date.month - 1], "year": date.year, "weekday": weekdays[date.weekday()]}
    if date.year == clock.today().year:
        return pgettext("date", "%(weekday)s %(day)s %(month)s") % parts
    return pgettext("date", "%(weekday)s %(day)s %(month)s %(year)s") % parts


@register.filter
def stamp(moment: datetime | None) -> str:
    """Full stamp for hovers, records and print: 2026-11-22 14:03:09"""
    return f"{_local(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


@register.filter
def when(moment: datetime | None) -> str:
    """14:03 today, else 11月22日 周日 14:03."""
    if not moment:
        return ""
    if _local(moment).date() == clock.today():
        return time_of_day(moment)
    return f"{day(moment)} {time_of_day(moment)}"


@register.filter
def ago(moment: datetime | None) -> str:
    """刚刚 · 3 分钟前 · 2 小时前, then `when`."""
    if not moment:
        return ""
    seconds = (clock.now() - moment).total_seconds()
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        minutes = int(seconds // 60)
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    if seconds < 6 * 3600:
        hours = int(seconds // 3600)
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    return when(moment)


@register.filter
def moment(value: datetime | None, form: str = "when") -> SafeString | str:
    """`<time>` in one of the forms when, ago, time_of_day, day; the full stamp on hover."""
    if not value:
        return ""
    words = {"when": when, "ago": ago, "time_of_day": time_of_day, "day": day}[form](value)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), stamp(value), words)


@register.filter
def milliseconds(moment: datetime | None) -> int | str:
    """Unix milliseconds for `<case-clock>`; empty without a moment."""
    return int(moment.timestamp() * 1000) if moment else ""


@register.filter
def duration(span) -> str:
    """45 秒 · 6 分 20 秒 · 2 小时 5 分 · 3 天 4 小时 — of a timedelta or of seconds."""
    if span is None or span == "":
        return ""
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 60:
        return _("%(s)d s") % {"s": seconds}
    if seconds < 3600:
        return _("%(m)d min %(s)d s") % {"m": seconds // 60, "s": seconds % 60}
    if seconds < 86400:
        return _("%(h)d h %(m)d min") % {"h": seconds // 3600, "m": seconds % 3600 // 60}
    return _("%(d)d d %(h)d h") % {"d": seconds // 86400, "h": seconds % 86400 // 3600}


@register.filter
def distance(metres: float | None) -> str:
    """350 米 · 1.2 公里; below 10 km to one decimal, tens of metres below 1 km."""
    if metres is None or metres == "":
        return ""
    if metres < 995:
        return _("%(n)d m") % {"n": round(metres) if metres < 10 else round(metres / 10) * 10}
    return _("%(n)s km") % {"n": f"{metres / 1000:.1f}" if metres < 9950 else f"{metres / 1000:.0f}"}
