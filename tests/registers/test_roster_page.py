"""The roster's pages over HTTP: what they show, for whom, and in how many statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enforcement import attendance
from enforcement.models import Certificate, Duty, Equipment, Leave, Officer, User
from enforcement.roles import Role
from grid.models import Zone
from journal import clock
from registers import duties, swaps
from tests.addresses import Things
from tests.cast import CaseMaker

WEEK = "2026-W48"  # of the Tuesday at which the tests stand


def shown(client, **asked) -> str:
    return client.get("/registers/roster/", asked).content.decode()


def test_the_week_shows_people_stretches_and_how_many_are_there(cast, at_registers):
    page = shown(at_registers(cast.leader))
    assert cast.officer.name in page and "08–20" in page and "备勤" in page
    assert f"/registers/roster/duties/{Duty.objects.filter(user=cast.officer.user, starts_at__gte=clock.now()).first().pk}/" in page
    assert page.count('class="cover"') == 21 and "本周后续各时段均满足最低在岗要求" in page


def test_late_missing_and_left_early_have_words(cast, at_registers, noon):
    late, early, _missing = (one.user for one in cast.officers()[:3])
    begun = Duty.objects.get(user=late, starts_at__lte=noon, ends_at__gt=noon)
    attendance.sign_on(begun, by=late)
    gone = Duty.objects.get(user=early, starts_at__lte=noon, ends_at__gt=noon)
    with clock.at(gone.starts_at):
        attendance.sign_on(gone, by=early)
    attendance.sign_off(gone, by=early)
    page = shown(at_registers(cast.leader))
    for word in ("迟到 240 分钟", "早退 480 分钟", "未签到 240 分钟"):
        assert word in page, word


def test_area_vehicle_leave_and_swap_are_in_their_cells(cast, at_registers, noon):
    town, person = cast.person(Role.SHIFT_LEADER, centre="GC"), cast.officers(centre="GC")[0].user
    duty = Duty.objects.filter(user=person, starts_at__gt=noon).order_by("starts_at").first()
    Duty.objects.filter(pk=duty.pk).update(instead_of=town)
    duties.give_leave(person, since=duty.ends_at, until=duty.ends_at + timedelta(hours=30), reason="年休假", by=town, despite_gaps=True)
    page = shown(at_registers(town))
    assert f"替{town.name}" in page and "shift--leave" in page
    assert "shift__area--standing" in page, "whose patrol area is a standing one has it, without anybody's giving it"


def test_gaps_come_first_with_who_could_be_called_and_a_way_to_plan_him(thin, cast, at_registers, noon):
    away = next(iter(thin.values())).user
    duties.give_leave(away, since=noon, until=noon + timedelta(days=4), reason="年休假", by=cast.leader, despite_gaps=True)
    page = shown(at_registers(cast.leader))
    assert "本周缺岗" in page and "1/2" in page and "/registers/roster/add/?user=" in page
    assert 'class="count"' in at_registers(cast.leader).get("/registers/").content.decode()
    assert "/registers/roster/add/" not in shown(at_registers(cast.officer.user)), "who does not plan is not asked to"


def test_shift_leaders_see_the_number_of_gaps_on_the_console(thin, cast, client, noon):
    from tests.cast import sign_in

    sign_in(client, cast.leader, "command")
    assert "data-gaps" not in client.get("/command/").content.decode()
    duties.give_leave(next(iter(thin.values())).user, since=noon, until=noon + timedelta(days=4), reason="年休假", by=cast.leader, despite_gaps=True)
    assert "data-gaps" in client.get("/command/").content.decode()
    sign_in(client, cast.dispatcher, "command")
    assert "bar__gaps" not in client.get("/command/").content.decode()


def test_each_sees_his_own_centre_and_the_county_all(cast, at_registers):
    client = at_registers(cast.leader)
    assert client.get("/registers/roster/?centre=SC").status_code == client.get("/registers/roster/?centre=nowhere").status_code == 404
    for week in ("2026-W99", "now", "2026-11-24", "9999-W01"):
        assert client.get("/registers/roster/", {"week": week}).status_code == 404, week
    assert "SC" in shown(at_registers(cast.county_dispatcher), centre="SC")
    page = shown(at_registers(cast.person(Role.SHIFT_LEADER, centre="ZX")), centre="SC")
    assert "/registers/roster/duties/" in page, "the county centre's shift leaders plan every centre"
    assert "/registers/roster/duties/" not in shown(at_registers(cast.supervisor), centre="SC")


def test_the_number_of_statements_does_not_grow_with_the_people(cast, at_registers, noon):
    client = at_registers(cast.leader)
    shown(client)
    with CaptureQueriesContext(connection, ) as few:
        shown(client, week=WEEK)
    unit = cast.officer.organisation
    for number in range(30):
        user = User.objects.create(username=f"more-{number}", name=f"新人{number}", role="officer", organisation=unit)
        Officer.objects.create(user=user, badge=f"N{number}", organisation=unit)
        Duty.objects.create(user=user, starts_at=noon, ends_at=noon + timedelta(hours=8))
        Leave.objects.create(user=user, starts_at=noon + timedelta(days=1), ends_at=noon + timedelta(days=2), reason="x")
    with CaptureQueriesContext(connection) as many:
        assert "新人29" in shown(client, week=WEEK)
    assert len(many) == len(few) <= 25


def test_why_somebody_is_away_is_read_by_who_plans_and_by_himself(cast, at_registers, duty_of):
    person, duty = cast.officer.user, duty_of(cast.officer.user)
    leave = duties.give_leave(person, since=duty.starts_at, until=duty.ends_at, reason="住院手术", by=cast.leader, despite_gaps=True)
    other = duties.give_leave(person, since=duty.ends_at, until=duty.ends_at + timedelta(hours=1), reason="化疗", by=cast.leader, despite_gaps=True)
    duties.end_leave(other, reason="化疗改期", by=cast.leader)
    seen = {}
    for reader in (cast.leader, cast.dispatcher, cast.supervisor, cast.companion.user, person):
        page = at_registers(reader).get("/registers/roster/changes/?centre=CG").content.decode()
        assert leave.user.name in page
        seen[reader] = [word in page for word in ("住院手术", "化疗改期")]
    assert seen == {cast.leader: [True, True], cast.dispatcher: [False, False], cast.supervisor: [False, False],
                    cast.companion.user: [False, False], person: [True, True]}  # fmt: skip


def test_leave_is_asked_back_with_its_gap_before_it_is_given(thin, cast, at_registers, duty_of):
    client, person = at_registers(cast.leader), next(iter(thin.values())).user
    duty = duty_of(person)
    form = {"since": f"{duty.starts_at.astimezone(clock.LOCAL):%Y-%m-%dT%H:%M}", "until": f"{duty.ends_at.astimezone(clock.LOCAL):%Y-%m-%dT%H:%M}",
            "reason": "就医"}  # fmt: skip
    answer = client.post(f"/registers/roster/duties/{duty.pk}/leave/", form)
    page = answer.content.decode()
    assert answer.status_code == 409 and "此举将造成缺岗" in page and 'name="confirmed" value="1"' in page and "就医" in page
    assert client.post(f"/registers/roster/duties/{duty.pk}/leave/", {**form, "confirmed": "1"}).status_code == 302
    assert Leave.objects.get().user == person


def test_an_extra_stretch_is_planned_through_the_page(cast, at_registers, noon):
    client, person = at_registers(cast.leader), cast.off_duty().user
    page = client.get("/registers/roster/add/", {"user": person.pk, "since": "2026-11-24T14:00", "until": "2026-11-24T18:00"}).content.decode()
    assert 'value="2026-11-24T14:00"' in page and f'value="{person.pk}" selected' in page
    Duty.objects.filter(user=person, starts_at__gt=noon).delete()
    form = {"user": person.pk, "starts_at": "2026-11-24T14:00", "ends_at": "2026-11-24T18:00", "kind": "duty", "reason": "替班"}
    assert client.post("/registers/roster/add/", form).status_code == 302
    assert Duty.objects.get(user=person, starts_at__gt=noon).by_hand
    stranger = cast.officer_elsewhere.user
    assert client.post("/registers/roster/add/", {**form, "user": stranger.pk}).status_code == 404
    assert client.get("/registers/roster/add/?centre=SC").status_code == 404


def test_who_changed_what_when_and_why_is_on_the_page_of_changes(cast, at_registers, duty_of):
    duty = duty_of(cast.officer.user)
    duties.give_leave(cast.officer.user, since=duty.starts_at, until=duty.ends_at, reason="就医", by=cast.leader, despite_gaps=True)
    page = at_registers(cast.dispatcher).get("/registers/roster/changes/").content.decode()
    assert f"请假：{cast.officer.name}" in page and cast.leader.name in page
    assert "/end/" not in page and "就医" not in page
    client = at_registers(cast.leader)
    assert "就医" in client.get("/registers/roster/changes/").content.decode()
    leave = Leave.objects.get()
    assert f"/registers/roster/leaves/{leave.pk}/end/" in client.get("/registers/roster/changes/").content.decode()
    assert client.post(f"/registers/roster/leaves/{leave.pk}/end/", {"reason": "已康复"}).status_code == 302
    assert not Leave.objects.exists()


def test_the_week_is_the_one_that_is_asked_for_and_changes_go_back_page_by_page(cast, at_registers, noon, duty_of, monkeypatch):
    client, duty = at_registers(cast.leader), duty_of(cast.officer.user)
    later = Duty.objects.filter(user=cast.officer.user, starts_at__gt=noon + timedelta(days=7)).first()
    link = f"/registers/roster/duties/{later.pk}/"
    assert (link in shown(client), link in shown(client, week="2026-W49")) == (False, True)
    monkeypatch.setattr("registers.history.PAGE", 1)
    for reason in ("就医", "探亲"):
        leave = duties.give_leave(cast.officer.user, since=duty.starts_at, until=duty.ends_at, reason=reason, by=cast.leader, despite_gaps=True)
        duties.end_leave(leave, reason="改期", by=cast.leader)
    page = client.get("/registers/roster/changes/")
    assert "改期" in page.content.decode() and "探亲" not in page.content.decode()
    assert "探亲" in client.get("/registers/roster/changes/", {"before": page.context["older"]}).content.decode()


def test_a_swap_is_asked_for_in_two_steps_and_decided_on_its_page(cast, at_registers):
    things = Things.able_to_take
    person = cast.officer.user
    duty, partner = swaps.ahead(person)[1], things(person)
    client = at_registers(person)
    first = client.get("/registers/roster/mine/").content.decode()
    assert f'value="{duty.pk}"' in first and f'value="{partner.pk}"' in first
    second = client.get("/registers/roster/mine/", {"duty": duty.pk, "to": partner.pk}).content.decode()
    assert 'name="in_return"' in second
    assert client.post("/registers/roster/mine/", {"duty": duty.pk, "to": partner.pk, "reason": "家中有事"}).status_code == 302
    foreign = swaps.ahead(cast.companion.user)[0]
    assert client.get("/registers/roster/mine/", {"duty": foreign.pk}).status_code == 404
    client = at_registers(cast.leader)
    page = client.get("/registers/roster/swaps/").content.decode()
    assert partner.name in page and "家中有事" in page
    (swap,) = swaps.waiting(cast.centre.pk)
    assert client.post(f"/registers/roster/swaps/{swap.pk}/approve/").status_code == 302
    duty.refresh_from_db()
    assert duty.user == partner
    assert "已同意" in at_registers(person).get("/registers/roster/mine/").content.decode()


def test_area_and_vehicle_of_a_stretch_are_assigned_on_its_page(cast, at_registers, noon):
    leader, person = cast.person(Role.SHIFT_LEADER, centre="GC"), cast.officers(centre="GC")[0].user
    duty = Duty.objects.filter(user=person, starts_at__gt=noon).order_by("starts_at").first()
    area = Zone.objects.filter(kind="area").first().code
    vehicle = Equipment.objects.create(code="M-1", kind="motorcycle", name="执法摩托车", organisation=person.organisation)
    client = at_registers(leader)
    form = {"area": area, "vehicle": vehicle.code, "reason": "调整片区"}
    assert client.post(f"/registers/roster/duties/{duty.pk}/assign/", form).status_code == 302
    duty.refresh_from_db()
    assert (duty.area, duty.vehicle) == (area, vehicle)


def test_a_swap_is_refused_by_a_leader_and_withdrawn_by_who_asked(cast, at_registers):
    things = Things(CaseMaker(cast))
    swap = things.swap
    assert at_registers(cast.leader).post(f"/registers/roster/swaps/{swap.pk}/refuse/", {"reason": "人手不足"}).status_code == 302
    assert "人手不足" in at_registers(cast.officer.user).get("/registers/roster/mine/").content.decode()
    del things.swap
    again = things.swap
    assert at_registers(cast.officer.user).post("/registers/roster/mine/withdraw/", {"swap": again.pk}).status_code == 302
    again.refresh_from_db()
    assert again.state == "withdrawn"


def test_a_page_that_keeps_itself_fresh_keeps_nobody_signed_in(cast, at_registers):
    answer = at_registers(cast.leader).get("/registers/roster/", headers={"X-Automatic": "1"})
    assert answer.status_code == 200 and answer.wsgi_request.is_background


@pytest.mark.parametrize("status", [Certificate.Status.SUSPENDED, Certificate.Status.REVOKED])
def test_without_certificates_the_week_is_one_gap(cast, at_registers, status):
    Certificate.objects.filter(officer__organisation__centre=cast.centre).update(status=status)
    page = shown(at_registers(cast.leader))
    assert "0/2" in page and "本中心没有不连班且符合条件的空闲人员" in page
