"""Where officers are: the newest fix of each for maps and suggestions, and a sampled track as evidence of arrival.

Location is sensitive personal data (个人信息保护法 28): a position is taken only while its officer is on duty.
"""

from datetime import timedelta
from functools import lru_cache

from django.contrib.gis.db.models import Extent
from django.db import transaction
from django.utils.translation import gettext as _

from cases.audience import centre_audiences
from cases.rulebook import Rulebook, current
from enforcement.models import Officer
from grid.models import County
from journal import clock, prepared, push
from journal.refused import Refused

WORST_ACCURACY_M = 1000  # a fix from a mobile mast says nothing about who is near
MARGIN_DEGREES = 0.2  # about 20 km beyond the county's box: a pursuit or a detour, not another province
EARLIEST = timedelta(minutes=2)  # older than this it is not "where he is"
LATEST = timedelta(minutes=1)  # a phone's clock may run ahead by this much
STANDING = timedelta(minutes=5)  # who stands still leaves one point of his track in this time
STANDING_METRES = 25
# One statement, planned once for each connection: a thousand phones bring two hundred fixes a second. Nothing is stored off duty; a fix that
# overtook an older one on the way is not undone by it; the track gets a point when he has moved, or when its last one is a while ago.
STORE = """
WITH fix AS (
    SELECT $1::bigint AS officer, ST_SetSRID(ST_MakePoint($2, $3), 4326)::geography AS point, $4::float8 AS accuracy, $5::float8 AS heading,
        $6::timestamptz AS at, $7::timestamptz AS phone_at
    WHERE EXISTS (SELECT FROM enforcement_duty WHERE user_id = $8 AND starts_at <= $6 AND ends_at > $6)),
stored AS (
    INSERT INTO command_position AS known (officer_id, point, accuracy_m, heading, at, phone_at) SELECT * FROM fix
    ON CONFLICT (officer_id) DO UPDATE SET point = EXCLUDED.point, accuracy_m = EXCLUDED.accuracy_m, heading = EXCLUDED.heading,
        at = EXCLUDED.at, phone_at = EXCLUDED.phone_at
    WHERE known.phone_at IS NULL OR EXCLUDED.phone_at IS NULL OR known.phone_at <= EXCLUDED.phone_at
    RETURNING officer_id),
last AS (SELECT at, point FROM command_track WHERE officer_id = $1 ORDER BY at DESC LIMIT 1),
track AS (
    INSERT INTO command_track (officer_id, point, accuracy_m, at) SELECT fix.officer, fix.point, fix.accuracy, fix.at
    FROM fix JOIN stored ON true LEFT JOIN last ON true
    WHERE last.at IS NULL OR fix.at - last.at >= $9::interval OR ST_Distance(last.point, fix.point) >= $10)
SELECT EXISTS (SELECT FROM fix), EXISTS (SELECT FROM stored)
"""


def record_position(officer: Officer, *, lon: float, lat: float, accuracy_m=None, heading=None, phone_at=None) -> bool:
    """Keep a fix (WGS-84 degrees, metres, degrees from north) and show it to the officer's centre. Whether it was the newest one.

    Server time counts; `phone_at` is kept beside it and orders the fixes of one phone.
    Refused, with a code for the phone: off_duty, outside, inaccurate, future, old.
    """
    now, rules = clock.now(), current()
    _check(lon, lat, accuracy_m, phone_at, now, rules)
    values = [officer.pk, lon, lat, accuracy_m, heading, now, phone_at, officer.user_id, STANDING, STANDING_METRES]
    ((on_duty, stored),) = prepared.fetch("store_fix", STORE, values)
    if not on_duty:
        raise Refused(_("You are off duty: your position is not recorded."), code="off_duty")
    if stored:
        _tell(officer, [lon, lat, heading, int(now.timestamp() * 1000)], rules)
    return stored


def _check(lon, lat, accuracy_m, phone_at, now, rules) -> None:
    west, south, east, north = _box(rules.version)
    inside = west - MARGIN_DEGREES <= lon <= east + MARGIN_DEGREES and south - MARGIN_DEGREES <= lat <= north + MARGIN_DEGREES
    if not inside:  # also not a number: every comparison with it is false
        raise Refused(_("This position is far outside the county and was not recorded."), code="outside")
    if accuracy_m is not None and not 0 <= accuracy_m <= WORST_ACCURACY_M:
        raise Refused(_("This position is too inaccurate and was not recorded."), code="inaccurate")
    if phone_at and phone_at > now + LATEST:
        raise Refused(_("The phone's clock is ahead. Set it to network time."), code="future")
    if phone_at and phone_at < now - EARLIEST:
        raise Refused(_("This position is no longer current and was not recorded."), code="old")


@lru_cache(maxsize=1)
def _box(rules_version: int) -> tuple[float, float, float, float]:
    """West, south, east, north of the county; read once per version of its data."""
    return County.objects.aggregate(box=Extent("outline"))["box"]


def _tell(officer: Officer, position: list, rules: Rulebook) -> None:
    """To consoles and walls: [lon, lat, heading, ms]. Not a change of a case: it carries the fix itself and is outside the checksum."""
    centre = officer.organisation.centre_id
    if centre:
        message = {"audiences": sorted(centre_audiences(centre, rules)), "positions": {str(officer.pk): position}}
        transaction.on_commit(lambda: push.tell_now(message), robust=True)
