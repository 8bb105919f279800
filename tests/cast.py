"""The cast: people of the loaded county by post, and cases brought to a state by the real verbs."""

import io
import uuid
from functools import cached_property

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cases import drafts, intake, triage
from cases.models import Case, Category
from command import dispatch, endings, handling
from config.surfaces import BY_NAME, SurfaceSession, session_cookie
from enforcement.models import Certificate, Duty, Officer, Organisation, User
from enforcement.roles import Role
from grid.models import Zone
from journal import clock
from journal.moves import CITIZEN


class Cast:
    """People of the urban-management brigade (CG) and its neighbours; all on duty now."""

    @cached_property
    def dispatcher(self) -> User:
        return self.person(Role.DISPATCHER)

    @cached_property
    def other_dispatcher(self) -> User:
        return self.person(Role.DISPATCHER, exclude=self.dispatcher)

    @cached_property
    def leader(self) -> User:
        return self.person(Role.SHIFT_LEADER)

    @cached_property
    def deputy(self) -> User:
        return self.person(Role.DEPUTY)

    @cached_property
    def call_taker(self) -> User:
        return self.person(Role.CALL_TAKER)

    @cached_property
    def supervisor(self) -> User:
        return User.objects.filter(role=Role.SUPERVISOR).order_by("pk").first()

    @cached_property
    def display(self) -> User:
        return self.person(Role.DISPLAY)

    @cached_property
    def dispatcher_elsewhere(self) -> User:
        """Of the market brigade: nothing of CG's is his."""
        return self.person(Role.DISPATCHER, centre="SC")

    @cached_property
    def county_dispatcher(self) -> User:
        return self.person(Role.DISPATCHER, centre="ZX")

    @cached_property
    def town_dispatcher(self) -> User:
        return self.person(Role.DISPATCHER, centre="GC")

    @cached_property
    def officer(self) -> Officer:
        return self.officers()[0]

    @cached_property
    def companion(self) -> Officer:
        return self.officers()[1]

    @cached_property
    def officer_elsewhere(self) -> Officer:
        return self.officers(centre="SC")[0]

    @cached_property
    def helper(self) -> Officer:
        return Officer.objects.filter(is_helper=True).select_related("user").order_by("pk").first()

    def person(self, role: str, *, centre: str = "CG", exclude: User | None = None) -> User:
        """Someone with the post at the centre; on duty now where that can be had."""
        people = User.objects.filter(role=role, organisation__centre__code=centre, is_active=True).exclude(pk=exclude and exclude.pk)
        now = clock.now()
        on_duty = people.filter(duties__starts_at__lte=now, duties__ends_at__gt=now)
        found = on_duty.order_by("pk").first() or people.order_by("pk").first()
        assert found, f"no {role} at {centre}"
        return found

    def officers(self, centre: str = "CG") -> list[Officer]:
        """Certified officers of the centre, on duty and free now."""
        now = clock.now()
        return list(
            Officer.objects.filter(
                organisation__centre__code=centre, is_helper=False, suspended_at=None,
                user__duties__starts_at__lte=now, user__duties__ends_at__gt=now,
                certificates__in=Certificate.objects.valid(now),
            )
            .exclude(dispatches__state__in=["sent", "accepted", "on_site"]).select_related("user", "organisation")
            .order_by("pk").distinct()
        )  # fmt: skip

    def off_duty(self, centre: str = "CG") -> Officer:
        now = clock.now()
        on = Duty.objects.filter(starts_at__lte=now, ends_at__gt=now).values("user")
        return (
            Officer.objects.filter(organisation__centre__code=centre, is_helper=False, certificates__in=Certificate.objects.valid(now))
            .exclude(user__in=on).select_related("user").order_by("pk").first()
        )  # fmt: skip

    def without_certificate(self, officer: Officer) -> Officer:
        """The officer's certificates are suspended from now on."""
        officer.certificates.update(status=Certificate.Status.SUSPENDED)
        return officer

    @property
    def centre(self) -> Organisation:
        return Organisation.objects.get(code="CG")


def session_of(user: User, surface: str) -> str:
    """The key of a stored session in which `user` is signed in on the surface, as its login page makes it."""
    store = SurfaceSession(None, BY_NAME[surface])
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    store.save()
    return store.session_key


def sign_in(client, user: User, surface: str) -> None:
    """Sign a test client in on one surface, beside whoever it is on the others; without the costly password."""
    client.cookies[session_cookie(BY_NAME[surface])] = session_of(user, surface)


def photo_file(colour: str = "olive", name: str = "现场.jpg") -> SimpleUploadedFile:
    """A small real JPEG."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="image/jpeg")


def photo_drafts(by: User | None, *, count: int = 1) -> dict:
    """Drafts as the keyword arguments that verbs take."""
    key = drafts.new_draft_key()
    stored = [drafts.store_draft(photo_file(), draft_key=key, by=by, kind="after") for _ in range(count)]
    return {"photo_ids": [photo.pk for photo in stored], "draft_key": key}


class CaseMaker:
    """Makes cases of the urban-management brigade at any state of their life."""

    def __init__(self, cast: Cast):
        self.cast = cast

    def report(self, *, category: str = "TIP-01", text: str = "路口有摊贩占道经营", grid: int = 0, **extra) -> intake.Received:
        """A citizen's web report inside a grid of the seat."""
        zone = Zone.objects.filter(kind=Zone.Kind.GRID).order_by("code")[grid]
        point = zone.geometry.point_on_surface
        return intake.receive_report(**{
            "by": CITIZEN, "channel": "web", "text": text, "category": Category.objects.get(code=category) if category else None,
            "place": intake.Place(lon=point.x, lat=point.y, source="map"), "idempotency_key": f"test:{uuid.uuid4()}", **extra,
        })  # fmt: skip

    def __call__(self, state: str, *, officer: Officer | None = None, outcome: str = "advised", details: dict | None = None, **report) -> Case:
        """A case in `state`: received in_hand sent accepted on_site resolved closed, or an end of its own."""
        cast, case = self.cast, self.report(**report).case
        if state == "received":
            return case
        if state == "rejected":
            return endings.reject(case, by=cast.leader, reason="不属于执法范围")
        if state == "merged":
            return endings.merge(case, by=cast.dispatcher, into=self.report(**report).case)
        if state == "passed_on":
            outside = Organisation.objects.filter(kind="outside", accepts_handover=True).first()
            return endings.pass_on(case, by=cast.dispatcher, organisation=outside, reason="属其职责")
        if state == "in_hand":
            return triage.take_in(case, by=cast.dispatcher)
        officer = officer or cast.officers()[0]
        order = dispatch.send(case, by=cast.dispatcher, officers=[officer])[0]
        if state == "sent":
            return order.case
        order = dispatch.accept(order, by=officer.user)
        if state == "accepted":
            return order.case
        order = dispatch.arrive(order, by=officer.user, reason="测试")
        if state == "on_site":
            return order.case
        details = dict(details or {})
        evidence = photo_drafts(officer.user, count=details.pop("photos", 0))
        empty = outcome in ("unfounded", "not_found")
        order = handling.finish(order, by=officer.user, outcome=outcome, note="现场未发现" if empty else "已当场教育", **evidence, **details)
        if state == "resolved":
            return order.case
        case = endings.close(order.case, by=cast.leader, reply="未发现您反映的情况。" if empty else "已处理,谢谢您的反映。")
        assert state == "closed", f"no way to {state}"
        return case
