"""A checked county into the database: rows are created or changed by their key, and become inactive when they are gone."""

from collections import Counter
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import Category, RoutingRule, TargetClass, TargetRule
from enforcement import equipment, lists, roster
from enforcement.models import (
    Baseline,
    Basis,
    Certificate,
    DutyPattern,
    Equipment,
    EquipmentIssue,
    Item,
    ItemList,
    LegalSubject,
    Officer,
    Organisation,
    Tier,
    Transfer,
    User,
)
from enforcement.roles import Role
from grid.models import Camera, MapLine, Responsibility, Zone
from grid.models import County as StoredCounty
from journal import clock
from journal.models import CalendarDay

from . import tables
from .checks import County
from .reading import SRID


class Register:
    """Compares what should be with what is, writes the difference, and counts it: `counts[model name, what]`."""

    def __init__(self):
        self.counts = Counter()

    def note(self, model, what: str, number: int) -> None:
        if number:
            self.counts[model.__name__, what] += number

    def put(self, model, key: str | tuple, wanted: list[dict], *, only_new: dict | None = None, among=None) -> dict:
        """Create or change rows so that they equal `wanted` (fields, ids for foreign keys).

        `only_new` are further fields of new rows; `among` is the queryset to compare with (default: all rows).
        Returns all rows by key.
        """
        names = (key,) if isinstance(key, str) else key
        have = {tuple(getattr(row, name) for name in names): row for row in (model.objects.all() if among is None else among)}
        new, changed = [], []
        for fields in wanted:
            at = tuple(fields[name] for name in names)
            if (row := have.get(at)) is None:
                have[at] = row = model(**fields, **(only_new or {}))
                new.append(row)
            elif different := {name for name, value in fields.items() if getattr(row, name) != value}:
                for name in different:
                    setattr(row, name, fields[name])
                changed.append(row)
        model.objects.bulk_create(new, batch_size=500)
        if changed:
            plain = {name.removesuffix("_id") for name in wanted[0]} - {"id"}
            model.objects.bulk_update(changed, plain, batch_size=200)
        self.note(model, "created", len(new))
        self.note(model, "changed", len(changed))
        return {at[0] if isinstance(key, str) else at: row for at, row in have.items()}

    def retire(self, model, gone, **fields) -> None:
        """Make the rows of the queryset inactive (or whatever `fields` say)."""
        self.note(model, "deactivated", gone.update(**fields))

    def drop(self, model, gone) -> None:
        """Delete rows that nothing in the past refers to."""
        self.note(model, "removed", gone.count())
        gone.delete()


@transaction.atomic
def store(county: County, *, by: str = "", document: str = "") -> Counter:
    """Bring the database to what the county's data says; returns the counts of changes by model and kind.

    `by`: label of who does it, `document`: by which paper; both are kept with the new version of the list of items, if there is one.

    Nothing that a case may point at is deleted. `rules_version` rises when anything changed.
    """
    register = Register()
    organisations = _organisations(register, county, _subjects(register, county))
    zones = _zones(register, county)
    people = _people(register, county, organisations)
    officers = _officers(register, county, people)
    known = {Organisation: organisations, User: people, Officer: officers}
    _plain(register, county, known, tables.NAMES, gone=_end)
    _plain(register, county, known, tables.EXAMS)
    _certificates(register, county, officers)
    _duty(register, county, people)
    items = known[Item] = _powers(register, county, organisations)
    for file in (tables.BANDS, tables.FACTORS, tables.THRESHOLDS):
        _plain(register, county, known, file, gone=_end)
    for file in (tables.TRAININGS, "enrolments.csv", "staff_transfers.csv", "recusals.csv", "party_acts.csv"):
        _plain(register, county, known, file)
    _plain(register, county, known, "conduct_rules.csv", gone=_end)
    _plain(register, county, known, "procedure_steps.csv", gone=_drop)
    by = by or str(_("County data"))
    _equipment(register, county, organisations, officers, by=by)
    _places(register, county, organisations, zones, officers)
    _rules(register, county, organisations, zones, items)
    _facts(register, county)
    if lists.publish(by=by, document=document):
        register.note(ItemList, "created", 1)
    _county(register, county)
    roster.roll()
    return register.counts


def _plain(register: Register, county: County, known: dict, file: str, *, gone=None) -> None:
    """A table whose rows are as its columns say: references by their codes through `known` (model → code → row).

    `gone(register, model, keys)` is for rows that the file no longer has; without it they stay: what happened has happened."""
    table = tables.BY_FILE[file]
    wanted = []
    for row in county.rows[file]:
        fields = {}
        for name, value in table.fields(row).items():
            field = table.model._meta.get_field(name)
            if field.is_relation and value is not None:
                value = known[field.related_model][value].pk
            fields[field.attname] = list(value) if isinstance(value, tuple) else value
        wanted.append(fields)
    key = tuple(table.model._meta.get_field(column.field).attname for column in table.columns if column.name in table.key)
    key = key if len(key) > 1 else key[0]
    have = known[table.model] = register.put(table.model, key, wanted)
    if gone:
        names = (key,) if isinstance(key, str) else key
        still = {tuple(one[name] for name in names) for one in wanted}
        gone(register, table.model, [row.pk for row in have.values() if tuple(getattr(row, name) for name in names) not in still])


def _drop(register: Register, model, pks: list[int]) -> None:
    register.drop(model, model.objects.filter(pk__in=pks))


def _subjects(register: Register, county: County) -> dict[str, LegalSubject]:
    table = tables.BY_FILE[tables.SUBJECTS]
    wanted = [table.fields(row) | {"is_active": True} for row in county.rows[table.file]]
    have = register.put(LegalSubject, "code", wanted)
    gone = LegalSubject.objects.filter(is_active=True).exclude(code__in=[one["code"] for one in wanted])
    register.retire(LegalSubject, gone, is_active=False)
    return have


def _organisations(register: Register, county: County, subjects: dict[str, LegalSubject]) -> dict[str, Organisation]:
    table = tables.BY_FILE[tables.ORGANISATIONS]
    wanted = []
    for row in county.rows[table.file]:
        fields = table.fields(row) | {"is_active": True}
        del fields["parent"]
        subject = fields.pop("legal_subject")
        fields["legal_subject_id"] = subjects[subject].pk if subject else None
        wanted.append(fields)
    have = register.put(Organisation, "code", wanted)
    parents = {row["code"]: row["parent"] for row in county.rows[table.file]}
    tied = []
    for code, above in parents.items():
        centre = county.centre_of[code]
        ids = have[above].pk if above else None, have[centre].pk if centre else None
        if (have[code].parent_id, have[code].centre_id) != ids:
            have[code].parent_id, have[code].centre_id = ids
            tied.append(have[code])
    Organisation.objects.bulk_update(tied, ["parent", "centre"])
    register.note(Organisation, "placed", len(tied))
    register.retire(Organisation, Organisation.objects.filter(is_active=True).exclude(code__in=parents), is_active=False)
    return have


def _zones(register: Register, county: County) -> dict[str, Zone]:
    rows = {code: row for code, row in county.zones.items() if row["kind"] != "county"}
    have = {}
    for kind in tables.ZONE_FILES.values():  # from the largest down, so that parents are there
        wanted = [
            {"code": code, "kind": kind, "name": row["name"], "geometry": row.geometry, "is_seat": row["seat"],
             "parent_id": have[row["parent"]].pk if row["parent"] in have else None,
             "is_demonstration": row["demonstration"], "is_active": True}
            for code, row in rows.items() if row["kind"] == kind
        ]  # fmt: skip
        if wanted:
            have |= register.put(Zone, "code", wanted, among=Zone.objects.filter(code__in=[one["code"] for one in wanted]))
    register.retire(Zone, Zone.objects.filter(is_active=True).exclude(code__in=rows), is_active=False)
    return have


def _people(register: Register, county: County, organisations: dict) -> dict[str, User]:
    """Staff, without a password: whoever runs the installation hands them out. Superusers are not the county's data."""
    table = tables.BY_FILE[tables.OFFICERS]
    wanted = []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        fields["organisation_id"] = organisations[fields.pop("organisation")].pk
        wanted.append(fields | {"is_active": True})
    have = register.put(User, "username", wanted, only_new={"password": make_password(None)})
    gone = User.objects.filter(is_active=True, is_superuser=False).exclude(username__in=[one["username"] for one in wanted])
    roster.forget(gone.values_list("pk", flat=True), by_hand=True)
    register.retire(User, gone, is_active=False)
    return have


def _officers(register: Register, county: County, people: dict) -> dict[str, Officer]:
    wanted = [
        {"user_id": people[row["username"]].pk, "badge": row["badge"], "organisation_id": people[row["username"]].organisation_id,
         "is_helper": row["post"] == Role.HELPER, "is_leader": row["post"] == Role.SQUAD_LEADER, "rank": row["rank"]}
        for row in county.rows[tables.OFFICERS] if row["badge"]
    ]  # fmt: skip
    ids = [one["user_id"] for one in wanted]
    # Badges may change hands within one load, and the unique index looks at each row as it is written.
    keeps = {one["user_id"]: one["badge"] for one in wanted}
    for officer in Officer.objects.filter(badge__in=keeps.values()):
        if keeps.get(officer.user_id) != officer.badge:
            Officer.objects.filter(pk=officer.pk).update(badge=f"~{officer.pk}")
    have = register.put(Officer, "user_id", wanted)
    left = _("No longer in the county's data.")
    register.retire(Officer, Officer.objects.filter(suspended_at__isnull=True).exclude(user_id__in=ids),
                    suspended_at=clock.now(), suspended_reason=left)  # fmt: skip
    back = Officer.objects.filter(user_id__in=ids, suspended_reason=left)
    register.note(Officer, "reactivated", back.update(suspended_at=None, suspended_reason=""))
    return {row["username"]: have[people[row["username"]].pk] for row in county.rows[tables.OFFICERS] if row["badge"]}


def _certificates(register: Register, county: County, officers: dict) -> None:
    table = tables.BY_FILE[tables.CERTIFICATES]
    wanted = []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        fields["officer_id"] = officers[fields.pop("officer")].pk
        wanted.append(fields | {"fields": list(row["fields"]), "townships": list(row["townships"])})
    register.put(Certificate, "number", wanted)
    gone = Certificate.objects.exclude(number__in=[one["number"] for one in wanted])
    register.retire(Certificate, gone.exclude(status=Certificate.Status.REVOKED), status=Certificate.Status.REVOKED)


def _duty(register: Register, county: County, people: dict) -> None:
    """Patterns of each person; whose pattern changed gets a new roster from now on."""
    patterns = county.rows["duty.csv"]
    wanted = [
        {"user_id": people[row["username"]].pk,
         **{name: pattern[name] for name in ("first_day", "every_days", "starts", "hours", "kind")}}
        for row in county.rows[tables.OFFICERS] for pattern in patterns if pattern["watch"] == row["watch"]
    ]  # fmt: skip
    names = ("user_id", "first_day", "every_days", "starts", "hours", "kind")
    should = {tuple(one[name] for name in names) for one in wanted}
    have = {tuple(getattr(row, name) for name in names): row.pk for row in DutyPattern.objects.all()}
    lost, new = [at for at in have if at not in should], [one for one in wanted if tuple(one[name] for name in names) not in have]
    register.drop(DutyPattern, DutyPattern.objects.filter(pk__in=[have[at] for at in lost]))
    DutyPattern.objects.bulk_create([DutyPattern(**one) for one in new], batch_size=1000)
    register.note(DutyPattern, "created", len(new))
    roster.forget({at[0] for at in lost} | {one["user_id"] for one in new})


def _powers(register: Register, county: County, organisations: dict) -> dict[str, Item]:
    """Items and transfers. What left the list ended yesterday: a case filed before is finished by who filed it."""
    yesterday = clock.today() - timedelta(days=1)
    table, wanted = tables.BY_FILE[tables.ITEMS], []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        holder = fields.pop("holder")
        wanted.append(fields | {"holder_id": organisations[holder].pk if holder else None})
    items = register.put(Item, "code", wanted)
    gone = Item.objects.exclude(code__in=[one["code"] for one in wanted]).exclude(valid_to__lte=yesterday)
    register.retire(Item, gone, valid_to=yesterday)
    _bases(register, county, items)
    table, wanted = tables.BY_FILE[tables.TRANSFERS], []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        item, organisation = fields.pop("item"), fields.pop("organisation")
        wanted.append(fields | {"item_id": items[item].pk, "organisation_id": organisations[organisation].pk})
    key = ("item_id", "organisation_id", "township", "valid_from")
    have = register.put(Transfer, key, wanted)
    gone = set(have) - {tuple(one[name] for name in key) for one in wanted}
    _end(register, Transfer, [have[at].pk for at in gone])
    return items


def _bases(register: Register, county: County, items: dict) -> None:
    table, wanted = tables.BY_FILE[tables.BASES], []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        item = fields.pop("item")
        wanted.append(fields | {"item_id": items[item].pk})
    have = register.put(Basis, ("item_id", "valid_from"), wanted)
    gone = set(have) - {(one["item_id"], one["valid_from"]) for one in wanted}
    _end(register, Basis, [have[at].pk for at in gone])
    wanted = []
    for row in county.rows[tables.TIERS]:
        basis = have[items[row["item"]].pk, row["basis_from"]]
        wanted.append(tables.BY_FILE[tables.TIERS].fields(row) | {"basis_id": basis.pk})
    key = ("basis_id", "party", "circumstance")
    tiers = register.put(Tier, key, wanted)
    gone = set(tiers) - {tuple(one[name] for name in key) for one in wanted}
    register.drop(Tier, Tier.objects.filter(pk__in=[tiers[at].pk for at in gone]))


def _end(register: Register, model, pks: list[int]) -> None:
    """What left the list: it ended yesterday, or was never in force."""
    yesterday = clock.today() - timedelta(days=1)
    lost = model.objects.filter(pk__in=pks)
    register.drop(model, lost.filter(valid_from__gt=yesterday))
    register.retire(model, lost.filter(valid_from__lte=yesterday).exclude(valid_to__lte=yesterday), valid_to=yesterday)


def _equipment(register: Register, county: County, organisations: dict, officers: dict, *, by: str) -> None:
    """What there is and who has it; another holder than before is an issue and a return of now."""
    table = tables.BY_FILE["equipment.csv"]
    wanted = []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        organisation, holder = fields.pop("organisation"), fields.pop("holder")
        wanted.append(fields | {"organisation_id": organisations[organisation].pk,
                                "holder_id": officers[holder].pk if holder else None, "is_active": True})  # fmt: skip
    register.put(Equipment, "code", wanted)
    gone = Equipment.objects.filter(is_active=True).exclude(code__in=[one["code"] for one in wanted])
    register.retire(Equipment, gone, is_active=False, holder=None)
    changed = equipment.follow_holders(by=by)
    register.note(EquipmentIssue, "created", changed)


def _places(register: Register, county: County, organisations: dict, zones: dict, officers: dict) -> None:
    """Who answers for which zone, cameras (their grid by position, lowest code on a border), lines of the base map."""
    wanted = [{"zone_id": zones[row["zone"]].pk, "officer_id": officers[row["officer"]].pk, "role": row["role"]}
              for row in county.rows["responsibilities.csv"]]  # fmt: skip
    have = register.put(Responsibility, ("zone_id", "officer_id"), wanted)
    gone = set(have) - {(one["zone_id"], one["officer_id"]) for one in wanted}
    register.drop(Responsibility, Responsibility.objects.filter(pk__in=[have[at].pk for at in gone]))

    grids = sorted((row["code"], row.geometry) for row in county.zones.values() if row["kind"] == "grid")
    wanted = []
    for row in county.rows["cameras.csv"]:
        point = Point(row["lon"], row["lat"], srid=SRID)
        grid = next((code for code, geometry in grids if geometry.covers(point)), None)
        wanted.append({"code": row["code"], "name": row["name"], "group": row["group"], "point": point,
                       "zone_id": zones[grid].pk if grid else None, "is_demo": row["demo"], "is_active": True,
                       "organisation_id": organisations[row["organisation"]].pk if row["organisation"] else None})  # fmt: skip
    register.put(Camera, "code", wanted)
    gone = Camera.objects.filter(is_active=True).exclude(code__in=[one["code"] for one in wanted])
    register.retire(Camera, gone, is_active=False)

    should = {(row["kind"], row["name"], part.wkt): MapLine(kind=row["kind"], name=row["name"], geometry=part,
                                                           is_demonstration=row["demonstration"])
              for row in county.lines for part in row.geometry}  # fmt: skip
    have = {(line.kind, line.name, line.geometry.wkt): line.pk for line in MapLine.objects.all()}
    register.drop(MapLine, MapLine.objects.filter(pk__in=[have[at] for at in set(have) - set(should)]))
    new = [line for at, line in should.items() if at not in have]
    MapLine.objects.bulk_create(new)
    register.note(MapLine, "created", len(new))


def _rules(register: Register, county: County, organisations: dict, zones: dict, items: dict) -> None:
    """Target classes, categories, and the two lists of rules."""
    table = tables.BY_FILE[tables.CLASSES]
    classes = register.put(TargetClass, "code", [table.fields(row) for row in county.rows[table.file]])

    def ids(row, **sources):
        return {f"{name}_id": source[row[name]].pk if row[name] else None for name, source in sources.items()}

    table = tables.BY_FILE[tables.CATEGORIES]
    wanted = [
        {name: value for name, value in table.fields(row).items() if name not in ("brigade", "department")}
        | ids(row, brigade=organisations, department=organisations) | {"is_active": True}
        for row in county.rows[table.file]
    ]  # fmt: skip
    for one, row in zip(wanted, county.rows[table.file], strict=True):
        one["icon"] = row["icon"] or ""
    categories = register.put(Category, "code", wanted)
    codes = [one["code"] for one in wanted]
    register.retire(Category, Category.objects.filter(is_active=True).exclude(code__in=codes), is_active=False)
    link = Category.items.through
    should = {(categories[row["code"]].pk, items[code].pk) for row in county.rows[table.file] for code in row["items"]}
    have = {(one.category_id, one.item_id): one.pk for one in link.objects.filter(category__code__in=codes)}
    register.drop(link, link.objects.filter(pk__in=[have[at] for at in set(have) - should]))
    link.objects.bulk_create([link(category_id=category, item_id=item) for category, item in sorted(should - set(have))])
    register.note(link, "created", len(should - set(have)))

    selectors = {"zone": zones, "category": categories}
    wanted = [{"order": row["order"], "in_seat": row["in_seat"], "priority": row["priority"]}
              | ids(row, target_class=classes, **selectors) for row in county.rows["target_rules.csv"]]  # fmt: skip
    register.put(TargetRule, "order", wanted)
    register.drop(TargetRule, TargetRule.objects.exclude(order__in=[one["order"] for one in wanted]))

    wanted = [{name: row[name] for name in ("code", "order", "group", "needs_item", "to_department", "note")}
              | ids(row, organisation=organisations, **selectors) | {"is_active": True}
              for row in county.rows["routing_rules.csv"]]  # fmt: skip
    gone = RoutingRule.objects.filter(is_active=True).exclude(code__in=[one["code"] for one in wanted])
    register.retire(RoutingRule, gone, is_active=False)
    orders = {one["code"]: one["order"] for one in wanted}
    for rule in RoutingRule.objects.exclude(order__gte=PARKED):
        if rule.order != orders.get(rule.code):  # out of the way: each order belongs to one rule
            RoutingRule.objects.filter(pk=rule.pk).update(order=PARKED + rule.pk % PARKED)
    register.put(RoutingRule, "code", wanted)


PARKED = 10_000  # orders from here on: rules that are inactive or about to get their new order


def _facts(register: Register, county: County) -> None:
    """Baselines, and the calendar, to which an administrator may have added years that the file does not know."""
    table = tables.BY_FILE["baselines.csv"]
    wanted = [table.fields(row) for row in county.rows[table.file]]
    register.put(Baseline, "code", wanted)
    register.drop(Baseline, Baseline.objects.exclude(code__in=[one["code"] for one in wanted]))
    register.put(CalendarDay, "date", [{"date": row["date"], "is_workday": row["kind"] == "workday", "source": row["name"]}
                                       for row in county.rows["calendar.csv"]])  # fmt: skip


def _county(register: Register, county: County) -> None:
    settings, view = county.settings["county"], county.settings["map"]
    fields = {
        "code": settings["code"], "name": settings["name"], "name_en": settings["name_en"],
        "outline": county.zones[settings["code"]].geometry, "map_approval_number": view["approval_number"],
        "home_lon": view["home"][0], "home_lat": view["home"][1], "home_zoom": view["zoom"], "hotline": settings["hotline"],
        "grid_code_pattern": settings["grid_code"], "options": county.settings["options"], "is_demo": settings["demonstration"],
    }  # fmt: skip
    stored = register.put(StoredCounty, "code", [fields])[settings["code"]]
    if register.counts and not register.counts[StoredCounty.__name__, "created"]:
        stored.rules_version += 1
        stored.save(update_fields=["rules_version"])
