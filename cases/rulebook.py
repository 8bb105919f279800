"""The county's rules and registers in memory: categories, routing, targets, who holds which item, zones, the calendar.

Each process keeps one copy and reads it again when `County.rules_version` has risen (a load of the county's data).
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db import transaction

from enforcement.models import Item, Organisation, Transfer
from grid.models import County, Zone
from journal import calendar

from .models import Case, Category, RoutingRule, TargetClass, TargetRule

ZONES = ("township", "village", "grid", "area")  # of a case, the widest first
WHOLE_DAY = [["00:00", "23:59"]]  # a county that names no working hours works always


class NoCounty(RuntimeError):
    """No county has been loaded (`manage.py load_county data/<county>`)."""


@dataclass(frozen=True)
class Holding:
    """An organisation holds an item from … to (None: without end)."""

    organisation_id: int
    valid_from: date
    valid_to: date | None

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Rulebook:
    """All rules of one version. Model instances in it are shared and never written."""

    version: int
    options: dict
    county_centre: Organisation
    organisations: dict[int, Organisation]
    categories: dict[str, Category]  # by code; retired ones too
    items_of: dict[int, frozenset[int]]  # category → items
    holdings: dict[int, tuple[Holding, ...]]  # item → who holds it
    items: dict[int, Item]
    zones: dict[int, Zone]  # without their geometry
    hotline: str
    routing: tuple[RoutingRule, ...]
    targets: tuple[TargetRule, ...]
    classes: dict[int, TargetClass]
    calendar: calendar.WorkCalendar

    def active_categories(self) -> list[Category]:
        return [category for category in self.categories.values() if category.is_active]

    def held_item(self, category: Category, organisation_id: int, day: date) -> str | None:
        """Code of an item of the category that the organisation holds on `day`, or None."""
        codes = [
            self.items[item].code for item in self.items_of.get(category.pk, ())
            if any(held.organisation_id == organisation_id and held.covers(day) for held in self.holdings.get(item, ()))
        ]  # fmt: skip
        return min(codes, default=None)


    def fill(self, case: Case) -> None:
        """Give a case that was read alone its category, class, organisations and zones, as joins would, for nothing."""
        known = {
            "category": self.categories_by_pk, "target_class": self.classes, "organisation": self.organisations, "centre": self.organisations,
            **dict.fromkeys(ZONES, self.zones),
        }  # fmt: skip
        for name, rows in known.items():
            pk = getattr(case, f"{name}_id")
            if pk in rows:  # else it is younger than this copy, and asked for when needed
                setattr(case, name, rows[pk])

    @cached_property
    def categories_by_pk(self) -> dict[int, Category]:
        return {category.pk: category for category in self.categories.values()}


_current: Rulebook | None = None


def current(version: int | None = None) -> Rulebook:
    """The rulebook in force. Costs one SELECT for the version, none when the caller has just read it."""
    global _current
    if version is None:
        version = County.objects.values_list("rules_version", flat=True).first()
    if version is None:
        raise NoCounty("no county is loaded")
    if _current is None or _current.version != version:
        _current = _read(version)
    return _current


def county() -> County:
    """The county's names, hotline and map home, without its outline. One SELECT."""
    found = County.objects.defer("outline").first()
    if found is None:
        raise NoCounty("no county is loaded")
    return found


def forget() -> None:
    """Read again at the next use (another database lies behind the same process: tests)."""
    global _current
    _current = None


def _read(version: int) -> Rulebook:
    with transaction.atomic():
        here = county()
        organisations = {row.pk: row for row in Organisation.objects.select_related("centre")}
        centre = next((row for row in organisations.values() if row.is_county_centre), None)
        classes = {row.pk: row for row in TargetClass.objects.order_by("pk")}
        if centre is None or not classes:
            raise NoCounty("the county has no command centre or no target classes")
        holdings: dict[int, list[Holding]] = {}
        items = {row.pk: row for row in Item.objects.all()}
        for item in items.values():
            holdings[item.pk] = [Holding(item.holder_id, item.valid_from, item.valid_to)] if item.holder_id else []
        for item, organisation, begins, ends in Transfer.objects.values_list("item_id", "organisation_id", "valid_from", "valid_to"):
            holdings[item].append(Holding(organisation, begins, ends))
        items_of: dict[int, set[int]] = {}
        for category, item in Category.items.through.objects.values_list("category_id", "item_id"):
            items_of.setdefault(category, set()).add(item)
        return Rulebook(
            version=here.rules_version, options=here.options, county_centre=centre, organisations=organisations,
            categories={row.code: row for row in Category.objects.order_by("code")},
            items_of={category: frozenset(items) for category, items in items_of.items()},
            holdings={item: tuple(held) for item, held in holdings.items()}, items=items,
            zones={row.pk: row for row in Zone.objects.defer("geometry")}, hotline=here.hotline,
            routing=tuple(RoutingRule.objects.filter(is_active=True).order_by("order")),
            targets=tuple(TargetRule.objects.order_by("order")), classes=classes,
            calendar=calendar.load(here.options.get("working_hours") or WHOLE_DAY),
        )  # fmt: skip
