"""How long an officer needs to a place, as far as anybody can know it: the straight line, what his position is worth, the county's speeds."""

from datetime import datetime

from journal import clock

DRIFT_MS = 1.0  # an old fix says less: its officer has gone on at a walk, in whatever direction


def speed_ms(options: dict, vehicle: str, in_seat: bool, moment: datetime) -> float:
    """Metres a second by the first of the county's `speeds` that fits vehicle (kind of equipment, "": none), place and local hour."""
    hour = moment.astimezone(clock.LOCAL).hour
    fits = (one for one in options["speeds"] if one.get("vehicle", vehicle) == vehicle and one.get("in_seat", in_seat) == in_seat
            and one.get("hours", [0, 24])[0] <= hour < one.get("hours", [0, 24])[1])  # fmt: skip
    return next(fits)["kmh"] / 3.6  # the last one fits everything: the county's file is refused without it


def speeds(options: dict, in_seat: bool, moment: datetime) -> dict[str, float]:
    """{kind of vehicle: metres a second}, "" for whoever has none of the kinds that the county names."""
    named = {one["vehicle"] for one in options["speeds"] if "vehicle" in one}
    return {vehicle: speed_ms(options, vehicle, in_seat, moment) for vehicle in sorted({"", *named})}


def seconds(distance_m: float, *, accuracy_m: float | None, age_s: float, stale_s: float, speed: float) -> int:
    """Expected time to be on site: the way, and what may be added by a coarse or an old position."""
    return round((distance_m + (accuracy_m or 0) + DRIFT_MS * max(0.0, age_s - stale_s)) / speed)
