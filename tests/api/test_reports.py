"""Programs file and follow reports by the same verb as the forms."""

import hashlib
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import held, sealed
from cases.models import ApiClient, Case, Report
from command import endings
from tests.api.conftest import KEY, SEAT
from tests.cast import photo_file


def test_a_report_is_filed_and_its_code_given(file_report, api_client, noon):
    answer = file_report()
    assert answer.status_code == 201
    case = Case.objects.get()
    body = answer.json()
    assert (body["number"], body["state"], body["due_at"]) == (case.number, "received", "2026-11-24T12:10:00+08:00")
    report = Report.objects.get(tracking_hash=sealed.tracking_hash(body["code"]))
    assert (report.client, report.channel, report.case) == (api_client, "api", case)


def test_the_same_key_and_content_give_the_first_answer_again(file_report):
    first, again = file_report(idempotency_key="k1"), file_report(idempotency_key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["code"] == again.json()["code"]
    assert Report.objects.count() == 1


def test_the_same_key_with_another_content_is_a_conflict(file_report):
    file_report(idempotency_key="k1")
    answer = file_report(idempotency_key="k1", text="另一件事")
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert Report.objects.count() == 1


def test_twelve_statements_through_the_whole_stack(committing, client):
    ApiClient.objects.create(name="x", key_hash=hashlib.sha256(KEY.encode()).hexdigest())
    headers = {"Authorization": f"Key {KEY}"}
    photo = client.post("/api/photos/", {"file": photo_file()}, headers=headers).json()["id"]
    body = {**SEAT, "photos": [photo], "contact": {"phone": "13800001234"}}
    client.post("/api/reports/", SEAT, content_type="application/json", headers=headers)
    with CaptureQueriesContext(connection) as queries:
        answer = client.post("/api/reports/", body, content_type="application/json", headers=headers)
    statements = [query["sql"] for query in queries]
    assert answer.status_code == 201
    assert len(statements) <= 12, statements
    assert statements.count("COMMIT") == 1


def test_photos_are_stored_first_and_belong_to_the_client(client, file_report, api_client):
    headers = {"Authorization": f"Key {KEY}"}
    stored = client.post("/api/photos/", {"file": photo_file()}, headers=headers)
    assert stored.status_code == 201
    answer = file_report(photos=[stored.json()["id"]], text="")
    assert answer.status_code == 201
    assert Case.objects.get().photos.count() == 1
    again = file_report(photos=[stored.json()["id"]])
    assert (again.status_code, again.json()["code"]) == (422, "photo_gone")


def test_a_file_that_is_no_photo_gets_a_sentence(client, api_client):
    headers = {"Authorization": f"Key {KEY}"}
    for data, code in ((b"<html>", "not_a_photo"), (b"", "empty_file")):
        answer = client.post("/api/photos/", {"file": SimpleUploadedFile("a.jpg", data)}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    answer = client.post("/api/photos/", {}, headers=headers)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["file"])


# --- refusals ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"key": None}, 401, "not_authenticated"),
        ({"key": "wrong"}, 401, "authentication_failed"),
        ({"body": "{"}, 400, "malformed"),
        ({"body": '{"lon": NaN}'}, 400, "malformed"),
        ({"body": "[]"}, 422, "invalid"),
        ({"body": "null"}, 422, "invalid"),
        ({"text": "x" * 3_000_000}, 413, "too_large"),
        ({"lon": "east"}, 422, "invalid"),
        ({"contact": {"phone": "call me"}}, 422, "invalid"),
        ({"photos": ["x"]}, 422, "invalid"),
        ({"lon": 37.861, "lat": 116.1595}, 422, "outside"),
        ({"body": '{"text": "x", "lon": 1e999, "lat": 37.8}'}, 422, "invalid"),
        ({"lon": None}, 422, "half"),
        ({"text": "占" * 10_000}, 422, "too_long"),
        ({"text": "\x00 "}, 422, "empty"),
        ({"category": "TIP-99"}, 422, "category"),
        ({"began_at": "2027-01-01T00:00:00+08:00"}, 422, "future"),
        ({"began_at": "2026-11-20T00:00:00+08:00"}, 422, "past"),
        ({"idempotency_key": "x" * 65}, 422, "bad_key"),
        ({"photos": [str(uuid.uuid4())]}, 422, "photo_gone"),
    ],
)
def test_every_refusal_is_a_code_and_a_sentence(file_report, given, status, code):
    answer = file_report(**given)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]
    assert isinstance(answer.json().get("fields", {}), dict)
    assert Report.objects.count() == 0


def test_an_address_that_does_not_exist_is_answered_in_json_too(client, cast):
    answer = client.get("/api/nothing/", headers={"Accept": "*/*"})
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (404, "application/json", "404")


def test_sentences_are_in_the_language_that_the_client_reads(file_report):
    chinese, english = (file_report(lon=1, lat=1, language=language).json()["detail"] for language in ("zh-CN", "en"))
    assert chinese != english
    assert english.isascii()
    assert not chinese.isascii()


def test_exchanged_coordinates_are_offered_the_right_way_round(file_report):
    assert file_report(lon=37.861, lat=116.1595).json()["swap"] == [116.1595, 37.861]


def test_the_quota_is_each_clients_own(file_report, api_client):
    ApiClient.objects.filter(pk=api_client.pk).update(per_minute=2)
    ApiClient.objects.create(name="另一个", key_hash="0" * 64)
    assert [file_report().status_code for _ in range(3)] == [201, 201, 429]
    refused = file_report()
    assert (refused.json()["code"], int(refused["Retry-After"]) > 0) == ("too_many", True)


def test_a_revoked_client_is_refused(file_report, api_client):
    ApiClient.objects.update(is_active=False)
    assert file_report().status_code == 401


def test_in_production_a_simulated_client_is_forbidden(file_report, api_client, settings):
    ApiClient.objects.update(is_simulated=True)
    settings.ENVIRONMENT = "production"
    answer = file_report()
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


# --- following ---------------------------------------------------------------------------------
def follow(client, code: str, **headers):
    return client.get(f"/api/reports/{code}/", headers=headers)


def test_anybody_with_the_code_can_follow_without_a_key(client, case_at, calm):
    received = case_at.report()
    body = follow(client, sealed.shown_code(received.code)).json()
    assert (body["state"], body["code"]) == ("received", sealed.shown_code(received.code))
    assert [step["name"] for step in body["steps"] if step["state"] == "done"] == ["received"]


def test_the_end_is_told_with_the_centres_reply_and_nobodys_name(client, cast, case_at, calm):
    case = case_at("resolved")
    code = sealed.new_code(case.reports.get().idempotency_key)
    endings.close(case, by=cast.leader, reply="已清理,谢谢。")
    body = follow(client, code).json()
    assert (body["state"], body["outcome"], body["reply"]) == ("closed", "advised", "已清理,谢谢。")
    assert body["closed_at"]
    assert not any(name in str(body) for name in (cast.officer.name, cast.leader.name))


def test_a_merged_report_follows_the_main_case(client, cast, case_at, calm):
    first, second = case_at.report(), case_at.report()
    endings.merge(second.case, by=cast.dispatcher, into=first.case)
    assert follow(client, second.code).json()["number"] == first.case.number


def test_a_held_report_says_that_a_person_looks_first(client, cast, case_at, calm):
    received = case_at.report(hold_reason="too_many")
    body = follow(client, received.code).json()
    assert (body["state"], body["number"]) == ("held", None)
    held.discard(received.report, by=cast.dispatcher, reason="广告")
    assert follow(client, received.code).json()["state"] == "discarded"


@pytest.mark.parametrize("code", ["0000-0000-0000", "ABCD", "' OR 1=1 --", "7" * 500])
def test_a_foreign_code_is_not_found_with_a_sentence(client, cast, calm, code):
    answer = follow(client, code)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["detail"]


def test_guessing_codes_is_slowed_down(client, cast, settings, monkeypatch, calm):
    monkeypatch.setitem(settings.PUBLIC_LIMITS, "tracking", (3, 600))
    assert [follow(client, sealed.new_code()).status_code for _ in range(4)] == [404, 404, 404, 429]


def test_the_categories_are_public_in_both_languages(client, cast):
    chinese, english = (client.get("/api/categories/", headers={"Accept-Language": language}).json() for language in ("zh-hans", "en"))
    assert len(chinese) == len(english) == 40
    assert chinese[0]["code"] == "TIP-01"
    assert english[0]["name"].isascii()
