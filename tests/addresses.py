"""Every address of the site with its owner: who may read it, who may post to it. `tests/test_access.py` compares it with the
resolver, so that no address is added without an entry here; the tests of headers and of words go through its pages."""

import re
from dataclasses import dataclass
from functools import cached_property

from cases import pauses, photos, sealed
from cases.county import exporting
from cases.county.tables import BY_NAME
from cases.models import Case, Finding, Handover, Pause, Photo, Report
from command.models import Dispatch
from config.surfaces import SURFACES, Surface, surface_of
from enforcement.models import Item, Organisation, User
from enforcement.roles import (
    CENTRE,
    DISPATCHING,
    LEADING,
    OUTDOORS,
    REGISTER_EDITORS,
    REGISTER_READERS,
    SURFACE_ROLES,
    Role,
)
from grid.models import Camera
from journal import clock
from registers import imports, workbooks
from registers.models import ImportRun
from tests.cast import Cast, photo_drafts

EVERYONE, CLIENTS, VISITORS = "everyone", "clients with a key", "visitors of the demonstration"
DESK, WALL, OVERSEERS = SURFACE_ROLES["command"], SURFACE_ROLES["wall"], SURFACE_ROLES["supervision"]
REGISTERS = SURFACE_ROLES["registers"]
LISTS = frozenset().union(*REGISTER_READERS.values())
READERS, EDITORS = REGISTER_READERS["items"], REGISTER_EDITORS["items"]  # all registers by post: tests/registers/test_rights.py
COUNTYS = ("camera", "item", "import_run")  # belong to no centre
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
        keys = {"verb": "accept", "register": "items", "code": things.code if things else "0" * 12, "pk": key}
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
    "take-in": CENTRE, "classify": CENTRE, "send": DISPATCHING, "reinforce": DISPATCHING, "undo": DISPATCHING, "recall": DISPATCHING,
    "put-back": DISPATCHING, "transfer": DISPATCHING, "pass-on": DISPATCHING, "merge": CENTRE, "reject": LEADING, "close": CENTRE,
    "rework": DISPATCHING, "reopen": LEADING | {Role.SUPERVISOR}, "pause": CENTRE, "approve-pause": LEADING, "refuse-pause": LEADING,
    "resume": CENTRE,
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
    Address("disclosure/", EVERYONE, page=True),
    Address("disclosure/items/", EVERYONE, page=True),
    Address("disclosure/items.json", EVERYONE),
    Address("disclosure/items.csv", EVERYONE),
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
    # --- the wall ---
    Address("command/wall/", WALL, page=True),
    Address("command/wall/map/base.json", WALL),
    # --- supervision ---
    Address("supervision/", OVERSEERS, page=True),
    Address("supervision/cases/<int:pk>/", OVERSEERS, page=True, of="case"),
    # --- the registers ---
    Address("registers/", REGISTERS, page=True),
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
    Address("command/roster/", DESK),
    Address("command/cases/", DESK, page=True),
    Address("command/cases/<int:pk>/", DESK, page=True, of="case"),
    Address("command/cases/<int:pk>/looking/", DESK, "POST DELETE", of="case"),
    *(_act(action, who) for action, who in ACTIONS.items()),
    Address("command/handovers/<int:pk>/answer/", DESK, "POST", of="handover"),
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
    Address("command/who-may/", DESK, page=True),
    # --- the officer's phone ---
    Address("officer/", OUTDOORS, page=True),
    Address("officer/now/", OUTDOORS),
    Address(r"^officer/dispatches/(?P<pk>\d{1,18})/(?P<verb>accept|decline|arrive|confirm|finish)/$", OUTDOORS, "POST", of="order"),
    Address("officer/photos/", OUTDOORS, "POST"),
    Address("officer/photos/<uuid:pk>/", OUTDOORS, of="photo"),
    Address("officer/position/", OUTDOORS, "POST"),
    Address("officer/report/", OUTDOORS, "GET POST", page=True),
    Address("officer/offline/", EVERYONE, page=True),  # kept on the phone for when there is no network; names nobody
    Address("sw.js", EVERYONE),
    Address("manifest.webmanifest", EVERYONE),
)


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
    def camera(self) -> Camera:
        return Camera.objects.filter(is_active=True).order_by("pk").first()

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


def holder(cast: Cast, role: str) -> User:
    """Someone with the post at the brigade, else at the county's centre, else with the town's people."""
    for centre in ("CG", "ZX", "GC"):
        found = User.objects.filter(role=role, organisation__centre__code=centre).order_by("pk").first()
        if found:
            return found
    raise AssertionError(f"nobody has the post {role}")


def foreign_code() -> str:
    """A code that is well-formed and belongs to nobody."""
    return sealed.new_code("nobody's")
