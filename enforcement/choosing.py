"""Units as somebody chooses among them: grouped, so that the one that is meant is found at a glance."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from .models import Organisation

KINDS = list(Organisation.Kind)


def grouped(units: Iterable[Organisation]) -> list[tuple[str, list[Organisation]]]:
    """[(what stands over the group, units)]: centres and whoever has none by their kind, then the units below each centre; by code."""
    groups: dict[tuple, list[Organisation]] = {}
    for unit in sorted(units, key=lambda unit: unit.code):
        below = unit.centre if unit.centre_id not in (None, unit.pk) else None
        key = (1, below.code, _("Below %(centre)s") % {"centre": below.short_name}) if below else (0, KINDS.index(unit.kind), unit.get_kind_display())
        groups.setdefault(key, []).append(unit)
    return [(key[2], groups[key]) for key in sorted(groups, key=lambda key: key[:2])]
