"""The map's layers: tracks of people on duty for those who dispatch, heat without anybody's single report, cameras that lead to a report."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from command import layers
from command.models import Track
from command.positions import record_position
from enforcement.models import Duty
from enforcement.roles import CENTRE, DISPATCHING, SURFACE_ROLES, Role
from grid.models import Camera, County
from journal import clock
from tests.addresses import holder
from tests.cast import sign_in


@pytest.fixture
def home(cast):
    county = County.objects.get()
    return county.home_lon, county.home_lat


def walked(officer, noon, home, *, minutes: int = 90, every_s: int = 20):
    """A track up to now, straight to the database: the way of storing it is tested elsewhere."""
    lon, lat = home
    Track.objects.bulk_create([
        Track(officer=officer, point=f"SRID=4326;POINT({lon + ago * 1e-6} {lat})", at=noon - timedelta(seconds=ago))
        for ago in range(0, minutes * 60, every_s)
    ])  # fmt: skip
    Duty.objects.filter(user=officer.user, starts_at__lte=noon, ends_at__gt=noon).update(starts_at=noon - timedelta(hours=3))


def tracks(desk) -> dict:
    return dict(desk.get("/command/map/tracks.json").json()["tracks"])


def test_a_track_is_of_the_last_hour_with_a_point_a_minute(desk, cast, noon, home):
    walked(cast.officer, noon, home)
    points = tracks(desk)[cast.officer.pk]
    assert 55 <= len(points) <= 61, "thinned on the server"
    assert points[0][2] > points[-1][2] == 0 and points[0][2] <= 3600, "oldest first, seconds ago"
    assert points[-1][:2] == pytest.approx(home, abs=1e-4)


def test_who_is_off_duty_has_no_track_nor_one_from_before_his_duty(desk, cast, noon, home):
    walked(cast.officer, noon, home)
    duty = Duty.objects.get(user=cast.officer.user, starts_at__lte=noon, ends_at__gt=noon)
    Duty.objects.filter(pk=duty.pk).update(starts_at=noon - timedelta(minutes=10))
    assert len(tracks(desk)[cast.officer.pk]) <= 11
    Duty.objects.filter(pk=duty.pk).update(came_at=noon - timedelta(minutes=9), left_at=noon)
    assert cast.officer.pk not in tracks(desk), "signed off"
    Duty.objects.filter(pk=duty.pk).update(left_at=None, ends_at=noon - timedelta(seconds=1))
    assert cast.officer.pk not in tracks(desk)
    walked(off := cast.off_duty(), noon, home)
    assert off.pk not in tracks(desk)


def test_each_centre_sees_its_own_and_the_county_all(desk, cast, noon, home):
    walked(cast.officer, noon, home)
    walked(cast.officer_elsewhere, noon, home)
    assert set(tracks(desk)) == {cast.officer.pk}
    assert set(tracks(desk.sit(cast.dispatcher_elsewhere))) == {cast.officer_elsewhere.pk}
    assert set(tracks(desk.sit(cast.county_dispatcher))) == {cast.officer.pk, cast.officer_elsewhere.pk}


def test_tracks_are_for_posts_that_send_and_the_walls_have_no_names(client, cast, noon, home):
    walked(cast.officer, noon, home)
    for role in Role:
        for surface, readers in (("command", DISPATCHING), ("wall", DISPATCHING | {Role.DISPLAY})):
            if role not in SURFACE_ROLES[surface]:
                continue
            sign_in(client, holder(cast, role), surface)
            path = "/command/wall/" if surface == "wall" else "/command/"
            answer, page = client.get(f"{path}map/tracks.json"), client.get(path).content.decode()
            assert answer.status_code == (200 if role in readers else 404), (role, surface)
            assert ('data-layer="tracks"' in page) is (role in readers), "who may not is not offered it"
            if surface == "wall" and role in readers:
                assert [who for who, _points in answer.json()["tracks"]] == [None]


def test_tracks_come_from_what_phones_send_and_take_one_statement_however_many_there_are(desk, cast, noon, home):
    counts = []
    for officer in (cast.officer, cast.companion):
        for minute in (0, 6):
            with clock.at(noon + timedelta(minutes=minute)):
                record_position(officer, lon=home[0] + minute / 1000, lat=home[1])
        with clock.at(noon + timedelta(minutes=7)), CaptureQueriesContext(connection) as asked:
            assert officer.pk in tracks(desk)
        counts.append(len(asked))
    assert counts[0] == counts[1]


# --- heat ------------------------------------------------------------------------------------------
def heat(desk, group: str = "", path: str = "/command/map/heat.json") -> dict:
    return desk.get(path, {"group": group}).json()


def test_a_cell_is_told_from_the_countys_least_on_and_the_rest_only_counted(desk, case_at):
    for _ in range(2):
        case_at.report(grid=0)
    case_at.report(grid=5)
    assert (heat(desk)["cells"], heat(desk)["total"], heat(desk)["apart"]) == ([], 3, 3)
    case_at.report(grid=0)
    found = heat(desk)
    assert [cell[2:] for cell in found["cells"]] == [[3, 0]] and (found["total"], found["apart"], found["least"]) == (4, 1, 3)
    column, row, _count, _level = found["cells"][0]
    width, height = found["size"]
    point = case_at.report(grid=0).report.point
    assert column * width <= point.x < (column + 1) * width and row * height <= point.y < (row + 1) * height
    assert height * layers.METRES_A_DEGREE == pytest.approx(200)
    County.objects.update(options=County.objects.get().options | {"heat_least": 5}, rules_version=99)
    assert heat(desk)["cells"] == [], "the county says from how many on"


def test_few_reports_are_told_by_wider_squares_each_once_and_never_fewer_than_the_least():
    counts = {(0, 0): 3, (1, 0): 1, (1, 1): 2, (2, 1): 1, (7, 7): 2, (40, 40): 2, (-1, -1): 2, (-2, -3): 1}
    told, apart = layers.squares(counts, 3)
    assert sorted(told) == [[-1, -1, 3, 2], [0, 0, 3, 0], [0, 0, 3, 1], [0, 0, 3, 3]]
    assert apart == 2 and sum(one[2] for one in told) + apart == sum(counts.values())


def test_heat_is_of_thirty_days_of_ones_own_centre_by_group_and_never_of_complaints(desk, cast, case_at, noon):
    for _ in range(3):
        case_at.report()
        case_at.report(category="TIP-40", grid=3)
    group = case_at.report().case.category.group
    assert heat(desk)["total"] == 4, "complaints about officers are left out"
    assert heat(desk, group)["total"] == 4 and heat(desk, "市场监管")["total"] == heat(desk, "\x00' OR 1=1")["total"] == 0
    assert heat(desk.sit(cast.dispatcher_elsewhere))["total"] == 0 and heat(desk.sit(cast.county_dispatcher))["total"] == 4
    with clock.at(noon + timedelta(days=29)):
        assert heat(desk.sit(cast.dispatcher))["total"] == 4
    with clock.at(noon + timedelta(days=31)):
        assert heat(desk.sit(cast.dispatcher))["total"] == 0


def test_the_heat_reads_thirty_days_and_not_the_archive(cast):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the test's table is too small for the planner to mind
        values = {"width": 0.1, "height": 0.1, "since": clock.now(), "centre": 1, "own": [], "protected": [], "group": ""}
        cursor.execute(f"EXPLAIN {layers.HEAT}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "report_received" in plan, plan


# --- cameras and the control ---------------------------------------------------------------------------
def test_cameras_lead_to_the_report_of_what_is_seen_there(desk, cast):
    found = desk.get("/command/map/cameras.json").json()["cameras"]
    assert len(found) == Camera.objects.filter(is_active=True).count()
    assert desk.get(found[0]["url"]).status_code == 200
    desk.sit(cast.supervisor)
    assert Role.SUPERVISOR not in CENTRE and desk.get("/command/map/cameras.json").status_code == 404
    assert 'data-layer="cameras"' not in desk.get("/command/").content.decode()
