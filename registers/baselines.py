"""What the figures of the source are today: counted from the registers, never written down in code."""

from collections.abc import Callable

from cases.rulebook import Rulebook, current
from enforcement.models import Equipment, Officer, Organisation
from grid.models import Camera, Zone
from journal import clock

Kind = Organisation.Kind


def loaded(code: str) -> int | None:
    """The present count for a baseline's code (`what.organisation` or `what`); None: nothing here counts that."""
    what, _dot, of = code.partition(".")
    count = COUNTS.get(what)
    return count(of) if count else None


def _items(of: str) -> int:
    """Items in force today that the organisation holds: its own and those handed down to it anywhere."""
    rules, day = current(), clock.today()
    holder = _organisation(rules, of)
    own = {item.pk for item in rules.items.values() if holder and item.holder_id == holder.pk and item.covers(day)}
    return len(own | {item for item, _organisation_pk in _handed_down(rules, of)})


def _departments(of: str) -> int:
    """Departments whose items were handed down to the organisation."""
    rules = current()
    return len({rules.items[item].department for item, _organisation_pk in _handed_down(rules, of)})


def _handed_down(rules: Rulebook, of: str) -> set[tuple[int, int]]:
    day, holder = clock.today(), _organisation(rules, of)
    return {
        (one.item_id, one.organisation_id) for rows in rules.transfers.values() for one in rows
        if holder and one.organisation_id == holder.pk and one.covers(day) and rules.items[one.item_id].covers(day)
    }  # fmt: skip


def _organisation(rules: Rulebook, code: str) -> Organisation | None:
    return next((one for one in rules.organisations.values() if one.code == code), None)


def _units(kind: str) -> Callable[[str], int]:
    def count(of: str) -> int:
        units = Organisation.objects.filter(kind=kind, is_active=True)
        return (units.filter(parent__code=of) if of else units).count()

    return count


def _zones(kind: str) -> Callable[[str], int]:
    return lambda _of: Zone.objects.filter(kind=kind, is_active=True).count()


def _equipment(kind: str) -> Callable[[str], int]:
    def count(of: str) -> int:
        rules = current()
        holder = _organisation(rules, of)
        return Equipment.objects.filter(kind=kind, is_active=True, organisation__in=rules.below(holder.pk) if holder else []).count()

    return count


def _officers(of: str) -> int | None:
    """Enforcement officers of the organisation and of what stands below it, helpers apart."""
    rules = current()
    holder = _organisation(rules, of)
    if holder is None:
        return None
    return Officer.objects.filter(organisation__in=rules.below(holder.pk), is_helper=False, user__is_active=True).count()


COUNTS: dict[str, Callable[[str], int | None]] = {
    "items": _items, "departments": _departments, "officers": _officers,
    "brigades": _units(Kind.BRIGADE), "sections": _units(Kind.SECTION), "squadrons": _units(Kind.SQUADRON),
    "townships": _zones(Zone.Kind.TOWNSHIP), "areas": _zones(Zone.Kind.AREA), "grids": _zones(Zone.Kind.GRID),
    "drones": _equipment("drone"), "body_cameras": _equipment("body_camera"), "motorcycles": _equipment("motorcycle"),
    "cameras": lambda of: Camera.objects.filter(group=of, is_active=True).count(),
}  # fmt: skip
