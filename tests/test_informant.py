"""Who reported is known to nobody but who opens the contact with a reason. A recognisable informant is planted through every
way of reporting, his matter goes through its whole life, and then he is looked for everywhere."""

import hashlib
import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from cases import forms, photos, ratelimit, sealed
from cases.intake import Received
from cases.models import ApiClient, Case, Contact, Report
from command import dispatch, endings, handling
from enforcement.roles import CENTRE, LEADING, Role
from journal import clock, push
from journal.models import Entry
from tests.addresses import ADDRESSES, Things, holder
from tests.cast import photo_drafts, sign_in
from tests.informant import FORMS_OF_NAME, NAME, NUMBER, SEAT, files_that_name_him, gives_away, rows_that_name_him, signed_photo

PHONES = {"web": "139-1234-5678", "held": "１３９１２３４５６７８", "hotline": "+86 139 1234 5678", "api": "139 1234 5678", "joined": "(139)12345678"}
KEY = "the-clients-key"


def test_the_search_finds_every_spelling():
    texts = [*FORMS_OF_NAME, *(f"打{phone}问" for phone in PHONES.values()), NUMBER, f"+86{NUMBER}", json.dumps({"name": NAME})]
    assert all(map(gives_away, texts)) and not gives_away("张秘 密 1391234567")


# --- every way in ----------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


def by_web(client, way: str = "web", **given) -> Report:
    with clock.at(clock.now() - timedelta(seconds=30)):
        hidden = forms.fresh()
    photo = SimpleUploadedFile(f"{NAME}{NUMBER}.jpg", signed_photo(), content_type="image/jpeg")
    answer = client.post("/report/", {**SEAT, **hidden, "contact_name": NAME, "contact_phone": PHONES[way], "files": photo, **given})
    assert answer.status_code == 302
    return Report.objects.latest("pk")


def by_hotline(client, cast, way: str = "hotline", **given) -> Report:
    sign_in(client, cast.call_taker, "command")
    data = {**SEAT, **forms.fresh(), "channel": "hotline", "contact_name": NAME, "contact_phone": PHONES[way], **given}
    answer = client.post("/command/report/", data)
    assert answer.status_code == 200 and not gives_away(answer.content.decode())
    return Report.objects.latest("pk")


def by_api(client) -> Report:
    ApiClient.objects.create(name="热线平台", key_hash=hashlib.sha256(KEY.encode()).hexdigest())
    body = {**SEAT, "contact": {"name": NAME, "phone": PHONES["api"]}}
    answer = client.post("/api/reports/", body, content_type="application/json", headers={"Authorization": f"Key {KEY}", "Idempotency-Key": "k"})
    assert answer.status_code == 201 and not gives_away(answer.content.decode())
    return Report.objects.latest("pk")


def round_of(case: Case, cast) -> Case:
    """Send, accept, arrive, finish."""
    order = dispatch.send(Case.objects.get(pk=case.pk), by=cast.dispatcher, officers=[cast.officers()[0]])[0]
    dispatch.accept(order, by=order.officer.user)
    order = dispatch.arrive(order, by=order.officer.user, reason="测试")
    return handling.finish(order, by=order.officer.user, outcome="corrected", note="已当场纠正", **photo_drafts(order.officer.user, count=1)).case


@pytest.fixture
def planted(client, case_at, django_capture_on_commit_callbacks, caplog):
    """Reports of the informant by every way; one matter goes through everything. Whatever was logged and pushed is kept."""
    cast = case_at.cast
    caplog.set_level(logging.DEBUG)
    listening = push.client().pubsub()
    listening.psubscribe("*")
    assert listening.get_message(timeout=1)["type"] == "psubscribe"
    with django_capture_on_commit_callbacks(execute=True):
        web, held = by_web(client), by_web(client, "held", website="http://spam")
        things = Things(case_at)
        things.received = things_of(web, client)
        things.held = by_web(client, "held", website="http://spam")
        hotline, api = by_hotline(client, cast), by_api(client)
        by_hotline(client, cast, "joined", join=hotline.case_id)
        assert client.post(f"/command/held/{held.pk}/release/").status_code == 302
        endings.close(round_of(web.case, cast), by=cast.leader, reply="已处理。")
        client.post(f"/t/{things.code}/answer/", {"solved": "no", "words": "还在那里"})
        round_of(web.case, cast)
        endings.merge(api.case, by=cast.dispatcher, into=hotline.case)
        endings.reject(Case.objects.get(reports=held), by=cast.leader, reason="不属于执法范围")
    things.pushed = [str(message["data"]) for message in iter(lambda: listening.get_message(timeout=0.05), None)]
    assert Contact.objects.count() == 6
    return things


def things_of(report: Report, client) -> Received:
    """With its code, which only the reporter's browser knows."""
    code = sealed.new_code(report.idempotency_key)
    assert client.get(f"/t/{code}/").status_code == 200
    return Received(report, report.case, code)


# --- everywhere he could be seen -------------------------------------------------------------------
def test_no_page_of_any_post_shows_who_reported(client, planted):
    shown = []
    for address in ADDRESSES:
        if "GET" not in address.methods or address.of in ("public_draft", "code"):
            continue
        for role in sorted(address.who) if address.is_staff else [""]:
            if role:
                sign_in(client, holder(planted.cast, role), address.surface.name)
            for headers in ({}, {"X-Requested-With": "fetch", "Accept": "application/json"}):
                answer = client.get(address.url(planted), headers=headers)
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
                shown += [f"{address} {role}"] if gives_away(body.decode("utf-8", "replace") + str(answer.headers)) else []
    assert shown == []


def test_every_case_of_his_is_shown_to_everybody_who_works_on_it_without_him(client, planted):
    sign_in(client, planted.cast.leader, "command")
    sign_in(client, planted.cast.supervisor, "supervision")
    sign_in(client, planted.cast.officers()[0].user, "officer")
    for case in Case.objects.all():
        for url in (f"/command/cases/{case.pk}/", f"/supervision/cases/{case.pk}/", "/officer/", "/officer/now/"):
            assert not gives_away(client.get(url).content.decode()), url
    near = client.post("/command/report/nearby/", {"contact_phone": NUMBER, "category": "TIP-01"})
    assert "queue" in near.content.decode() or near.content.strip()
    assert not gives_away(near.content.decode()), "his other matters are found by his number, which is not shown"


def test_no_live_screen_hears_who_reported(planted):
    keys = {"officer": planted.case.dispatches.first().officer_id, "track": planted.report.track_key}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for kind, board in push.boards.items():
                for key in {str(keys.get(kind, planted.case.centre_id)), str(keys.get(kind, planted.cast.county_dispatcher.centre.pk))}:
                    said = [board.things(key), board.render(key, list(board.things(key)), language), board.figures(key), board.positions(key)]
                    assert not gives_away(json.dumps(said, ensure_ascii=False, default=str)), kind
    assert planted.pushed and not gives_away("\n".join(planted.pushed))


def test_neither_the_reporters_page_nor_the_interface_repeats_who_he_is(client, planted):
    for url in (f"/t/{planted.code}/", f"/api/reports/{planted.code}/", f"/start/state/?code={planted.code}"):
        for headers in ({}, {"X-Requested-With": "fetch", "Accept": "application/json"}):
            answer = client.get(url, headers=headers)
            assert answer.status_code == 200 and not gives_away(answer.content.decode()), url


def test_the_journal_the_database_and_redis_hold_him_nowhere_but_under_seal(planted):
    assert rows_that_name_him() == []
    assert Entry.objects.filter(thread=planted.case.thread).count() > 10
    redis = push.client()
    stored = [str(redis.dump(key)) + str(key) for key in redis.keys("*")]
    assert not gives_away("\n".join(stored))


def test_no_stored_file_holds_what_the_camera_wrote_about_its_owner(planted):
    assert photos.prepare(planted.report.photos.get())
    assert len([file for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file()]) >= 3, "the sealed original and its copies"
    assert files_that_name_him(Path(settings.MEDIA_ROOT)) == []


def test_nothing_that_was_logged_names_him_not_even_when_it_breaks(client, planted, caplog, monkeypatch, settings):
    client.raise_request_exception = False
    settings.ADMINS = [("管理员", "admin@example.com")]
    sign_in(client, planted.cast.call_taker, "command")
    monkeypatch.setattr("cases.intake._store", lambda *args, **kwargs: 1 / 0)
    with clock.at(clock.now() - timedelta(seconds=30)):
        form = {**SEAT, **forms.fresh(), "contact_name": NAME, "contact_phone": NUMBER, "channel": "hotline"}
    body = {**SEAT, "contact": {"name": NAME, "phone": NUMBER}}
    broken = [
        client.post("/report/", form), client.post("/report/", form, headers={"Accept": "application/json"}), client.post("/command/report/", form),
        client.post("/api/reports/", body, content_type="application/json", headers={"Authorization": f"Key {KEY}"}),
    ]  # fmt: skip
    assert [answer.status_code for answer in broken] == [500] * 4
    assert not any(gives_away(answer.content.decode()) for answer in broken)
    assert "ZeroDivisionError" in caplog.text and not gives_away(caplog.text)
    assert mail.outbox == [], "Django's own letter to the administrators quotes the form and all variables"
    for url in (f"/t/{NAME}/", f"/command/cases/{NUMBER}/", f"/nothing/{NUMBER}/"):
        assert client.get(url).status_code == 404


# --- opening the seal ------------------------------------------------------------------------------
def test_opening_the_contact_says_who_reported_and_keeps_who_read_it_and_why(client, planted):
    reader = planted.cast.dispatcher
    sign_in(client, reader, "command")
    url = f"/command/reports/{planted.report.pk}/contact/"
    refused = client.post(url, {"reason": " "})
    assert refused.status_code == 409 and not Entry.objects.filter(verb="contact_read").exists()
    opened = client.post(url, {"reason": "核实现场位置"})
    assert NAME in opened.content.decode() and PHONES["web"] in opened.content.decode()
    assert "no-store" in opened.headers["Cache-Control"]
    entry = Entry.objects.get(verb="contact_read")
    assert (entry.thread, entry.subject, entry.by_id) == (planted.case.thread, planted.report.thread, str(reader.pk))
    assert entry.data == {"reason": "核实现场位置"}
    page = client.get(f"/command/cases/{planted.case.pk}/").content.decode()
    assert "核实现场位置" in page and reader.name in page and not gives_away(page)


@pytest.mark.parametrize("centre", ["CG", "SC", "ZX"])
def test_only_the_centre_that_works_the_case_and_the_countys_leaders_may_open_it(client, planted, centre):
    url = f"/command/reports/{planted.report.pk}/contact/"
    for role in Role:
        people = [user for user in {holder(planted.cast, role)} if centre == "CG"]
        if centre != "CG" and role in CENTRE:
            people = [planted.cast.person(role, centre=centre)]
        for person in people:
            sign_in(client, person, "command")
            answer = client.post(url, {"reason": "核实"})
            may = role in CENTRE if centre == "CG" else centre == "ZX" and role in LEADING
            assert answer.status_code == (200 if may else 409 if centre == "ZX" else 404), (role, centre)
            assert gives_away(answer.content.decode()) is may, (role, centre)
