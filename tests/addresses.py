"""Every address of the site with its owner: who may read it, who may post to it. `tests/test_access.py` compares it with the
resolver, so that no address is added without an entry here; the tests of headers and of words go through its pages."""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from axes.models import AccessAttempt

from cases import conduct, parts, pauses, photos, portraits, sealed, triage
from cases.county import exporting
from cases.county.tables import BY_NAME
from cases.models import Case, Finding, Handover, JointPart, NamedRule, Pause, Photo, Report
from command import help, shift
from command.models import Dispatch
from config.surfaces import SURFACES, Surface, surface_of
from enforcement import posts, screens
from enforcement.models import (
    Certificate,
    ConductRule,
    Duty,
    DutySwap,
    Item,
    Leave,
    Officer,
    Organisation,
    PostChange,
    Screen,
    TrainingPlan,
    User,
)
from enforcement.roles import (
    CENTRE,
    DISPATCHING,
    FIELD,
    LEADING,
    OUTDOORS,
    REGISTER_EDITORS,
    REGISTER_READERS,
    SURFACE_ROLES,
    Role,
)
from grid.models import Camera
from journal import clock
from registers import duties, imports, swaps, workbooks
from registers.models import ImportRun
from tests.cast import Cast, photo_drafts, photo_file

EVERYONE, CLIENTS, VISITORS = "everyone", "clients with a key", "visitors of the demonstration"
GATEWAY = "the message gateway, by its signature"
DESK, WALL, OVERSEERS = SURFACE_ROLES["command"], SURFACE_ROLES["wall"], SURFACE_ROLES["supervision"]
REGISTERS = SURFACE_ROLES["registers"]
KEEPERS = LEADING | {Role.SYSTEM_ADMIN, Role.LEGAL_REVIEWER}  # of portraits
SHIFT_READERS = CENTRE | {Role.SUPERVISOR}
CHECKERS = frozenset({Role.LEGAL_REVIEWER, Role.SUPERVISOR})
ON_ROSTERS, HANDING_OUT = CENTRE | FIELD | {Role.SUPERVISOR}, LEADING | {Role.SQUAD_LEADER}
SYSTEM, SECURITY, AUDIT = frozenset({Role.SYSTEM_ADMIN}), frozenset({Role.SECURITY_ADMIN}), frozenset({Role.AUDIT_ADMIN})
OVERSEEING = frozenset({Role.SUPERVISOR, Role.LEGAL_REVIEWER})
TRAINING = LEADING | OVERSEEING | SYSTEM
LISTS = frozenset().union(*REGISTER_READERS.values())
READERS, EDITORS = REGISTER_READERS["items"], REGISTER_EDITORS["items"]  # all registers by post: tests/registers/tables/test_rights.py
COUNTYS = ("camera", "item", "import_run", "training")  # belong to no centre
SURFACE_PATHS = tuple(surface.path[1:] for surface in SURFACES)
NUMBER, UUID = 4711, "00000000-0000-4000-8000-000000004711"


@dataclass(frozen=True)
class Address:
    """`who`: EVERYONE, CLIENTS, VISITORS, or the posts that may be signed in here on the surface of the path."""

    route: str  # as the resolver spells it
    who: str | frozenset
    methods: str = "GET"
    page: bool = False  # GET answers with HTML
    of: str = ""  # what its key names: an attribute of `Things`; "" when it has none
    checks_token: bool = True  # posts need the surface's CSRF token

    def __str__(self):
        return "/" + re.sub(r"[\^$\\]|\(\?P", "", self.route)

    @property
    def surface(self) -> Surface:
        return surface_of(f"/{self.route.lstrip('^')}")

    @property
    def is_staff(self) -> bool:
        return isinstance(self.who, frozenset)

    def url(self, things: "Things | None" = None, key=None) -> str:
        """The address of the thing that it is about, or of `key`."""
        keys = {"verb": "accept", "name": "seen", "register": "items", "code": things.code if things else "0" * 12, "pk": key, "item": "HB-CF-001",
                "number": 1, "token": "0-0", "z": 14, "x": 13478, "y": 6327, "digest": things.portrayed.portrait if things else "0" * 64}  # fmt: skip
        if key is None and self.of:
            keys["pk"] = getattr(things, self.of).pk if self.of != "code" else things.own_photo.pk
        route = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", self.route.strip("^$"))
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(keys[found[1]]), route)

    @property
    def unknown(self):
        """A key that names nothing."""
        return UUID if "uuid" in self.route else NUMBER


def _act(action: str, who: frozenset) -> Address:
    return Address(f"command/cases/<int:pk>/{action}/", who | DESK, "POST", of="case")


# What the posts of a centre may do with a case. A post that may look but not act is refused by the verb, with a sentence.
ACTIONS = {
    "take-in": CENTRE, "classify": CENTRE, "send": DISPATCHING, "reinforce": DISPATCHING, "undo": DISPATCHING,
    "recall": DISPATCHING, "by-hand": DISPATCHING,
    "put-back": DISPATCHING, "transfer": DISPATCHING, "pass-on": DISPATCHING, "merge": CENTRE, "reject": LEADING, "close": CENTRE,
    "rework": DISPATCHING, "reopen": LEADING | {Role.SUPERVISOR}, "pause": CENTRE, "approve-pause": LEADING,
    "offer": DISPATCHING, "offer-accept": DISPATCHING, "offer-return": DISPATCHING, "offer-withdraw": DISPATCHING,
    "designate": LEADING, "refuse-pause": LEADING,
    "resume": CENTRE, "recuse": LEADING, "lift-recusal": LEADING, "joint": DISPATCHING,
}  # fmt: skip

ADDRESSES = (
    # --- citizens ---
    Address("", EVERYONE, "GET POST", page=True),
    Address("report/", EVERYONE, "GET POST", page=True),
    Address("report/photos/", EVERYONE, "POST"),
    Address("report/photos/<uuid:pk>/", EVERYONE, "GET DELETE", of="public_draft"),
    Address("report/places/", EVERYONE),
    Address("report/challenge/", EVERYONE),
    Address("large-type/", EVERYONE, "POST"),
    Address("map/base.json", EVERYONE),
    Address("map/tiles/<int:z>/<int:x>/<int:y>", EVERYONE),
    Address("disclosure/", EVERYONE, page=True),
    Address("disclosure/items/", EVERYONE, page=True),
    Address("disclosure/items.json", EVERYONE),
    Address("disclosure/items.csv", EVERYONE),
    Address("disclosure/items/<str:item>/", EVERYONE, page=True),
    Address("disclosure/lists/", EVERYONE, page=True),
    Address("disclosure/lists/<int:number>/", EVERYONE, page=True),
    Address("disclosure/lists/<int:number>.json", EVERYONE),
    Address("disclosure/officers/", EVERYONE, page=True),
    Address("disclosure/officers.json", EVERYONE),
    Address("disclosure/officers.csv", EVERYONE),
    Address("disclosure/officers/print/", EVERYONE, page=True),
    Address("disclosure/portraits/<str:digest>/", EVERYONE),
    Address("disclosure/procedures/", EVERYONE, page=True),
    Address("disclosure/procedures.json", EVERYONE),
    Address("disclosure/procedures.csv", EVERYONE),
    Address("disclosure/remedies/", EVERYONE, page=True),
    Address("disclosure/remedies.json", EVERYONE),
    Address("disclosure/remedies.csv", EVERYONE),
    Address("v/", EVERYONE, "GET POST", page=True),
    Address("v/<str:token>/", EVERYONE, page=True),
    Address("t/", EVERYONE, "GET POST", page=True),
    Address("t/<str:code>/", EVERYONE, page=True),
    Address("t/<str:code>/photos/<uuid:pk>/", EVERYONE, of="code"),
    Address("t/<str:code>/answer/", EVERYONE, "POST"),
    Address("t/<str:code>/withdraw/", EVERYONE, "POST"),
    Address("i18n/setlang/", EVERYONE, "GET POST PUT PATCH DELETE", checks_token=False),  # changes something by POST only
    # --- programs ---
    Address("api/schema/", EVERYONE),
    Address("api/docs/", EVERYONE, page=True),
    Address("api/categories/", EVERYONE),
    Address("api/authority/", CLIENTS),
    Address("api/photos/", CLIENTS, "POST", checks_token=False),
    Address("api/reports/", CLIENTS, "POST", checks_token=False),
    Address("api/reports/<str:code>/", EVERYONE),
    Address("journal/roots.json", EVERYONE),
    Address("healthz", EVERYONE),
    Address("livez", EVERYONE),
    # --- the demonstration: not in production ---
    Address("start/", VISITORS, page=True),
    Address("start/state/", VISITORS),
    *(Address(f"{path}enter/", VISITORS, "POST", checks_token=False) for path in SURFACE_PATHS),
    # --- signing in and out ---
    *(Address(f"{path}login/", EVERYONE, "GET POST", page=True) for path in SURFACE_PATHS),
    *(Address(f"{path}logout/", EVERYONE, "POST") for path in SURFACE_PATHS),
    *(Address(f"{path}password/", SURFACE_ROLES[surface_of(f"/{path}").name], "GET POST", page=True) for path in SURFACE_PATHS),
    # --- the wall ---
    Address("command/wall/", WALL, page=True),
    Address("command/wall/map/base.json", WALL),
    Address("command/wall/map/tracks.json", DISPATCHING | {Role.DISPLAY}),
    Address("command/wall/map/heat.json", WALL),
    Address("command/wall/state/", WALL),
    Address("command/wall/pair/", EVERYONE, "GET POST", page=True),
    # --- supervision ---
    Address("supervision/", OVERSEERS, page=True),
    Address("supervision/figures.xlsx", OVERSEERS),
    Address("supervision/figures.csv", OVERSEERS),
    Address("supervision/cases/", OVERSEERS, page=True),
    Address("supervision/cases.xlsx", OVERSEERS, "POST"),
    Address("supervision/cases.csv", OVERSEERS, "POST"),
    Address("supervision/cases/<int:pk>/", OVERSEERS, page=True, of="case"),
    Address("supervision/conduct/", OVERSEERS, page=True),
    Address("supervision/cases/<int:pk>/rules/", OVERSEERS, "POST", of="case"),
    Address("supervision/rules/<int:pk>/withdraw/", OVERSEERS, "POST", of="named_rule"),
    Address("inbound/messages/", GATEWAY, "POST", checks_token=False),
    # --- the registers ---
    Address("registers/", REGISTERS, page=True),
    Address("registers/powers/", CHECKERS, page=True),
    Address("registers/portraits/", KEEPERS, page=True),
    Address("registers/portraits/<int:pk>/", KEEPERS, "POST", of="portrayed"),
    Address("registers/portraits/<int:pk>/picture/", KEEPERS, of="portrayed"),
    Address("registers/portraits/<int:pk>/remove/", KEEPERS, "POST", of="portrayed"),
    Address("registers/roster/", ON_ROSTERS, page=True),
    Address("registers/roster/add/", LEADING, "GET POST", page=True),
    Address("registers/roster/changes/", ON_ROSTERS, page=True),
    Address("registers/roster/mine/", CENTRE | FIELD, "GET POST", page=True),
    Address("registers/roster/mine/withdraw/", CENTRE | FIELD, "POST"),
    Address("registers/roster/duties/<int:pk>/", LEADING, page=True, of="stretch"),
    Address("registers/roster/duties/<int:pk>/assign/", LEADING, "POST", of="stretch"),
    Address("registers/roster/duties/<int:pk>/leave/", LEADING, "POST", of="stretch"),
    Address("registers/roster/leaves/<int:pk>/end/", LEADING, "POST", of="leave"),
    Address("registers/roster/swaps/", LEADING, page=True),
    Address("registers/roster/swaps/<int:pk>/approve/", LEADING, "POST", of="swap"),
    Address("registers/roster/swaps/<int:pk>/refuse/", LEADING, "POST", of="swap"),
    Address("registers/equipment-issue/", LEADING | FIELD | {Role.SUPERVISOR}, page=True),
    Address("registers/equipment-issue/issue/", HANDING_OUT, "POST"),
    Address("registers/equipment-issue/return/", HANDING_OUT, "POST"),
    Address("registers/equipment-issue/service/", HANDING_OUT, "POST"),
    Address("registers/screens/", LEADING | SYSTEM | SECURITY, "GET POST", page=True),
    Address("registers/screens/<int:pk>/", LEADING | SYSTEM | SECURITY, "GET POST", page=True, of="screen"),
    Address("registers/screens/<int:pk>/link/", LEADING, "POST", of="screen"),
    Address("registers/screens/<int:pk>/revoke/", LEADING | SYSTEM | SECURITY, "POST", of="screen"),
    Address("registers/accounts/", SYSTEM | SECURITY, page=True),
    Address("registers/accounts/new/", SYSTEM, "GET POST", page=True),
    Address("registers/accounts/passwords/", SYSTEM, "POST"),
    Address("registers/accounts/<int:pk>/", SYSTEM | SECURITY, page=True, of="account"),
    *(Address(f"registers/accounts/<int:pk>/{verb}/", SYSTEM, "POST", of="account") for verb in ("password", "lock", "unlock", "post")),
    Address("registers/accounts/<int:pk>/sessions/", SYSTEM | SECURITY, "POST", of="account"),
    Address("registers/posts/", SECURITY, page=True),
    *(Address(f"registers/posts/<int:pk>/{verb}/", SECURITY, "POST", of="post_change") for verb in ("confirm", "refuse")),
    Address("registers/posts/<int:pk>/withdraw/", SYSTEM, "POST", of="post_change"),
    Address("registers/posts/lockouts/<int:pk>/", SECURITY, "POST", of="lockout"),
    Address("registers/audit/", AUDIT, page=True),
    Address("registers/audit/export.csv", AUDIT),
    Address("registers/audit/check/", AUDIT, "POST"),
    Address("registers/people/", CENTRE | OVERSEEING, page=True),
    Address("registers/people/<int:pk>/", CENTRE | OVERSEEING, page=True, of="officer"),
    *(Address(f"registers/people/<int:pk>/{verb}/", OVERSEEING, "POST", of="officer") for verb in ("suspend", "restore")),
    *(Address(f"registers/people/certificates/<int:pk>/{verb}/", OVERSEEING, "POST", of="certificate")
      for verb in ("suspend", "restore", "revoke")),
    Address("registers/trainings/", TRAINING, page=True),
    Address("registers/trainings/<int:pk>/", TRAINING, page=True, of="training"),
    *(Address(f"registers/trainings/<int:pk>/{verb}/", SYSTEM | {Role.LEGAL_REVIEWER}, "POST", of="training") for verb in ("enrol", "results")),
    Address("registers/lists/", LISTS, page=True),
    *(Address(f"registers/tables/<slug:register>/{name}", READERS) for name in ("export.xlsx", "export.csv", "template.xlsx")),
    Address("registers/tables/<slug:register>/", READERS, page=True),
    Address("registers/tables/<slug:register>/import/", EDITORS, "GET POST", page=True),
    Address("registers/tables/<slug:register>/new/", EDITORS, "GET POST", page=True),
    Address("registers/tables/<slug:register>/<int:pk>/", READERS, page=True, of="item"),
    Address("registers/tables/<slug:register>/<int:pk>/edit/", EDITORS, "GET POST", page=True, of="item"),
    Address("registers/imports/", LISTS, page=True),
    Address("registers/imports/<int:pk>/", READERS, page=True, of="import_run"),
    Address("registers/imports/<int:pk>/progress/", READERS, of="import_run"),
    Address("registers/imports/<int:pk>/file/", READERS, of="import_run"),
    Address("registers/imports/<int:pk>/apply/", READERS, "POST", of="import_run"),  # readers who do not edit are refused with a sentence
    Address("registers/imports/<int:pk>/discard/", READERS, "POST", of="import_run"),
    # --- the console ---
    Address("command/", DESK, page=True),
    Address("command/map/base.json", DESK),
    Address("command/map/tracks.json", DISPATCHING),
    Address("command/map/heat.json", DESK),
    Address("command/map/cameras.json", CENTRE),
    Address("command/roster/", DESK),
    Address("command/cases/", DESK, page=True),
    Address("command/cases/by-phone/", CENTRE, "POST"),
    Address("command/cases/left.json", DESK),
    Address("command/cases/given/", DESK, page=True),
    Address("command/cases/<int:pk>/", DESK, page=True, of="case"),
    Address("command/cases/<int:pk>/looking/", DESK, "POST DELETE", of="case"),
    *(_act(action, who) for action, who in ACTIONS.items()),
    Address("command/cases/<int:pk>/cannot-go/", DISPATCHING, of="case"),
    Address("command/cases/<int:pk>/rules/", DESK, "POST", of="case"),
    Address("command/rules/<int:pk>/withdraw/", DESK, "POST", of="named_rule"),
    *(Address(f"command/parts/<int:pk>/{action}/", DESK, "POST", of="part") for action in ("agree", "refuse", "send", "recall", "end")),
    Address("command/parts/<int:pk>/officers/", DISPATCHING, of="part"),
    Address("command/handovers/<int:pk>/answer/", DESK, "POST", of="handover"),
    Address("command/help/<int:pk>/answer/", CENTRE, "POST", of="help_call"),
    Address("command/help/<int:pk>/end/", CENTRE, "POST", of="help_call"),
    Address("command/findings/", DESK, page=True),
    Address("command/findings/<int:pk>/answer/", DESK, "POST", of="finding"),
    Address("command/reports/<int:pk>/contact/", CENTRE, "POST", of="report"),
    Address("command/photos/", CENTRE, "POST"),
    Address("command/photos/<uuid:pk>/", DESK, of="photo"),
    Address("command/report/", CENTRE, "GET POST", page=True),
    Address("command/report/nearby/", CENTRE, "POST"),
    Address("command/report/places/", CENTRE),
    Address("command/cameras/", CENTRE, page=True),
    Address("command/cameras/<int:pk>/report/", CENTRE, "GET POST", page=True, of="camera"),
    Address("command/held/", CENTRE, page=True),
    Address("command/held/<int:pk>/release/", CENTRE, "POST", of="held"),
    Address("command/held/<int:pk>/discard/", CENTRE, "POST", of="held"),
    Address("command/leads/", DESK, page=True),
    Address("command/shift/", SHIFT_READERS, page=True),
    Address("command/shift/notes/", CENTRE, "POST"),
    Address("command/shift/sign/", CENTRE, "POST"),
    Address("command/shift/past/", SHIFT_READERS, page=True),
    Address("command/shift/<int:pk>/", SHIFT_READERS, page=True, of="shift_handover"),
    Address("command/shift/<int:pk>/take/", CENTRE, "POST", of="shift_handover"),
    Address("command/shift/<int:pk>/withdraw/", CENTRE, "POST", of="shift_handover"),
    Address("command/duty/on/", CENTRE, "POST"),
    Address("command/duty/off/", CENTRE, "POST"),
    Address("command/who-may/", DESK, page=True),
    # --- the officer's phone ---
    Address("officer/", OUTDOORS, page=True),
    Address("officer/now/", OUTDOORS),
    Address(r"^officer/dispatches/(?P<pk>\d{1,18})/(?P<verb>accept|decline|recuse|arrive|confirm|finish)/$", OUTDOORS, "POST", of="order"),
    Address("officer/help/", OUTDOORS, "POST"),
    Address("officer/help/<int:pk>/end/", OUTDOORS, "POST", of="help_call"),
    Address(r"^officer/dispatches/(?P<pk>\d{1,18})/(?P<name>delivered|seen)/$", OUTDOORS, "POST", of="order"),
    Address("officer/photos/", OUTDOORS, "POST"),
    Address("officer/photos/<uuid:pk>/", OUTDOORS, of="photo"),
    Address("officer/position/", OUTDOORS, "POST"),
    Address("officer/duty/<int:pk>/on/", OUTDOORS, "POST", of="duty"),
    Address("officer/duty/<int:pk>/off/", OUTDOORS, "POST", of="duty"),
    Address("officer/swap/", OUTDOORS, "GET POST", page=True),
    Address("officer/swap/withdraw/", OUTDOORS, "POST"),
    Address("officer/report/", OUTDOORS, "GET POST", page=True),
    Address("officer/offline/", EVERYONE, page=True),  # kept on the phone for when there is no network; names nobody
    Address("sw.js", EVERYONE),
    Address("manifest.webmanifest", EVERYONE),
)

# Addresses that a library makes, with a rule for all of them and a test that walks each: prefix → that test.
PREFIXES = {"registers/admin/": "tests/registers/test_lookup.py"}


class Things:
    """One thing of each kind, all of the urban-management brigade's centre; made when asked for."""

    def __init__(self, case_at):
        self.case_at, self.cast = case_at, case_at.cast

    @cached_property
    def received(self):
        """A report with a photo and a contact, its case and its code."""
        return self.case_at.report(contact={"name": "王建国", "phone": "13800001234"}, **photo_drafts(None))

    @cached_property
    def case(self) -> Case:
        return self.received.case

    @property
    def report(self) -> Report:
        return self.received.report

    @property
    def code(self) -> str:
        return self.received.code

    @cached_property
    def own_photo(self) -> Photo:
        """Of the report, ready to be shown."""
        photo = self.report.photos.get()
        photos.prepare(photo)
        return photo

    @cached_property
    def held(self) -> Report:
        return self.case_at.report(hold_reason="too_many").report

    @cached_property
    def order(self) -> Dispatch:
        return self.case_at("sent").dispatches.get()

    @cached_property
    def part(self) -> JointPart:
        """Of the brigade in a case of the county's centre, which ordered it: no other brigade sees it."""
        case = triage.take_in(self.case_at.report(category=None).case, by=self.cast.county_dispatcher)
        return parts.ask(case, by=self.cast.county_dispatcher, organisation=self.cast.centre, task="到场核实")

    @cached_property
    def help_call(self):
        """Of the officer who was sent."""
        return help.call(self.order.officer, by=self.order.officer.user)

    @cached_property
    def shift_handover(self):
        """Signed by the centre's shift leader, taken over by nobody yet."""
        return shift.give(self.cast.centre, by=self.cast.leader)

    @cached_property
    def photo(self) -> Photo:
        """Of a case to which an officer was sent."""
        return Photo.objects.create(
            case=self.order.case, kind=Photo.Kind.AFTER, sha256="0" * 64, size=1, content_type="image/jpeg", created_at=clock.now(),
        )  # fmt: skip

    @cached_property
    def public_draft(self) -> Photo:
        return Photo.objects.get(pk=photo_drafts(None)["photo_ids"][0])

    @cached_property
    def finding(self) -> Finding:
        department = Organisation.objects.filter(kind=Organisation.Kind.DEPARTMENT).first()
        case = self.case_at("closed", outcome="finding", details={"department": department, "question": "是否违法建设"})
        return case.findings.get()

    @cached_property
    def handover(self) -> Handover:
        return self.case_at("passed_on").handovers.get()

    @cached_property
    def pause(self) -> Pause:
        return pauses.ask(self.case, by=self.cast.call_taker, reason="等待吊车")

    @cached_property
    def portrayed(self) -> Officer:
        """An officer on the roster wall, with a portrait."""
        picture = photo_file().read()
        return portraits.put(officer=self.cast.officer, data=picture, by=self.cast.leader)

    @cached_property
    def duty(self) -> Duty:
        """The next stretch of whoever was sent."""
        return swaps.ahead(self.order.officer.user)[0]

    @cached_property
    def stretch(self) -> Duty:
        """The next stretch of an officer of the centre."""
        return swaps.ahead(self.cast.officer.user)[0]

    @cached_property
    def swap(self) -> DutySwap:
        person = self.cast.officer.user
        return swaps.ask(swaps.ahead(person)[1], to=self.able_to_take(person), reason="家中有事", by=person)

    @staticmethod
    def able_to_take(person: User) -> User:
        """A colleague with the same post who is free when the person's second stretch ahead is."""
        duty = swaps.ahead(person)[1]
        busy = Duty.objects.filter(starts_at__lt=duty.ends_at, ends_at__gt=duty.starts_at).values("user")
        return swaps.partners(person).exclude(pk__in=busy).first()

    @cached_property
    def leave(self) -> Leave:
        now, person = clock.now(), self.cast.companion.user
        return duties.give_leave(person, since=now + timedelta(days=1), until=now + timedelta(days=2), reason="年休假", by=self.cast.leader,
                                 despite_gaps=True)  # fmt: skip

    @cached_property
    def camera(self) -> Camera:
        return Camera.objects.filter(is_active=True).order_by("pk").first()

    @cached_property
    def named_rule(self) -> NamedRule:
        rule = ConductRule.objects.filter(kind="must_not").order_by("number").first()
        return conduct.name_rule(self.case, by=self.cast.supervisor, rule=rule, officer=self.officer, note="录音为证")

    @cached_property
    def officer(self) -> Officer:
        return self.cast.officer

    @property
    def certificate(self) -> Certificate:
        return self.officer.certificates.get()

    @cached_property
    def account(self) -> User:
        return self.cast.call_taker

    @cached_property
    def screen(self) -> Screen:
        name = self.cast.centre.short_name
        return screens.add(by=self.cast.leader, centre=self.cast.centre, name=name, scene="situation", rotate_s=45, language="zh-hans")[0]

    @cached_property
    def post_change(self) -> PostChange:
        by = holder(self.cast, Role.SYSTEM_ADMIN)
        return posts.ask(self.account, by=by, role=Role.DISPATCHER, organisation=self.account.organisation, reason="轮岗")

    @cached_property
    def lockout(self) -> AccessAttempt:
        return AccessAttempt.objects.create(username=self.account.username, ip_address="203.0.113.9", user_agent="x", failures_since_start=5)

    @property
    def training(self) -> TrainingPlan:
        return TrainingPlan.objects.order_by("pk").first()

    @cached_property
    def item(self) -> Item:
        return Item.objects.order_by("code").first()

    @cached_property
    def import_run(self) -> ImportRun:
        """One item with another name, looked at and waiting to be applied."""
        lawyer = User.objects.get(role=Role.LEGAL_REVIEWER, organisation__kind="county_centre")
        table = BY_NAME["items"]
        (_pk, row), (_pk, other) = exporting.values(table, exporting.held(table)[:2])
        content = workbooks.as_csv(table, [row | {"name": other["name"]}])
        run = imports.receive(table=table, name="items.csv", content=content, by=lawyer)
        imports.check(run.pk)
        return run

    def ordered(self, role: str) -> User:
        """Whoever was sent, now with this post."""
        person = self.order.officer.user
        User.objects.filter(pk=person.pk).update(role=role)
        return User.objects.get(pk=person.pk)


def holder(cast: Cast, role: str, *centres: str) -> User:
    """Someone with the post at these centres, else at the brigade, else at the county's centre, else with the town's people."""
    for centre in (*centres, "CG", "ZX", "GC"):
        found = User.objects.filter(role=role, organisation__centre__code=centre).order_by("pk").first()
        if found:
            return found
    raise AssertionError(f"nobody has the post {role}")


def foreign_code() -> str:
    """A code that is well-formed and belongs to nobody."""
    return sealed.new_code("nobody's")
