"""Zones of one kind must cover their parent without gap or overlap."""

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from django.contrib.gis.geos import MultiPolygon
from django.utils.translation import gettext as _

from .reading import Problem, Row

LEEWAY = 1e-10  # square degrees, about one square metre: rounding to six decimals, never a real strip of land


def tiling_faults(zones: dict[str, Row]) -> Iterator[Problem]:
    """Overlaps between siblings, land outside the parent, and gaps, each at the zone to be corrected."""
    families = defaultdict(list)
    for row in zones.values():
        if row["kind"] != "county" and row["parent"] in zones:
            families[row["parent"], row["kind"]].append(row)
    for (code, kind), children in families.items():
        parent = zones[code]
        together = _union(children)
        overlapping = sum(child.geometry.area for child in children) - together.area
        if overlapping <= LEEWAY and parent.geometry.sym_difference(together).area <= LEEWAY:
            continue
        yield from _overlaps(children)
        for child in children:
            if (outside := child.geometry.difference(parent.geometry)).area > LEEWAY:
                yield child.problem(_("It lies %(size)s outside %(parent)s.") % {"size": _size(outside), "parent": parent["name"]})
        if (gap := parent.geometry.difference(together)).area > LEEWAY:
            yield parent.problem(_("Its zones (%(kind)s) leave a gap of %(size)s.") % {"kind": kind, "size": _size(gap)})


def _union(children: list[Row]):
    return MultiPolygon([part for child in children for part in child.geometry], srid=children[0].geometry.srid).unary_union


def _overlaps(children: list[Row]) -> Iterator[Problem]:
    boxes = {child["code"]: child.geometry.extent for child in children}
    for one, other in combinations(children, 2):
        a, b = boxes[one["code"]], boxes[other["code"]]
        apart = a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]
        if not apart and (common := one.geometry.intersection(other.geometry)).area > LEEWAY:
            yield other.problem(_("It overlaps %(name)s (line %(line)d) by %(size)s.") % {
                "name": one["name"], "line": one.line, "size": _size(common)})  # fmt: skip


def _size(shape) -> str:
    """Area in square metres and where it is, for a person who looks for it."""
    middle = shape.centroid
    square_metres = shape.area * 111_320 * math.cos(math.radians(middle.y)) * 110_996
    return _("%(area).0f m² near %(lon).6f, %(lat).6f") % {"area": square_metres, "lon": middle.x, "lat": middle.y}
