"""Officers: what entitles them is taken and given back with a reason, holds at once everywhere, and its end is seen coming."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError

from cases import doorstep, roster_wall, rulebook
from command import dispatch, suggestions
from enforcement import standing
from enforcement.models import Certificate, Officer
from journal import clock, deadlines
from journal.models import Entry
from journal.refused import Refused
from registers import people
from tests.cast import sign_in
from tests.plain import sql


def ends_in(officer: Officer, days: int) -> Certificate:
    certificate = officer.certificates.get()
    Certificate.objects.filter(pk=certificate.pk).update(valid_to=clock.today() + timedelta(days=days))
    certificate.refresh_from_db()
    return certificate


# --- whose certificate ends soon ------------------------------------------------------------------
@pytest.mark.parametrize(("left", "grade"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7), (-1, 0)])
def test_sixty_thirty_and_seven_days_before_the_end_one_is_warned(left, grade):
    assert standing.grade(left) == grade


def test_certificates_are_listed_by_the_day_on_which_they_end(cast, as_):
    first, second, third = cast.officers()[:3]
    ends_in(first, 45), ends_in(second, 5), ends_in(third, 20)
    page = as_(cast.supervisor).get("/registers/people/").content.decode()
    places = [page.index(officer.name) for officer in (second, third, first)]
    assert places == sorted(places)
    for word in ("grade--week", "grade--month", "grade--two-months", "7 天内", "30 天内", "60 天内"):
        assert word in page


def test_a_newer_certificate_ends_the_warning_and_a_closed_account_needs_none(cast):
    officer = cast.officer
    certificate = ends_in(officer, 5)
    assert certificate in standing.ending()
    Certificate.objects.create(number="新-1", officer=officer, issued_by="x", valid_from=clock.today(), valid_to=clock.today() + timedelta(days=900))
    assert certificate not in standing.ending()
    other = ends_in(cast.companion, 5)
    type(cast.companion.user).objects.filter(pk=cast.companion.user_id).update(is_active=False)
    assert other not in standing.ending()


def test_whoever_has_moved_indoors_is_no_officer_any_more_however_his_row_reads(cast, case_at):
    officer, certificate, case = cast.officer, ends_in(cast.officer, 5), case_at("in_hand")
    officer.portrait = "a" * 64
    officer.save()
    on_wall = lambda: officer.pk in {one.pk for one in roster_wall.people(rulebook.current(), clock.today())}  # noqa: E731
    offered = lambda: officer.pk in {one.officer.pk for one in suggestions.suggest(case, limit=None)}  # noqa: E731
    shown = lambda: [people.scope(cast.leader).filter(pk=officer.pk).exists(), certificate in standing.ending(), on_wall(),  # noqa: E731
                     roster_wall.shows(officer.portrait), doorstep.is_valid_number(certificate.number), offered()]  # fmt: skip
    assert shown() == [True] * 6
    type(officer.user).objects.filter(pk=officer.user_id).update(role="call_taker")
    assert shown() == [False] * 6
    with pytest.raises(Refused) as refused:
        dispatch.send(case, by=cast.dispatcher, officers=[officer])
    assert refused.value.extra["why"] == "已不在外勤岗位"


def test_leaders_see_the_count_of_their_own_centre_at_the_console_and_the_officer_his_own(cast, client):
    ends_in(cast.officer, 6), ends_in(cast.officer_elsewhere, 6)
    assert people.ending(cast.leader).count() == 1
    sign_in(client, cast.leader, "command")
    assert "/registers/people/?state=ending" in client.get("/command/").content.decode()
    sign_in(client, cast.dispatcher, "command")
    assert "/registers/people/?state=ending" not in client.get("/command/").content.decode()
    sign_in(client, cast.officer.user, "officer")
    assert "grade--7" in client.get("/officer/").content.decode()
    sign_in(client, cast.companion.user, "officer")
    assert "grade--" not in client.get("/officer/").content.decode()


# --- taken and given back -------------------------------------------------------------------------
def test_a_suspended_certificate_stops_its_officer_at_once_and_given_back_lets_him_act(cast, case_at):
    case, certificate = case_at("received"), cast.officer.certificates.get()
    standing.suspend_certificate(certificate, by=cast.supervisor, reason="年审未通过", document="衡司字1号")
    with pytest.raises(Refused) as refused:
        dispatch.send(case, by=cast.dispatcher, officers=[cast.officer])
    assert refused.value.code == "cannot_go"
    standing.restore_certificate(certificate, by=cast.supervisor, reason="已补审")
    assert dispatch.send(case, by=cast.dispatcher, officers=[cast.officer])
    entries = list(Entry.objects.filter(thread=f"account:{cast.officer.user_id}").order_by("number"))
    assert [entry.verb for entry in entries] == ["certificate_suspended", "certificate_restored"]
    assert entries[0].data == {"certificate": certificate.number, "reason": "年审未通过", "document": "衡司字1号"}
    assert entries[0].by_label == cast.supervisor.actor.label


def test_a_revoked_certificate_comes_back_by_no_verb_no_load_and_no_sql(cast, county_folder):
    certificate = cast.officer.certificates.get()
    standing.revoke_certificate(certificate, by=cast.supervisor, reason="违法执法")
    with pytest.raises(Refused):
        standing.restore_certificate(certificate, by=cast.supervisor, reason="改变主意")
    call_command("load_county", county_folder, verbosity=0)
    certificate.refresh_from_db()
    assert (certificate.status, certificate.status_reason) == ("revoked", "违法执法")
    with pytest.raises(DatabaseError, match="Cannot update"):
        sql("UPDATE enforcement_certificate SET status = 'valid' WHERE id = %s", certificate.pk)


def test_who_is_bound_to_a_case_is_told_to_its_centre(cast, case_at, noon):
    case = case_at("accepted", officer=cast.officer)
    with clock.at(noon + timedelta(seconds=5)):
        standing.suspend_officer(cast.officer, by=cast.supervisor, reason="接受调查")
        with pytest.raises(Refused) as refused:
            dispatch.arrive(case.dispatches.get(), by=cast.officer.user, reason="测试")
        assert refused.value.code == "suspended"
        before = case.version
        deadlines.fire_due(thread=f"account:{cast.officer.user_id}")
    case.refresh_from_db()
    entry = Entry.objects.get(thread=case.thread, verb="barred")
    assert case.version > before and entry.data["officer"] == cast.officer.name
    assert case.dispatches.active().count() == 1, "the centre decides whom to send instead"


def test_nothing_is_told_of_who_may_act_again_or_is_bound_nowhere(cast, case_at):
    case = case_at("accepted", officer=cast.officer)
    standing.suspend_officer(cast.officer, by=cast.supervisor, reason="接受调查")
    standing.restore_officer(cast.officer, by=cast.supervisor, reason="查无此事")
    standing.suspend_officer(cast.companion, by=cast.supervisor, reason="接受调查")
    for officer in (cast.officer, cast.companion):
        deadlines.fire_due(thread=f"account:{officer.user_id}")
    assert not Entry.objects.filter(thread=case.thread, verb="barred").exists()


def test_only_supervisors_and_legal_reviewers_of_the_county_decide_and_never_on_themselves(cast, three):
    certificate = cast.officer.certificates.get()
    for by in (cast.leader, cast.dispatcher, cast.officer.user, three.system, three.security, three.audit):
        with pytest.raises(Refused) as refused:
            standing.suspend_certificate(certificate, by=by, reason="年审未通过")
        assert refused.value.code == "not_allowed"
    with pytest.raises(Refused):
        standing.suspend_certificate(certificate, by=cast.supervisor, reason=" ")
    certificate.refresh_from_db()
    assert certificate.status == "valid"


# --- pages ------------------------------------------------------------------------------------------
def test_an_officers_page_shows_what_he_has_and_where_he_came_from(cast, as_):
    officer = Officer.objects.filter(user__transfers__isnull=False, user__enrolments__isnull=False).first()
    transfer, training = officer.user.transfers.first(), officer.user.enrolments.first()
    page = as_(cast.supervisor).get(f"/registers/people/{officer.pk}/").content.decode()
    for words in (officer.badge, transfer.from_body, transfer.selected_by, training.plan.name, officer.certificates.first().number):
        assert words in page


def test_certificates_and_officers_are_suspended_restored_and_revoked_on_the_page(cast, as_):
    client, officer, certificate = as_(cast.supervisor), cast.officer, cast.officer.certificates.get()
    form = {"reason": "年审未通过", "document": "衡司字1号"}
    for verb, status in (("suspend", "suspended"), ("restore", "valid"), ("revoke", "revoked")):
        assert client.post(f"/registers/people/certificates/{certificate.pk}/{verb}/", form).url == f"/registers/people/{officer.pk}/"
        certificate.refresh_from_db()
        assert certificate.status == status
    for verb, is_suspended in (("suspend", True), ("restore", False)):
        assert client.post(f"/registers/people/{officer.pk}/{verb}/", form).status_code == 302
        officer.refresh_from_db()
        assert bool(officer.suspended_at) is is_suspended


def test_a_brigade_sees_its_own_officers_only(cast, as_):
    client = as_(cast.leader)
    assert client.get(f"/registers/people/{cast.officer.pk}/").status_code == 200
    assert client.get(f"/registers/people/{cast.officer_elsewhere.pk}/").status_code == 404
    found = client.get(f"/registers/people/?q={cast.officer_elsewhere.badge}").content.decode()
    assert cast.officer_elsewhere.name not in found
    assert client.post(f"/registers/people/{cast.officer.pk}/suspend/", {"reason": "测试"}).status_code == 404


def test_officers_are_found_by_name_unit_kind_and_what_ails_them(cast, as_):
    client = as_(cast.supervisor)
    standing.suspend_officer(cast.officer, by=cast.supervisor, reason="接受调查")
    ends_in(cast.companion, 5)

    def rows(query: str) -> str:
        return client.get(f"/registers/people/?{query}").content.decode().split("<tbody>")[-1]

    assert cast.officer.badge in rows(f"q={cast.officer.name}") and cast.officer.badge in rows("state=suspended")
    assert cast.companion.badge in rows("state=ending") and cast.officer.badge not in rows("state=ending")
    assert cast.helper.badge in rows("kind=helper") and cast.officer.badge not in rows("kind=helper")
    assert cast.officer.badge in rows(f"unit={cast.officer.organisation_id}")


def test_a_page_of_fifty_officers_costs_a_fixed_number_of_statements(cast, as_, django_assert_max_num_queries):
    client = as_(cast.supervisor)
    with django_assert_max_num_queries(15):
        client.get("/registers/people/")
