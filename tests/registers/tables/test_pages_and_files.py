"""What was made or decided on the pages, and files that do not know of it: they end nothing of it, and cases are told what they do end."""

import csv
import shutil
from datetime import timedelta

import pytest
from django.utils import translation

from cases.county import exporting, storing, tables
from cases.county.loading import load
from enforcement import equipment, posts, standing
from enforcement.models import Certificate, Duty, DutyPattern, Equipment, Exam, Officer, User
from enforcement.roles import Role
from grid.models import Responsibility
from journal import clock, deadlines
from journal.models import Deadline, Entry
from journal.refused import Refused
from registers.views.equipment import below
from tests import databases
from tests.registers.tables.files import applied, checked, rows_of, said, xlsx


@pytest.fixture
def security(db, noon) -> User:
    return User.objects.get(role="security_admin", is_active=True)


@pytest.fixture
def newcomer(cast, admin, security, noon) -> Officer:
    """Somebody whose account was made on the pages, with a certificate, a watch and its duty."""
    change = posts.create(by=admin, username="new-one", name="新人", staff_number="N-1", organisation=cast.centre, role=Role.OFFICER, badge="CG777",
                          reason="新进人员")  # fmt: skip
    posts.confirm(change, by=security)
    officer = Officer.objects.get(badge="CG777")
    Exam.objects.create(user=officer.user, kind="执法资格", taken_on=clock.today() - timedelta(days=30), passed=True)
    Certificate.objects.create(number="新-1", officer=officer, issued_by="x", valid_from=clock.today(), valid_to=clock.today() + timedelta(days=900))
    watch = User.objects.get(pk=cast.officer.user_id).watch
    header, row = rows_of("officers")[0], next(list(row) for row in rows_of("officers") if row[0] == "new-one")
    row[header.index("watch")] = watch
    assert applied(checked("officers", xlsx([header, row]), admin), admin).state == "applied"
    assert DutyPattern.objects.filter(user=officer.user).exists()
    return officer


def works(officer: Officer) -> bool:
    """He, his certificate, his patterns and his duty are all as they were."""
    officer = Officer.objects.select_related("user").get(pk=officer.pk)
    return (officer.user.is_active and officer.suspended_at is None and officer.certificates.get().status == "valid"
            and DutyPattern.objects.filter(user=officer.user).exists()
            and Duty.objects.filter(user=officer.user, starts_at__gt=clock.now()).exists())  # fmt: skip


def without(register: str, key: str) -> list[list[str]]:
    return [row for row in rows_of(register) if row[0] != key]


# --- made on the pages -----------------------------------------------------------------------------
def test_an_officer_made_on_the_pages_stays_one_when_files_that_do_not_know_him_are_loaded(newcomer):
    assert load(databases.COUNTY)[0] == [] and works(newcomer)


def test_a_load_takes_no_badge_from_who_was_made_on_the_pages(newcomer, cast):
    badge = cast.officer.badge
    Officer.objects.filter(pk=cast.officer.pk).update(badge="x")
    Officer.objects.filter(pk=newcomer.pk).update(badge=badge)
    with pytest.raises(Refused, match=f"The badge {badge} belongs to 新人"):
        load(databases.COUNTY)


def test_a_whole_list_keeps_who_was_made_on_the_pages_and_says_so(newcomer, admin, at_desk):
    run = checked("officers", xlsx(without("officers", "new-one")), admin, whole=True)
    assert (run.state, run.counts["ending"]) == ("ready", 0), said(run)
    assert run.result["kept"] == ["new-one: the account was made on the pages and is ended there"]
    assert "made on the pages and is ended there" in at_desk(admin).get(f"/registers/imports/{run.pk}/").content.decode()
    assert applied(run, admin).state == "applied" and works(newcomer)


def test_a_whole_list_of_certificates_keeps_theirs_and_those_that_people_decided_on(newcomer, admin, cast):
    decided = cast.officer.certificates.get()
    standing.suspend_certificate(decided, by=cast.supervisor, reason="涉嫌违纪")
    kept = {newcomer.certificates.get().number, decided.number}
    rows = [row for row in rows_of("certificates") if row[0] not in kept]
    run = checked("certificates", xlsx(rows), admin, whole=True)
    assert (run.state, run.counts["ending"]) == ("ready", 0), said(run)
    assert {each.partition(":")[0] for each in run.result["kept"]} == kept
    assert applied(run, admin).state == "applied" and works(newcomer)
    decided.refresh_from_db()
    assert decided.status == "suspended"


# --- cases are told ----------------------------------------------------------------------------------
def barred(case, officer: Officer) -> list[str]:
    deadlines.fire_due(thread=f"account:{officer.user_id}")
    return [entry.data["officer"] for entry in Entry.objects.filter(thread=case.thread, verb="barred")]


def test_a_list_that_suspends_a_certificate_tells_the_case_of_its_holder(cast, case_at, admin):
    case = case_at("accepted", officer=cast.officer)
    header, row = rows_of("certificates")[0], next(row for row in rows_of("certificates") if row[1] == cast.officer.user.username)
    row[header.index("status")] = "suspended"
    assert applied(checked("certificates", xlsx([header, row]), admin), admin).state == "applied"
    assert barred(case, cast.officer) == [cast.officer.name]
    assert set(Deadline.objects.filter(kind="standing").values_list("subject", flat=True)) == {f"officer:{cast.officer.pk}"}, "nobody else's changed"


def test_a_load_without_an_officer_tells_his_case(cast, case_at):
    case, name = case_at("accepted", officer=cast.officer), cast.officer.user.username
    county = exporting.county()
    exporting.standing(county)
    for file, rows in county.rows.items():
        county.rows[file] = [row for row in rows if name not in (row["officer"], row["username"], row["holder"])]
    storing.store(county, only=[tables.OFFICERS, tables.CERTIFICATES])
    cast.officer.refresh_from_db()
    assert cast.officer.suspended_at and barred(case, cast.officer) == [cast.officer.name]


# --- decided on the pages ----------------------------------------------------------------------------
def test_a_list_does_not_say_that_it_changes_what_people_have_decided_on_a_certificate(cast, admin):
    certificate = cast.officer.certificates.get()
    header, row = rows_of("certificates")[0], next(row for row in rows_of("certificates") if row[0] == certificate.number)
    standing.suspend_certificate(certificate, by=cast.supervisor, reason="涉嫌违纪")
    run = checked("certificates", xlsx([header, row]), admin)
    assert run.state == "refused" and "Somebody has decided here on the status of this certificate" in said(run)[0]
    now = next(row for row in rows_of("certificates") if row[0] == certificate.number)
    now[header.index("issued_by")] = "省司法厅"
    assert applied(checked("certificates", xlsx([header, now]), admin), admin).state == "applied"
    certificate.refresh_from_db()
    assert (certificate.status, certificate.issued_by) == ("suspended", "省司法厅")


# --- off duty because of the post --------------------------------------------------------------------
@pytest.mark.parametrize("reason", posts.BY_POST)
def test_whom_the_files_know_again_goes_out_again_whatever_took_him_off_and_in_which_language(cast, reason):
    Officer.objects.filter(pk=cast.officer.pk).update(suspended_at=clock.now(), suspended_reason=reason)
    Officer.objects.filter(pk=cast.companion.pk).update(suspended_at=clock.now(), suspended_reason="接受调查")
    assert load(databases.COUNTY)[0] == []
    cast.officer.refresh_from_db()
    cast.companion.refresh_from_db()
    assert cast.officer.suspended_at is None and cast.companion.suspended_at, "what a person decided stays"


def test_a_load_gives_the_same_reason_in_each_language(cast):
    county = exporting.county()
    exporting.standing(county)
    for officer, language in ((cast.officer, "en"), (cast.companion, "zh-hans")):
        for file, rows in county.rows.items():
            county.rows[file] = [row for row in rows if officer.user.username not in (row["officer"], row["username"], row["holder"])]
        with translation.override(language):
            storing.store(county, only=[tables.OFFICERS, tables.CERTIFICATES])
        officer.refresh_from_db()
        assert officer.suspended_reason == posts.LEFT


# --- indoors -----------------------------------------------------------------------------------------
def indoors(user: User, admin: User, security: User) -> None:
    posts.confirm(posts.ask(user, by=admin, role=Role.DISPATCHER, organisation=user.organisation, reason="轮岗"), by=security)


@pytest.fixture
def leader(cast) -> User:
    return cast.person(Role.SHIFT_LEADER, centre="GC")


@pytest.fixture
def holder(cast) -> Officer:
    """Of a town: with a certificate, a zone to answer for, and something in his hands."""
    zones = Responsibility.objects.values("officer")
    found = Officer.objects.filter(equipment__isnull=False, certificates__isnull=False, organisation__centre__code="GC", pk__in=zones)
    return found.order_by("pk").first()


def test_nobody_goes_indoors_with_equipment_in_his_hands(holder, leader, admin, security):
    with pytest.raises(Refused, match="it has to be given back first") as refused:
        indoors(holder.user, admin, security)
    assert refused.value.code == "held"
    holder.refresh_from_db()
    assert holder.suspended_at is None and User.objects.get(pk=holder.user_id).role != Role.DISPATCHER


def test_a_county_is_loaded_from_its_export_after_a_post_moved_indoors(holder, leader, admin, security, tmp_path):
    for thing in Equipment.objects.filter(holder=holder):
        equipment.give_back(thing, condition="完好", by=leader, below=below)
    indoors(holder.user, admin, security)
    folder = shutil.copytree(databases.COUNTY, tmp_path / "county")
    for _again in range(2):
        for file, rows in exporting.files().items():
            with (folder / file).open("w", encoding="utf-8", newline="") as target:
                csv.writer(target, lineterminator="\n").writerows(rows)
        problems, counts = load(folder)
        assert problems == []
    assert counts == {}, "loaded once more, nothing changes"
    assert holder.certificates.get().status == "valid", "it waits for his return"
    assert User.objects.get(pk=holder.user_id).role == Role.DISPATCHER


def test_a_helper_who_was_an_officer_is_no_problem_of_the_export(holder, admin, security, tmp_path):
    posts.confirm(posts.ask(holder.user, by=admin, role=Role.HELPER, organisation=holder.user.organisation, reason="轮岗"), by=security)
    folder = shutil.copytree(databases.COUNTY, tmp_path / "county")
    for file, rows in exporting.files().items():
        with (folder / file).open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, lineterminator="\n").writerows(rows)
    assert load(folder)[0] == []


def test_a_whole_list_of_certificates_from_the_export_ends_none_that_rests(holder, leader, admin, security):
    for thing in Equipment.objects.filter(holder=holder):
        equipment.give_back(thing, condition="完好", by=leader, below=below)
    indoors(holder.user, admin, security)
    run = checked("certificates", xlsx(rows_of("certificates")), admin, whole=True)
    assert (run.state, run.counts["ending"], len(run.result["kept"])) == ("ready", 0, 1), said(run)
