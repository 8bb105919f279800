"""Whatever stands in an address or a form: a sentence, never a fault. Each field of the site gets each odd word."""

import hashlib

import pytest
from django.db import transaction

from cases import ratelimit
from cases.models import ApiClient
from journal import push
from tests.addresses import ADDRESSES, CLIENTS, Things, holder
from tests.cast import sign_in

ODD = (
    "\x00", "a\x00b", "9" * 30, "-1", "0", "nan", "inf", "1e400", "１２", "9999-12-31", "0001-01-01", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00", "99999999999999999-1", "9999-12-31T23:59:59+00:00~1", "𠮷" * 700, "\u202e\ud7ff", "%00%s{0}{{x}}", "' OR 1=1 --",
    "<script>alert(1)</script>", "../../etc/passwd",
)  # fmt: skip
ASKED = ("q", "lon", "lat", "state", "category", "outcome", "since", "until", "after", "before", "size", "only", "period", "from", "to", "unit",
         "key", "code", "next", "lang", "format", "area", "grid", "officer", "channel", "day", "by", "figure", "which")  # fmt: skip
SAID = (
    "accuracy", "accuracy_m", "altcha", "answer", "answered_by", "by_number", "call_started", "category", "channel", "code", "companion",
    "contact_name", "contact_phone", "department", "do", "draft_key", "group", "heading", "idempotency_key", "into", "into_number", "item", "join",
    "kind", "language", "large", "lat", "lead", "lon", "moment", "next", "note", "on_behalf_of", "order", "organisation", "outcome", "password",
    "pause", "phone_at", "photos", "place_source", "place_words", "police_contact", "preset", "question", "reason", "recheck_on", "remove", "reply",
    "seen", "solved", "started", "system", "text", "username", "uuid", "website", "words", "zone", "zone_choice",
)  # fmt: skip


REPORT_FIELDS = (
    "accuracy", "altcha", "call_started", "category", "channel", "contact_name", "contact_phone", "draft_key", "idempotency_key", "join", "lat",
    "lon", "on_behalf_of", "phone_at", "photos", "place_source", "place_words", "remove", "started", "system", "text", "uuid", "website", "zone",
    "zone_choice",
)  # fmt: skip


@pytest.fixture
def visitor(client, case_at, monkeypatch):
    """Someone signed in everywhere, with every thing at hand, whom nothing slows down."""
    things = Things(case_at)
    client.raise_request_exception = False
    for surface, role in (("command", "shift_leader"), ("supervision", "supervisor"), ("wall", "dispatcher")):
        sign_in(client, holder(things.cast, role), surface)
    sign_in(client, things.order.officer.user, "officer")
    monkeypatch.setattr(ratelimit, "_count", lambda key, seconds: 1)
    push.client().flushdb()
    return client, things


def faults(ask, addresses, things, words=ODD) -> list:
    found = []
    for address in addresses:
        url = address.url(things)
        for word in words:
            with transaction.atomic():
                if ask(url, word).status_code >= 500 and address.route != "healthz":
                    found.append((url, word[:20]))
                transaction.set_rollback(True)
    return found


def test_odd_words_in_an_address_are_no_fault(visitor):
    client, things = visitor
    asking = {"report/places/", "report/photos/<uuid:pk>/", "t/<str:code>/photos/<uuid:pk>/", "start/state/", "command/cases/", "command/leads/",
              "command/report/places/", "command/photos/<uuid:pk>/", "officer/now/", "supervision/",
              "supervision/cases/", "command/login/", "i18n/setlang/"}  # fmt: skip
    readable = [address for address in ADDRESSES if "GET" in address.methods]
    assert asking <= {address.route for address in readable}

    def ask(url, word):
        return client.get(url, dict.fromkeys(ASKED, word))

    assert faults(ask, [address for address in readable if address.route in asking], things) == []
    assert faults(ask, [address for address in readable if address.route not in asking], things, ODD[:1]) == []


def test_each_odd_word_in_a_place_search_is_no_fault(visitor):
    """One at a time: longitude and latitude are asked before the words are."""
    client, things = visitor
    for name in ("q", "lon", "lat"):
        right = {"lon": "116.1595", "lat": "37.861"} if name != "q" else {}
        places = [address for address in ADDRESSES if address.route.endswith("report/places/")]
        assert faults(lambda url, word, name=name, right=right: client.get(url, right | {name: word}), places, things) == []


def test_odd_words_in_a_form_are_no_fault(visitor):
    client, things = visitor
    writable = [address for address in ADDRESSES if "POST" in address.methods and address.who != CLIENTS and "login" not in address.route]
    assert faults(lambda url, word: client.post(url, dict.fromkeys(SAID, word)), writable, things, ODD[::2]) == []
    assert faults(lambda url, word: client.post(url, dict.fromkeys(SAID, word)), writable[::2], things, ODD[1::2]) == []


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 20_000, '{"lon": NaN}', "9" * 5000, '"\\ud800"', '{"text": "\\u0000", "zone": "\\u0000"}'])
def test_odd_json_is_no_fault(client, db, body):
    ApiClient.objects.create(name="热线平台", key_hash=hashlib.sha256(b"key").hexdigest())
    answer = client.post("/api/reports/", body, content_type="application/json", headers={"Authorization": "Key key"})
    assert answer.status_code in (400, 422) and answer.json()["detail"]


@pytest.mark.parametrize("route", ["report/", "command/report/", "officer/report/"])
def test_one_odd_word_in_a_form_that_is_right_otherwise_is_no_fault(visitor, route):
    """The checks that come after the first refusal are reached, too."""
    client, things = visitor
    right = {"text": "路口有摊贩", "lon": "116.1595", "lat": "37.861", "category": "TIP-01", "channel": "hotline", "idempotency_key": "k",
             "uuid": "00000000-0000-4000-8000-000000000001"}  # fmt: skip
    assert client.post(f"/{route}", right | {"idempotency_key": "right"}).status_code in (200, 302)
    (form,) = [address for address in ADDRESSES if address.route == route]
    words = ODD[:13] if route == "report/" else ODD[:13:3]  # the forms share their checks
    for field in REPORT_FIELDS:
        assert faults(lambda url, word, field=field: client.post(url, right | {field: word}), [form], things, words) == [], field
