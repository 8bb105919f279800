"""What a county sets in its county.toml holds: each option set to something else, and what somebody sees or may do then."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point

from cases import rulebook
from cases.models import Case, Finding, Handover
from command import dispatch, endings, help, suggestions
from command.models import Position, Track
from command.tasks import clear_tracks
from enforcement import attendance
from enforcement.models import Duty, Organisation
from grid.models import County
from journal import clock, deadlines
from journal.models import Deadline, Entry
from journal.refused import Refused
from registers import plan
from tests.cast import sign_in
from tests.command.test_loop import tick


@pytest.fixture
def option(db):
    """`option(name=value)`: the county's options from now on."""

    def to(**values):
        county = County.objects.get()
        County.objects.update(options=county.options | values, rules_version=county.rules_version + 1)

    return to


# --- reports ---------------------------------------------------------------------------------------
def moved(case: Case, metres: float) -> Case:
    case.point = Point(case.point.x + metres / 87_900, case.point.y, srid=4326)
    case.save(update_fields=["point"])
    return case


@pytest.mark.parametrize(("name", "value", "hours"), [("duplicate_radius_m", 40, 0), ("duplicate_window_hours", 1, 2)])
def test_cases_within_the_radius_and_the_hours_are_offered_for_merging(desk, case_at, option, noon, name, value, hours):
    first = moved(case_at("received"), 60)
    with clock.at(noon + timedelta(hours=hours)):
        second = case_at("received")
        data = {"category": "TIP-01", "lon": str(second.point.x), "lat": str(second.point.y)}
        offered = lambda: [f'name="into" value="{first.pk}"' in desk.panel(second),  # noqa: E731
                           f'data-id="{first.pk}"' in desk.post("/command/report/nearby/", **data).content.decode()]  # fmt: skip
        assert offered() == [True, True]
        option(**{name: value})
        assert offered() == [False, False]


def test_the_public_reads_the_countys_emergency_numbers_and_names_of_groups(client, option):
    option(emergency=[{"number": "119", "name": "火警", "name_en": "Fire"}], group_names_en={"市容秩序": "Tidy streets"})
    page = client.get("/", headers={"Accept-Language": "en"}).content.decode()
    assert 'href="tel:119"' in page and "Fire" in page and "tel:110" not in page
    assert "Tidy streets" in page and "Streets and order" not in page


# --- officers --------------------------------------------------------------------------------------
def test_arriving_within_the_radius_needs_no_reason(case_at, option):
    order = case_at("accepted").dispatches.get()
    near = {"lon": order.case.point.x + 300 / 87_900, "lat": order.case.point.y, "accuracy_m": 5}
    with pytest.raises(Refused) as refused:
        dispatch.arrive(order, by=order.officer.user, **near)
    assert refused.value.code == "far"
    option(arrival_radius_m=400)
    assert dispatch.arrive(order, by=order.officer.user, **near).state == "on_site"


def test_the_phone_offers_the_countys_phrases(client, case_at, option):
    order = case_at("accepted").dispatches.get()
    phrases = rulebook.current().options["phrases"]
    option(phrases=phrases | {"decline": ["摩托车爆胎"], "arrive": ["导航失灵"], "note": {"TIP-01": ["已请摊主收摊"], "": ["当事人不在"]}})
    sign_in(client, order.officer.user, "officer")
    page = client.get("/officer/").content.decode()
    assert all(word in page for word in ("摩托车爆胎", "导航失灵", 'data-phrase="已请摊主收摊"', 'data-phrase="当事人不在"'))
    assert phrases["decline"][0] not in page


def test_a_fix_is_called_old_after_the_countys_seconds(case_at, cast, option, noon):
    case = case_at("in_hand")
    Position.objects.update_or_create(officer=cast.officer, defaults={"point": case.point, "at": noon - timedelta(seconds=100), "accuracy_m": 5})
    shown = lambda: suggestions.of(case, [cast.officer.pk])[cast.officer.pk]  # noqa: E731
    before = shown()
    option(position_stale_s=30)
    assert shown().eta_s > before.eta_s and shown().reasons != before.reasons


def test_tracks_are_cleared_after_the_countys_days(cast, option, noon):
    place = Point(116.16, 37.87, srid=4326)
    for days in (8, 6):
        Track.objects.create(officer=cast.officer, point=place, at=noon - timedelta(days=days))
    clear_tracks()
    assert Track.objects.count() == 2
    option(track_days=7)
    clear_tracks()
    assert Track.objects.get().at == noon - timedelta(days=6)


def test_a_call_for_help_is_said_again_after_the_countys_seconds(cast, option, noon):
    option(help_answer_s=100)
    call = help.call(cast.officer, by=cast.officer.user)
    for seconds, said in ((99, 0), (100, 1), (199, 1), (200, 2)):
        tick(noon, seconds)
        assert Entry.objects.filter(thread=call.thread, verb="help_unanswered").count() == said, seconds


def test_a_centre_with_fewer_than_the_county_wants_has_a_gap_and_who_signs_on_within_the_grace_is_not_late(client, cast, option, noon):
    gaps = lambda: [gap.need.code for gap in plan.read(cast.centre, noon, noon + timedelta(days=1)).gaps()]  # noqa: E731
    assert gaps() == []
    option(min_officers_on_duty=50)
    assert "officers" in gaps()
    duty = Duty.objects.get(user=cast.officer.user, starts_at__lte=noon, ends_at__gt=noon)
    with clock.at(duty.starts_at + timedelta(minutes=30)):
        attendance.sign_on(duty, by=cast.officer.user)
    sign_in(client, cast.leader, "registers")
    late = lambda: "迟到 30 分钟" in client.get("/registers/roster/").content.decode()  # noqa: E731
    assert late()
    option(sign_on_grace_minutes=31)
    assert not late()


# --- after the end ---------------------------------------------------------------------------------
def test_a_case_is_reopened_within_the_countys_days_only(desk, cast, case_at, option, noon):
    case = case_at("closed")
    with clock.at(noon + timedelta(days=2)):
        desk.sit(cast.leader)
        assert f"/command/cases/{case.pk}/reopen/" in desk.panel(case)
        option(reopen_days=2)
        assert f"/command/cases/{case.pk}/reopen/" not in desk.panel(case)
        with pytest.raises(Refused) as refused:
            endings.reopen(case, by=cast.leader, reason="又出现了")
        assert refused.value.code == "too_late"


def test_what_comes_back_comes_at_opening_time_in_the_countys_class(case_at, option, noon):
    option(working_hours=[["09:15", "12:00"], ["13:00", "17:00"]], follow_up_class="W24")
    case = case_at("closed", outcome="ordered", details={"recheck_on": noon.date() + timedelta(days=3), "photos": 1})
    assert f"{Deadline.objects.get(thread=case.thread, kind='recheck').due_at.astimezone(clock.LOCAL):%H:%M}" == "09:15"
    with clock.at(noon + timedelta(days=4)):
        deadlines.fire_due()
    assert case.followed_by.get().target_class.code == "W24"


def test_a_department_has_the_countys_days_for_its_finding(case_at, option, noon):
    option(finding_due_days=1)
    department = Organisation.objects.filter(kind="department").first()
    case = case_at("closed", outcome="finding", details={"department": department, "question": "是否属于林地?"})
    assert Finding.objects.get(case=case).due_at == noon + timedelta(days=1)


def test_the_police_are_whom_the_county_names(case_at, option):
    other = Organisation.objects.filter(kind="outside").exclude(code="D-GA").first()
    option(police=other.code)
    case = case_at("closed", outcome="police", details={"police_contact": "王警官"})
    assert Handover.objects.get(case=case).organisation == other
