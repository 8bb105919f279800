"""Reports from a camera: camera and moment are kept, the clock starts at the operator's mark."""

from datetime import timedelta

import pytest

from cases.forms import fresh
from cases.models import Report
from grid.models import Camera, Zone
from journal import clock
from tests.cast import photo_file


@pytest.fixture
def camera(cast) -> Camera:
    return Camera.objects.filter(is_active=True).order_by("pk").first()


def test_every_camera_is_on_the_map_and_leads_to_its_report(desk, camera):
    marks = desk.get("/command/cameras/").context["marks"]
    assert len(marks) == Camera.objects.filter(is_active=True).count()
    assert f"/command/cameras/{camera.pk}/report/" in [mark["url"] for mark in marks]


def test_the_page_says_that_there_is_no_picture(desk, camera):
    html = desk.get(f"/command/cameras/{camera.pk}/report/").content.decode()
    assert "<video" not in html
    assert "video-off" in html or "未配置" in html


def test_camera_and_moment_are_kept_and_the_clock_starts_at_the_mark(desk, camera, noon):
    opened = fresh()
    with clock.at(noon + timedelta(seconds=30)):
        answer = desk.client.post(
            f"/command/cameras/{camera.pk}/report/", {**opened, "text": "货车抛洒", "category": "TIP-19", "moment": "2026-11-24T11:58:20"}
        )
    report = Report.objects.get()
    assert answer.status_code == 200
    assert (report.channel, report.camera, report.place_source) == ("camera", camera, "camera")
    assert report.camera_moment == noon - timedelta(seconds=100)
    assert (report.case.started_at, report.form_seconds) == (noon, 30)
    assert report.point.distance(camera.point) < 1e-9


def test_the_marked_point_and_a_still_picture_go_with_the_report(desk, camera):
    opened = fresh()
    stored = desk.post("/command/photos/", file=photo_file(), draft_key=opened["draft_key"], kind="camera").json()
    point = Zone.objects.filter(kind=Zone.Kind.GRID).order_by("code")[3].geometry.point_on_surface
    desk.client.post(
        f"/command/cameras/{camera.pk}/report/", {**opened, "lon": point.x, "lat": point.y, "place_source": "map", "photos": stored["id"]}
    )
    report = Report.objects.get()
    assert report.point.x == pytest.approx(point.x)
    assert [(photo.kind, photo.taken_by) for photo in report.photos.all()] == [("camera", report.taken_by)]


@pytest.mark.parametrize("moment", ["2026-11-25T12:00:00", "2020-01-01T00:00:00", "yesterday"])
def test_a_moment_that_cannot_be_is_refused_with_a_sentence(desk, camera, moment):
    answer = desk.client.post(f"/command/cameras/{camera.pk}/report/", {**fresh(), "text": "摆摊", "moment": moment})
    assert answer.status_code in (409, 422)
    assert not Report.objects.exists()


def test_an_unknown_camera_is_not_there(desk):
    assert desk.get("/command/cameras/999999/report/").status_code == 404
