"""A county's folder is loaded whole or not at all, and every row that does not hold is named."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from cases.county.loading import load, read
from cases.models import Category, RoutingRule
from enforcement import roster
from enforcement.models import Certificate, Duty, Item, Organisation, Transfer, User
from grid.models import Camera, County, Zone
from journal import clock
from tests import databases

FUCHENG, EXAMPLE = databases.COUNTY, databases.COUNTY.parent / "example"


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def folder(tmp_path, english):
    """A copy of the example county to spoil."""
    return shutil.copytree(EXAMPLE, tmp_path / "county")


@pytest.fixture
def fucheng(tmp_path, english):
    return shutil.copytree(FUCHENG, tmp_path / "fucheng", ignore=shutil.ignore_patterns("source", "reports.csv"))


def spoil(folder, file, old, new):
    """Replace one piece of a file and return the number of its line."""
    text = (folder / file).read_text("utf-8")
    assert text.count(old) == 1, f"{old} is {text.count(old)} times in {file}"
    (folder / file).write_text(text.replace(old, new), "utf-8")
    return text.count("\n", 0, text.index(old)) + 1


FIRST = "-1,ex-officer-1,城管局,,示例县司法局,"  # a certificate up to its first day
BAD = (
    ("organisations.csv", "town_bureau", "bureau", "must be one of"),
    ("organisations.csv", "城西镇执法队,town_bureau,C,yes", "城西镇执法队,town_bureau,T,yes", "above itself: T → T"),
    ("organisations.csv", "县指挥中心,county", "县指挥中心县指挥中心县指挥中心县指挥中心县指挥中心,county", "longer than 20 characters"),
    ("officers.csv", "丙队长,T,", "丙队长,Z,", "there is no “Z” in organisations.csv"),
    ("officers.csv", "ex-dispatch-2", "ex-dispatch-1", "repeats line 2"),
    ("officers.csv", "甲派遣,C,dispatcher,", "甲派遣,C,dispatcher,D09", "A badge is needed"),
    ("officers.csv", "D02", "D01", "belongs to line 5"),
    ("officers.csv", "0011,,白", "0011,,蓝", "no pattern in duty.csv"),
    ("officers.csv", "ex-helper-1,戊协管", "ex-helper-1,戊协管,x", "11 cells instead of 10"),
    ("officers.csv", "甲派遣", "甲\u202e派遣", "control character"),
    ("certificates.csv", "ex-officer-1", "ex-dispatch-1", "is no enforcement officer"),
    ("certificates.csv", FIRST + "2025-01-01", FIRST + "2025-02-30", "must be a date"),
    ("certificates.csv", FIRST + "2025-01-01", FIRST + "2030-01-01", "ends before it begins"),
    ("certificates.csv", FIRST + "2025-01-01", FIRST + "2020-01-01", "had not passed the exam"),
    ("certificates.csv", "演示-9901-1,ex-officer-1,城管局,", "演示-9901-1,ex-officer-1,城管局,T-9", "there is no “T-9”"),
    ("officers.csv", "EX-91", "", "needs a staff number"),
    ("officers.csv", "EX-92", "EX-91", "beside another"),
    ("hearing_thresholds.csv", ",person", "环保局,person", "no department has the short name"),
    ("certificates.csv", "演示-9901-1,ex-officer-1,城管局", "演示-9901-1,ex-officer-1,环保局", "no department has the short name"),
    ("duty.csv", "1,20:00,12", "1,25:00,12", "must be a time"),
    ("duty.csv", "1,20:00,12", "1,20:00,25", "at most 24 hours"),
    ("bases.csv", "100,500", "600,500", "lowest fine is above"),
    ("transfers.csv", "990101-W,", "990101,", "there is no “990101” in"),
    ("transfers.csv", "EX-001", "EX-009", "there is no “EX-009” in items.csv"),
    ("categories.csv", ",P2,", ",P7,", "must be one of P1, P2, P3"),
    ("target_classes.csv", "A,二十分钟,Twenty minutes,120", "A,二十分钟,Twenty minutes,0", "whole number from 1"),
    ("target_rules.csv", "2,,,,,A", "2,,,,P1,A", "must take everything"),
    ("routing_rules.csv", "3,3,", "3,2,", "is the one of line 3"),
    ("routing_rules.csv", "no,C,no", "no,X,no", "no command centre"),
    ("sending_rules.csv", "1,C,", "1,X,", "no command centre of its own"),
    ("sending_rules.csv", "P1,0,24", "P1,9,9", "no time lies between"),
    ("sending_rules.csv", "assisted,20", "automatic,20", "wait 0"),
    ("sending_rules.csv", "assisted,20", "assisted,3", "5 seconds or more"),
    ("county.toml", '["page", 15]', '["pigeon", 15]', "page first"),
    ("cameras.csv", "110.015000,40.051000", "40.051000,110.015000", "are exchanged"),
    ("cameras.csv", "110.015000,40.051000", "110.215000,40.051000", "outside the county"),
    ("responsibilities.csv", "ex-helper-1,helper", "ex-helper-1,owner", "A helper answers"),
    ("calendar.csv", "holiday", "rest", "must be one of workday, holiday"),
    ("grids.geojson", '"code":"990101-W02"', '"code":"990101-N02"', "does not follow the rule"),
    ("grids.geojson", "[110.03,40.1],[110.028,40.0]]]", "[110.025,40.1],[110.028,40.0]]]", "It overlaps 西一网格"),
    ("grids.geojson", ",[110.028,40.0]]]", ",[110.027,40.0]]]", "not closed"),
    ("townships.geojson", "[[[110.06,40.0],", "[[[410.06,40.0],", "is not a longitude"),
    ("county.toml", "zoom = 12", "zoom = 99", "from 1 to 20"),
    ("county.toml", "track_days", "keep_days", "not known"),
    ("county.toml", 'police = "X"', 'police = "Y"', "there is no “Y” in organisations.csv"),
    ("county.toml", 'follow_up_class = "B"', 'follow_up_class = "Z"', "there is no “Z” in target_classes.csv"),
    ("county.toml", '"Asia/Shanghai"', '"Asia/Urumqi"', "must be Asia/Shanghai"),
)  # fmt: skip


@pytest.mark.parametrize("file, old, new, reason", BAD, ids=[f"{row[0]} {row[3]}" for row in BAD])
def test_a_bad_row_is_named_with_file_line_and_reason(folder, noon, file, old, new, reason):
    line = spoil(folder, file, old, new)
    _county, problems = read(folder)
    found = [problem for problem in problems if (problem.file, problem.line) == (file, line)]
    assert any(part in problem.reason for problem in found for part in reason.split("|")), "\n".join(map(str, problems))


def test_a_gap_is_named_at_the_zone_that_has_it(folder, noon):
    spoil(folder, "townships.geojson", "[110.058,40.1],[110.052,40.05],[110.06,40.0]]]", "[110.058,40.1],[110.06,40.0]]]")
    assert [str(problem) for problem in read(folder)[1]] == [
        "county.geojson:2: Its zones (township) leave a gap of 3310429 m² near 110.056667, 40.050000."]  # fmt: skip


def test_every_bad_row_is_named_at_once(folder, noon):
    wanted = {(file, spoil(folder, file, old, new)) for file, old, new, _reason in (BAD[3], BAD[14], BAD[17], BAD[23], BAD[27])}
    _county, problems = read(folder)
    assert wanted <= {(problem.file, problem.line) for problem in problems}


@pytest.mark.parametrize("spoiled, reason", [
    (lambda path: path.write_bytes(path.read_text("utf-8").encode("gbk")), "Not UTF-8"),
    (lambda path: path.write_text(path.read_text("utf-8").replace("badge,", "", 1), "utf-8"), "missing badge"),
    (lambda path: path.unlink(), "The file is missing"),
])  # fmt: skip
def test_an_unreadable_file_is_named(folder, noon, spoiled, reason):
    spoiled(folder / "officers.csv")
    assert any(problem.file == "officers.csv" and reason in problem.reason for problem in read(folder)[1])


def test_an_hour_without_officer_dispatcher_or_deputy_is_named_with_its_centre(folder, noon):
    spoil(folder, "duty.csv", "1,20:00,12", "1,20:00,11.5")
    problems = {problem.line: problem.reason for problem in read(folder)[1] if problem.file == "organisations.csv"}
    assert set(problems) == {2, 3}
    assert "07:30 the centre has 0 of 1" in problems[2]


def test_at_any_hour_each_of_the_nine_centres_has_officers_a_dispatcher_and_a_deputy(db, noon):
    roster.roll(since=noon, until=noon + timedelta(days=14))
    hour = noon
    while hour < noon + timedelta(days=14):
        present = Duty.objects.filter(starts_at__lte=hour, ends_at__gt=hour)
        certified = present.filter(user__officer__certificates__in=Certificate.objects.valid(hour)).distinct()
        for centre in Organisation.objects.filter(has_centre=True):
            here = {"user__organisation__centre": centre}
            assert certified.filter(**here).count() >= 2, (centre.code, hour)
            assert present.filter(user__role="dispatcher", **here).exists(), (centre.code, hour)
            assert present.filter(user__role="deputy", kind="on_call", **here).exists(), (centre.code, hour)
        hour += timedelta(hours=5)


def test_a_bad_row_changes_nothing(fucheng, db, noon):
    spoil(fucheng, "categories.csv", "占道摆摊、店外经营", "占道")
    line = spoil(fucheng, "items.csv", "HB-CF-001,", "HB-CF-001 ,")
    before, errors = County.objects.get().rules_version, StringIO()
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("load_county", fucheng, stderr=errors)
    assert f"items.csv:{line}: code" in errors.getvalue()
    assert Category.objects.get(code="TIP-01").plain_name == "占道摆摊、店外经营"
    assert County.objects.get().rules_version == before


def test_the_county_is_all_there(db):
    assert {kind: Zone.objects.filter(kind=kind).count() for kind in Zone.Kind.values} == {
        "township": 10, "village": 610, "grid": 27, "area": 4}  # fmt: skip
    assert {group: Camera.objects.filter(group=group, zone__kind="grid").count() for group in ("城区整合", "道路高清")} == {
        "城区整合": 155, "道路高清": 45}  # fmt: skip
    assert Category.objects.count() == 40
    assert list(Organisation.objects.filter(kind="brigade").values_list("has_centre", flat=True)) == [True] * 7
    town = User.objects.filter(organisation__centre__code="GC").exclude(role__in=["display", "helper"])
    assert (town.count(), town.filter(role__in=["officer", "squad_leader"]).count()) == (28, 16)
    assert not Zone.objects.filter(is_demonstration=False).exists()


def test_a_check_changes_nothing_and_a_load_brings_what_the_county_calls_itself(fucheng, client, db, noon):
    for old, new in (("阜城县\"\nname_en", "阜城新县\"\nname_en"), ("Fucheng County", "New Fucheng"), ('hotline = "12345"', 'hotline = "12399"'),
                     ("demonstration = true ", "demonstration = false ")):  # fmt: skip
        spoil(fucheng, "county.toml", old, new)
    seen = lambda language: client.get("/disclosure/remedies/", headers={"Accept-Language": language}).content.decode()  # noqa: E731
    call_command("load_county", fucheng, check=True, verbosity=0)
    assert "阜城新县" not in seen("zh-CN")
    call_command("load_county", fucheng, verbosity=0)
    page = seen("zh-CN")
    assert "阜城新县" in page and "tel:12399" in page and "演示数据" not in page and "New Fucheng" in seen("en")


def test_loading_again_changes_nothing(db, noon):
    before = County.objects.get().rules_version
    assert load(FUCHENG) == ([], {})
    assert County.objects.get().rules_version == before


def test_two_holders_of_one_item_in_one_place_and_a_holder_without_a_name_are_found(folder, noon):
    spoil(folder, "transfers.csv", "yes\n", "yes\nEX-001,D,990101-W,2027-01-01,,演示,yes\n")
    spoil(folder, "organisations.csv", "C,yes,S-T,", "C,yes,,")
    problems = {(problem.file, problem.line): problem.reason for problem in read(folder)[1]}
    assert "meets the one of line 2" in problems["transfers.csv", 3]
    assert "acts in nobody's name" in problems["organisations.csv", 3]


def test_what_left_the_files_becomes_inactive_and_keeps_its_history(fucheng, case_at, noon):
    case = case_at("received")
    rule, officer = case.routed_by, case_at.cast.officer
    text = (fucheng / "routing_rules.csv").read_text("utf-8")
    gone = next(line for line in text.splitlines() if line.startswith(f"{rule.code},"))
    (fucheng / "routing_rules.csv").write_text(text.replace(gone + "\n", "").replace("R-99,99,", "R-99,80,"), "utf-8")
    spoil(fucheng, "transfers.csv", "CG-CF-001,GC,131128101,2021-08-01,,下放事项清单（演示）,yes\n", "")
    for file in ("officers.csv", "exams.csv", "certificates.csv", "responsibilities.csv"):
        rows = (fucheng / file).read_text("utf-8").splitlines(keepends=True)
        (fucheng / file).write_text("".join(row for row in rows if f"{officer.user.username}," not in row), "utf-8")
    assert load(fucheng)[0] == []
    assert (RoutingRule.objects.get(pk=rule.pk).is_active, RoutingRule.objects.get(code="R-99").order) == (False, 80)
    assert Transfer.objects.get(item__code="CG-CF-001").valid_to == clock.today() - timedelta(days=1)
    officer.refresh_from_db()
    assert officer.suspended_at and not officer.user.__class__.objects.get(pk=officer.user_id).is_active
    assert not Duty.objects.filter(user=officer.user_id, starts_at__gt=noon).exists()
    assert load(FUCHENG)[0] == []
    officer.refresh_from_db()
    assert officer.suspended_at is None


def test_rules_may_trade_their_orders(fucheng, db, noon):
    spoil(fucheng, "routing_rules.csv", "R-30,30,", "R-30,40,")
    spoil(fucheng, "routing_rules.csv", "R-40,40,", "R-40,30,")
    assert load(fucheng)[0] == []
    assert dict(RoutingRule.objects.filter(code__in=["R-30", "R-40"]).values_list("code", "order")) == {"R-30": 40, "R-40": 30}


def test_detention_licences_and_compulsory_measures_are_never_handed_down(fucheng, db, noon):
    assert not Item.objects.filter(kind__in=["许可", "强制"], transferable=True).exists()
    assert not Item.objects.filter(bases__text__contains="拘留", transferable=True).exists()
    with (fucheng / "transfers.csv").open("a", encoding="utf-8") as file:
        file.write("GA-CF-003,GC,131128101,2026-01-01,,x,yes\n")
    assert [problem.reason for problem in read(fucheng)[1]] == ["The item GA-CF-003 may not be handed down."]


def test_grid_codes_follow_the_fifteen_digits_of_their_community(db):
    for grid in Zone.objects.filter(kind="grid").select_related("parent"):
        assert len(grid.code) == 15
        assert grid.code.startswith(grid.parent.code)


def test_another_county_needs_a_database_of_its_own(db, noon, english):
    with pytest.raises(CommandError, match="holds the county"):
        call_command("load_county", EXAMPLE)


REPORT = """
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
from cases import intake
from cases.models import Category
from journal.moves import CITIZEN
for category, lon in (("E-1", 110.01), ("E-1", 110.09), ("E-2", 110.01), (None, 110.01)):
    case = intake.receive_report(
        by=CITIZEN, channel="web", text="路边有垃圾无人清理", category=Category.objects.filter(code=category).first(),
        place=intake.Place(lon=lon, lat=40.06, source="map"), idempotency_key=f"{category}{lon}").case
    print(case.organisation.code, case.centre.code, case.target_class.code)
"""


@pytest.fixture
def empty_database(database_template):
    """Address of a migrated database without a county."""
    name = f"test_example_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    databases.copy(database_template, name)
    link = psycopg2.connect(**databases.owner_parameters(name))
    with link, link.cursor() as cursor:
        cursor.execute("TRUNCATE enforcement_organisation, enforcement_user, enforcement_baseline, enforcement_item, grid_county, "
                       "grid_zone, grid_mapline, cases_targetclass, cases_category, journal_calendarday, enforcement_trainingplan, "
                       "enforcement_conductrule, enforcement_procedurestep, enforcement_hearingthreshold, enforcement_shift, "
                       "enforcement_legalsubject CASCADE")  # fmt: skip
    link.close()
    yield databases.url_for(os.environ["DATABASE_URL"], name)
    databases.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def test_the_example_county_loads_and_takes_reports_without_a_change_of_code(empty_database):
    def run(*command):
        return subprocess.run([sys.executable, *command], check=True, cwd=databases.ROOT, capture_output=True, text=True,
                              env=os.environ | {"DATABASE_URL": empty_database}).stdout  # fmt: skip

    assert "Zone: 4 created" in run("manage.py", "load_county", str(EXAMPLE))
    # handed down to the town there · the department elsewhere, and for what was not handed down · nobody's: the county centre
    assert run("-c", REPORT).split("\n")[:4] == ["T T A", "D C A", "D C B", "C C A"]


def test_people_come_without_a_password(db):
    assert not any(user.has_usable_password() for user in User.objects.filter(is_demo=True)[:20])


def test_names_of_divisions_are_the_official_ones(db):
    with (FUCHENG / "source" / "divisions.csv").open(encoding="utf-8") as file:
        codes = {line.split(",")[0] for line in file if line.split(",")[2] in {"village", "community"}}
    features = json.loads((FUCHENG / "villages.geojson").read_text("utf-8"))["features"]
    assert {feature["properties"]["code"] for feature in features} == codes
