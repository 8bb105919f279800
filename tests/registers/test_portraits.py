"""The page of portraits: whose they keep, upload and removal through the browser's own forms."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cases import portraits
from enforcement.models import Officer
from enforcement.roles import Role
from tests.cast import photo_file, sign_in


@pytest.mark.parametrize(("role", "centre", "whole"), [
    (Role.SYSTEM_ADMIN, "ZX", True), (Role.LEGAL_REVIEWER, "ZX", True), (Role.SHIFT_LEADER, "CG", False), (Role.DEPUTY, "SC", False),
    (Role.SHIFT_LEADER, "ZX", False), (Role.LEGAL_REVIEWER, "GC", False),
])  # fmt: skip
def test_the_countys_keepers_see_everybody_and_the_others_their_own_centre(cast, role, centre, whole):
    kept = set(portraits.kept_by(cast.person(role, centre=centre)).values_list("organisation__centre__code", flat=True))
    assert kept == (set(Officer.objects.filter(user__is_active=True).values_list("organisation__centre__code", flat=True)) if whole else {centre})


def test_other_posts_keep_none(cast):
    for role in set(Role) - portraits.KEEPERS:
        for person in type(cast.supervisor).objects.filter(role=role)[:3]:
            assert not portraits.kept_by(person).exists(), role


def test_a_picture_is_uploaded_shown_and_taken_away_again(client, cast):
    officer = cast.officer
    sign_in(client, cast.leader, "registers")
    url = f"/registers/portraits/{officer.pk}/"
    assert client.get(f"{url}picture/").status_code == 404
    assert client.post(url, {"picture": photo_file()}).status_code == 302
    assert client.get(f"{url}picture/").headers["Content-Type"] == "image/jpeg"
    page = client.get("/registers/portraits/").content.decode()
    assert f"{url}picture/" in page and officer.name in page
    assert client.post(f"{url}remove/").status_code == 302
    officer.refresh_from_db()
    assert officer.portrait == ""


def test_what_is_no_picture_is_refused_with_a_sentence(client, cast):
    sign_in(client, cast.leader, "registers")
    for form in ({}, {"picture": SimpleUploadedFile("x.jpg", b"<svg onload=alert(1)>")}):
        assert client.post(f"/registers/portraits/{cast.officer.pk}/", form).status_code == 422
    assert not Officer.objects.exclude(portrait="").exists()


def test_only_those_without_one_can_be_asked_for(client, cast):
    sign_in(client, cast.leader, "registers")
    portraits.put(officer=cast.officer, data=photo_file().read(), by=cast.leader)
    page = client.get("/registers/portraits/?missing=1").content.decode()
    assert cast.officer.badge not in page and cast.companion.badge in page
    assert cast.officer.badge in client.get(f"/registers/portraits/?q={cast.officer.name}").content.decode()
