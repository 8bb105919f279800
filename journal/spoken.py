"""Times and distances as people say them, in the language of the page."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from . import clock


def _local(moment: datetime) -> datetime:
    return moment.astimezone(clock.LOCAL)


def time_of_day(moment: datetime | None) -> str:
    """14:03"""
    return f"{_local(moment):%H:%M}" if moment else ""


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


def stamp(moment: datetime | None) -> str:
    """Full stamp for hovers, records and print: 2026-11-22 14:03:09"""
    return f"{_local(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


def when(moment: datetime | None) -> str:
    """14:03 today, else 11月22日 周日 14:03."""
    if not moment:
        return ""
    if _local(moment).date() == clock.today():
        return time_of_day(moment)
    return f"{day(moment)} {time_of_day(moment)}"


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


def duration(span) -> str:
    """45 秒 · 6 分钟 · 6 分 20 秒 · 2 小时 5 分 · 3 天 4 小时 — of a timedelta or of seconds."""
    if span is None or span == "":
        return ""
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 60:
        return _("%(s)d s") % {"s": seconds}
    if seconds < 3600:
        parts = {"m": seconds // 60, "s": seconds % 60}
        return _("%(m)d min %(s)d s") % parts if parts["s"] else _("%(m)d min") % parts
    if seconds < 86400:
        parts = {"h": seconds // 3600, "m": seconds % 3600 // 60}
        return _("%(h)d h %(m)d min") % parts if parts["m"] else _("%(h)d h") % parts
    return _("%(d)d d %(h)d h") % {"d": seconds // 86400, "h": seconds % 86400 // 3600}


def countdown(seconds: float) -> str:
    """What a clock shows: 09:41 left, +03:12 past the limit, 2:05:10 above an hour."""
    sign, rest = ("+" if seconds < 0 else ""), abs(int(seconds))
    hours, rest = divmod(rest, 3600)
    return f"{sign}{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{sign}{rest // 60:02}:{rest % 60:02}"


def listed(parts) -> str:
    """甲、乙、丙; with commas in English."""
    return pgettext("between the parts of a list", ", ").join(str(part) for part in parts)


def distance(metres: float | None) -> str:
    """350 米 · 1.2 公里; below 10 km to one decimal, tens of metres below 1 km."""
    if metres is None or metres == "":
        return ""
    if metres < 995:
        return _("%(n)d m") % {"n": round(metres) if metres < 10 else round(metres / 10) * 10}
    return _("%(n)s km") % {"n": f"{metres / 1000:.1f}" if metres < 9950 else f"{metres / 1000:.0f}"}
