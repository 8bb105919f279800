"""The shift hand-over: what it gathers, notes that stay, two persons, what has changed since, and what SQL cannot undo."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, connection
from django.test.utils import CaptureQueriesContext

from cases import pauses
from command import dispatch, endings, help, offers, shift, shift_state
from command.boards.centre import CentreBoard
from command.models import ShiftHandover, ShiftNote
from enforcement.models import Organisation
from journal import clock, push
from journal.models import Entry
from journal.refused import Refused
from tests.plain import sql


@pytest.fixture
def work(case_at, cast, noon):
    """A centre in the middle of its work."""
    department = Organisation.objects.filter(kind="department").first()
    made = {
        "received": case_at("received"), "sent": case_at("sent", grid=2), "held": case_at.report(hold_reason="too_many").report,
        "finding": case_at("closed", outcome="finding", details={"department": department, "question": "是否违法建设"}),
        "ordered": case_at("closed", outcome="ordered", details={"recheck_on": noon.date() + timedelta(days=1), "photos": 1}),
        "passed_on": case_at("passed_on", grid=4), "paused": case_at("in_hand", grid=3),
    }  # fmt: skip
    pause = pauses.ask(made["paused"], by=cast.dispatcher, reason="等待吊车", until=clock.now() + timedelta(hours=3))
    pauses.approve(pause, by=cast.leader)
    help.call(made["sent"].dispatches.get().officer, by=made["sent"].dispatches.get().officer.user)
    return made


def test_the_page_says_what_the_next_shift_must_know(desk, cast, work):
    html = desk.get("/command/shift/").content.decode()
    order = work["sent"].dispatches.get()
    for wanted in (work["received"].number, work["sent"].number, work["paused"].number, order.officer.name, "等待吊车", "未送达",
                   work["finding"].number, work["ordered"].number, work["passed_on"].number, cast.dispatcher.name, "求助"):  # fmt: skip
        assert wanted in html, wanted
    state = shift_state.gather(cast.centre)
    offers.offer(work["received"], by=cast.dispatcher, organisation=Organisation.objects.get(code="SC"), reason="属其职责")
    assert [one["giver"] for one in shift_state.gather(cast.dispatcher_elsewhere.centre)["offers"]] == [cast.centre.short_name]
    assert f"{work['received'].number}</a> 城管大队 → 市场监管大队" in desk.get("/command/shift/").content.decode()
    assert (state["held"]["count"], len(state["answers"]), len(state["rechecks"]), len(state["help"])) == (1, 2, 1, 1)
    assert state["counts"] == {"reported": 6, "closed": 2, "on_time": 2, "otherwise": 1, "late": 0}
    assert state["cases"][-1]["paused"]["until"] == (clock.now() + timedelta(hours=3)).isoformat()
    assert state["duty"]["now"]["people"] and state["duty"]["next"]["people"]


def test_equipment_is_out_and_not_brought_back_when_its_holder_is_off_duty(cast):
    held = cast.off_duty()
    sql("UPDATE enforcement_equipmentissue SET returned_at = now(), returned_to = 'x' WHERE returned_at IS NULL;"
        " UPDATE enforcement_equipment SET holder_id = NULL")  # fmt: skip
    sql("INSERT INTO enforcement_equipment (code, kind, name, organisation_id, holder_id, is_active, is_demo)"
        " VALUES ('CG-JLY-9', 'body_camera', '执法记录仪9号', %s, %s, true, false);"
        " INSERT INTO enforcement_equipmentissue (equipment_id, officer_id, issued_at, issued_by, returned_to, condition)"
        " SELECT id, holder_id, now(), 'x', '', '' FROM enforcement_equipment WHERE holder_id = %s",
        cast.centre.pk, held.pk, held.pk)  # fmt: skip
    found = shift_state.gather(cast.centre)["equipment"]
    assert (found["out"], [one["officer"] for one in found["left"]]) == (1, [held.name])


def test_the_county_hands_over_its_own_cases_and_what_was_escalated_to_it(cast, case_at):
    mine, raised = case_at("received"), case_at("received", grid=2)
    raised.escalation = 3
    raised.save(update_fields=["escalation"])
    county = cast.county_dispatcher.centre
    assert [one["case"] for one in shift_state.gather(county)["cases"]] == [raised.pk]
    assert {one["case"] for one in shift_state.gather(cast.centre)["cases"]} == {mine.pk, raised.pk}


def test_the_statements_of_the_page_do_not_grow_with_the_work(desk, case_at):
    case_at("received")
    case_at("sent", grid=2)
    desk.get("/command/shift/")
    with CaptureQueriesContext(connection) as few:
        desk.get("/command/shift/")
    for grid in range(3, 8):
        case_at("sent" if grid % 2 else "received", grid=grid)
    with CaptureQueriesContext(connection) as many:
        desk.get("/command/shift/")
    assert len(many) <= len(few) <= 48, [query["sql"][:120] for query in many]


def test_notes_are_kept_as_they_are_written_and_signed_together(desk, cast, case_at):
    case = case_at("received")
    assert desk.post("/command/shift/notes/", **{"note": "吊车 15:00 到", f"note-{case.pk}": "已电话联系店主"}).status_code == 200
    desk.sit(cast.leader)
    html = desk.get("/command/shift/").content.decode()
    assert "吊车 15:00 到" in html and "已电话联系店主" in html  # a colleague's, not his own field
    answer = desk.post("/command/shift/sign/", note="夜间道路施工")
    assert answer.status_code == 200
    made = ShiftHandover.objects.get(pk=answer.json()["handover"])
    assert {(note["case"], note["text"], note["by"]) for note in made.notes} == {
        (None, "吊车 15:00 到", cast.dispatcher.name), (case.pk, "已电话联系店主", cast.dispatcher.name), (None, "夜间道路施工", cast.leader.name)}
    assert not ShiftNote.objects.exists() and made.given_by == cast.leader
    assert Entry.objects.get(thread=made.thread).verb == "shift_given"


def test_a_refused_signature_loses_nothing_that_was_typed(desk, cast, case_at):
    case = case_at("received")
    shift.give(cast.centre, by=cast.leader)
    answer = desk.post("/command/shift/sign/", **{"note": "夜间道路施工", f"note-{case.pk}": "等店主回电"})
    assert answer.status_code == 409 and cast.leader.name in answer.json()["detail"]
    html = desk.get("/command/shift/").content.decode()
    assert ">夜间道路施工</textarea>" in html and ">等店主回电</textarea>" in html


def test_another_takes_over_and_sees_what_has_changed_since(desk, cast, case_at):
    stays, ends = case_at("received"), case_at("in_hand", grid=2)
    made = shift.give(cast.centre, by=cast.leader)
    fresh = case_at("received", grid=3)
    dispatch.send(stays, by=cast.dispatcher, officers=[cast.officer])
    endings.reject(ends, by=cast.deputy, reason="重复")
    assert CentreBoard().figures(str(cast.centre.pk))["shift"] == 1
    html = desk.get("/command/shift/").content.decode().partition("shift__counts")[0]
    assert all(number in html for number in (fresh.number, ends.number, stays.number)) and cast.officer.name in html
    answer = desk.post(f"/command/shift/{made.pk}/take/", remark="一台执法记录仪未归还")
    assert answer.status_code == 200
    made = ShiftHandover.objects.get(pk=made.pk)
    assert made.taken_by == cast.dispatcher and made.remark == "一台执法记录仪未归还"
    assert [one["case"] for one in made.changes["new"]] == [fresh.pk] and made.changes["ended"] == [ends.pk]
    assert [one["case"] for one in made.changes["moved"]] == [stays.pk]
    assert CentreBoard().figures(str(cast.centre.pk))["shift"] == 0
    page = desk.get(f"/command/shift/{made.pk}/").content.decode()
    assert cast.leader.name in page and "一台执法记录仪未归还" in page and "data-print" in page
    assert made.remark in desk.get("/command/shift/past/").content.decode()


def test_nobody_takes_over_from_himself_nor_twice_nor_for_another_centre(cast, case_at):
    made = shift.give(cast.centre, by=cast.leader)
    for by, code in ((cast.leader, "same_person"), (cast.dispatcher_elsewhere, "not_allowed"), (cast.county_dispatcher, "not_allowed")):
        with pytest.raises(Refused) as refused:
            shift.take(made, by=by)
        assert refused.value.code == code
    shift.take(made, by=cast.dispatcher)
    with pytest.raises(Refused, match=cast.dispatcher.name):
        shift.take(made, by=cast.call_taker)


def test_a_signature_is_withdrawn_by_its_signer_until_somebody_has_taken_over_and_its_notes_are_written_on(desk, cast, case_at):
    case = case_at("received")
    shift.keep(cast.centre, by=cast.dispatcher, texts={case.pk: "等店主回电", None: "吊车 15:00 到"})
    made = shift.give(cast.centre, by=cast.leader)
    shift.keep(cast.centre, by=cast.dispatcher, texts={None: "改为 16:00"})
    kept = {note["text"] for note in ShiftHandover.objects.get().notes}
    assert kept == {"等店主回电", "吊车 15:00 到"}, "what is written later is a line of its own"
    assert desk.post(f"/command/shift/{made.pk}/withdraw/").status_code == 409, "not by another"
    assert f"/command/shift/{made.pk}/withdraw/" not in desk.get("/command/shift/").content.decode()
    desk.sit(cast.leader)
    assert f"/command/shift/{made.pk}/withdraw/" in desk.get("/command/shift/").content.decode()
    assert desk.post(f"/command/shift/{made.pk}/withdraw/").status_code == 200
    assert CentreBoard().figures(str(cast.centre.pk))["shift"] == 0 and shift_state.gather(cast.centre)["first"]
    assert {(note.case_id, note.text) for note in ShiftNote.objects.filter(written_by=cast.dispatcher)} == {
        (case.pk, "等店主回电"), (None, "吊车 15:00 到\n改为 16:00")}
    with pytest.raises(Refused, match=cast.leader.name):
        shift.take(made, by=cast.dispatcher)
    for page in ("past", made.pk):
        assert "撤回" in desk.get(f"/command/shift/{page}/").content.decode()
    again = shift.give(cast.centre, by=cast.leader)
    shift.take(again, by=cast.dispatcher)
    assert desk.post(f"/command/shift/{again.pk}/withdraw/").status_code == 409, "now it stands"


def test_a_supervisor_reads_and_does_not_write_and_another_centre_sees_nothing(desk, cast, case_at):
    made = shift.give(cast.centre, by=cast.leader)
    desk.sit(cast.supervisor)
    assert desk.get(f"/command/shift/{made.pk}/").status_code == 200
    assert 'id="shift-sign"' not in desk.get("/command/shift/").content.decode()
    assert desk.post(f"/command/shift/{made.pk}/take/").status_code == 404
    desk.sit(cast.dispatcher_elsewhere)
    assert desk.get(f"/command/shift/{made.pk}/").status_code == 404
    assert str(cast.leader.name) not in desk.get("/command/shift/past/").content.decode()


def test_past_handovers_are_paged_by_key(desk, cast, noon):
    for minute in range(52):
        with clock.at(noon + timedelta(minutes=minute)):
            shift.take(shift.give(cast.centre, by=cast.leader), by=cast.dispatcher)
    first = desk.get("/command/shift/past/").content.decode()
    after = first.partition('href="?after=')[2].partition('"')[0]
    assert first.count("/command/shift/") and after
    second = desk.get(f"/command/shift/past/?after={after}").content.decode()
    assert second.count("<tr><td class=\"nowrap\"><a href=\"/command/shift/") == 2


def test_without_redis_the_handover_says_so_and_is_signed(desk, cast, monkeypatch):
    monkeypatch.setattr(push, "client", lambda: (_ for _ in ()).throw(push.redis.ConnectionError()))
    assert shift_state.gather(cast.centre)["links"]["push"] is False


def test_sql_cannot_rewrite_lose_or_take_a_handover_alone(cast):
    made = shift.give(cast.centre, by=cast.leader)
    insert = ("INSERT INTO command_shifthandover (version, chain, centre_id, given_by_id, given_at, snapshot, notes, remark)"
              " VALUES (0, '', %s, %s, now(), '{}', '[]', '')")  # fmt: skip
    with pytest.raises(IntegrityError, match="centre_one_open_handover"):
        sql(insert, cast.centre.pk, cast.dispatcher.pk)
    take = "UPDATE command_shifthandover SET taken_by_id = %s, taken_at = given_at, changes = '{}' WHERE id = %s"
    with pytest.raises(IntegrityError, match="nobody_takes_over_from_himself"):
        sql(take, cast.leader.pk, made.pk)
    with pytest.raises(IntegrityError, match="shift_taken_by_somebody"):
        sql("UPDATE command_shifthandover SET remark = 'x' WHERE id = %s", made.pk)
    with pytest.raises(InternalError, match="Cannot update"):
        sql("UPDATE command_shifthandover SET notes = '[1]' WHERE id = %s", made.pk)
    shift.take(made, by=cast.dispatcher)
    with pytest.raises(InternalError, match="Cannot update"):
        sql("UPDATE command_shifthandover SET remark = 'x' WHERE id = %s", made.pk)
    with pytest.raises(InternalError, match="Cannot update"):
        sql("UPDATE command_shifthandover SET withdrawn_at = now() WHERE id = %s", made.pk)
    other = shift.give(cast.centre, by=cast.leader)
    with pytest.raises(IntegrityError, match="shift_withdrawn_untaken"):
        sql("UPDATE command_shifthandover SET withdrawn_at = given_at - interval '1 second' WHERE id = %s", other.pk)
    shift.withdraw(other, by=cast.leader)
    with pytest.raises(InternalError, match="Cannot update"):
        sql("UPDATE command_shifthandover SET withdrawn_at = NULL WHERE id = %s", other.pk)
    with pytest.raises(InternalError, match="Cannot delete"):
        sql("DELETE FROM command_shifthandover WHERE id = %s", made.pk)
    shift.keep(cast.centre, by=cast.leader, texts={None: "一"})
    with pytest.raises(IntegrityError, match="shift_note_once"):
        sql("INSERT INTO command_shiftnote (centre_id, text, written_by_id, written_at) VALUES (%s, 'x', %s, now())", cast.centre.pk, cast.leader.pk)


def test_the_expected_end_of_a_pause_lies_ahead(desk, cast, case_at):
    case = case_at("in_hand")
    assert desk.act(case, "pause", reason="等待吊车", until="2026-11-24T11:00").status_code == 422
    assert desk.act(case, "pause", reason="等待吊车", until="2026-11-24T18:00").status_code == 200
    html = desk.sit(cast.leader).panel(case)
    assert "18:00" in html
    with pytest.raises(IntegrityError, match="pause_expected_to_end_ahead"):
        sql("UPDATE cases_pause SET until = asked_at WHERE case_id = %s", case.pk)
