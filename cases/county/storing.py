"""A checked county into the database: rows are created or changed by their key, and become inactive when they are gone."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases.models import Category, RoutingRule, SendingRule, TargetClass, TargetRule
from enforcement import accounts, equipment, lists, posts, roster, standing
from enforcement.models import (
    Account,
    Basis,
    Certificate,
    DutyPattern,
    Equipment,
    EquipmentIssue,
    Item,
    ItemList,
    Leave,
    LegalSubject,
    Officer,
    Organisation,
    PostChange,
    Tier,
    User,
)
from enforcement.roles import FIELD, Role
from grid.models import Camera, MapLine, Zone
from grid.models import County as StoredCounty
from journal import clock, history
from journal.models import CalendarDay
from journal.refused import Refused

from . import tables
from .checks import County
from .reading import SRID
from .writing import Known, Register, put_plain

LINES = "lines"  # of the base map: no table
# Guards of the database ask these of other rows (an administrator's only post, no duty in a leave), and asked in the one moment that a
# writer sees they would not know what has come since: it waits.
STILL = (PostChange._meta.db_table, Leave._meta.db_table)


@transaction.atomic
def store(county: County, *, by: str = "", document: str = "", reason: str = "", run: int | None = None,
          only: Collection[str] | None = None) -> Counter:  # fmt: skip
    """Bring the database to what the county's data says; returns the counts of changes by model and kind.

    `by`: label of who does it, `document`: by which paper, `reason`: why, `run`: key of the import; all are kept in the history of each
    row, the first two with the new version of the list of items too, if there is one. `only`: files that are written; all else stays.

    Nothing that a case may point at is deleted. `rules_version` rises when anything changed.
    """
    by = by or str(_("County data"))
    register, known = Register(), Known(by)
    with history.told(by=by, document=document, reason=reason, run=run), standing.watched():
        for files, step in STEPS:
            if only is None or set(files) & set(only):
                step(register, county, known)
        if lists.publish(by=by, document=document):
            register.note(ItemList, "created", 1)
        if only is None:
            _county(register, county)
        stored = StoredCounty.objects.select_for_update().get()
        if register.counts and not register.counts[StoredCounty.__name__, "created"]:
            stored.rules_version += 1
            stored.save(update_fields=["rules_version"])
        roster.roll()
    return register.counts


def _plain(file: str) -> Callable:
    return lambda register, county, known: put_plain(register, county, known, file)


def _subjects(register: Register, county: County, known: Known) -> None:
    table = tables.BY_FILE[tables.SUBJECTS]
    wanted = [table.fields(row) | {"is_active": True} for row in county.rows[table.file]]
    known[LegalSubject] = register.put(LegalSubject, "code", wanted)
    gone = LegalSubject.objects.filter(is_active=True).exclude(code__in=[one["code"] for one in wanted])
    register.retire(LegalSubject, gone, is_active=False)


def _organisations(register: Register, county: County, known: Known) -> None:
    table = tables.BY_FILE[tables.ORGANISATIONS]
    wanted = []
    for row in county.rows[table.file]:
        fields = table.fields(row) | {"is_active": True}
        del fields["parent"]
        subject = fields.pop("legal_subject")
        fields["legal_subject_id"] = known[LegalSubject][subject].pk if subject else None
        wanted.append(fields)
    have = known[Organisation] = register.put(Organisation, "code", wanted)
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


def _zones(register: Register, county: County, known: Known) -> None:
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


def _people(register: Register, county: County, known: Known) -> None:
    """Staff, without a password: the system administrator hands them out. Superusers, and accounts made on the pages, are not the
    county's data; an account that is locked or waits for its post stays so. What a later load changes is told on each account."""
    shut = Q(locked_at__isnull=False) | Q(origin=Account.Origin.PAGES, user__is_active=False)
    closed = set(Account.objects.filter(shut).values_list("user__username", flat=True))
    table = tables.BY_FILE[tables.OFFICERS]
    wanted = []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        fields["organisation_id"] = known[Organisation][fields.pop("organisation")].pk
        wanted.append(fields | {"is_active": fields["username"] not in closed})
    if screen := User.objects.filter(screen__isnull=False, username__in=[one["username"] for one in wanted]).first():
        raise Refused(_("The account %(username)s is a screen's, and no member of staff's.") % {"username": screen.username}, code="screen")
    before = _posts()
    people = known[User] = register.put(User, "username", wanted, only_new={"password": make_password(None)})
    gone = User.objects.filter(is_active=True, is_superuser=False).exclude(username__in=[one["username"] for one in wanted])
    gone = gone.exclude(pk__in=_not_theirs(county))
    roster.forget(gone.values_list("pk", flat=True), by_hand=True)
    register.retire(User, gone, is_active=False)
    if before:
        now = _posts()
        changed = {username for username in now if before.get(username) != now[username]}
        accounts.note_loaded(
            [(user, {"was": before.get(user.username, ""), "now": now[user.username]}) for user in User.objects.filter(username__in=changed)],
            by=known.by,
        )  # fmt: skip
    _officers(register, county, people)
    known.pop(Officer, None)


def _not_theirs(county: County) -> QuerySet[User]:
    """People and screens whom the files do not name, since their accounts were made on the pages: no load ends what is theirs."""
    made_here = User.objects.filter(account__origin__in=set(Account.Origin) - {Account.Origin.FILES})
    return made_here.exclude(username__in=[row["username"] for row in county.rows[tables.OFFICERS]])


def _posts() -> dict[str, str]:
    """Username → post and unit, "" while it is closed: what is told when a load changes it."""
    rows = User.objects.values_list("username", "is_active", "role", "organisation__short_name")
    return {username: f"{Role(role).label} · {unit or '—'}" if active else "" for username, active, role, unit in rows}


def _officers(register: Register, county: County, people: dict[str, User]) -> None:
    wanted = [
        {"user_id": people[row["username"]].pk, "badge": row["badge"], "organisation_id": people[row["username"]].organisation_id,
         "is_helper": row["post"] == Role.HELPER, "is_leader": row["post"] == Role.SQUAD_LEADER, "rank": row["rank"]}
        for row in county.rows[tables.OFFICERS] if row["badge"]
    ]  # fmt: skip
    ids = [one["user_id"] for one in wanted]
    # Badges may change hands within one load, and the unique index looks at each row as it is written.
    keeps = {one["user_id"]: one["badge"] for one in wanted}
    not_theirs = set(_not_theirs(county).values_list("pk", flat=True))
    for officer in Officer.objects.filter(badge__in=keeps.values()).select_related("user"):
        if officer.user_id in not_theirs:
            raise Refused(_("The badge %(badge)s belongs to %(who)s, whose account was made on the pages.") % {
                "badge": officer.badge, "who": officer.name}, code="badge")  # fmt: skip
        if keeps.get(officer.user_id) != officer.badge:
            Officer.objects.filter(pk=officer.pk).update(badge=f"~{officer.pk}")
    register.put(Officer, "user_id", wanted)
    gone = Officer.objects.filter(suspended_at__isnull=True).exclude(user_id__in=ids).exclude(user_id__in=not_theirs)
    register.retire(Officer, gone, suspended_at=clock.now(), suspended_reason=posts.LEFT)
    back = Officer.objects.filter(user_id__in=ids, suspended_reason__in=posts.BY_POST)
    register.note(Officer, "reactivated", back.update(suspended_at=None, suspended_reason=""))


def _certificates(register: Register, county: County, known: Known) -> None:
    table = tables.BY_FILE[tables.CERTIFICATES]
    # What people have decided here stands: an older file gives no certificate back.
    decided = {row["number"]: {name: row[name] for name in ("status", "status_reason")}
               for row in Certificate.objects.filter(decided_at__isnull=False).values("number", "status", "status_reason")}  # fmt: skip
    wanted = []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        fields["officer_id"] = known[Officer][fields.pop("officer")].pk
        wanted.append(fields | {"fields": list(row["fields"]), "townships": list(row["townships"])} | decided.get(fields["number"], {}))
    register.put(Certificate, "number", wanted)
    gone = Certificate.objects.exclude(number__in=[one["number"] for one in wanted]).exclude(officer__user__in=_not_theirs(county))
    indoors = [row["username"] for row in county.rows[tables.OFFICERS] if row["post"] not in FIELD]  # their certificates rest, and are in no file
    gone = gone.exclude(officer__user__username__in=indoors)
    register.retire(Certificate, gone.exclude(status=Certificate.Status.REVOKED), status=Certificate.Status.REVOKED)


def _duty(register: Register, county: County, known: Known) -> None:
    """Shifts, and from them the patterns of each person; whose pattern changed gets a new roster from now on."""
    put_plain(register, county, known, "duty.csv")
    patterns = county.rows["duty.csv"]
    wanted = [
        {"user_id": known[User][row["username"]].pk,
         **{name: pattern[name] for name in ("first_day", "every_days", "starts", "hours", "kind")}}
        for row in county.rows[tables.OFFICERS] for pattern in patterns if pattern["watch"] == row["watch"]
    ]  # fmt: skip
    names = ("user_id", "first_day", "every_days", "starts", "hours", "kind")
    should = {tuple(one[name] for name in names) for one in wanted}
    have = {tuple(getattr(row, name) for name in names): row.pk for row in DutyPattern.objects.all()}
    not_theirs = set(_not_theirs(county).values_list("pk", flat=True))
    lost = [at for at in have if at not in should and at[0] not in not_theirs]
    new = [one for one in wanted if tuple(one[name] for name in names) not in have]
    register.drop(DutyPattern, DutyPattern.objects.filter(pk__in=[have[at] for at in lost]))
    DutyPattern.objects.bulk_create([DutyPattern(**one) for one in new], batch_size=1000)
    register.note(DutyPattern, "created", len(new))
    roster.forget({at[0] for at in lost} | {one["user_id"] for one in new})


def _items(register: Register, county: County, known: Known) -> None:
    """What left the list ended yesterday: a case filed before is finished by who filed it."""
    yesterday = clock.today() - timedelta(days=1)
    table, wanted = tables.BY_FILE[tables.ITEMS], []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        holder = fields.pop("holder")
        wanted.append(fields | {"holder_id": known[Organisation][holder].pk if holder else None})
    known[Item] = register.put(Item, "code", wanted)
    gone = Item.objects.exclude(code__in=[one["code"] for one in wanted]).exclude(valid_to__lte=yesterday)
    register.retire(Item, gone.filter(valid_from__lte=yesterday), valid_to=yesterday)
    register.retire(Item, gone.filter(valid_from__gt=yesterday), valid_from=yesterday, valid_to=yesterday)  # it never begins


def _tiers(register: Register, county: County, known: Known) -> None:
    bases = {(item, day): pk for item, day, pk in Basis.objects.values_list("item__code", "valid_from", "pk")}
    table = tables.BY_FILE[tables.TIERS]
    wanted = [table.fields(row) | {"basis_id": bases[row["item"], row["basis_from"]]} for row in county.rows[table.file]]
    key = ("basis_id", "party", "circumstance")
    have = register.put(Tier, key, wanted)
    gone = set(have) - {tuple(one[name] for name in key) for one in wanted}
    register.drop(Tier, Tier.objects.filter(pk__in=[have[at].pk for at in gone]))


def _equipment(register: Register, county: County, known: Known) -> None:
    """What there is and who has it; another holder than before is an issue and a return of now."""
    table = tables.BY_FILE["equipment.csv"]
    wanted = []
    for row in county.rows[table.file]:
        fields = table.fields(row)
        organisation, holder = fields.pop("organisation"), fields.pop("holder")
        wanted.append(fields | {"organisation_id": known[Organisation][organisation].pk,
                                "holder_id": known[Officer][holder].pk if holder else None, "is_active": True})  # fmt: skip
    register.put(Equipment, "code", wanted)
    gone = Equipment.objects.filter(is_active=True).exclude(code__in=[one["code"] for one in wanted])
    register.retire(Equipment, gone, is_active=False, holder=None)
    register.note(EquipmentIssue, "created", equipment.follow_holders(by=known.by))


def _cameras(register: Register, county: County, known: Known) -> None:
    """Cameras get their grid by position: the lowest code on a border."""
    grids = list(Zone.objects.filter(kind=Zone.Kind.GRID, is_active=True).order_by("code").values_list("pk", "geometry"))
    wanted = []
    for row in county.rows["cameras.csv"]:
        point = Point(row["lon"], row["lat"], srid=SRID)
        wanted.append({"code": row["code"], "name": row["name"], "group": row["group"], "point": point,
                       "zone_id": next((grid for grid, geometry in grids if geometry.covers(point)), None),
                       "organisation_id": known[Organisation][row["organisation"]].pk if row["organisation"] else None,
                       "is_demo": row["demo"], "is_active": True})  # fmt: skip
    register.put(Camera, "code", wanted)
    gone = Camera.objects.filter(is_active=True).exclude(code__in=[one["code"] for one in wanted])
    register.retire(Camera, gone, is_active=False)


def _lines(register: Register, county: County, known: Known) -> None:
    """Lines of the base map."""
    should = {(row["kind"], row["name"], part.wkt): MapLine(kind=row["kind"], name=row["name"], geometry=part,
                                                           is_demonstration=row["demonstration"])
              for row in county.lines for part in row.geometry}  # fmt: skip
    have = {(line.kind, line.name, line.geometry.wkt): line.pk for line in MapLine.objects.all()}
    register.drop(MapLine, MapLine.objects.filter(pk__in=[have[at] for at in set(have) - set(should)]))
    new = [line for at, line in should.items() if at not in have]
    MapLine.objects.bulk_create(new)
    register.note(MapLine, "created", len(new))


def _ids(row, **sources) -> dict:
    return {f"{name}_id": source[row[name]].pk if row[name] else None for name, source in sources.items()}


def _categories(register: Register, county: County, known: Known) -> None:
    organisations, items = known[Organisation], known[Item]
    table = tables.BY_FILE[tables.CATEGORIES]
    wanted = [
        {name: value for name, value in table.fields(row).items() if name not in ("brigade", "department")}
        | _ids(row, brigade=organisations, department=organisations) | {"is_active": True}
        for row in county.rows[table.file]
    ]  # fmt: skip
    for one, row in zip(wanted, county.rows[table.file], strict=True):
        one["icon"] = row["icon"] or ""
    categories = known[Category] = register.put(Category, "code", wanted)
    codes = [one["code"] for one in wanted]
    register.retire(Category, Category.objects.filter(is_active=True).exclude(code__in=codes), is_active=False)
    link = Category.items.through
    should = {(categories[row["code"]].pk, items[code].pk) for row in county.rows[table.file] for code in row["items"]}
    have = {(one.category_id, one.item_id): one.pk for one in link.objects.filter(category__code__in=codes)}
    register.drop(link, link.objects.filter(pk__in=[have[at] for at in set(have) - should]))
    link.objects.bulk_create([link(category_id=category, item_id=item) for category, item in sorted(should - set(have))])
    register.note(link, "created", len(should - set(have)))


def _target_rules(register: Register, county: County, known: Known) -> None:
    wanted = [{"order": row["order"], "in_seat": row["in_seat"], "priority": row["priority"]}
              | _ids(row, target_class=known[TargetClass], zone=known[Zone], category=known[Category])
              for row in county.rows["target_rules.csv"]]  # fmt: skip
    register.put(TargetRule, "order", wanted)
    register.drop(TargetRule, TargetRule.objects.exclude(order__in=[one["order"] for one in wanted]))


def _sending_rules(register: Register, county: County, known: Known) -> None:
    wanted = [{name: row[name] for name in ("order", "group", "priority", "from_hour", "to_hour", "mode", "seconds")}
              | _ids(row, centre=known[Organisation], category=known[Category]) for row in county.rows["sending_rules.csv"]]  # fmt: skip
    register.put(SendingRule, "order", wanted)
    register.drop(SendingRule, SendingRule.objects.exclude(order__in=[one["order"] for one in wanted]))


def _routing_rules(register: Register, county: County, known: Known) -> None:
    wanted = [{name: row[name] for name in ("code", "order", "group", "needs_item", "to_department", "note")}
              | _ids(row, organisation=known[Organisation], zone=known[Zone], category=known[Category]) | {"is_active": True}
              for row in county.rows["routing_rules.csv"]]  # fmt: skip
    gone = RoutingRule.objects.filter(is_active=True).exclude(code__in=[one["code"] for one in wanted])
    register.retire(RoutingRule, gone, is_active=False)
    orders = {one["code"]: one["order"] for one in wanted}
    for rule in RoutingRule.objects.exclude(order__gte=PARKED):
        if rule.order != orders.get(rule.code):  # out of the way: each order belongs to one rule
            RoutingRule.objects.filter(pk=rule.pk).update(order=PARKED + rule.pk % PARKED)
    register.put(RoutingRule, "code", wanted)


PARKED = 10_000  # orders from here on: rules that are inactive or about to get their new order


def _calendar(register: Register, county: County, known: Known) -> None:
    """Days that the file does not know stay."""
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
    register.put(StoredCounty, "code", [fields])


# What writes which files, in an order in which whatever a row refers to is there before it.
STEPS: tuple[tuple[tuple[str, ...], Callable], ...] = (
    ((tables.SUBJECTS,), _subjects), ((tables.ORGANISATIONS,), _organisations), ((tables.ZONES,), _zones), ((tables.OFFICERS,), _people),
    ((tables.NAMES,), _plain(tables.NAMES)), ((tables.EXAMS,), _plain(tables.EXAMS)), ((tables.CERTIFICATES,), _certificates),
    (("duty.csv", tables.OFFICERS), _duty), ((tables.ITEMS,), _items), ((tables.BASES,), _plain(tables.BASES)),
    ((tables.TIERS, tables.BASES), _tiers), ((tables.TRANSFERS,), _plain(tables.TRANSFERS)),
    *(((file,), _plain(file)) for file in (
        tables.BANDS, tables.FACTORS, tables.THRESHOLDS, tables.TRAININGS, "enrolments.csv", "staff_transfers.csv", "recusals.csv",
        "party_acts.csv", "conduct_rules.csv", "procedure_steps.csv")),
    (("equipment.csv",), _equipment), (("responsibilities.csv",), _plain("responsibilities.csv")), (("cameras.csv",), _cameras),
    ((LINES,), _lines), ((tables.CLASSES,), _plain(tables.CLASSES)), ((tables.CATEGORIES,), _categories),
    (("target_rules.csv",), _target_rules), (("routing_rules.csv",), _routing_rules),
    (("sending_rules.csv",), _sending_rules), (("baselines.csv",), _plain("baselines.csv")),
    (("calendar.csv",), _calendar),
)  # fmt: skip
