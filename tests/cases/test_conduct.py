"""Rules of conduct that a complaint or a review names: by whom they may be, how they are taken back, and what a citizen may tick."""

import pytest
from django.db import DatabaseError

from cases import conduct, forms, ratelimit
from cases.models import Case, NamedRule, Report
from command.metrics import today
from command.sentences import sentence
from enforcement.models import ConductRule
from enforcement.roles import Role
from journal import push
from journal.models import Entry
from journal.refused import BadInput, Refused
from supervision.conduct import lines
from supervision.figures import units
from tests.addresses import holder
from tests.cases.test_forms import filled
from tests.cast import sign_in
from tests.plain import sql

COMPLAINT = "TIP-40"


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def rule(db) -> ConductRule:
    return ConductRule.objects.get(code="MN-02")


@pytest.fixture
def complaint(case_at) -> Case:
    return case_at("received", category=COMPLAINT, text="一个人来查我的店")


def counted(user) -> dict[str, int]:
    return {line.rule.code: len(line.named) for line in lines(user, units(user.centre), today()) if line.named}


def test_a_rule_is_named_with_or_without_an_officer_and_stands_in_the_timeline(cast, complaint, rule):
    conduct.name_rule(complaint, by=cast.supervisor, rule=rule, officer=cast.officer, note="监控显示单人进店")
    conduct.name_rule(complaint, by=cast.supervisor, rule=rule, note="投诉人录音")
    entry = Entry.objects.filter(thread=complaint.thread, verb="rule_named").first()
    assert rule.text in sentence(entry) and cast.officer.name in sentence(entry) and "监控显示单人进店" in sentence(entry)
    public = sentence(entry, public=True)
    assert rule.text not in public and cast.officer.name not in public
    assert counted(cast.supervisor) == {"MN-02": 2}


def test_a_naming_is_taken_back_by_an_entry_of_its_own_once(cast, complaint, rule):
    named = conduct.name_rule(complaint, by=cast.supervisor, rule=rule, note="监控显示单人进店")
    with pytest.raises(Refused) as refused:
        conduct.name_rule(complaint, by=cast.supervisor, rule=rule, note="再次认定")
    assert refused.value.code == "same"
    taken = conduct.withdraw_rule(named, by=cast.supervisor, note="同行人员在车上")
    for again in (named, taken):
        with pytest.raises(Refused):
            conduct.withdraw_rule(again, by=cast.supervisor, note="又一次")
    assert counted(cast.supervisor) == {} and conduct.standing(complaint) == []
    assert NamedRule.objects.count() == 2
    conduct.name_rule(complaint, by=cast.supervisor, rule=rule, note="新证据")
    assert counted(cast.supervisor) == {"MN-02": 1}


def test_only_supervisors_and_leaders_of_the_centre_that_handles_it_name_rules(cast, complaint, rule, case_at):
    county = [holder(cast, Role.SUPERVISOR), cast.person(Role.SHIFT_LEADER, centre="ZX"), cast.person(Role.DEPUTY, centre="ZX")]
    assert complaint.centre.code == "ZX"
    for by in county:
        assert conduct.may_name(complaint, by)
    for by in (cast.leader, cast.dispatcher, cast.county_dispatcher, cast.officer.user, holder(cast, Role.SYSTEM_ADMIN)):
        with pytest.raises(Refused):
            conduct.name_rule(complaint, by=by, rule=rule, note="监控显示单人进店")
    with pytest.raises(BadInput):
        conduct.name_rule(complaint, by=county[0], rule=rule, note=" ")
    assert conduct.name_rule(case_at("received"), by=cast.leader, rule=rule, note="复核录像")


def test_sql_cannot_cross_a_naming_out_nor_take_back_what_was_not_named(cast, complaint, rule, case_at):
    named = conduct.name_rule(complaint, by=cast.supervisor, rule=rule, note="监控显示单人进店")
    for statement in ("UPDATE cases_namedrule SET note = 'x' WHERE id = %s", "DELETE FROM cases_namedrule WHERE id = %s"):
        with pytest.raises(DatabaseError, match="Cannot"):
            sql(statement, named.pk)
    row = ("INSERT INTO cases_namedrule (case_id, rule_id, note, named_by_id, named_at, withdraws_id)"
           " VALUES (%s, %s, 'x', %s, now(), %s)")  # fmt: skip
    other = case_at("received")
    with pytest.raises(DatabaseError, match="withdraws what it did not name"):
        sql(row, other.pk, rule.pk, cast.supervisor.pk, named.pk)
    sql(row, complaint.pk, rule.pk, cast.supervisor.pk, named.pk)
    with pytest.raises(DatabaseError, match="withdraws_id"):
        sql(row, complaint.pk, rule.pk, cast.supervisor.pk, named.pk)
    with pytest.raises(DatabaseError, match="withdraws what it did not name|named_rule_not_of_itself"):  # noqa: RUF043
        sql("INSERT INTO cases_namedrule (id, case_id, rule_id, note, named_by_id, named_at, withdraws_id)"
            " VALUES (999, %s, %s, 'x', %s, now(), 999)", complaint.pk, rule.pk, cast.supervisor.pk)  # fmt: skip


# --- pages ------------------------------------------------------------------------------------------
def test_supervision_names_takes_back_and_lists_with_links(cast, complaint, rule, client):
    sign_in(client, cast.supervisor, "supervision")
    form = {"rule": rule.pk, "badge": cast.officer.badge, "note": "监控显示单人进店"}
    assert client.post(f"/supervision/cases/{complaint.pk}/rules/", form).status_code == 302
    listed = client.get("/supervision/conduct/").content.decode()
    assert f"/supervision/cases/{complaint.pk}/" in listed and complaint.number in listed and cast.officer.name in listed
    for asked, there in (({"period": "today"}, True), ({"unit": "SC"}, False), ({"from": "2020-01-01", "to": "2020-01-31"}, False)):
        assert (complaint.number in client.get("/supervision/conduct/", asked).content.decode()) is there, asked
    assert "监控显示单人进店" in client.get(f"/supervision/cases/{complaint.pk}/").content.decode()
    named = NamedRule.objects.get()
    assert client.post(f"/supervision/rules/{named.pk}/withdraw/", {"note": "同行人员在车上"}).status_code == 302
    assert complaint.number not in client.get("/supervision/conduct/").content.decode()
    assert client.post(f"/supervision/cases/{complaint.pk}/rules/", form | {"badge": "no-such"}).status_code == 422


def test_the_console_offers_it_on_complaints_to_those_who_may(cast, complaint, rule, client, case_at):
    leader, other = cast.person(Role.SHIFT_LEADER, centre="ZX"), case_at("received")
    sign_in(client, leader, "command")
    url = f"/command/cases/{complaint.pk}/rules/"
    assert url in client.get(f"/command/cases/{complaint.pk}/").content.decode()
    assert f"/command/cases/{other.pk}/rules/" not in client.get(f"/command/cases/{other.pk}/").content.decode()
    assert client.post(url, {"rule": rule.pk, "note": "监控显示单人进店"}, headers={"X-Requested-With": "fetch"}).status_code == 200
    named = NamedRule.objects.get()
    assert client.post(f"/command/rules/{named.pk}/withdraw/", {"note": "看错了人"}, headers={"X-Requested-With": "fetch"}).status_code == 200
    assert conduct.standing(complaint) == []
    sign_in(client, cast.county_dispatcher, "command")
    page = client.get(f"/command/cases/{complaint.pk}/").content.decode()
    assert rule.text in page and url not in page
    assert client.post(url, {"rule": rule.pk, "note": "再来"}, headers={"X-Requested-With": "fetch"}).json()["code"] == "not_allowed"


# --- the citizen ------------------------------------------------------------------------------------
def test_the_form_offers_the_must_nots_with_the_kind_for_complaints(client, db, rule):
    page = client.get("/").content.decode()
    ticks = page.count('name="rules"')
    assert ticks == ConductRule.objects.filter(kind="must_not").count() and rule.text in page


@pytest.mark.parametrize("text", ["一个人来查我的店", ""])
def test_what_is_ticked_is_said_in_the_rules_own_words_one_tap_each(client, cast, rule, text):
    form = filled(text=text, category="", rules=["MN-02", "MN-06"])
    assert client.post("/report/", {name: value for name, value in form.items() if value is not None}).status_code == 302
    said = Report.objects.latest("pk")
    assert said.text == "\n".join([*([text] if text else []), "· 不准单人执法", "· 不准自行收缴罚款、不开具专用票据"])
    assert said.category.code == COMPLAINT


def test_ticks_under_another_kind_or_of_unknown_rules_say_nothing(cast, rule):
    assert forms.ReportForm(filled(category=COMPLAINT, rules=["MN-99"])).is_valid() is False
    form = forms.ReportForm(filled(rules=["MN-02"]))
    assert form.is_valid() and "单人" not in form.cleaned_data["text"]
