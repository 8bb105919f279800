"""The forms: what is typed is checked with sentences, what looks like a machine is held, never refused in silence."""

from datetime import datetime, timedelta

import pytest
from django.test import RequestFactory

from cases import challenge, forms, held, intake, ratelimit
from cases.models import Report
from grid.models import Camera
from journal import clock, push
from journal.moves import CITIZEN
from journal.refused import BadInput, TooMany
from tests.cases.test_challenge import solve
from tests.cast import photo_drafts

PERSON = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def calm(settings, monkeypatch):
    settings.CHALLENGE_EFFORT = 200
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def post():
    return RequestFactory().post("/report/")


def filled(*, opened: datetime | None = None, **given) -> dict:
    """A citizen's form as a person sends it, opened half a minute ago."""
    with clock.at(opened or clock.now() - PERSON):
        hidden = forms.fresh()
    return {**hidden, "text": "鼓楼街占道", "category": "TIP-01", "lon": "116.1595", "lat": "37.861", "place_source": "device", **given}


def proof() -> str:
    return solve(challenge.new_challenge())


def send(form, request) -> intake.Received:
    assert form.is_valid(), form.errors
    return intake.receive_report(by=CITIZEN, **form.report(request))


def test_a_citizens_form_becomes_a_case_with_the_time_spent_in_it(cast, post):
    received = send(forms.ReportForm(filled(altcha=proof(), contact_phone="13800001234", accuracy="12.5")), post)
    assert received.case.state == "received"
    stored = received.report
    assert (stored.form_seconds, stored.accuracy_m, stored.place_source, stored.channel) == (30, 12.5, "device", "web")
    assert stored.contact.phone_index


def test_without_javascript_a_person_passes_by_time_and_honeypot(cast, post):
    assert send(forms.ReportForm(filled()), post).case is not None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"website": "http://spam"}, "honeypot"),
        ({"started": ""}, "no_start"),
        ({"started": "1700000000000:1:forged"}, "no_start"),
        ({"opened": timedelta(seconds=-1)}, "too_fast"),
        ({"opened": timedelta(days=-2)}, "no_start"),
    ],
)
def test_what_looks_like_a_machine_is_held_with_a_reason_in_words(cast, noon, post, given, reason):
    if "opened" in given:
        given = {"opened": noon + given["opened"]}
    received = send(forms.ReportForm(filled(**given)), post)
    assert (received.case, received.report.held_reason) == (None, reason)
    assert str(held.REASONS[reason])


def test_without_a_proof_only_a_few_pass_then_they_are_held_and_with_a_proof_more_pass(cast, settings, post):
    limit = settings.PUBLIC_LIMITS["unproved"][0]
    states = [send(forms.ReportForm(filled()), post).report.state for _ in range(limit + 1)]
    assert states == ["accepted"] * limit + ["held"]
    assert Report.objects.get(state="held").held_reason == "too_many"
    assert send(forms.ReportForm(filled(altcha=proof())), post).case is not None


def test_a_proof_sent_a_second_time_is_held(cast, post):
    once = proof()
    assert send(forms.ReportForm(filled(altcha=once)), post).case is not None
    assert send(forms.ReportForm(filled(altcha=once)), post).report.held_reason == "no_proof"


def test_pressing_send_twice_gives_the_first_answer(cast, post):
    data = filled(altcha=proof())
    first, again = (send(forms.ReportForm(data), post) for _ in range(2))
    assert (again.report, again.code, again.repeated) == (first.report, first.code, True)


def test_a_flood_from_one_address_is_told_to_wait(cast, settings, monkeypatch, post):
    monkeypatch.setitem(settings.PUBLIC_LIMITS, "reports", (2, 600))
    for _ in range(2):
        send(forms.ReportForm(filled()), post)
    with pytest.raises(TooMany):
        send(forms.ReportForm(filled()), post)


# --- what cannot be taken ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"text": ""}, "text", "empty"),
        ({"text": "占" * 10_000}, "text", "too_long"),
        ({"lon": "37.861", "lat": "116.1595"}, "lon", "outside"),
        ({"lon": "116.1", "lat": ""}, "lon", "half"),
        ({"lon": "", "lat": ""}, "lon", "no_place"),
        ({"lon": "", "lat": "", "zone": "4711"}, "lon", "zone"),
        ({"lon": "nan"}, "lon", "invalid"),
        ({"contact_phone": "12"}, "contact_phone", "phone"),
        ({"contact_name": "名" * 41}, "contact_name", "max_length"),
        ({"photos": ["not-an-id"]}, "photos", "invalid_choice"),
        ({"idempotency_key": ""}, "idempotency_key", "required"),
        ({"system": "mars"}, "system", "invalid_choice"),
    ],
)
def test_each_mistake_has_a_sentence_at_its_field(db, given, field, code):
    form = forms.ReportForm(filled(**given))
    assert not form.is_valid()
    error = form.errors.as_data()[field][0]
    assert error.code == code
    assert form.errors[field][0]


def test_exchanged_coordinates_come_with_the_offer_to_swap_them(db):
    form = forms.ReportForm(filled(lon="37.861", lat="116.1595"))
    assert not form.is_valid()
    assert form.swap == [116.1595, 37.861]


def test_a_refused_form_still_has_its_photos(db):
    photos = photo_drafts(None, count=2)
    form = forms.ReportForm(filled(text="占" * 3000, photos=photos["photo_ids"], draft_key=photos["draft_key"]))
    assert not form.is_valid()
    assert [photo.pk for photo in form.drafts] == photos["photo_ids"]
    assert len(form["text"].value()) == 3000


def test_a_photo_may_stand_for_the_text(cast, post):
    photos = photo_drafts(None)
    assert send(forms.ReportForm(filled(text="", photos=photos["photo_ids"], draft_key=photos["draft_key"])), post).case.photos.count() == 1


def test_without_a_map_a_village_by_name_is_enough(cast, post):
    received = send(forms.ReportForm(filled(lon="", lat="", place_words="马屯村后地的坑塘")), post)
    assert (received.case.village.name, received.case.place, received.report.place_source) == ("马屯", "马屯村后地的坑塘", "zone")


def test_a_chosen_zone_stands_for_a_point(cast, post):
    received = send(forms.ReportForm(filled(lon="", lat="", zone="131128100001001")), post)
    assert received.case.grid.code == "131128100001001"


def test_emoji_right_to_left_and_markup_are_kept_as_text(cast, post):
    text = "<b>垃圾</b> 🙂 שלום\u202e\x00"
    assert send(forms.ReportForm(filled(text=text)), post).report.text == "<b>垃圾</b> 🙂 שלום"


def test_an_unknown_category_gets_a_sentence(cast, post):
    with pytest.raises(BadInput) as refused:
        send(forms.ReportForm(filled(category="TIP-99")), post)
    assert refused.value.code == "category"


# --- staff -------------------------------------------------------------------------------------
def test_the_operators_form_starts_the_clock_with_the_call(cast, noon):
    form = forms.OperatorForm(filled(channel="hotline", call_started="2026-11-24T11:57", on_behalf_of="邻居", place_source="operator"))
    assert form.is_valid(), form.errors
    received = intake.receive_report(by=cast.call_taker, **form.report())
    assert received.case.started_at == noon - timedelta(minutes=3)
    assert (received.report.on_behalf_of, received.report.place_source) == ("邻居", "operator")


@pytest.mark.parametrize(("given", "field"), [({"channel": "web"}, "channel"), ({"call_started": "gestern"}, "call_started")])
def test_the_operators_mistakes_have_sentences_too(db, given, field):
    form = forms.OperatorForm(filled(**{"channel": "hotline"} | given))
    assert not form.is_valid()
    assert form.errors[field][0]


def test_a_camera_report_needs_nothing_but_the_mark(cast, noon):
    camera = Camera.objects.filter(zone__kind="grid").first()
    form = forms.CameraForm(filled(text="", lon="", lat="", opened=noon - timedelta(seconds=9), moment="2026-11-24T11:40:00+08:00"), camera=camera)
    assert form.is_valid(), form.errors
    received = intake.receive_report(by=cast.dispatcher, **form.report())
    assert (received.report.camera, received.report.camera_moment) == (camera, noon - timedelta(minutes=20))
    assert (received.case.started_at, received.report.place_source) == (noon - timedelta(seconds=9), "camera")


def test_a_patrol_report_is_a_photo_and_two_taps(cast):
    photos = photo_drafts(cast.officer.user)
    form = forms.PatrolForm(filled(text="", photos=photos["photo_ids"], draft_key=photos["draft_key"]))
    assert form.is_valid(), form.errors
    received = intake.receive_report(by=cast.officer.user, **form.report())
    assert (received.report.channel, received.report.taken_by) == ("patrol", cast.officer.user)
