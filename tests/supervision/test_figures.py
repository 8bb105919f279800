"""Supervision's figures through HTTP: each is counted as its definition says, and leads to exactly the cases that it counts."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import translation

from cases import pauses
from cases.models import Case, TargetClass
from command import dispatch, endings, handling
from journal import clock
from supervision import spent
from supervision.definitions import BY_CODE, FIGURES, HOLDERS, SPANS, STAGES
from supervision.models import Spent
from supervision.tables import rules
from tests.cast import sign_in
from tests.plain import sql

DIMENSIONS = ("unit", "area", "grid", "officer", "category", "day")


@pytest.fixture
def client(cast) -> Client:
    made = Client(headers={"host": "localhost", "accept-language": "en"})
    sign_in(made, cast.supervisor, "supervision")
    return made


def minutes(number):
    return clock.at(clock.now() + timedelta(minutes=number))


def seen(client, **query):
    """The page's tables and totals."""
    answer = client.get("/supervision/", {"period": "today", **query})
    assert answer.status_code == 200
    return answer.context["page"]


def listed(client, query: str) -> list[int]:
    """Keys of all the cases of a list, page by page; the list says how many there are."""
    keys, answer = [], client.get(f"/supervision/cases/?{query}")
    while True:
        assert answer.status_code == 200 and answer.context["asked"].errors == []
        keys += [line.case.pk for line in answer.context["lines"]]
        if not answer.context["following"]:
            assert answer.context["found"].total == len(keys)
            return keys
        answer = client.get(f"/supervision/cases/?{answer.context['following']}")


def walk(cast, case, officer, *, accept=1, arrive=3, finish=6, close=8, start=0.5):
    """From sending to closing, each step at its minute."""
    with minutes(start):
        order = dispatch.send(case, by=cast.dispatcher, officers=[officer])[0]
    with minutes(accept):
        order = dispatch.accept(order, by=officer.user)
    with minutes(arrive):
        order = dispatch.arrive(order, by=officer.user, reason="现场信号弱")
    with minutes(finish):
        order = handling.finish(order, by=officer.user, outcome="advised", note="已劝导")
    if close:
        with minutes(close):
            return endings.close(order.case, by=cast.leader, reply="已办结")
    return order.case


@pytest.fixture
def morning(cast, case_at):
    """One of everything: in time, late, of another class, reworked, reopened, paused, declined first, ended otherwise, open and overdue."""
    first, second, third = cast.officers()[:3]
    found = {"quick": walk(cast, case_at("in_hand"), first), "slow": walk(cast, case_at("in_hand", grid=1), second, close=14)}
    other = case_at("in_hand", grid=2, category="TIP-02")
    Case.objects.filter(pk=other.pk).update(
        is_ten_minute=False, target_class=TargetClass.objects.get(code="W8"), due_at=clock.now() + timedelta(hours=2))
    other.refresh_from_db()
    found["other"] = walk(cast, other, third)
    reworked = walk(cast, case_at("in_hand", grid=3), first, close=0)
    with minutes(7):
        reworked = endings.return_for_rework(reworked, by=cast.dispatcher, reason="照片看不清")
    found["reworked"] = walk(cast, reworked, second, start=7.5, accept=8, arrive=8.5, finish=9, close=9.5)
    declined = case_at("in_hand", grid=4)
    with minutes(1):
        order = dispatch.send(declined, by=cast.dispatcher, officers=[first])[0]
    with minutes(2):
        dispatch.decline(order, by=first.user, reason="车辆故障")
    found["declined"] = walk(cast, declined, third, start=2.5, accept=3, arrive=4, finish=6, close=7)
    reopened = walk(cast, case_at("in_hand", grid=5), second)
    spent.keep()  # some are kept from here on, the last closing of this one and of what follows is not
    with minutes(30):
        reopened = endings.reopen(reopened, by=cast.leader, reason="又出现了")
    found["reopened"] = walk(cast, reopened, second, start=31, accept=32, arrive=33, finish=34, close=35)
    with minutes(36):
        found["rejected"] = case_at("rejected", grid=6)
        found["open"] = case_at("received", grid=7)
        paused = case_at("in_hand", grid=8)
        pause = pauses.ask(paused, by=cast.dispatcher, reason="等待吊车")
        pauses.approve(pause, by=cast.leader)
        found["paused"] = paused
    for case in found.values():
        case.refresh_from_db()
    return found


@pytest.fixture
def afternoon(morning):
    """An hour later: what is open is overdue, but for the one on pause."""
    with minutes(60):
        yield morning


def shown(page, code) -> tuple[int, int]:
    return page.total[code].part, page.total[code].of


def test_every_share_is_counted_as_its_words_say(client, afternoon):
    page = seen(client)
    assert {code: shown(page, code) for code in BY_CODE} == {
        "begun": (9, 0), "ten": (3, 5), "every": (4, 6), "due": (3, 6), "overdue": (1, 2), "rework": (1, 6), "rounds": (1, 0),
        "reopened": (1, 6), "paused": (0, 6), "otherwise": (1, 7),
    }  # fmt: skip


def test_every_figure_of_the_page_leads_to_exactly_as_many_cases(client, afternoon):
    links = set()
    for by in DIMENSIONS:
        answer = client.get("/supervision/", {"period": "today", "by": by})
        found = set(re.findall(r'href="/supervision/cases/\?([^"]*)">([\d,]+)<', answer.content.decode()))
        assert len(found) > 30
        links |= found
    for query, number in links:
        keys = listed(client, unescape(query))
        assert len(keys) == len(set(keys))
        code = parse_qs(unescape(query)).get("figure", ["every"])[0]
        if code in BY_CODE and BY_CODE[code].amount:
            continue  # counts rounds, and says beside it in how many cases
        assert len(keys) == int(number.replace(",", "")), query


def test_the_rows_of_each_division_are_together_the_whole(client, afternoon):
    for by in DIMENSIONS:
        page = seen(client, by=by)
        shares = next(table for table in page.tables if table.code == "shares")
        place, sums = 1, {}
        for head in shares.heads[1:]:
            at = place if head.span == 1 else place + 1
            sums[head.rule] = sum(row[at].value for row in shares.rows)
            place += head.span
        assert sums == {code: page.total[code].part for code in sums}, by


def test_what_is_behind_a_share_is_what_its_rule_says(client, afternoon):
    def keys(figure, which=""):
        return {name for name, case in afternoon.items() if case.pk in listed(client, f"period=today&figure={figure}&which={which}")}

    assert keys("ten") == {"quick", "reworked", "declined"}
    assert keys("ten", "rest") == {"slow", "reopened"}
    assert keys("every", "of") - keys("ten", "of") == {"other"}
    assert keys("due", "rest") == {"slow", "reopened", "open"}, "what is still open past its limit was not closed in time"
    assert keys("overdue") == {"open"} and keys("overdue", "rest") == {"paused"}
    assert keys("rework") == {"reworked"} and keys("reopened") == {"reopened"} and keys("otherwise") == {"rejected"}


def test_without_a_denominator_there_is_a_dash_and_never_a_percentage(client):
    page = seen(client)
    assert {row[1].text for row in page.summary.rows} == {"—"}
    said = client.get("/supervision/", {"period": "today"}).content.decode()
    assert not re.search(r"\d%", said)
    assert all(cell.text == "—" for table in (page.stages, page.holders) for row in table.rows for cell in row[2:4])


def test_each_minute_is_charged_to_one_holder(client, afternoon):
    page = seen(client)
    loop = page.total["loop"]
    assert sum(page.total[one.code].seconds for one in HOLDERS) == loop.seconds == page.total["officer"].whole
    spent = {code: page.total[code].seconds / 60 for code in ("dispatcher", "officer", "travel", "on_site", "checking")}
    # quick, slow, reworked, declined, reopened: its 22 minutes between closing and reopening are the check's
    assert spent == {
        "dispatcher": 0.5 + 0.5 + (0.5 + 0.5) + (1 + 0.5) + (0.5 + 1), "officer": 0.5 + 0.5 + 1 + 1.5 + 1.5, "travel": 2 + 2 + 2.5 + 1 + 3,
        "on_site": 3 + 3 + 3.5 + 2 + 4, "checking": 2 + 8 + 1.5 + 1 + (2 + 22 + 1),
    }  # fmt: skip


def test_waiting_is_charged_to_the_officer_who_had_the_order(client, cast, afternoon):
    first, _second, third = cast.officers()[:3]
    rows = {row[0].text.partition(" · ")[0]: row for table in seen(client, by="officer").divided if table.code == "minutes" for row in table.rows}
    heads = [one.code for one in HOLDERS]
    waiting = 1 + 3 * heads.index("officer")
    assert rows[first.name][waiting].value == 0.5 + 0.5 + 1, "quick, the first round of the reworked one, and the one that he declined"
    assert rows[third.name][waiting].value == 0.5, "of the one that another declined only his own half minute"


def test_a_filter_on_an_officer_says_what_his_row_says(client, cast, afternoon):
    first = cast.officers()[0]
    narrowed = seen(client, officer=first.badge)
    times = next(table for table in seen(client, by="officer").divided if table.code == "times")
    row = next(row for row in times.rows if row[0].text.startswith(first.name))
    for place, span in enumerate(STAGES):
        found = narrowed.total[span.code]
        assert row[1 + 3 * place].value == (found.times.median if found.times else None)
        assert row[3 + 3 * place].value == found.part


def test_times_are_of_single_cases(client, afternoon):
    page = seen(client)
    assert (page.total["loop"].times.median, page.total["loop"].times.p90, page.total["loop"].part) == (9.5 * 60, (14 + 0.6 * 21) * 60, 5)
    assert page.total["verify"].times.median == 2 * 60


def test_what_is_kept_of_a_case_is_what_its_journal_says_and_changes_no_figure(client, afternoon):
    def told():
        return {by: [[cell.value for cell in row] for table in seen(client, by=by).tables for row in table.rows] for by in DIMENSIONS}

    stale = Spent.objects.filter(case=afternoon["reopened"]).values_list("closed_at", flat=True)
    assert Spent.objects.exists() and set(stale) != {afternoon["reopened"].closed_at}
    mixed = told()
    Spent.objects.all().delete()
    assert told() == mixed
    assert spent.keep() == 5 and spent.keep() == 0
    assert told() == mixed and list(spent.kept_that_differ()) == []
    assert Spent.objects.get(case=afternoon["slow"]).loop == 14 * 60
    Spent.objects.filter(case=afternoon["slow"]).update(verify=1)
    assert told() != mixed and list(spent.kept_that_differ()) == [f"{afternoon['slow'].thread}: the kept times differ from the journal"]
    with pytest.raises(DatabaseError, match="spent_once"):
        sql("INSERT INTO supervision_spent (case_id, officer_id, closed_at) SELECT case_id, officer_id, now() FROM supervision_spent")


def test_a_pause_is_nobodys_minute(client, cast, case_at):
    case = case_at("in_hand")
    with minutes(1):
        pause = pauses.ask(case, by=cast.dispatcher, reason="等待吊车")
        pauses.approve(pause, by=cast.leader)
    with minutes(21):
        case.refresh_from_db()
        pauses.resume(case, by=cast.leader)
        case.refresh_from_db()
    walk(cast, case, cast.officers()[0], start=22, accept=23, arrive=24, finish=25, close=26)
    with minutes(30):
        page = seen(client)
    assert page.total["loop"].seconds == 6 * 60 == sum(page.total[one.code].seconds for one in HOLDERS)
    assert shown(page, "ten") == (1, 1) and shown(page, "paused") == (1, 1)


def test_a_filter_shows_what_is_its_own_and_the_list_too(client, cast, afternoon):
    quick, first = afternoon["quick"], cast.officers()[0]
    wanted = {
        ("area", quick.area.code if quick.area else "none"): lambda case: case.area_id == quick.area_id,
        ("grid", quick.grid.code): lambda case: case.grid_id == quick.grid_id,
        ("category", "TIP-02"): lambda case: case.category.code == "TIP-02",
        ("channel", "web"): lambda case: True,
        ("officer", first.badge): lambda case: case.dispatches.filter(is_lead=True, state="finished").order_by("-sent_at").first().officer == first,
    }
    for (name, value), fits in wanted.items():
        closed = [case.pk for case in afternoon.values() if case.state == "closed" and fits(case)]
        assert sorted(listed(client, f"period=today&figure=every&which=of&{name}={value}")) == sorted(closed), name
        assert seen(client, **{name: value}).total["every"].of == len(closed) > 0, name
    assert seen(client, channel="hotline").total["every"].of == 0


WRONG = (
    {"area": "nowhere"}, {"grid": "x"}, {"officer": "nobody"}, {"officer": "\x00"}, {"category": "none at all"}, {"channel": "smoke"},
    {"by": "height"}, {"figure": "fines"}, {"which": "half"}, {"before": "x~y"}, {"before": "2026-11-24T00:00:00~1"},
    {"period": "ever"}, {"day": "someday"}, {"unit": "none"}, {"from": "2026-11-24"}, {"from": "gestern", "to": "heute"},
    {"from": "2026-11-24", "to": "2026-11-01"},
    {"from": "2020-01-01", "to": "2026-01-01"}, {"from": "2026-02-30", "to": "2026-03-01"},
)  # fmt: skip


def test_a_wrong_word_in_the_address_gets_a_sentence_and_everything_is_shown(client, case_at):
    case = case_at("closed")
    for query in WRONG:
        for path in ("/supervision/", "/supervision/cases/"):
            answer = client.get(path, query)
            asked = answer.context["asked"]
            assert answer.status_code == 200 and len(asked.errors) == 1 and 'role="alert"' in answer.content.decode(), query
            assert asked.choice.period.days == 7, query
            if path == "/supervision/":
                assert answer.context["page"].total["every"].of == 1
            else:
                assert [line.case.pk for line in answer.context["lines"]] == [case.pk]


def test_a_unit_sees_its_own_only_whatever_the_address_says(cast, afternoon):
    elsewhere = Client(headers={"host": "localhost"})
    sign_in(elsewhere, cast.person("shift_leader", centre="SC"), "supervision")
    answer = elsewhere.get("/supervision/", {"period": "today", "unit": "CG"})
    assert answer.context["page"].total["every"].of == 0 and answer.context["asked"].errors
    assert listed(elsewhere, "period=today&figure=every") == []
    badge = cast.officers()[0].badge
    assert elsewhere.get("/supervision/", {"officer": badge}).context["asked"].errors, "another unit's officer is not told from a wrong number"


def test_older_cases_are_one_page_further_and_none_is_lost(client, afternoon, monkeypatch):
    monkeypatch.setattr("supervision.views.PAGE", 2)
    keys = listed(client, "period=today&figure=every&which=of")
    assert len(keys) == len(set(keys)) == 6
    assert len(listed(client, "period=today&figure=accept")) == 5


def test_long_periods_are_drawn_by_week_and_lead_to_the_same_cases(client, afternoon):
    today = clock.today()
    query = {"from": (today - timedelta(days=60)).isoformat(), "to": today.isoformat()}
    answer = client.get("/supervision/", query)
    _unit, table = next((unit, table) for unit, table in answer.context["page"].units if unit.code == "CG")
    assert len(table.rows) <= 10 and sum(row[3].value for row in table.rows) == 5
    last = table.rows[-1]
    assert len(listed(client, last[3].query)) == last[3].value == 5


def test_pages_and_lists_cost_the_same_for_few_cases_and_for_many(client, case_at, django_assert_max_num_queries):
    case_at("closed")
    addresses = [f"/supervision/?period=today&by={by}" for by in DIMENSIONS] + ["/supervision/cases/?period=today&figure=every&which=of"]
    for address in addresses:
        client.get(address)
        with django_assert_max_num_queries(20) as first:
            client.get(address)
        case_at("closed", grid=len(address) % 27), case_at("received")
        with django_assert_max_num_queries(len(first.captured_queries)):
            client.get(address)


def test_no_figure_is_one_of_fines(client):
    said = client.get("/supervision/", {"period": "today"}).content.decode()
    assert len(re.findall(r"\bfine", said)) == 1 and "Nobody is ranked, and fines are neither counted nor a target" in said
    assert not [one for one in (*FIGURES, *STAGES, *HOLDERS) if "fine" in f"{one.name}{one.counted}{one.code}".lower()]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_shows_each_definition_with_what_is_counted_of_what_and_why(client, language):
    client.cookies["django_language"] = language
    said = unescape(client.get("/supervision/", {"period": "today"}).content.decode())
    with translation.override(language):
        for row in rules().rows:
            assert all(cell.text in said for cell in row), row[0].text


def test_links_keep_period_and_filters(client, case_at):
    case_at("closed"), case_at("received")
    said = client.get("/supervision/", {"period": "today", "channel": "web", "unit": "CG"}).content.decode()
    for href in re.findall(r'href="/supervision/cases/\?([^"]*)"', said):
        asked = parse_qs(urlsplit(f"?{unescape(href)}").query)
        assert asked["channel"] == ["web"] and asked["unit"] == ["CG"] and ("period" in asked or "from" in asked)


def test_zones_and_categories_without_a_name_of_their_own_have_a_row(client, case_at, cast):
    case = case_at("received", category="")
    Case.objects.filter(pk=case.pk).update(area=None, grid=None)
    for by, words in (("area", "outside the patrol areas"), ("grid", "outside the grids"), ("category", "Not sure yet"), ("officer", "no officer")):
        (row,) = next(table for table in seen(client, by=by).tables if table.code == "shares").rows
        assert row[0].text == words and listed(client, row[1].query) == [case.pk]


def test_all_spans_and_figures_have_their_own_code():
    assert len({*BY_CODE, *SPANS}) == len(FIGURES) + len(STAGES) + len(HOLDERS)
