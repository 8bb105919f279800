"""Each kind of photo before everybody who might open its address: shown to who sees its matter, not there for all others."""

import uuid
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client

from cases import drafts, photos, ratelimit
from cases.intake import Received
from cases.models import Case, Photo, Report
from command import dispatch, endings, handling
from enforcement.models import Officer, User
from enforcement.roles import CENTRE, OUTDOORS, SURFACE_ROLES, Role
from grid.models import Camera
from journal import clock, push
from tests.addresses import foreign_code, holder
from tests.cast import CaseMaker, photo_drafts, photo_file, sign_in

DESK = SURFACE_ROLES["command"]


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "hit", lambda *_who, **_limit: None)


@dataclass
class Album:
    """A photo of each kind; all of the brigade CG. `codes`: reporters by what they reported."""

    client: Client
    case_at: CaseMaker
    photos: dict[str, Photo]
    codes: dict[str, str]
    officer: Officer
    taker: User  # of the operator's draft

    def shown_at(self, door: str) -> set[str]:
        """The kinds of photo that can be seen through a door ("/command/photos/") by whoever is signed in there."""
        return {kind for kind, photo in self.photos.items() if shown(self.client, f"{door}{photo.pk}/", photo)}


def evidence(officer: Officer, kind: str) -> str:
    return str(drafts.store_draft(photo_file(), draft_key=f"{officer.pk}", by=officer.user, kind=kind).pk)


def resolve(received: Received, cast, officer: Officer) -> Case:
    """Sent, accepted, arrived, finished with a photo from before and one from after."""
    order = dispatch.send(received.case, by=cast.dispatcher, officers=[officer])[0]
    order = dispatch.arrive(dispatch.accept(order, by=officer.user), by=officer.user, reason="测试")
    ids = [evidence(officer, kind) for kind in ("before", "after")]
    return handling.finish(order, by=officer.user, outcome="corrected", note="已当场纠正", photo_ids=ids, draft_key=f"{officer.pk}").case


@pytest.fixture
def album(client, case_at) -> Album:
    cast, report = case_at.cast, case_at.report
    officer = next(officer for officer in cast.officers() if not officer.is_leader)
    waiting, handled = report(**photo_drafts(None)), report(text="另一件事", grid=3, **photo_drafts(None))
    case = resolve(handled, cast, officer)
    held = report(hold_reason="too_many", **photo_drafts(None))
    key = {"photo_ids": [drafts.store_draft(photo_file(), draft_key="seen", by=cast.call_taker, kind="camera").pk], "draft_key": "seen"}
    seen = report(by=cast.call_taker, channel="camera", camera=Camera.objects.order_by("pk").first(), camera_moment=clock.now(), grid=4, **key)
    found = {
        "a citizen's draft": Photo.objects.get(pk=photo_drafts(None)["photo_ids"][0]),
        "an operator's draft": drafts.store_draft(photo_file(), draft_key="o", by=cast.dispatcher),
        "an officer's draft": Photo.objects.get(pk=evidence(officer, "before")),
        "of a report that waits": waiting.report.photos.get(), "of a report that an officer was sent to": handled.report.photos.get(),
        "of a held report": held.report.photos.get(), "from a camera": seen.report.photos.get(),
        **{kind: case.photos.get(kind=kind, report=None) for kind in ("before", "after")},
    }  # fmt: skip
    for photo in found.values():
        assert photos.prepare(photo)
        photo.refresh_from_db()
    codes = {"waits": waiting.code, "handled": handled.code, "held": held.code, "nobody's": foreign_code()}
    return Album(client, case_at, found, codes, officer, cast.dispatcher)


def shown(client, url: str, photo: Photo) -> bool:
    """Whether the address hands out the photo's copies, by nginx and to it alone; else it says nothing of them."""
    for size in ("full", "thumb"):
        answer = client.get(url, {"size": size})
        assert photo.copy_name not in answer.content.decode(), url
        if answer.status_code == 404:
            assert size == "full" and "X-Accel-Redirect" not in answer.headers, url
            return False
        assert (answer.status_code, answer.headers["X-Accel-Redirect"]) == (200, f"/protected-media/{photo.copy_name}-{size}.jpg"), url
    return True


@pytest.fixture
def behind_nginx(settings):
    settings.MEDIA_ACCEL_PREFIX = "/protected-media/"


# --- by everybody's door -------------------------------------------------------------------------
WAITS, SENT, HELD = "of a report that waits", "of a report that an officer was sent to", "of a held report"
OF_CASES = {WAITS, SENT, "from a camera", "before", "after"}


@pytest.mark.usefixtures("behind_nginx")
def test_at_a_console_its_own_centres_photos_are_shown_and_the_countys_shows_all(client, album):
    people = User.objects.filter(organisation__centre__code__in=["CG", "SC", "ZX"], role__in=DESK).select_related("organisation__centre")
    chairs = {(person.role, person.organisation.centre.code): person for person in people} | {"taker": album.taker}
    for chair, person in chairs.items():
        sign_in(client, person, "command")
        seen = OF_CASES | ({HELD} if person.role in CENTRE else set()) if person.organisation.centre.code in ("CG", "ZX") else set()
        assert album.shown_at("/command/photos/") == seen | ({"an operator's draft"} if person == album.taker else set()), chair
    assert len(chairs) > 10


@pytest.mark.usefixtures("behind_nginx")
def test_at_a_console_no_other_post_sees_a_photo(client, album):
    for role in set(Role) - DESK:
        sign_in(client, holder(album.case_at.cast, role), "command")
        assert album.shown_at("/command/photos/") == set(), role


@pytest.mark.usefixtures("behind_nginx")
def test_on_a_phone_who_was_sent_and_his_squads_leader_see_the_matter_and_nobody_else(client, album):
    everybody = Officer.objects.select_related("user", "organisation").filter(user__is_active=True)
    squad = everybody.filter(organisation=album.officer.organisation)
    leader = squad.filter(user__role=Role.SQUAD_LEADER).first()
    colleague = squad.exclude(pk=album.officer.pk).filter(user__role=Role.OFFICER).first()
    sees = {album.officer: {SENT, "before", "after", "an officer's draft"}, leader: {SENT, "before", "after"}}
    for officer in (*sees, colleague, album.case_at.cast.officer_elsewhere, album.case_at.cast.helper):
        sign_in(client, officer.user, "officer")
        assert album.shown_at("/officer/photos/") == sees.get(officer, set()), officer.user.role
    for role in set(Role) - OUTDOORS:
        sign_in(client, holder(album.case_at.cast, role), "officer")
        assert album.shown_at("/officer/photos/") == set(), role


@pytest.mark.usefixtures("behind_nginx")
def test_a_reporter_sees_his_own_photos_and_after_the_check_what_was_done(album):
    def seen() -> dict[str, set[str]]:
        return {name: album.shown_at(f"/t/{code}/photos/") for name, code in album.codes.items()}

    mine = {"waits": {WAITS}, "handled": {SENT}, "held": {HELD}, "nobody's": set()}
    assert seen() == mine
    case, leader = album.photos["after"].case, album.case_at.cast.leader
    case = endings.close(case, by=leader, reply="已处理。")
    answered = mine | {"handled": {SENT, "before", "after"}}
    assert seen() == answered
    endings.reopen(case, by=leader, reason="又出现了")
    assert seen() == answered, "what he was answered stays in sight"


@pytest.mark.usefixtures("behind_nginx")
def test_merging_shows_a_reporter_the_others_result_but_nobody_elses_photos(client, album):
    cast, merged, target = album.case_at.cast, Report.objects.get(photos=album.photos[WAITS]), album.photos["after"].case
    endings.merge(merged.case, by=cast.dispatcher, into=target)
    endings.close(target, by=cast.leader, reply="已处理。")
    assert album.shown_at(f"/t/{album.codes['waits']}/photos/") == {WAITS, "before", "after"}
    assert album.shown_at(f"/t/{album.codes['handled']}/photos/") == {SENT, "before", "after"}
    seen = {"dispatcher": OF_CASES | {HELD, "an operator's draft"}, "dispatcher_elsewhere": set(), "county_dispatcher": OF_CASES | {HELD}}
    for name, kinds in seen.items():
        sign_in(client, getattr(cast, name), "command")
        assert album.shown_at("/command/photos/") == kinds, name
    sign_in(client, album.officer.user, "officer")
    assert WAITS not in album.shown_at("/officer/photos/")


@pytest.mark.usefixtures("behind_nginx")
def test_a_drafts_preview_is_for_who_holds_its_key_and_ends_with_the_sending(client, album):
    for kind, photo in album.photos.items():
        own, is_draft = drafts.preview_key(photo), photo.report_id is None and photo.case_id is None
        for key in ("", "x", drafts.preview_key(album.photos["before"]), own):
            answer = client.get(f"/report/photos/{photo.pk}/", {"key": key})
            handed = f"/protected-media/{photo.copy_name}-thumb.jpg" if is_draft and key == own else None
            assert (answer.status_code, answer.headers.get("X-Accel-Redirect")) == (200 if handed else 404, handed), (kind, key)


# --- past Django ---------------------------------------------------------------------------------
def test_without_a_session_or_by_a_files_own_name_there_is_nothing(client, album):
    stored = [*(photo.sealed_name for photo in album.photos.values()), *(f"{photo.copy_name}-full.jpg" for photo in album.photos.values())]
    assert all((settings.MEDIA_ROOT / name).is_file() for name in stored)
    for name in stored:
        for prefix in ("", "media/", "protected-media/", "static/", "static/../media/", "command/photos/", "officer/photos/"):
            assert client.get(f"/{prefix}{name}").status_code == 404
    sign_in(client, album.taker, "command")
    assert client.get(f"/command/photos/{album.photos[WAITS].pk}/?size=../../sealed").headers["Content-Type"] == "image/jpeg"
    client.cookies.clear()
    for photo in album.photos.values():
        for surface in ("command", "officer"):
            answer = client.get(f"/{surface}/photos/{photo.pk}/")
            assert answer.status_code == 302 and answer.url.startswith(f"/{surface}/login/")
            assert client.get(f"/{surface}/photos/{uuid.uuid4()}/").status_code == 302, "a photo that is none looks the same"
