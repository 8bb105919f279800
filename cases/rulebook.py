"""The county's rules and registers in memory: categories, routing, targets, who holds which item, zones, the calendar.

Each process keeps one copy and reads it again when `County.rules_version` has risen (a load of the county's data).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db import transaction
from django.db.models import Max

from enforcement.models import (
    Basis,
    ConductRule,
    DiscretionBand,
    DiscretionFactor,
    HearingThreshold,
    Item,
    ItemList,
    Organisation,
    OrganisationName,
    Tier,
    Transfer,
)
from grid.models import County, Zone
from journal import calendar, clock

from .models import Case, Category, RoutingRule, SendingRule, TargetClass, TargetRule

ZONES = ("township", "village", "grid", "area")  # of a case, the widest first
WHOLE_DAY = [["00:00", "23:59"]]  # a county that names no working hours works always


class NoCounty(RuntimeError):
    """No county has been loaded (`manage.py load_county data/<county>`)."""


@dataclass(frozen=True)
class Rulebook:
    """All rules of one version. Model instances in it are shared and never written."""

    version: int
    list_number: int  # of the version of the list of items in force
    options: dict
    county_centre: Organisation
    organisations: dict[int, Organisation]
    categories: dict[str, Category]  # by code; retired ones too
    items_of: dict[int, frozenset[int]]  # category → items
    items: dict[int, Item]
    bases: dict[int, tuple[Basis, ...]]  # item → what it rests on, the oldest first
    transfers: dict[tuple[int, str], tuple[Transfer, ...]]  # item and code of the township → to whom it was handed down there
    tiers: dict[int, tuple[Tier, ...]]  # basis → what it sets apart for some parties or circumstances
    bands: dict[int, tuple[DiscretionBand, ...]]  # item → bands of the discretion standard, the mildest first
    factors: dict[int, tuple[DiscretionFactor, ...]]  # item → levels of the factors of its formula, in their order
    thresholds: tuple[HearingThreshold, ...]
    names: dict[int, tuple[OrganisationName, ...]]  # organisation → what it was called, the oldest first
    zones: dict[int, Zone]  # without their geometry
    hotline: str
    routing: tuple[RoutingRule, ...]
    targets: tuple[TargetRule, ...]
    sending_rules: tuple[SendingRule, ...]
    classes: dict[int, TargetClass]
    calendar: calendar.WorkCalendar
    conduct: tuple[ConductRule, ...] = ()

    @property
    def complaints(self) -> list[str]:
        """Codes of the categories under which people complain about officers."""
        return self.options.get("complaint_categories", [])

    def must_nots(self, day: date) -> list[ConductRule]:
        """What officers must never do (十不准), as it holds on a day."""
        return [rule for rule in self.conduct if rule.kind == ConductRule.Kind.MUST_NOT and rule.covers(day)]

    def sending(self, case: Case, moment: datetime) -> SendingRule:
        """How the clock helps to send there at that moment. What nobody has put into a category yet, and what only the county's centre has
        because no unit holds it, is a person's to look at."""
        hour, category = moment.astimezone(clock.LOCAL).hour, None if case.organisation_id == self.county_centre.pk else case.category
        found = (rule for rule in self.sending_rules if category and rule.centre_id in (None, case.centre_id) and rule.group in ("", category.group)
                 and rule.category_id in (None, category.pk) and rule.priority in ("", case.priority) and rule.holds_at(hour))  # fmt: skip
        return next(found, SendingRule(mode=SendingRule.Mode.BY_HAND))

    def active_categories(self) -> list[Category]:
        return [category for category in self.categories.values() if category.is_active]

    def holding(self, item: Item, township: str | None, day: date) -> Transfer | Organisation | None:
        """Who holds an item in a township (its code; None: in none) on a day: the transfer that is in force there, else its
        holder; None: nobody (行政处罚法 24). The database sees to it that there is never a second one."""
        handed_down = self.transfers.get((item.pk, township), ()) if township else ()
        found = next((transfer for transfer in handed_down if transfer.covers(day)), None)
        if found is None and item.holder_id and item.covers(day):
            return self.organisations[item.holder_id]
        return found if item.covers(day) else None

    def holder(self, item: Item, township: str | None, day: date) -> Organisation | None:
        """As `holding`, the organisation itself."""
        found = self.holding(item, township, day)
        return self.organisations[found.organisation_id] if isinstance(found, Transfer) else found

    def held_items(self, category: Category | None, organisation_id: int, township: str | None, day: date) -> list[Item]:
        """Items of the category (None: of all) that the organisation holds in the township on `day`, by code."""
        wanted = self.items if category is None else self.items_of.get(category.pk, ())
        held = ((self.items[pk], self.holder(self.items[pk], township, day)) for pk in wanted)
        return sorted((item for item, holder in held if holder and holder.pk == organisation_id), key=lambda item: item.code)

    def category_of(self, item: Item) -> Category | None:
        """The first category, by code, that names the item."""
        return next((row for row in self.categories.values() if item.pk in self.items_of.get(row.pk, ())), None)

    def basis(self, item: Item, day: date) -> Basis | None:
        """What the item rested on at the day of the act (行政处罚法 37)."""
        return next((basis for basis in self.bases.get(item.pk, ()) if basis.covers(day)), None)

    def name_on(self, organisation: Organisation, day: date) -> str:
        """What a unit was called on a day; its own name holds where no other was registered for that day."""
        return next((row.name for row in self.names.get(organisation.pk, ()) if row.covers(day)), organisation.name)

    def former_names(self, organisation: Organisation, day: date) -> list[str]:
        """What it had been called before that day (曾用名), the oldest first."""
        past = [row for row in self.names.get(organisation.pk, ()) if row.valid_from <= day]
        found = [organisation.name] * bool(past) + [row.name for row in past if not row.covers(day)]
        return [name for name in dict.fromkeys(found) if name != self.name_on(organisation, day)]

    def below(self, organisation_id: int) -> list[int]:
        """Keys of an organisation and of all that stand below it."""
        found = [organisation_id]
        for pk in found:
            found += [one.pk for one in self.organisations.values() if one.parent_id == pk]
        return found

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


def _by(key: str, rows) -> dict[int, tuple]:
    """Rows by one of their fields, in the order in which they come."""
    found = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return {pk: tuple(these) for pk, these in found.items()}


def _read(version: int) -> Rulebook:
    with transaction.atomic():
        here = county()
        organisations = {row.pk: row for row in Organisation.objects.select_related("centre", "legal_subject")}
        centre = next((row for row in organisations.values() if row.is_county_centre), None)
        classes = {row.pk: row for row in TargetClass.objects.order_by("pk")}
        if centre is None or not classes:
            raise NoCounty("the county has no command centre or no target classes")
        items = {row.pk: row for row in Item.objects.all()}
        transfers: dict[tuple[int, str], list[Transfer]] = defaultdict(list)
        for transfer in Transfer.objects.order_by("valid_from"):
            transfers[transfer.item_id, transfer.township].append(transfer)
        items_of: dict[int, set[int]] = {}
        for category, item in Category.items.through.objects.values_list("category_id", "item_id"):
            items_of.setdefault(category, set()).add(item)
        return Rulebook(
            version=here.rules_version, list_number=ItemList.objects.aggregate(Max("number"))["number__max"] or 0,
            options=here.options, county_centre=centre, organisations=organisations,
            categories={row.code: row for row in Category.objects.order_by("code")},
            items_of={category: frozenset(items) for category, items in items_of.items()},
            items=items, bases=_by("item_id", Basis.objects.order_by("valid_from")),
            transfers={place: tuple(rows) for place, rows in transfers.items()},
            tiers=_by("basis_id", Tier.objects.order_by("pk")), bands=_by("item_id", DiscretionBand.objects.order_by("party", "order")),
            factors=_by("item_id", DiscretionFactor.objects.order_by("order", "pk")), thresholds=tuple(HearingThreshold.objects.all()),
            names=_by("organisation_id", OrganisationName.objects.order_by("valid_from")),
            zones={row.pk: row for row in Zone.objects.defer("geometry")}, hotline=here.hotline,
            routing=tuple(RoutingRule.objects.filter(is_active=True).order_by("order")),
            targets=tuple(TargetRule.objects.order_by("order")), sending_rules=tuple(SendingRule.objects.order_by("order")), classes=classes,
            calendar=calendar.load(here.options.get("working_hours") or WHOLE_DAY), conduct=tuple(ConductRule.objects.all()),
        )  # fmt: skip
