"""Signing on and off by the phone and at the console, and swaps on the phone."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from command.models import PhoneAction
from enforcement.models import Duty, DutySwap
from journal import clock
from journal.models import Entry
from registers import swaps
from tests.addresses import Things
from tests.cast import sign_in

FETCH = {"HTTP_X_REQUESTED_WITH": "fetch", "HTTP_ACCEPT": "application/json"}


@pytest.fixture
def duty(cast, noon):
    return Duty.objects.get(user=cast.officer.user, starts_at__lte=noon, ends_at__gt=noon)


@pytest.fixture
def phone(client, cast):
    sign_in(client, cast.officer.user, "officer")
    return client


def test_one_tap_signs_on_once_however_often_the_phone_repeats_it(phone, duty, noon):
    said = {"uuid": uuid4(), "phone_at": int((noon - timedelta(minutes=20)).timestamp() * 1000)}
    for _time in range(3):
        answer = phone.post(f"/officer/duty/{duty.pk}/on/", said, **FETCH)
        assert (answer.status_code, answer.json()["on"]) == (200, True)
    duty.refresh_from_db()
    action, entry = PhoneAction.objects.get(), Entry.objects.get(verb="signed_on")
    assert (duty.came_at, action.phone_at) == (noon, noon - timedelta(minutes=20)), "the server's time counts, the phone's is kept"
    assert datetime.fromisoformat(entry.data["phone_at"]) == noon - timedelta(minutes=20)


def test_without_a_script_it_is_a_form(phone, duty):
    page = phone.get("/officer/").content.decode()
    assert f'action="/officer/duty/{duty.pk}/on/"' in page and "上岗签到" in page and "csrfmiddlewaretoken" in page
    assert phone.post(f"/officer/duty/{duty.pk}/on/", {"uuid": uuid4()}).status_code == 302
    page = phone.get("/officer/").content.decode()
    assert f'action="/officer/duty/{duty.pk}/off/"' in page and "12:00 已上岗" in page
    assert phone.post(f"/officer/duty/{duty.pk}/off/", {"uuid": uuid4()}).status_code == 302
    duty.refresh_from_db()
    assert duty.left_at == clock.now()


def test_what_the_page_asks_for_again_holds_the_duty_but_nothing_of_a_session(phone, duty):
    found = phone.get("/officer/now/", **FETCH).json()
    assert f"/officer/duty/{duty.pk}/on/" in found["roster"] and "csrfmiddlewaretoken" not in found["roster"]


def test_another_officers_stretch_is_not_there(phone, cast, noon):
    other = Duty.objects.get(user=cast.companion.user, starts_at__lte=noon, ends_at__gt=noon)
    assert phone.post(f"/officer/duty/{other.pk}/on/", {"uuid": uuid4()}, **FETCH).status_code == 404
    own = Duty.objects.filter(user=cast.officer.user, starts_at__gt=noon + timedelta(days=1)).first()
    answer = phone.post(f"/officer/duty/{own.pk}/on/", {"uuid": uuid4()}, **FETCH)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_early")


def test_what_one_recorded_is_not_sent_in_the_name_of_the_next(phone, duty, cast):
    answer = phone.post(f"/officer/duty/{duty.pk}/on/", {"uuid": uuid4()}, **FETCH, HTTP_X_QUEUED_BY=str(cast.companion.user_id))
    assert (answer.status_code, answer.json()["code"]) == (409, "other_user")
    duty.refresh_from_db()
    assert duty.came_at is None


def test_a_swap_is_asked_for_on_the_phone_and_both_see_how_it_stands(phone, cast, client):
    person = cast.officer.user
    duty, partner = swaps.ahead(person)[1], Things.able_to_take(person)
    assert f"/officer/swap/?duty={duty.pk}" in phone.get("/officer/").content.decode()
    page = phone.get("/officer/swap/", {"duty": duty.pk, "to": partner.pk}).content.decode()
    assert 'name="reason"' in page and partner.name in page
    assert phone.post("/officer/swap/", {"duty": duty.pk, "to": partner.pk, "reason": "家中有事"}).status_code == 302
    swap = DutySwap.objects.get()
    swaps.refuse(swap, reason="当日人手不足", by=cast.leader)
    for user in (person, partner):
        sign_in(client, user, "officer")
        assert "当日人手不足" in client.get("/officer/").content.decode()


def test_who_asked_withdraws_it_and_nobody_else(phone, cast, client):
    person = cast.officer.user
    swap = swaps.ask(swaps.ahead(person)[1], to=Things.able_to_take(person), reason="家中有事", by=person)
    assert "撤回" in phone.get("/officer/swap/").content.decode()
    sign_in(client, cast.companion.user, "officer")
    assert client.post("/officer/swap/withdraw/", {"swap": swap.pk}).status_code == 404
    sign_in(client, person, "officer")
    assert client.post("/officer/swap/withdraw/", {"swap": swap.pk}).status_code == 302
    swap.refresh_from_db()
    assert swap.state == "withdrawn"


# --- the console -------------------------------------------------------------------------------------
def test_who_sits_at_the_console_signs_on_by_a_button_there(client, cast, noon):
    sign_in(client, cast.dispatcher, "command")
    assert 'action="/command/duty/on/"' in client.get("/command/").content.decode()
    assert client.post("/command/duty/on/").status_code == 302
    assert Duty.objects.get(user=cast.dispatcher, starts_at__lte=noon, ends_at__gt=noon).came_at == noon
    assert 'action="/command/duty/off/"' in client.get("/command/").content.decode()
    assert client.post("/command/duty/off/", **FETCH).json()["on"] is False


def test_on_call_and_off_duty_there_is_nothing_to_sign(client, cast, noon):
    for person in (cast.deputy, cast.person("dispatcher", exclude=cast.dispatcher)):
        Duty.objects.filter(user=person, starts_at__lte=noon + timedelta(hours=2), ends_at__gt=noon, kind="duty").delete()
        sign_in(client, person, "command")
        assert "/command/duty/" not in client.get("/command/").content.decode()
        assert client.post("/command/duty/on/", **FETCH).json()["code"] == "no_duty"
