"""Search over all cases: by number, by words of two characters and more, by officers, and by a caller's number for those who may."""

import logging
import re

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from cases import searching
from cases.models import Case, Category, PhoneSearch, Report, SearchText
from command import dispatch
from enforcement.models import Organisation
from enforcement.roles import CENTRE
from journal.models import Entry
from tests.cast import sign_in
from tests.plain import sql

PHONE = "13900001111"


def found(desk, q: str, **more) -> list[int]:
    """Keys of the cases on the page, in their order."""
    answer = desk.get("/command/cases/", {"q": q, **more})
    assert answer.status_code == 200
    return [int(pk) for pk in re.findall(r'href="/command/cases/(\d+)/"', answer.content.decode())]


@pytest.fixture
def market(case_at):
    return case_at.report(text="早市在光明路占道经营,车牌冀ＴＡ１２３ Abc").case


def test_words_of_two_characters_find_what_was_said_in_any_width_and_case_and_all_must_occur(desk, case_at, market):
    other = case_at.report(text="光明路路灯不亮", grid=1).case
    assert found(desk, "光明路") == [other.pk, market.pk]
    assert found(desk, "早市 光明") == [market.pk]
    assert found(desk, "光明\u3000路灯") == [other.pk], "a wide space parts words too"
    assert found(desk, "冀ta123") == found(desk, "ＡＢＣ") == [market.pk]
    assert found(desk, "光明 占地") == found(desk, "早市 路灯") == []
    assert found(desk, "明光") == [], "the characters in another order are another word"
    assert found(desk, "道灯") == [], "no word runs over two texts"


def test_nothing_that_is_typed_is_a_pattern(desk, case_at):
    plain, percent = case_at.report(text="打折五折优惠").case, case_at.report(text="打折50%_优惠", grid=1).case
    assert found(desk, "50%_优惠") == [percent.pk] and found(desk, "五%优") == []
    assert found(desk, "打折") == [percent.pk, plain.pk]
    assert found(desk, "<script>") == [] and found(desk, "\x00'\"\\") == []


def test_a_hit_is_shown_in_its_place_and_what_was_said_is_never_markup(desk, case_at):
    case_at.report(text="门口有<b>油烟</b>，每天傍晚都很呛人，已经持续一个多月没有人管，老人孩子都受不了，希望尽快派人到现场看看并且给一个明确的答复，谢谢")
    page = desk.get("/command/cases/", {"q": "油烟 受不了"}).content.decode()
    assert "<mark>油烟</mark>" in page and "<mark>受不了</mark>" in page and "&lt;b&gt;" in page and "<b>油烟" not in page
    assert "…" in page


def test_replies_notes_places_zones_kinds_and_officers_are_found(desk, cast, case_at):
    case = case_at("closed")
    zone = case.township.name
    sent = Entry.objects.get(thread=case.thread, verb="sent").data["officer"]
    for words in ("当场教育", "谢谢您的反映", sent, zone, case.category.name, f"谢谢您 {zone}"):
        assert case.pk in found(desk, words), words
    dispatch.send(other := case_at.report(grid=2).case, by=cast.dispatcher, officers=[officer := cast.officers()[-1]])
    assert found(desk, officer.name) == [other.pk], "at once when he is sent"


def test_reasons_of_readings_are_no_words_of_the_case(desk, cast, case_at):
    report = case_at.report(contact={"name": "张三", "phone": PHONE}).report
    desk.post(f"/command/reports/{report.pk}/contact/", reason="核实门牌号码")
    assert Entry.objects.filter(verb="contact_read").exists()
    assert found(desk, "门牌号码") == found(desk, "张三") == found(desk, PHONE) == []


def test_a_number_is_found_whole_or_by_its_end(desk, case_at):
    cases = [case_at.report(grid=grid).case for grid in range(2)]
    for case in cases:
        number = case.number
        for typed in (number, number.partition("-")[2], str(case.pk), f"-{case.pk:04d}", number[4:], "".join(chr(ord(c) + 0xFEE0) for c in number)):
            assert found(desk, typed)[0] == case.pk, typed
        assert found(desk, number) == [case.pk], "a whole number names one case"
        assert found(desk, f"20200101-{case.pk:04d}") == [], "another day's number is not this case's"


def test_one_character_is_refused_in_words_and_nothing_found_says_what_to_try(desk, market):
    assert "写两个" in desk.get("/command/cases/", {"q": "路"}).content.decode()
    assert found(desk, "路 占道") == [market.pk], "beside a longer word it counts"
    page = desk.get("/command/cases/", {"q": "占道", "state": "closed"}).content.decode()
    assert "去掉筛选条件" in page and 'href="?q=%E5%8D%A0%E9%81%93"' in page


def test_the_filters_and_the_words_stay_with_the_next_page(desk, case_at, monkeypatch):
    monkeypatch.setattr("command.views.paging.PAGE", 1)
    cases = [case_at.report(text="光明路占道", grid=grid).case for grid in range(2)]
    page = desk.get("/command/cases/", {"q": "光明路", "state": "received"}).content.decode()
    older = re.search(r'href="\?(q=[^"]+after=[^"]+)"', page)[1].replace("&amp;", "&")
    assert "state=received" in older
    assert f"/command/cases/{cases[0].pk}/" in desk.get(f"/command/cases/?{older}").content.decode()


def test_nobody_finds_what_he_does_not_see(desk, cast, market):
    for user, may in ((cast.dispatcher, True), (cast.dispatcher_elsewhere, False), (cast.county_dispatcher, True), (cast.supervisor, True)):
        desk.sit(user)
        for typed in ("占道经营", market.number, str(market.pk)):
            assert (market.pk in found(desk, typed)) is may, (user, typed)


def test_the_page_takes_as_many_statements_however_much_is_found(desk, case_at):
    case_at.report(text="光明路占道")
    found(desk, "光明路")
    counts = []
    for grid in range(1, 4):
        with CaptureQueriesContext(connection) as asked:
            found(desk, "光明路")
        counts.append(len(asked))
        case_at.report(text="光明路占道", grid=grid)
    assert len(set(counts)) == 1


# --- the index -------------------------------------------------------------------------------------
def plan_of(cases) -> str:
    with connection.cursor() as cursor:
        text, values = cases.order_by("-started_at", "-pk")[:51].query.sql_with_params()
        cursor.execute(f"EXPLAIN {text}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_a_rare_word_is_found_by_the_index_and_not_by_reading_the_archive(case_at, cast):
    case = case_at.report(text="罕见之词").case
    columns = ", ".join(f.column for f in Case._meta.concrete_fields if f.column not in ("id", "place"))
    sql(f"INSERT INTO cases_case (id, place, {columns}) SELECT 1000 + n, '新华街' || n, {columns} FROM cases_case, generate_series(1, 3000) n"
        " WHERE id = %s", case.pk)  # fmt: skip
    sql("SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = off")  # either costs nothing in so small an archive that nobody has analysed
    rare = searching.by_words(Case.objects.visible_to(cast.county_dispatcher), searching.asked("罕见"))
    plan = plan_of(rare)
    assert "search_grams" in plan and "Seq Scan" not in plan, plan
    assert list(rare) == [case]


def test_the_database_folds_and_pairs_as_the_program_does(db):
    for text in ("冀ＴＡ１２３ Abc", "ﬁ①㎡", "第\u3000一", "ÄÖ É", "한국어", "🙂好🙂"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT cases_fold(%s), cases_grams(cases_fold(%s))", [text, text])
            folded, pairs = cursor.fetchone()
        assert folded == searching.fold(text)
        wanted = {folded[at : at + 2] for at in range(len(folded) - 1)}
        assert set(pairs) == {pair for pair in wanted if not re.search(r"\s", pair)}


def test_what_is_searched_follows_place_kind_and_later_words_and_is_the_same_when_written_anew(desk, cast, case_at):
    case = case_at.report().case
    assert desk.act(case, "classify", category=Category.objects.get(code="TIP-02").pk, seen=case.version).status_code == 200
    assert Case.objects.get(pk=case.pk).category.code == "TIP-02"
    assert Case.objects.get(pk=case.pk).category.name in SearchText.objects.get(case=case).body
    case_at("closed", grid=2)
    before = dict(SearchText.objects.values_list("case", "body"))
    sql("DELETE FROM cases_searchtext")
    sql("SELECT cases_search_write(id) FROM cases_case")
    assert dict(SearchText.objects.values_list("case", "body")) == before


# --- by a caller's number --------------------------------------------------------------------------
def by_phone(desk, phone: str = PHONE, purpose: str = "call_back", **more):
    return desk.client.post("/command/cases/by-phone/", {"phone": phone, "purpose": purpose, **more})


def cases_of(answer) -> list[int]:
    return [int(pk) for pk in re.findall(r'href="/command/cases/(\d+)/"', answer.content.decode())]


@pytest.fixture
def called(case_at) -> Case:
    return case_at.report(contact={"name": "张三", "phone": "+86 139-0000-1111"}).case


def test_a_callers_cases_are_found_by_his_number_in_any_spelling(desk, called, case_at):
    case_at.report(grid=1, contact={"name": "", "phone": "13900002222"})
    for spelling in (PHONE, "139 0000 1111", "１３９００００１１１１", "008613900001111"):
        answer = by_phone(desk, spelling)
        assert answer.status_code == 200 and cases_of(answer) == [called.pk]
        assert "no-store" in answer.headers["Cache-Control"]


def test_each_search_is_kept_with_who_and_what_for_but_never_the_number(desk, cast, called, client, caplog):
    caplog.set_level(logging.DEBUG)
    page = by_phone(desk, purpose="other", words="回访未接通").content.decode()
    by_phone(desk, "13955556666")
    assert [(one.by, one.centre.code, one.purpose, one.found) for one in PhoneSearch.objects.order_by("pk")] == [
        (cast.dispatcher, "CG", "other", 1), (cast.dispatcher, "CG", "call_back", 0)]  # fmt: skip
    entry = Entry.objects.get(thread=PhoneSearch.objects.first().thread)
    assert (entry.verb, entry.by_id) == ("phone_searched", str(cast.dispatcher.pk))
    assert entry.data == {"purpose": "other", "found": 1, "words": "回访未接通"}
    auditor = type(cast.dispatcher).objects.get(role="audit_admin")
    sign_in(client, auditor, "registers")
    audit = client.get("/registers/audit/", {"show": "contacts", "from": "2026-11-24", "to": "2026-11-24"}).content.decode()
    assert entry.by_label in audit and "按来电号码查询" in audit and "回访未接通" not in audit
    stored = [str(row) for model in (PhoneSearch, Entry, SearchText) for row in model.objects.values()]
    for text in (page, audit, caplog.text, *stored):
        assert PHONE not in text and "3955556666" not in text


@pytest.mark.parametrize("given", [{"purpose": ""}, {"purpose": "other"}, {"phone": "12"}, {"purpose": "fun"}])
def test_without_purpose_or_number_nothing_is_looked_for(desk, called, given):
    assert by_phone(desk, **given).status_code == 422 and not PhoneSearch.objects.exists()


def test_a_number_leads_only_to_what_its_reader_may_open(desk, cast, called):
    """The same rule as of opening the contact; whose number it is elsewhere is answered like a number that nobody has."""
    for centre in ("CG", "SC", "ZX"):
        for role in sorted(CENTRE):
            desk.sit(person := cast.person(role, centre=centre))
            may = searching.sealed.may_read_contact(called.reports.get(), person)
            answer = by_phone(desk)
            assert (cases_of(answer) == [called.pk]) is may, (centre, role)
            if not may:
                nothing = by_phone(desk, "13988887777").content.decode()
                neutral = [re.sub(r'(csrf(middlewaretoken" value)?="|nonce=")[^"]+', "", page) for page in (answer.content.decode(), nothing)]
                assert neutral[0] == neutral[1]
    desk.sit(cast.supervisor)
    assert by_phone(desk).status_code == 404
    assert 'type="tel"' not in desk.get("/command/cases/").content.decode()
    assert PhoneSearch.objects.filter(by=cast.supervisor).count() == 0


def test_a_number_typed_where_words_belong_finds_no_caller_and_is_told_where_to_go(desk, called):
    page = desk.get("/command/cases/", {"q": PHONE}).content.decode()
    assert f"/command/cases/{called.pk}/" not in page and "这像是电话号码" in page and not PhoneSearch.objects.exists()


def test_held_reports_of_the_number_are_counted(desk, case_at):
    held = case_at.report(contact={"name": "", "phone": PHONE}, hold_reason="no_proof").report
    assert held.state == Report.State.HELD
    assert "另有 1 件" in by_phone(desk).content.decode()


def test_sql_cannot_reword_or_lose_a_search_by_number(desk, called):
    by_phone(desk)
    for statement in ("DELETE FROM cases_phonesearch", "UPDATE cases_phonesearch SET purpose = 'danger'", "UPDATE cases_phonesearch SET found = 0"):
        with pytest.raises(DatabaseError, match=r"Cannot (delete|update)"):
            sql(statement)


def test_sql_cannot_hide_a_case_from_the_search(case_at):
    """Whoever writes reports, entries or cases past the program: the words follow."""
    case = case_at.report().case
    sql("UPDATE cases_case SET place = '新华街三号', organisation_id = %s WHERE id = %s", Organisation.objects.get(code="SC").pk, case.pk)
    sql("UPDATE cases_report SET solved_words = '还有垃圾堆放' WHERE case_id = %s", case.pk)
    assert {"新华街三号", "还有垃圾堆放"} <= set(re.split("[\x1e\x1f·] ?", SearchText.objects.get(case=case).body.replace(" ·", "·")))
