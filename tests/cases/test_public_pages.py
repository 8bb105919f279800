"""The citizen's pages over HTTP: nothing typed is lost, a code opens exactly one page, an end is said in plain words."""

import gzip
import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from cases import challenge, drafts, forms, photos, ratelimit
from cases.models import Case, Order, Photo, Report
from cases.tracking import Progress
from command import dispatch, endings, handling
from journal import clock, push
from tests.cases.test_challenge import solve
from tests.cast import photo_drafts, photo_file

SCRIPT = {"X-Requested-With": "fetch", "Accept": "application/json"}


def in_chinese(words: str) -> str:
    """The sentence as a page shows it."""
    with translation.override("zh-hans"):
        return translation.gettext(words)


@pytest.fixture(autouse=True)
def calm(settings, monkeypatch):
    settings.CHALLENGE_EFFORT = 200
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def form(cast):
    """What a person's browser sends half a minute after opening the page."""
    with clock.at(clock.now() - timedelta(seconds=30)):
        hidden = forms.fresh()
    return {**hidden, "text": "鼓楼街有人占道摆摊", "group": "市容秩序", "category": "TIP-01", "lon": "116.1595", "lat": "37.861"}


@pytest.fixture
def tracked(client, case_at):
    """`tracked("closed")` → (report, its page's address)."""

    def make(state: str, **details):
        codes = []
        plain = case_at.report
        case_at.report = lambda **given: codes.append(plain(**given)) or codes[-1]
        case_at(state, **details)
        report = Report.objects.get(pk=codes[0].report.pk)
        return report, f"/t/{codes[0].code}/"

    return make


# --- reporting ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/report/"])
def test_the_form_leads_to_the_page_of_its_own_code(client, form, path):
    answer = client.post(path, form)
    assert answer.status_code == 302
    assert re.fullmatch(r"/t/[0-9A-Z]{12}/", answer.url)
    assert "已收到" in client.get(answer.url).content.decode()


def test_the_pages_script_gets_the_address_as_json(client, form):
    answer = client.post("/report/", form | {"altcha": solve(challenge.new_challenge())}, headers=SCRIPT)
    assert answer.json()["url"].startswith("/t/")
    assert Report.objects.get().case is not None


def test_a_refused_form_comes_back_with_everything_in_it(client, form):
    photo = client.post("/report/photos/", {"photo": photo_file(), "draft_key": form["draft_key"]}).json()["id"]
    lost = form | {"lon": "", "lat": "", "place_words": "天涯海角", "photos": photo, "contact_name": "王五", "contact_phone": "13800001234"}
    answer = client.post("/report/", lost)
    page = answer.content.decode()
    assert answer.status_code == 422
    for kept in ("鼓楼街有人占道摆摊", "天涯海角", "王五", "13800001234", photo, form["idempotency_key"], form["draft_key"], form["started"]):
        assert kept in page
    assert re.search(r'value="TIP-01" checked', page)


def test_without_javascript_photos_are_kept_before_anything_else_is_judged(client, form):
    files = [photo_file(), SimpleUploadedFile("信.jpg", b"not a photo")]
    answer = client.post("/report/", form | {"files": files})
    assert answer.status_code == 422
    assert "信.jpg" in answer.content.decode()
    kept = drafts.of(form["draft_key"])
    assert len(kept) == 1
    assert client.post("/report/", form | {"photos": str(kept[0].pk)}).status_code == 302
    assert Report.objects.get().photos.count() == 1


def test_a_photo_is_taken_away_again_without_sending(client, form):
    photo = client.post("/report/photos/", {"photo": photo_file(), "draft_key": form["draft_key"]}).json()["id"]
    page = client.post("/report/", form | {"photos": photo, "remove": photo}).content.decode()
    assert photo not in page
    assert not Report.objects.exists()


def test_a_place_in_words_is_matched_on_the_server(client, form):
    assert client.post("/report/", form | {"lon": "", "lat": "", "place_words": "阜城镇东街村村口"}).status_code == 302
    assert Report.objects.get().case.village.name == "东街村"


def test_words_that_name_no_place_are_named_in_the_answer(client, form):
    answer = client.post("/report/", form | {"lon": "", "lat": "", "place_words": "天涯海角"}, headers=SCRIPT)
    assert (answer.status_code, answer.json()["candidates"]) == (422, [])
    assert "天涯海角" in answer.json()["errors"]["place"][0]


def test_a_street_is_offered_as_a_choice_and_can_be_sent(client, form):
    words = form | {"lon": "", "lat": "", "place_words": "鼓楼街12号门口"}
    page = client.post("/report/", words).content.decode()
    choice = re.search(r'name="zone_choice" value="([\d.]+,[\d.]+)"', page)[1]
    assert client.post("/report/", words | {"zone_choice": choice}).status_code == 302
    assert Report.objects.get().place == "鼓楼街12号门口"


def test_exchanged_coordinates_are_offered_the_other_way_round(client, form):
    wrong = form | {"lon": form["lat"], "lat": form["lon"]}
    assert 'value="swap"' in client.post("/report/", wrong).content.decode()
    assert client.post("/report/", wrong | {"do": "swap"}).status_code == 302


def test_not_sure_wins_over_a_category_left_from_another_group(client, form):
    client.post("/report/", form | {"group": ""})
    assert Report.objects.get().category is None


def test_the_same_form_with_other_words_becomes_a_second_report(client, form):
    client.post("/report/", form)
    answer = client.post("/report/", form | {"text": "另一件事"}, headers=SCRIPT)
    assert answer.status_code == 409
    assert client.post("/report/", form | {"text": "另一件事", **answer.json()["fresh"]}).status_code == 302
    assert Report.objects.count() == 2


def test_text_with_markup_is_shown_as_text(client, form):
    page = client.post("/report/", form | {"text": "<script>alert(1)</script>", "lon": ""}).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_draft_opens_only_with_its_key(client, form):
    url = client.post("/report/photos/", {"photo": photo_file(), "draft_key": form["draft_key"]}).json()["url"]
    assert client.get(url).status_code in {200, 202}
    assert client.get(url.partition("?")[0] + "?key=guessed").status_code == 404


def test_a_draft_is_taken_away_only_with_the_key_of_its_form(client, form):
    photo = client.post("/report/photos/", {"photo": photo_file(), "draft_key": form["draft_key"]}).json()["id"]
    for key, left in (("guessed", 1), (form["draft_key"], 0)):
        assert client.delete(f"/report/photos/{photo}/", headers={"X-Draft-Key": key}).status_code == 204
        assert len(drafts.of(form["draft_key"])) == left


def test_a_point_is_named_and_one_outside_the_county_refused(client, cast):
    assert "阜城镇" in client.get("/report/places/?lon=116.1595&lat=37.861", headers=SCRIPT).json()["words"]
    outside = client.get("/report/places/?lon=121.5&lat=31.2", headers=SCRIPT)
    assert (outside.status_code, outside.json()["code"]) == (422, "outside")


def test_the_page_holds_no_outline_of_the_county_without_an_approval_number(client, cast):
    assert client.get("/map/base.json").json()["outline"] == []


def test_the_first_page_fits_into_the_first_round_trip(client, cast):
    assert len(gzip.compress(client.get("/").content)) < 14 * 1024


def test_large_type_is_a_choice_that_stays(client, cast):
    answer = client.post("/large-type/", {"large": "1", "next": "https://elsewhere.example/"})
    assert answer.url == "/"
    assert 'data-type="large"' in client.get("/").content.decode()


def test_the_language_is_a_choice_that_stays(client, cast):
    for language, words in (("en", "Send straight to the command centre"), ("zh-hans", in_chinese("Send straight to the command centre"))):
        assert client.post("/i18n/setlang/", {"language": language, "next": "/"}).url == "/"
        page = client.get("/").content.decode()
        assert f'<html lang="{language[:2]}' in page and words in page


# --- following ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "words", "done"),
    [("received", "The command centre is looking at it now.", 1), ("in_hand", "The command centre is choosing who goes.", 1),
     ("sent", "They were given the order; waiting for them to accept it.", 2), ("accepted", "The order has been accepted.", 2),
     ("on_site", "They are dealing with it now.", 3), ("closed", "The officers explained the rules to the people concerned.", 5),
     ("resolved", "The work on site is done. The command centre is checking the result.", 4),
     ("rejected", "不属于执法范围", 2),
     ("passed_on", "They are responsible for this matter. If they send it back, we go on by ourselves.", 2)],
)  # fmt: skip
def test_each_stage_is_said_in_plain_words(client, tracked, state, words, done):
    _report, url = tracked(state)
    page = client.get(url).content.decode()
    assert in_chinese(words) in page
    assert page.count("line__step--done") == done


@pytest.mark.parametrize("state", ["sent", "on_site", "closed"])
def test_no_name_of_an_officer_or_informant_is_on_the_page(client, cast, tracked, state):
    officer = cast.officers()[0]
    _report, url = tracked(state, officer=officer, contact={"name": "王五", "phone": "13800001234"})
    page = client.get(url).content.decode()
    for secret in (officer.name, officer.badge, "王五", "13800001234", cast.leader.name):
        assert secret not in page


ENDS = {
    "corrected": ({"photos": 1}, "What you reported was put right while the officers were there."),
    "advised": ({}, "The officers explained the rules to the people concerned."),
    "unfounded": ({"photos": 1}, "The officers checked on site and did not find what was reported."),
    "not_found": ({"photos": 1}, "When the officers arrived there was nothing to be seen any more."),
    "police": ({"police_contact": "李警官"}, "The matter is for the police, who have taken it over."),
}


@pytest.mark.parametrize("outcome", ENDS)
def test_every_outcome_has_words_of_its_own(client, tracked, outcome):
    details, words = ENDS[outcome]
    _report, url = tracked("closed", outcome=outcome, details=details)
    page = client.get(url).content.decode()
    assert in_chinese(words) in page
    assert "李警官" not in page


def test_an_order_to_correct_names_the_day_of_the_next_check_and_then_what_it_found(client, tracked, case_at):
    day = clock.today() + timedelta(days=7)
    _report, url = tracked("closed", outcome="ordered", details={"photos": 1, "recheck_on": day})
    assert f"{day.month}月{day.day}日" in client.get(url).content.decode()
    Order.objects.update(rechecked_by_case=case_at("closed", outcome="corrected", details={"photos": 1}))
    assert f"复查：{in_chinese('Settled on the spot')}" in client.get(url).content.decode()


def test_a_merged_report_follows_the_main_case(client, cast, case_at):
    first, second = case_at.report(), case_at.report()
    endings.merge(first.case, by=cast.dispatcher, into=second.case)
    page = client.get(f"/t/{first.code}/").content.decode()
    assert f'data-thing="case:{second.case.pk}"' in page
    assert "合并" in page


def test_a_held_report_says_that_a_person_will_look(client, form):
    url = client.post("/report/", form | {"website": "http://spam.example"}).url
    assert "人工" in client.get(url).content.decode()


def test_after_the_check_the_photo_of_the_result_is_shown_and_only_then(client, tracked):
    for state, shown in (("resolved", False), ("closed", True)):
        report, url = tracked(state, outcome="corrected", details={"photos": 1})
        after = Photo.objects.get(case=report.case, kind="after")
        photos.prepare(after)
        assert (f"{url}photos/{after.pk}/" in client.get(url).content.decode()) is shown
        assert client.get(f"{url}photos/{after.pk}/").status_code == (200 if shown else 404)


def test_a_photo_of_another_matter_does_not_open_with_this_code(client, tracked):
    _own, url = tracked("received")
    other, _url = tracked("received", **photo_drafts(None))
    assert client.get(f"{url}photos/{other.photos.get().pk}/").status_code == 404


@pytest.mark.parametrize("code", ["000000000000", "AAAA", "用户查询码"])
def test_an_unknown_code_gets_one_clear_sentence(client, cast, code):
    typed = client.post("/t/", {"code": code})
    opened = client.get(f"/t/{code}/")
    assert (typed.status_code, opened.status_code) == (404, 404)
    assert code in typed.content.decode()


def test_a_code_may_be_typed_as_people_type(client, tracked):
    _report, url = tracked("received")
    code = url[3:-1]
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]} "
    assert client.post("/t/", {"code": typed}).url == url


def test_the_script_gets_what_the_socket_would_send(client, tracked):
    report, url = tracked("accepted")
    answer = client.get(url, headers=SCRIPT).json()
    thing = answer["things"][report.case.thread]
    assert thing["v"] == Progress(report).version
    assert "line__step--done" in thing["html"]
    assert "csrfmiddlewaretoken" not in json.dumps(answer)


def test_old_safari_may_open_the_socket(client, tracked):
    """It does not count wss: as 'self'."""
    _report, url = tracked("received")
    assert "wss://testserver" in client.get(url).headers["Content-Security-Policy"]


# --- answering ---------------------------------------------------------------------------------------
def test_yes_is_kept_and_not_asked_again(client, tracked):
    report, url = tracked("closed")
    client.post(f"{url}answer/", {"solved": "yes"})
    report.refresh_from_db()
    assert report.solved is True
    assert 'id="asks" hidden' in client.get(url).content.decode()


def test_no_with_a_reason_opens_the_case_again_and_the_former_answer_stays_in_sight(client, cast, tracked, case_at):
    officer = cast.officers()[0]
    report, url = tracked("closed", officer=officer, outcome="corrected", details={"photos": 1})
    first = Photo.objects.get(case=report.case, kind="after")
    photos.prepare(first)
    assert [client.post(f"{url}answer/", {"solved": "no", "words": "摊贩又回来了"}).status_code for _tap in range(2)] == [302, 302]
    report.refresh_from_db()
    assert report.case.state == "in_hand"
    page = client.get(url).content.decode()
    former = page[page.index('id="former"') :]
    assert "重新" in page and in_chinese("You said that it was not solved, so the matter was opened again.") in former
    assert in_chinese("Settled on the spot") in former and "已处理,谢谢您的反映。" in former and f"{url}photos/{first.pk}/" in former
    assert client.get(f"{url}photos/{first.pk}/").status_code == 200 and officer.name not in page and "摊贩又回来了" not in page
    assert client.get(url, headers=SCRIPT).json()["former"].strip() in page

    order = dispatch.send(report.case, by=cast.dispatcher, officers=[officer])[0]
    order = dispatch.arrive(dispatch.accept(order, by=officer.user), by=officer.user, reason="测试")
    case = handling.finish(order, by=officer.user, outcome="corrected", note="已清走", **photo_drafts(officer.user)).case
    second = Photo.objects.exclude(pk=first.pk).get(case=case, kind="after")
    photos.prepare(second)
    endings.return_for_rework(case, by=cast.leader, reason="照片不清")
    page = client.get(url).content.decode()
    assert str(first.pk) in page and str(second.pk) not in page, "what no check has passed was never an answer"

    with clock.at(clock.now() + timedelta(minutes=1)):
        joined = case_at.report()
        endings.merge(joined.case, by=cast.dispatcher, into=Case.objects.get(pk=case.pk))
    other = f"/t/{joined.code}/"
    assert "已处理,谢谢您的反映。" not in client.get(other).content.decode() and client.get(f"{other}photos/{first.pk}/").status_code == 404

    with clock.at(clock.now() + timedelta(minutes=2)):
        order = dispatch.send(Case.objects.get(pk=case.pk), by=cast.dispatcher, officers=[officer])[0]
        order = dispatch.arrive(dispatch.accept(order, by=officer.user), by=officer.user, reason="测试")
        before = photo_drafts(officer.user)
        Photo.objects.filter(pk__in=before["photo_ids"]).update(kind="before")
        drafts.attach(before["photo_ids"], draft_key=before["draft_key"], case=Case.objects.get(pk=case.pk))
        case = handling.finish(order, by=officer.user, outcome="corrected", note="已清走", **photo_drafts(officer.user)).case
        third = Photo.objects.exclude(pk__in=[first.pk, second.pk]).get(case=case, kind="after")
        for photo in Photo.objects.filter(case=case, state="stored"):
            photos.prepare(photo)
        endings.close(case, by=cast.leader, reply="已清走，谢谢。")
        client.post(f"{other}answer/", {"solved": "no", "words": "又来了"})
    shown = {address: client.get(address).content.decode() for address in (url, other)}
    assert [str(pk) in shown[url] for pk in (first.pk, second.pk, third.pk, *before["photo_ids"])] == [True, False, True, True]
    assert [str(pk) in shown[other] for pk in (first.pk, second.pk, third.pk, *before["photo_ids"])] == [False, False, True, True]
    assert [client.get(f"{other}photos/{pk}/").status_code for pk in (first.pk, second.pk)] == [404] * 2
    assert shown[url].index("处置前") < shown[url].index(f"{before['photo_ids'][0]}") < shown[url].index(f"{third.pk}")


def test_no_without_a_reason_asks_for_one_and_opens_nothing(client, tracked):
    report, url = tracked("closed")
    answer = client.post(f"{url}answer/", {"solved": "no", "words": " "})
    assert answer.status_code == 422 and f'data-url="{url}"' in answer.content.decode(), "the page goes on at its own address"
    report.refresh_from_db()
    assert report.solved is None


def test_a_report_can_be_withdrawn_until_somebody_takes_it_in(client, tracked):
    _report, url = tracked("received")
    assert client.post(f"{url}withdraw/").url == url
    assert "撤回" in client.get(url).content.decode()
    _taken, taken_url = tracked("in_hand")
    assert client.post(f"{taken_url}withdraw/").status_code == 409
    assert 'id="withdraw" hidden' in client.get(taken_url).content.decode()


# --- old browsers --------------------------------------------------------------------------------------
TOO_NEW = {
    "js": r"\?\?=|\|\|=|&&=|\bstructuredClone\b|\.at\(|\.replaceAll\(|\bhasOwn\(|(?<![\w\"'`.#/])#\w+\s*[=(;]|^\s*static\s*\{"
    r"|\bimport\s.*\bfrom\s+\"[a-z]",
    "css": r":has\(|@container|@layer|\baspect-ratio\s*:|\binset\s*:|color-mix\(|\bdvh\b|:where\(|^\s*&",
}


@pytest.mark.parametrize(
    "name",
    ["js/report.js", "js/photos.js", "js/solver.js", "js/track.js", "js/map.js", "css/tokens.css", "css/base.css", "css/public.css"],
)
def test_nothing_that_chromium_86_and_safari_14_cannot_read(name):
    text = re.sub(r"/\*.*?\*/", "", (settings.BASE_DIR / "static" / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    found = [line.strip() for line in text.splitlines() if re.search(TOO_NEW[name.partition("/")[0]], line)]
    assert not found
