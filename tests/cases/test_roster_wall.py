"""The roster wall: who is on it, what it never says, its sheets, and the question at the door."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.conf import settings
from pypdf import PdfReader

from cases import doorstep, portraits, ratelimit, roster_print, roster_wall, rulebook
from enforcement.models import Certificate, Exam, Officer, Recusal, User
from enforcement.roles import Role
from journal import clock, push
from journal.refused import BadInput, Refused
from tests.cast import photo_file


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def officer(cast) -> Officer:
    return cast.officer


@pytest.fixture
def keeper(cast):
    return cast.person(Role.SYSTEM_ADMIN, centre="ZX")


def wall(client, question: str = "") -> str:
    """The page's own words, of all its pages."""
    html, number = "", 1
    while True:
        answer = client.get(f"/disclosure/officers/?{question}&page={number}")
        assert answer.status_code == 200
        html += answer.content.decode()
        number += 1
        if f"page={number}" not in html:
            return html


def names(html: str) -> set[str]:
    return set(re.findall(r'class="officer__name">([^<]+)<', html))


def shown(one: Officer) -> bool:
    return any(person.pk == one.pk for person in roster_wall.people(rulebook.current(), clock.today()))


# --- who is on it --------------------------------------------------------------------------------
def test_on_the_wall_are_exactly_those_with_a_certificate_in_force_who_serve(client, cast):
    held = Officer.objects.filter(is_helper=False, suspended_at=None, user__is_active=True, certificates__in=Certificate.objects.valid())
    assert names(wall(client)) == set(held.values_list("user__name", flat=True))
    assert Officer.objects.filter(is_helper=False).count() > held.distinct().count(), "some of the county's do not hold, on purpose"


@pytest.mark.parametrize("change", [
    lambda one: one.certificates.update(status="revoked"), lambda one: one.certificates.update(status="suspended"),
    lambda one: one.certificates.update(valid_to=clock.today() - timedelta(days=1)),
    lambda one: Officer.objects.filter(pk=one.pk).update(suspended_at=clock.now()),
    lambda one: User.objects.filter(pk=one.user_id).update(is_active=False),
])  # fmt: skip
def test_whoever_may_not_act_today_is_off_the_wall_and_his_certificate_is_not_valid(client, officer, change):
    card = officer.certificates.get()
    assert shown(officer) and doorstep.is_valid(doorstep.token(card)) and doorstep.is_valid_number(card.number)
    change(officer)
    assert not shown(officer)
    assert not doorstep.is_valid(doorstep.token(card)) and not doorstep.is_valid_number(card.number)
    assert card.number not in wall(client)


def test_the_last_day_counts_and_the_next_does_not(officer):
    officer.certificates.update(valid_to=clock.today())
    assert shown(officer)
    with clock.at(clock.now() + timedelta(days=1)):
        assert not shown(officer)


def test_helpers_stand_apart_without_certificate_or_powers(client, cast):
    html = wall(client, "who=helpers")
    assert cast.helper.name in names(html) and "无执法权" in html
    assert names(html) == set(Officer.objects.filter(is_helper=True, user__is_active=True).values_list("user__name", flat=True))
    assert "/v/" not in re.sub(r'href="/v/"', "", html)


def test_the_wall_never_says_phones_staff_numbers_scores_or_relations(client, officer, cast):
    User.objects.filter(pk=officer.user_id).update(phone="100-9999-8888", staff_number="A-70001")
    Exam.objects.filter(user=officer.user).update(score="91.5")
    Recusal.objects.create(officer=officer, relation="kin", party_name="某某公司", note="回避缘由", valid_from=clock.today())
    said = wall(client) + client.get("/disclosure/officers.json").content.decode() + client.get("/disclosure/officers.csv").content.decode()
    assert officer.name in said
    for secret in ("100-9999-8888", "A-70001", "91.5", "某某公司", "回避缘由", officer.badge):
        assert secret not in said


def test_it_is_searched_by_name_unit_and_number_and_filtered_by_unit(client, officer):
    number = officer.certificates.get().number
    assert names(wall(client, f"q={officer.name}")) == set(Officer.objects.filter(user__name=officer.name).values_list("user__name", flat=True))
    assert names(wall(client, f"q={number}")) == {officer.name}
    assert officer.name in names(wall(client, "unit=CG")) and officer.name not in names(wall(client, "unit=SC"))
    assert names(wall(client, "q=没有这个人")) == set()


def test_json_and_table_say_the_same_and_are_dated(client, cast):
    listed = client.get("/disclosure/officers.json").json()
    table = list(csv.DictReader(io.StringIO(client.get("/disclosure/officers.csv").content.decode("utf-8-sig"))))
    assert listed["people"] == table and listed["day"] == "2026-11-24"
    assert {row["name"] for row in table if row["kind"] == "officer"} == names(wall(client))
    assert all(row["subject"] and row["certificate"] and row["valid_to"] >= listed["day"] for row in table if row["kind"] == "officer")


def test_the_number_of_statements_does_not_grow_with_the_people(client, db, django_assert_max_num_queries):
    wall(client)
    for path in ("/disclosure/officers/", "/disclosure/officers/?who=helpers", "/disclosure/officers/?page=3", "/disclosure/officers.csv"):
        with django_assert_max_num_queries(8):
            client.get(path)
    assert len(client.get("/disclosure/officers/").content) < 100_000


# --- portraits -----------------------------------------------------------------------------------
def test_a_portrait_is_a_small_copy_and_public_only_while_its_officer_is_on_the_wall(client, officer, keeper, django_capture_on_commit_callbacks):
    kept = portraits.put(officer=officer, data=photo_file().read(), by=keeper)
    url = f"/disclosure/portraits/{kept.portrait}/"
    answer = client.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert url in wall(client, f"q={officer.certificates.get().number}")
    officer.certificates.update(status="suspended")
    assert client.get(url).status_code == 404
    for wrong in ("0" * 64, "x", "../sealed", kept.portrait[:-1], "%00"):
        assert client.get(f"/disclosure/portraits/{wrong}/").status_code == 404


def test_a_portrait_that_is_replaced_or_taken_away_leaves_no_file(officer, keeper, django_capture_on_commit_callbacks):
    def file(digest: str):
        return settings.MEDIA_ROOT / roster_wall.portrait_file(digest)

    first = portraits.put(officer=officer, data=photo_file("navy").read(), by=keeper).portrait
    with django_capture_on_commit_callbacks(execute=True):
        second = portraits.put(officer=officer, data=photo_file("red").read(), by=keeper).portrait
    assert first != second and not file(first).exists() and file(second).exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert portraits.remove(officer=officer, by=keeper).portrait == ""
    assert not file(second).exists()


def test_only_pictures_are_taken_and_only_from_who_keeps_them(officer, keeper, cast):
    for data in (b"", b"<script>", b"\xff\xd8\xff" + b"x" * 100):
        with pytest.raises(BadInput):
            portraits.put(officer=officer, data=data, by=keeper)
    for person in (cast.dispatcher, cast.officer.user, cast.person(Role.SHIFT_LEADER, centre="SC")):
        with pytest.raises(Refused) as refused:
            portraits.put(officer=officer, data=photo_file().read(), by=person)
        assert refused.value.code == "not_allowed"
    assert portraits.put(officer=officer, data=photo_file().read(), by=cast.leader).portrait


# --- at the door ---------------------------------------------------------------------------------
def test_the_answer_is_yes_or_no_with_its_time_and_says_nothing_of_the_person(client, officer):
    card = officer.certificates.get()
    answers = {
        "yes": [client.get(f"/v/{doorstep.token(card)}/"), client.post("/v/", {"number": f" {card.number} "})],
        "no": [
            client.get("/v/1-000000000000000000000000/"), client.get("/v/x/"),
            client.post("/v/", {"number": "没有这个号"}), client.post("/v/", {"number": "\x00"}),
        ],
    }  # fmt: skip
    for verdict, found in answers.items():
        for answer in found:
            html = answer.content.decode()
            assert answer.status_code == 200 and f"verdict--{verdict}" in html
            assert "2026-11-24 12:00:00" in html and "no-store" in answer.headers["Cache-Control"]
            assert officer.name not in html and officer.organisation.name not in html and card.number not in html
    pages = [re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.content.decode()) for answer in answers["no"]]
    assert len({re.sub(r'name="next".*?>', "", page) for page in pages}) == 1, "an unknown number and a wrong address look the same"
    assert "第五十五条" in pages[0] and "12345" in pages[0]


def test_one_code_says_nothing_of_the_next(officer):
    cards = list(Certificate.objects.valid().order_by("pk")[:2])
    tokens = [doorstep.token(card) for card in cards]
    assert doorstep.is_valid(tokens[0]) and doorstep.is_valid(tokens[1])
    proof = tokens[0].partition("-")[2]
    assert not doorstep.is_valid(f"{cards[1].pk}-{proof}")
    Certificate.objects.filter(pk=cards[0].pk).update(number="另一个号")
    assert not doorstep.is_valid(tokens[0]), "the number is part of the proof"


def test_a_helper_with_a_certificate_by_mistake_is_not_valid(officer):
    card = officer.certificates.get()
    Officer.objects.filter(pk=officer.pk).update(is_helper=True)
    assert not doorstep.is_valid(doorstep.token(card))


def test_whoever_asks_too_often_waits(client, officer, monkeypatch):
    monkeypatch.setitem(settings.PUBLIC_LIMITS, "verify", (2, 600))
    answers = [client.post("/v/", {"number": f"{n}"}).status_code for n in range(3)]
    assert answers == [200, 200, 429]


# --- sheets --------------------------------------------------------------------------------------
def text_of(sheets: roster_print.Sheets) -> tuple[str, int]:
    reader = PdfReader(io.BytesIO(sheets.path.read_bytes()))
    page = reader.pages[0]
    assert (round(float(page.mediabox.width) / 72 * 25.4), round(float(page.mediabox.height) / 72 * 25.4)) == (420, 297)  # A3
    return re.sub(r"\s+", "", "".join(one.extract_text() for one in reader.pages)), len(reader.pages)


def test_a_sheet_is_made_by_the_worker_and_says_who_with_which_certificate(client, cast, keeper):
    unit = {"unit": "GC"}
    waits = client.get("/disclosure/officers/print/", unit)
    assert waits.status_code == 202 and 'role="status"' in waits.content.decode()
    portraits.put(officer=cast.officers(centre="GC")[0], data=photo_file().read(), by=keeper)
    sheets = roster_print.wanted(rulebook.current(), clock.today())["GC"]
    roster_print.make(sheets, day=clock.today())
    answer = client.get("/disclosure/officers/print/", unit)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    text, pages = text_of(sheets)
    assert pages == 1
    for person in sheets.people:
        assert person.name in text and person.certificates[0].number in text
    for words in ("古城镇综合行政执法管理局", "行政执法人员公示", "12345", "扫码", "2026-11-24"):
        assert words in text
    assert client.get("/disclosure/officers/print/", {"unit": "没有"}).status_code == 404


def test_a_change_makes_the_sheet_anew_and_throws_the_old_one_away(cast, officer, monkeypatch):
    monkeypatch.setattr(roster_print, "set_sheets", lambda sheets, day: b"%PDF")
    units = len(roster_print.wanted(rulebook.current(), clock.today()))
    assert (roster_print.make_missing(), roster_print.make_missing()) == (units, 0)
    before = roster_print.wanted(rulebook.current(), clock.today())
    officer.certificates.update(status="suspended")
    assert roster_print.make_missing() == 2, "the unit's and the county's"
    assert not before["CG"].path.exists() and not before[""].path.exists() and before["GC"].path.exists()
    with clock.at(clock.now() + timedelta(days=1)):
        assert roster_print.make_missing() == units, "each day says its date"


def test_many_people_take_several_sheets(cast, monkeypatch):
    monkeypatch.setattr(roster_print, "SHEET", 20)
    sheets = roster_print.wanted(rulebook.current(), clock.today())["GC"]
    larger = roster_print.Sheets("GC", sheets.title, sheets.people * 2, "d" * 64)
    roster_print.make(larger, day=clock.today())
    assert text_of(larger)[1] == 2
    larger.path.unlink()


@pytest.mark.parametrize("url", [
    "http://127.0.0.1/x.png", "https://example.org/x", "file:///etc/passwd", "portrait:../../keys/x", "ftp://x/y", "portrait:" + "g" * 64,
])  # fmt: skip
def test_a_sheet_loads_nothing_from_the_network_nor_any_other_file(url):
    with pytest.raises(ValueError, match="loads nothing"):
        roster_print._fetcher().fetch(url)
