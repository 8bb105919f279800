"""Who is told about a case: its centre, the county's and guests, their walls, its reporters' pages, its officers."""

from collections.abc import Iterable

from journal import push

from .models import Case, GuestCentre, Report
from .rulebook import Rulebook, current


def county_centre_pk() -> int:
    """The county centre sees every case."""
    return current().county_centre.pk


def centre_audiences(centre_pk: int, rules: Rulebook | None = None) -> list[str]:
    """Consoles and walls of a centre and of the county centre. One SELECT, none with `rules`."""
    return rooms({centre_pk, (rules or current()).county_centre.pk})


def rooms(centres: Iterable[int]) -> list[str]:
    """Consoles and walls of these centres."""
    return [f"{kind}.{pk}" for kind in ("centre", "wall") for pk in centres]


def announce(case: Case, *extra: str) -> None:
    """After commit, hint that the case has changed; `extra` audiences are officers' ("officer.7")."""
    tracks = [f"track.{digest[:32]}" for digest in _tracking_hashes(case)]
    guests = rooms(GuestCentre.objects.open().filter(case=case).values_list("centre", flat=True))
    push.tell([*centre_audiences(case.centre_id), *guests, *tracks, *extra], case.thread, case.version)


def _tracking_hashes(case: Case) -> list[str]:
    return list(Report.objects.about(case).values_list("tracking_hash", flat=True))
