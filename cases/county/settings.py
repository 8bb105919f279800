"""county.toml: the county's settings, each checked; an unknown or missing key is a problem."""

import re

from django.conf import settings
from django.utils.translation import gettext as _

from .columns import clock_time
from .reading import Folder, Row

FILE = "county.toml"


def _text(value):
    if not isinstance(value, str) or not value:
        raise ValueError(_("must be text"))


def _maybe_text(value):
    if not isinstance(value, str):
        raise ValueError(_("must be text"))


def _zone(value):
    if value != settings.TIME_ZONE:
        raise ValueError(_("must be %(zone)s, the zone that this installation counts in") % {"zone": settings.TIME_ZONE})


def _pattern(value):
    _text(value)
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(_("is not a regular expression: %(error)s") % {"error": error}) from None


def _yes_no(value):
    if not isinstance(value, bool):
        raise ValueError(_("must be true or false"))


def _between(low, high):
    def check(value):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(_("must be a whole number from %(low)d to %(high)d") % {"low": low, "high": high})

    return check


def _point(value):
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(part, float) for part in value)
            and abs(value[0]) <= 180 and abs(value[1]) <= 90):  # fmt: skip
        raise ValueError(_("must be [longitude, latitude] in degrees"))


def _working_hours(value):
    try:
        times = [clock_time(moment) for stretch in value for moment in stretch]
        if not value or any(len(stretch) != 2 for stretch in value) or times != sorted(set(times)):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(_("must be stretches like [[\"08:30\", \"12:00\"]], in order")) from None


def _emergency(value):
    wanted = {"number", "name", "name_en"}
    if not isinstance(value, list) or any(
        not isinstance(row, dict) or set(row) != wanted or not all(isinstance(part, str) and part for part in row.values())
        for row in value
    ):
        raise ValueError(_("must be a list of number, name and name_en"))


def _speeds(value):
    """The first that fits counts; the last fits everything."""
    def fits(one):
        hours, kmh = one.get("hours", [0, 24]), one.get("kmh")
        return (
            set(one) <= {"vehicle", "in_seat", "hours", "kmh"} and isinstance(one.get("vehicle", ""), str)
            and isinstance(one.get("in_seat", True), bool) and isinstance(hours, list) and [type(hour) for hour in hours] == [int, int]
            and 0 <= hours[0] < hours[1] <= 24 and not isinstance(kmh, bool) and isinstance(kmh, int | float) and 0 < kmh <= 120
        )  # fmt: skip

    if not isinstance(value, list) or not value or not all(isinstance(one, dict) and fits(one) for one in value) or set(value[-1]) != {"kmh"}:
        raise ValueError(_("must list speeds with kmh (above 0, at most 120) by vehicle, in_seat and hours; the last one for everything else"))


def _phrases(value):
    """Quick phrases of the officer's page: why he declines, why he confirms from afar, what one who goes along sees, and the
    lead's notes by category code or group ("": any)."""
    def is_list(part):
        return isinstance(part, list) and all(isinstance(text, str) and 0 < len(text) <= 60 for text in part)

    if (not isinstance(value, dict) or set(value) != {"decline", "arrive", "see", "note"} or not isinstance(value["note"], dict)
            or not all(is_list(part) for part in (value["decline"], value["arrive"], value["see"], *value["note"].values()))):  # fmt: skip
        raise ValueError(_("must hold lists of short texts under decline, arrive and see, and by category or group under note"))


def _names(value):
    if not isinstance(value, dict) or not all(isinstance(name, str) and name for name in value.values()):
        raise ValueError(_("must give each group of categories its English name"))


def _ways(value):
    """The open page first, each way once, each but the last with its time limit."""
    names = [one[0] if isinstance(one, list) and len(one) == 2 else None for one in value] if isinstance(value, list) else []
    if (names[:1] != ["page"] or len(set(names)) < len(names) or not set(names) <= {"page", "sms", "voice", "leader"}
            or not all(isinstance(seconds, int) and (3 <= seconds <= 86_400 or name == names[-1]) for name, seconds in value)):  # fmt: skip
        raise ValueError(_("must list the ways page, sms, voice and leader in their order, page first, each with its seconds"))


def _hours_or_none(value):
    """Two times of day, from – to, also over midnight; an empty list for none."""
    try:
        if not isinstance(value, list) or len(value) not in (0, 2) or len({clock_time(text) for text in value}) < len(value):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(_("must be two times of day like [\"22:00\", \"06:00\"], or empty")) from None


def _codes(value):
    if not isinstance(value, list) or not all(isinstance(code, str) and code for code in value):
        raise ValueError(_("must be a list of codes"))


SETTINGS = {
    "county": {"code": _text, "name": _text, "name_en": _text, "timezone": _zone, "grid_code": _pattern, "hotline": _maybe_text,
               "demonstration": _yes_no},
    "map": {"approval_number": _maybe_text, "home": _point, "zoom": _between(1, 20)},
    "options": {"working_hours": _working_hours, "emergency": _emergency, "duplicate_radius_m": _between(1, 5_000),
                "duplicate_window_hours": _between(1, 2_000), "arrival_radius_m": _between(10, 5_000), "speeds": _speeds,
                "finding_due_days": _between(1, 90), "reopen_days": _between(1, 365), "track_days": _between(1, 3_650),
                "min_officers_on_duty": _between(0, 50), "sign_on_grace_minutes": _between(0, 240), "redispatch_tries": _between(0, 20),
                "position_stale_s": _between(10, 86_400), "police": _text, "follow_up_class": _text, "group_names_en": _names,
                "phrases": _phrases, "complaint_categories": _codes, "order_ways": _ways, "help_answer_s": _between(10, 600),
                "joint_answer_s": _between(30, 86_400), "heat_least": _between(2, 50), "offer_answer_s": _between(30, 86_400),
                "wall_quiet_s": _between(0, 86_400), "wall_dim_hours": _hours_or_none},
}  # fmt: skip


def read_settings(folder: Folder) -> Row | None:
    """The settings as one row (values: county, map, options), or None when anything in them is wrong."""
    content, lines = folder.toml(FILE)
    before = len(folder.problems)
    if not content and before:
        return None
    for table, checks in SETTINGS.items():
        values = content.get(table)
        if not isinstance(values, dict):
            folder.blame(FILE, lines.get(table, 1), _("[%(table)s] is missing.") % {"table": table})
            continue
        for key in [*checks, *(set(values) - set(checks))]:
            line = lines.get(f"{table}.{key}", lines.get(table, 1))
            if key not in values:
                folder.blame(FILE, line, _("%(key)s is missing.") % {"key": key})
            elif key not in checks:
                folder.blame(FILE, line, _("%(key)s is not known.") % {"key": key})
            else:
                try:
                    checks[key](values[key])
                except ValueError as error:
                    folder.blame(FILE, line, f"{key}: {error}")
    for table in set(content) - set(SETTINGS):
        folder.blame(FILE, lines.get(table, 1), _("%(key)s is not known.") % {"key": table})
    return Row(FILE, 1, content | {"lines": lines}) if len(folder.problems) == before else None
