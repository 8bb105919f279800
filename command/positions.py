"""Where officers are: the newest fix of each for maps and suggestions, and a sampled track as evidence of arrival.

Location is sensitive personal data (个人信息保护法 28): a position is taken only while its officer is on duty.
"""

from datetime import timedelta
from functools import lru_cache

from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from cases.audience import centre_audiences
from cases.rulebook import Rulebook, current
from enforcement.models import Duty, Officer
from grid.models import County
from journal import clock, prepared, push
from journal.refused import Refused

from .models import Position, Track

WORST_ACCURACY_M = 1000  # a fix from a mobile mast says nothing about who is near
MARGIN_DEGREES = 0.2  # about 20 km beyond the county's box: a pursuit or a detour, not another province
EARLIEST = timedelta(minutes=2)  # older than this it is not "where he is"
LATEST = timedelta(minutes=1)  # a phone's clock may run ahead by this much
STANDING = timedelta(minutes=5)  # who stands still leaves one point of his track in this time
STANDING_METRES = 25
LAST_TRACK = """SELECT at, ST_Distance(point, ST_SetSRID(ST_MakePoint($2, $3), 4326)::geography) FROM command_track
    WHERE officer_id = $1 ORDER BY at DESC LIMIT 1"""


@transaction.atomic
def record_position(officer: Officer, *, lon: float, lat: float, accuracy_m=None, heading=None, phone_at=None) -> Position:
    """Keep a fix (WGS-84 degrees, metres, degrees from north) and show it to the officer's centre.

    Server time counts; `phone_at` is kept beside it and orders the fixes of one phone: one that overtook an older one
    on the way is not undone by it. Refused, with a code for the phone: off_duty, outside, inaccurate, future, old.
    """
    now = clock.now()
    rules = current()
    _check(officer, lon, lat, accuracy_m, phone_at, now, rules)
    known = Position.objects.select_for_update().filter(officer=officer).first()
    if known and phone_at and known.phone_at and phone_at < known.phone_at:
        return known
    position = known or Position(officer=officer)
    position.point, position.accuracy_m, position.heading = Point(lon, lat, srid=4326), accuracy_m, heading
    position.officer, position.at, position.phone_at = officer, now, phone_at  # this officer's unit is loaded already
    if known:
        position.save()
    else:  # two phones of one officer may bring the first fix at once
        Position.objects.bulk_create(
            [position], update_conflicts=True, unique_fields=["officer"],
            update_fields=["point", "accuracy_m", "heading", "at", "phone_at"],
        )  # fmt: skip
    _add_to_track(position)
    _tell(position, rules)
    return position


def _add_to_track(position: Position) -> None:
    """Sampled: a point when he has moved, or when the last one is a while ago."""
    last = prepared.fetch("last_track", LAST_TRACK, [position.officer_id, position.point.x, position.point.y])
    if not last or last[0][1] >= STANDING_METRES or position.at - last[0][0] >= STANDING:
        Track.objects.create(officer=position.officer, point=position.point, accuracy_m=position.accuracy_m, at=position.at)


def _check(officer, lon, lat, accuracy_m, phone_at, now, rules) -> None:
    if not Duty.objects.filter(user_id=officer.user_id, starts_at__lte=now, ends_at__gt=now).exists():
        raise Refused(_("You are off duty: your position is not recorded."), code="off_duty")
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


def _tell(position: Position, rules: Rulebook) -> None:
    """To consoles and walls. Not a change of a case: it carries the fix itself and is outside the checksum."""
    officer = position.officer
    message = {
        "audiences": sorted(centre_audiences(officer.organisation.centre_id, rules)) if officer.organisation.centre_id else [],
        "positions": {str(officer.pk): [position.point.x, position.point.y, position.heading, int(position.at.timestamp() * 1000)]},
    }  # fmt: skip
    if message["audiences"]:
        transaction.on_commit(lambda: push.tell_now(message), robust=True)
