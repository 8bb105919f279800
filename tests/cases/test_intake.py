"""One verb takes in every report: cheap, once, whole or not at all."""

import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import challenge, drafts, intake, places, ratelimit, sealed
from cases.models import ApiClient, Case, Category, Contact, Photo, Report, TargetClass, Used
from grid.models import Camera
from journal import clock, push
from journal.models import Deadline, Entry
from journal.moves import CITIZEN
from journal.refused import BadInput, Refused
from tests.cast import photo_drafts

SEAT = {"lon": 116.1595, "lat": 37.861, "source": "map"}


def report(**given) -> intake.Received:
    return intake.receive_report(**{
        "by": CITIZEN, "channel": "web", "text": "鼓楼街有人占道摆摊", "category": "TIP-01", "place": places.place(**SEAT),
        "idempotency_key": uuid.uuid4().hex, **given,
    })  # fmt: skip


@pytest.fixture
def told(monkeypatch):
    sent = []
    monkeypatch.setattr(push, "tell", lambda audiences, thing, version: sent.append((set(audiences), thing, version)))
    return sent


def test_a_report_becomes_a_case_on_its_clock(cast, noon):
    received = report()
    case = Case.objects.get(pk=received.case.pk)
    assert (case.state, case.organisation.code, case.centre.code, case.priority) == ("received", "CG", "CG", "P2")
    assert (case.started_at, case.due_at, case.is_ten_minute) == (noon, noon + timedelta(minutes=10), True)
    assert (case.routed_by.code, case.routed_because, case.grid.code) == ("R-80", case.routed_by.note, "131128100001001")
    assert received.report.case == case
    assert not received.repeated


def test_the_first_journal_entry_says_what_was_decided_and_chains_on(case_at):
    case = case_at.report().case
    entry = Entry.objects.get(thread=case.thread)
    assert (entry.verb, entry.number, case.version, case.chain) == ("reported", 1, 1, entry.computed_hash())
    assert {"rule", "organisation", "centre", "target", "zones", "due_at"} <= set(entry.data)


def test_taking_in_warning_and_the_end_are_set_as_deadlines(cast, noon):
    case = report().case
    due = dict(Deadline.objects.filter(thread=case.thread).values_list("kind", "due_at"))
    minutes = {kind: (moment - noon).total_seconds() / 60 for kind, moment in due.items()}
    assert minutes == {"take_in": 1, "warn": 7, "total": 10}


def test_at_most_twelve_statements_and_one_commit_with_everything_on_board(committing):
    report()  # the rules are in memory afterwards
    photos = photo_drafts(None, count=6)
    with CaptureQueriesContext(connection) as queries:
        report(contact={"name": "张三", "phone": "13800001234"}, proof="a" * 64, **photos)
    statements = [query["sql"] for query in queries]
    statements = [statement for batch in statements for statement in batch.split("; INSERT")]  # some go together
    assert len(statements) <= 12, statements
    assert statements.count("COMMIT") == 1
    writes = [sql for sql in statements if sql.split()[0] in {"INSERT", "UPDATE"}]
    assert statements.index("BEGIN") < statements.index(writes[0])
    assert statements[-1] == "COMMIT"


def test_a_refusal_in_the_middle_leaves_nothing_behind(committing):
    with pytest.raises(BadInput) as refused:
        report(photo_ids=[uuid.uuid4()], draft_key="x", contact={"name": "张三", "phone": "13800001234"})
    assert refused.value.code == "photo_gone"
    assert [model.objects.count() for model in (Report, Case, Contact, Entry, Deadline)] == [0, 0, 0, 0, 0]


def test_consoles_walls_and_the_reporters_page_are_told(cast, told):
    received = report()
    (audiences, thing, version), county = told[-1], cast.county_dispatcher.organisation.centre_id
    centre = received.case.centre_id
    assert audiences == {f"centre.{centre}", f"wall.{centre}", f"centre.{county}", f"wall.{county}", f"track.{received.report.track_key}"}
    assert (thing, version) == (f"case:{received.case.pk}", 1)


@pytest.fixture(params=["gone", "silent"])
def dead_redis(request, settings, monkeypatch):
    """No socket at all, or one that takes the connection and never answers."""
    monkeypatch.setattr(push, "_client", None)
    monkeypatch.setattr(ratelimit, "_redis_dead_until", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = "unix:///nowhere/redis.sock" if request.param == "gone" else f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        yield


def test_with_redis_dead_a_report_and_its_photo_are_stored_in_less_than_a_second(committing, dead_redis):
    report(**photo_drafts(None))
    begun = time.perf_counter()
    received = report(**photo_drafts(None))
    assert time.perf_counter() - begun < 1
    assert Case.objects.filter(pk=received.case.pk).exists()


# --- the same again --------------------------------------------------------------------------
def test_the_same_submission_twice_is_one_report_with_the_first_code(cast):
    first = report(idempotency_key="k1", contact={"name": "张三", "phone": "13800001234"})
    again = report(idempotency_key="k1", contact={"name": "张三", "phone": "13800001234"})
    assert (again.report, again.case, again.code, again.repeated) == (first.report, first.case, first.code, True)
    assert Report.objects.count() == 1
    assert Entry.objects.filter(thread=first.case.thread).count() == 1


def test_a_repetition_with_its_photos_is_recognised_although_they_are_no_drafts_any_more(cast):
    photos = photo_drafts(None)
    assert report(idempotency_key="k1", **photos).report == report(idempotency_key="k1", **photos).report


@pytest.mark.parametrize("other", [{"text": "别的事"}, {"category": "TIP-02"}, {"contact": {"name": "李四", "phone": ""}}])
def test_another_content_under_the_same_key_gets_a_sentence(cast, other):
    report(idempotency_key="k1")
    with pytest.raises(Refused) as refused:
        report(idempotency_key="k1", **other)
    assert refused.value.code == "key_reused"
    assert Report.objects.count() == 1


def test_a_key_belongs_to_its_client(cast):
    one, two = (ApiClient.objects.create(name=name, key_hash=name) for name in ("one", "two"))
    first = report(by=one, client=one, idempotency_key="k1", channel="api")
    assert report(by=two, client=two, idempotency_key="k1", channel="api").report != first.report
    assert report(idempotency_key="k1").report != first.report


def test_two_presses_at_the_same_moment_are_one_report(committing):
    def press(_):
        try:
            return report(idempotency_key="double").report.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as presses:
        assert len(set(presses.map(press, range(4)))) == 1
    assert (Report.objects.count(), Case.objects.count()) == (1, 1)


@pytest.mark.parametrize("key", ["", "x" * 65, "键", "a\nb"])
def test_a_key_that_is_none_gets_a_sentence(cast, key):
    with pytest.raises(BadInput) as refused:
        report(idempotency_key=key)
    assert refused.value.code == "bad_key"


# --- what cannot be taken ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"text": " \n\x00 "}, "empty"),
        ({"text": "占" * 10_000}, "too_long"),
        ({"category": "TIP-99"}, "category"),
        ({"began_at": timedelta(minutes=5)}, "future"),
        ({"began_at": timedelta(hours=-13)}, "past"),
        ({"camera_moment": timedelta(minutes=5)}, "future"),
        ({"camera_moment": timedelta(days=-91)}, "past"),
        ({"photo_ids": [uuid.uuid4() for _ in range(7)]}, "too_many_photos"),
    ],
)
def test_bad_input_gets_a_sentence_and_stores_nothing(cast, noon, given, code):
    given = {name: noon + value if isinstance(value, timedelta) else value for name, value in given.items()}
    with pytest.raises(BadInput) as refused:
        report(**given)
    assert refused.value.code == code
    assert str(refused.value.sentence)
    assert Report.objects.count() == 0


def test_a_retired_category_is_not_taken_any_more(cast):
    Category.objects.filter(code="TIP-01").update(is_active=False)
    with pytest.raises(BadInput):
        report()


@pytest.mark.parametrize("who", ["supervisor", "display"])
def test_who_only_looks_cannot_report(cast, who):
    with pytest.raises(Refused) as refused:
        report(by=getattr(cast, who), channel="hotline")
    assert refused.value.code == "not_allowed"


# --- channels ----------------------------------------------------------------------------------
def test_for_the_hotline_the_clock_starts_with_the_call(cast, noon):
    began = noon - timedelta(minutes=3)
    received = report(by=cast.call_taker, channel="hotline", began_at=began, form_seconds=170)
    assert (received.case.started_at, received.case.due_at) == (began, began + timedelta(minutes=10))
    assert (received.report.received_at, received.report.form_seconds, received.report.taken_by) == (noon, 170, cast.call_taker)


def test_a_desk_clock_that_is_a_little_ahead_is_forgiven(cast, noon):
    assert report(by=cast.call_taker, channel="hotline", began_at=noon + timedelta(seconds=40)).case.started_at == noon


def test_camera_and_moment_are_kept_and_the_clock_starts_with_the_mark(cast, noon):
    camera = Camera.objects.filter(zone__kind="grid").first()
    place = places.place(camera.point.x, camera.point.y, source="camera", words=camera.name)
    received = report(
        by=cast.dispatcher, channel="camera", camera=camera, camera_moment=noon - timedelta(hours=2),
        began_at=noon - timedelta(seconds=20), place=place, text="",
    )  # fmt: skip
    assert (received.report.camera, received.report.camera_moment) == (camera, noon - timedelta(hours=2))
    assert received.case.started_at == noon - timedelta(seconds=20)
    assert received.case.place == camera.name


def test_an_officer_on_patrol_needs_only_a_photo(cast):
    photos = photo_drafts(cast.officer.user)
    received = report(by=cast.officer.user, channel="patrol", text="", **photos)
    assert list(received.case.photos.values_list("pk", flat=True)) == photos["photo_ids"]


def test_a_helper_of_a_village_may_report(cast):
    assert report(by=cast.helper.user, channel="patrol").case.state == "received"


def test_a_position_from_a_chinese_map_is_stored_in_wgs84_with_its_original(cast):
    place = places.place(116.155990, 37.870867, source="device", system="gcj02")
    stored = report(place=place).report
    assert (stored.point.x, stored.point.y) == pytest.approx((116.15, 37.87), abs=2e-6)
    assert (stored.original_lon, stored.original_lat, stored.coordinate_system) == (116.155990, 37.870867, "gcj02")


def test_a_replay_client_marks_its_cases_and_divides_their_budgets(cast, noon):
    client = ApiClient.objects.create(name="回放", key_hash="x", is_simulated=True, speed=60)
    case = report(by=client, client=client, channel="api").case
    assert (case.is_simulated, case.speed, case.due_at - noon) == (True, 60, timedelta(seconds=10))


def test_what_follows_from_an_earlier_case_keeps_the_link_and_may_bring_its_own_class(case_at):
    first = case_at.report().case
    slow = TargetClass.objects.get(code="W8")
    case = report(by=CITIZEN, channel="recheck", text="", follows=first, target_class=slow).case
    assert (case.follows, case.target_class, case.is_ten_minute) == (first, slow, False)


# --- held --------------------------------------------------------------------------------------
def test_a_held_report_has_no_case_but_a_thread_of_its_own(cast, told):
    received = report(hold_reason="too_many")
    assert (received.case, received.report.state, received.report.centre.code) == (None, "held", "CG")
    assert Entry.objects.get(thread=f"report:{received.report.pk}").verb == "held"
    assert not Deadline.objects.exists()
    assert told[-1][1:] == (f"report:{received.report.pk}", 1)
    assert sealed.tracking_hash(received.code) == received.report.tracking_hash


def test_a_solved_challenge_counts_once_and_a_repetition_is_still_recognised(cast):
    first = report(proof="a" * 64, idempotency_key="k1")
    assert report(proof="a" * 64, idempotency_key="k1").report == first.report
    assert report(proof="a" * 64).report.held_reason == "no_proof"
    assert report(proof="b" * 64).case is not None
    assert Used.objects.count() == 2


def test_drafts_become_photos_of_report_and_case(cast):
    photos = photo_drafts(None, count=2)
    received = report(**photos)
    assert set(Photo.objects.filter(report=received.report, case=received.case).values_list("pk", flat=True)) == set(photos["photo_ids"])
    assert drafts.of(photos["draft_key"]) == []


def test_used_challenges_are_forgotten_when_they_have_expired(cast, noon):
    challenge.use_up("a" * 64)
    assert challenge.sweep() == 0
    with clock.at(noon + timedelta(hours=2)):
        assert challenge.sweep() == 1
