"""What the map shows on request beside cases and people: where officers went in the last hour, where much was reported in thirty days.

Both are personal data, or nearly (个人信息保护法 6, 28): docs/decisions/map.md says who sees what, and why no more. Counted in the database, at a
cost that follows the hour and the thirty days, not the archive.
"""

import math
from collections import Counter
from datetime import timedelta

from django.db import connection

from cases.models import Report
from cases.rulebook import county, current
from enforcement.roles import DISPATCHING, Role
from journal import clock

TRACK_MINUTES, HEAT_DAYS = 60, 30
CELL_M, METRES_A_DEGREE = 200, 111_195
LEVELS = 4  # squares of 200, 400, 800, 1600 m
TRACK_READERS = DISPATCHING
WALL_TRACK_READERS = DISPATCHING | {Role.DISPLAY}  # without names and numbers of officers

# Of whom is on duty now (signed off is off), since this duty began, one point a minute: at most 61 points of an officer.
TRACKS = """
SELECT o.id, ST_X(p.point::geometry), ST_Y(p.point::geometry), extract(epoch FROM %(now)s - p.at)
FROM enforcement_duty d JOIN enforcement_officer o ON o.user_id = d.user_id JOIN enforcement_user u ON u.id = d.user_id AND u.is_active
    JOIN enforcement_organisation unit ON unit.id = o.organisation_id
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (floor(extract(epoch FROM t.at) / 60)) t.point, t.at FROM command_track t
    WHERE t.officer_id = o.id AND t.at >= greatest(%(since)s, d.starts_at) AND t.at <= %(now)s
    ORDER BY floor(extract(epoch FROM t.at) / 60), t.at DESC) p
WHERE d.kind = 'duty' AND d.starts_at <= %(now)s AND d.ends_at > %(now)s AND d.left_at IS NULL
    AND (%(centre)s::bigint IS NULL OR unit.centre_id = %(centre)s)
ORDER BY o.id, p.at
"""
HEAT = """
SELECT floor(ST_X(r.point::geometry) / %(width)s)::int, floor(ST_Y(r.point::geometry) / %(height)s)::int, count(*)
FROM cases_report r LEFT JOIN cases_category k ON k.id = r.category_id
WHERE r.received_at >= %(since)s AND r.state = 'accepted' AND r.channel <> ALL (%(own)s)
    AND (%(centre)s::bigint IS NULL OR r.centre_id = %(centre)s) AND (k.code IS NULL OR k.code <> ALL (%(protected)s))
    AND (%(group)s = '' OR k."group" = %(group)s)
GROUP BY 1, 2
"""
OWN_CHANNELS = [Report.Channel.RECHECK, Report.Channel.FINDING]  # nobody outside reported these


def _centre(user) -> int | None:
    """None: the county's centre, which sees all."""
    return None if user.centre.is_county_centre else user.centre.pk


def tracks(user, *, named: bool) -> dict:
    """{"minutes": 60, "tracks": [[officer or None, [[lon, lat, seconds ago], …]], …]}, oldest point first; without `named` in no order that
    would tell whose is which from one time to the next."""
    now = clock.now()
    values = {"now": now, "since": now - timedelta(minutes=TRACK_MINUTES), "centre": _centre(user)}
    found: dict[int, list] = {}
    with connection.cursor() as cursor:
        cursor.execute(TRACKS, values)
        for pk, lon, lat, ago in cursor.fetchall():
            found.setdefault(pk, []).append([round(lon, 5), round(lat, 5), int(ago)])
    lines = [[pk, points] for pk, points in found.items() if len(points) > 1]
    return {"minutes": TRACK_MINUTES, "tracks": lines if named else sorted([None, points] for _pk, points in lines)}


def heat(user, group: str = "") -> dict:
    """Reports of the last thirty days by square: {"cells": [[column, row, count, level], …], "size": [degrees east, north], …}; a square of
    level 1 is twice as wide as one of level 0. Complaints about officers are left out; fewer than `heat_least` reports, which might point at
    one person, are told of no square: only how many lie apart."""
    rules, least = current(), current().options["heat_least"]
    height = CELL_M / METRES_A_DEGREE
    width = height / math.cos(math.radians(county().home_lat))
    values = {
        "width": width, "height": height, "since": clock.now() - timedelta(days=HEAT_DAYS), "centre": _centre(user),
        "own": OWN_CHANNELS, "protected": list(rules.complaints), "group": group,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(HEAT, values)
        counts = {(column, row): count for column, row, count in cursor.fetchall()}
    cells, apart = squares(counts, least)
    return {"days": HEAT_DAYS, "least": least, "cell": CELL_M, "size": [width, height], "cells": cells, "total": sum(counts.values()), "apart": apart}


def squares(counts: dict[tuple[int, int], int], least: int) -> tuple[list, int]:
    """({column, row: reports} of the smallest squares →) each report counted once, in the smallest square that holds `least` of those that no
    smaller one tells; and how many none does. So even few reports show where they gather, and no difference of two squares tells fewer."""
    told: list[list[int]] = []
    for level in range(LEVELS):
        told += [[column, row, count, level] for (column, row), count in counts.items() if count >= least]
        rest: Counter = Counter()
        for (column, row), count in counts.items():
            if count < least:
                rest[column >> 1, row >> 1] += count
        counts = rest
    return told, sum(counts.values())


def groups() -> list[tuple[str, str]]:
    """Groups of kinds of matter, with their English names."""
    names = current().options["group_names_en"]
    return [(group, names.get(group, group)) for group in dict.fromkeys(category.group for category in current().active_categories())]
