"""Joint action: several units on one case, each with its own part, people and certificates; one leads."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from cases import guests, parts, pauses, triage
from cases.models import Case, GuestCentre, JointPart
from command import dispatch, endings, handling, joint, offers, recusals, suggestions, task
from command.boards.centre import CentreBoard
from command.boards.wall import WallBoard
from command.models import Dispatch
from command.positions import record_position
from command.sentences import sentence
from enforcement.models import Certificate, Organisation
from enforcement.roles import Role
from journal import clock
from journal.models import Deadline, Entry
from journal.moves import record
from journal.refused import Refused
from tests.cast import CaseMaker, Cast, sign_in
from tests.command.desk import FETCH, Desk
from tests.command.test_loop import tick
from tests.command.test_races import press_together
from tests.plain import sql
from tests.recipes import squadron

FOOD = "食市监管局"


class Action:
    """A case of the urban-management brigade in which the market brigade has a part. `market`: its dispatcher; `inspector`: its officer."""

    def __init__(self, cast: Cast, state: str = "on_site"):
        self.cast, self.case = cast, CaseMaker(cast)(state)
        self.market, self.units = cast.dispatcher_elsewhere, {one.code: one for one in Organisation.objects.all()}
        self.part = self.ask("SC", FOOD) if state != "received" else None

    def ask(self, code: str, department: str = "", by=None, **more) -> JointPart:
        said = {"task": "查验食品经营许可", "department": department, **more}
        return parts.ask(self.case, by=by or self.cast.dispatcher, organisation=self.units[code], **said)

    @property
    def inspector(self):
        return self.cast.officers("SC")[0]

    @property
    def lead(self) -> Dispatch:
        return self.case.dispatches.select_related("officer__user").get(is_lead=True)

    def agreed(self) -> "Action":
        self.part = parts.agree(self.part, by=self.market)
        return self

    def sent(self, count: int = 1) -> list[Dispatch]:
        return joint.send(self.agreed().part, by=self.market, officers=self.cast.officers("SC")[:count])

    def state(self) -> str:
        return JointPart.objects.values_list("state", flat=True).get(pk=self.part.pk)


@pytest.fixture
def action(cast) -> Action:
    return Action(cast)


def on_site(order: Dispatch) -> Dispatch:
    order = dispatch.accept(order, by=order.officer.user)
    return dispatch.arrive(order, by=order.officer.user, reason="测试")


def fed_back(order: Dispatch, **outcome) -> Dispatch:
    return handling.finish(order, by=order.officer.user, note="已查验,证照齐全", **outcome)


@contextmanager
def tried():
    """Whatever was done within is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def sees(user, case: Case) -> bool:
    return Case.objects.visible_to(user).filter(pk=case.pk).exists()


# --- the loop --------------------------------------------------------------------------------------
def test_two_units_act_and_the_case_ends_when_both_have_fed_back(cast, action):
    assert action.state() == "asked" and sees(action.market, action.case)
    order, companion = action.sent(2)
    assert (order.is_first, order.is_lead, companion.is_first) == (True, False, False)
    assert order.certificate == order.officer.certificates.get().number
    with pytest.raises(Refused, match=f"市场监管大队.*{order.officer.name}.*已派遣") as refused:
        fed_back(action.lead, outcome="advised")
    assert refused.value.code == "others_work" and Case.objects.get(pk=action.case.pk).state == "in_hand"
    fed_back(on_site(order))
    part = JointPart.objects.get(pk=action.part.pk)
    assert (part.state, part.words) == ("done", "已查验,证照齐全")
    assert not companion.officer.dispatches.active().exists(), "his companion is free"
    assert not sees(action.market, action.case), "its part is done: the case leaves its screens"
    fed_back(action.lead, outcome="advised")
    case = endings.close(Case.objects.get(pk=action.case.pk), by=cast.leader, reply="已处理,谢谢。")
    assert case.state == "closed" and set(case.parts.values_list("state", flat=True)) == {"done"}
    done = Entry.objects.get(thread=case.thread, subject=part.subject, verb="part_done")
    assert done.data["certificate"]["number"] == order.certificate and done.data["officer"] == order.officer.name


def test_the_companion_of_a_part_feeds_back_a_note_and_ends_nothing(action):
    order, companion = action.sent(2)
    fed_back(on_site(companion))
    assert action.state() == "agreed" and order.officer.dispatches.active().exists()


def test_a_unit_of_the_own_centre_stands_at_once_and_so_does_what_the_county_orders(cast):
    action = Action(cast)
    ordered = action.ask("HB", by=cast.county_dispatcher)
    assert (ordered.state, action.part.state) == ("agreed", "asked")
    assert sees(cast.person(Role.DISPATCHER, centre="HB"), action.case)
    case = CaseMaker(cast)("in_hand", category="TIP-29")  # the market brigade's; ordered within the town it would be the same
    own = parts.ask(case, by=cast.county_dispatcher, organisation=case.centre.children.first() or action.units["CG"], task="维持秩序")
    assert own.state == "agreed"


def test_squadrons_of_one_town_each_send_their_own(cast):
    """The town's bureau leads with its first squadron; the second has a part: nobody goes for the other."""
    case = CaseMaker(cast).report().case
    offers.designate(case, by=cast.person(Role.SHIFT_LEADER, centre="ZX"), organisation=Organisation.objects.get(code="GC"), reason="属镇区")
    town, units = cast.town_dispatcher, {one.code: one for one in Organisation.objects.filter(code__startswith="GC-Z")}
    case = triage.take_in(case, by=town)
    Certificate.objects.filter(officer__organisation__centre__code="GC").update(fields=[], townships=[])
    part = parts.ask(case, by=town, organisation=units["GC-Z2"], task="疏导交通", lead=units["GC-Z1"], lead_task="查处")
    assert part.state == "agreed" and not GuestCentre.objects.exists()
    for errand, code in ((None, "GC-Z1"), (part, "GC-Z2")):
        can = [one.officer for one in suggestions.suggest(case, part=errand, limit=None) if one.can_go]
        assert {officer.organisation.code for officer in can} <= {code}
        other = next(one for one in suggestions.suggest(case, part=errand, limit=None) if one.officer.organisation.code != code)
        assert other.why_not == "不属于该单位"
        with pytest.raises(DatabaseError, match="is not of the unit"):
            order_by_sql(case, other.officer, part=errand, first=False)


# --- asking and answering ----------------------------------------------------------------------------
def test_who_refuses_says_why_and_no_longer_sees_the_case(action):
    with pytest.raises(Refused):
        parts.refuse(action.part, by=action.market, reason=" ")
    parts.refuse(action.part, by=action.market, reason="不属我队职责")
    assert action.state() == "refused" and not sees(action.market, action.case)
    again = action.ask("SC", FOOD)
    assert again.state == "asked" and sees(action.market, action.case)


REFUSED = {
    "twice": (lambda a: a.ask("SC", FOOD), "twice"),
    "no unit": (lambda a: a.ask("D-GA"), "refused"),
    "field it does not hold": (lambda a: a.ask("HB", FOOD), "field"),
    "who leads": (lambda a: a.ask("CG"), "twice"),
    "nothing said": (lambda a: parts.ask(a.case, by=a.cast.dispatcher, organisation=a.units["HB"], task=" "), "missing"),
    "not his post": (lambda a: a.ask("HB", by=a.cast.call_taker), "not_allowed"),
    "a guest answers for himself only": (lambda a: parts.agree(a.part, by=a.cast.dispatcher), "elsewhere"),
    "sends before it is agreed": (lambda a: joint.send(a.part, by=a.market, officers=[a.inspector]), "wrong_state"),
    "sends for the others": (lambda a: joint.send(a.agreed().part, by=a.cast.dispatcher, officers=[a.inspector]), "elsewhere"),
    "an officer of another unit": (lambda a: joint.send(a.agreed().part, by=a.market, officers=[a.cast.officers("HB")[0]]), "cannot_go"),
    "the owner's dispatcher ends what is agreed": (lambda a: joint.end(a.agreed().part, by=a.cast.dispatcher, reason="无需"), "not_allowed"),
    "a guest ends": (lambda a: joint.end(a.agreed().part, by=a.cast.person(Role.SHIFT_LEADER, centre="SC"), reason="无需"), "not_allowed"),
    "the lead's part alone": (lambda a: joint.end(a.case.parts.get(is_lead=True), by=a.cast.leader, reason="无需"), "joint"),
    "answers twice": (lambda a: parts.agree(a.agreed().part, by=a.market), "wrong_state"),
    "another unit leads": (lambda a: parts.ask(CaseMaker(a.cast)("in_hand"), by=a.cast.dispatcher, organisation=a.units["HB"], task="查",
                                               lead=a.units["SC"]), "lead"),
}  # fmt: skip


def test_what_is_refused(action):
    for name, (act, code) in REFUSED.items():
        with tried():
            try:
                act(action)
            except Refused as refused:
                assert refused.code == code, name
            else:
                raise AssertionError(name)


def test_a_case_that_several_units_act_on_keeps_owner_and_kind(cast):
    action = Action(cast, "in_hand")
    with pytest.raises(Refused) as refused:
        triage.transfer(action.case, by=cast.dispatcher, organisation=squadron(action.case), reason="属其职责")
    assert refused.value.code == "joint"
    with pytest.raises(Refused) as refused:
        offers.offer(Case.objects.get(pk=action.case.pk), by=cast.dispatcher, organisation=action.units["HB"], reason="属其职责")
    assert refused.value.code == "joint"
    joint.end(action.part, by=cast.dispatcher, reason="不再需要")  # not answered yet: taken back by a dispatcher
    joint.end(action.case.parts.get(is_lead=True, state="agreed"), by=cast.leader, reason="不再联合")
    offers.offer(case := Case.objects.get(pk=action.case.pk), by=cast.dispatcher, organisation=action.units["HB"], reason="属其职责")
    with pytest.raises(Refused) as refused:
        parts.ask(Case.objects.get(pk=case.pk), by=cast.dispatcher, organisation=action.units["HB"], task="查验许可")
    assert refused.value.code == "offered"


def test_who_does_not_answer_and_who_sends_nobody_are_told_to_the_county(action, noon):
    answer = Deadline.objects.get(kind="part", subject=action.part.subject)
    assert (answer.due_at - noon).total_seconds() == 300, "joint_answer_s of the county"
    tick(noon, 301)
    case = Case.objects.get(pk=action.case.pk)
    assert case.escalation == 3 and Entry.objects.filter(thread=case.thread, verb="part_unanswered").count() == 1
    action.agreed()
    Case.objects.filter(pk=case.pk).update(escalation=0)
    tick(noon, 700)
    assert Entry.objects.filter(thread=case.thread, verb="part_unsent").count() == 1


def test_the_time_to_answer_stands_while_the_clock_stands(cast, noon):
    action = Action(cast, "in_hand")
    pauses.approve(pauses.ask(action.case, by=cast.dispatcher, reason="停电"), by=cast.leader)
    tick(noon, 1000)
    action.agreed()
    with clock.at(noon + timedelta(seconds=1000)):
        pauses.resume(Case.objects.get(pk=action.case.pk), by=cast.dispatcher)
    assert not Entry.objects.filter(verb__in=["part_unanswered", "part_unsent"]).exists()


# --- everybody comes free ----------------------------------------------------------------------------
ENDS = {
    "reject": lambda a: endings.reject(a.case, by=a.cast.leader, reason="不属于执法范围"),
    "merge": lambda a: endings.merge(a.case, by=a.cast.dispatcher, into=CaseMaker(a.cast)("in_hand")),
    "pass on": lambda a: endings.pass_on(a.case, by=a.cast.dispatcher, organisation=a.units["D-GA"], reason="属其职责"),
    "put back": lambda a: endings.put_back(a.case, by=a.cast.dispatcher, reason="信息不全"),
    "end of the part": lambda a: joint.end(a.part, by=a.cast.leader, reason="不再需要"),
}


def test_whatever_ends_it_frees_its_people_and_its_centre_sees_no_more(action):
    on_site(action.sent(2)[0])
    for name, end in ENDS.items():
        with tried():
            end(action)
            assert not Dispatch.objects.active().filter(part=action.part).exists(), name
            assert action.state() == "ended" and not sees(action.market, action.case), name
            assert not Deadline.objects.filter(kind="part", fired_at=None, cancelled_at=None).exists(), name
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_each_centre_calls_back_its_own(cast, action):
    first, companion = action.sent(2)
    dispatch.recall(action.case, by=cast.dispatcher, reason="另有急事")
    assert set(Dispatch.objects.active().values_list("officer", flat=True)) == {first.officer_id, companion.officer_id}
    joint.recall(action.part, by=action.market, reason="另有急事")
    assert not Dispatch.objects.active().exists() and action.state() == "agreed"


GIVEN_BACK = {
    "declined": lambda order, noon: dispatch.decline(order, by=order.officer.user, reason="车辆故障"),
    "stepped aside": lambda order, noon: recusals.step_aside(order, by=order.officer.user, relation="kin"),
    "not accepted": lambda order, noon: tick(noon, 100),
}


def test_without_who_answers_for_the_part_its_centre_sends_again_and_the_lead_goes_on(action, noon):
    first, other = action.sent(2)[0], action.inspector
    for name, give_back in GIVEN_BACK.items():
        with tried():
            give_back(first, noon)
            assert set(Dispatch.objects.active().values_list("officer", flat=True)) == {action.lead.officer_id}, name
            assert action.state() == "agreed", name
            assert Deadline.objects.filter(kind="part", subject=action.part.subject, fired_at=None, cancelled_at=None).count() == 1, name
            with clock.at(noon + timedelta(seconds=120)):
                assert joint.send(action.part, by=action.market, officers=[other])[0].is_first, name


# --- the certificate of the part ---------------------------------------------------------------------
def test_a_certificate_counts_for_the_parts_field_and_not_for_the_cases(action):
    officer = action.inspector
    officer.certificates.update(fields=["住建局"])  # the field of the case, not of the part
    with pytest.raises(Refused) as refused:
        joint.send(action.agreed().part, by=action.market, officers=[officer])
    assert refused.value.extra["why"] == "执法证不含本领域"
    with pytest.raises(DatabaseError, match="no certificate for this field"):
        order_by_sql(action.case, officer, part=action.part)
    officer.certificates.update(fields=[FOOD])
    (order,) = joint.send(action.part, by=action.market, officers=[officer])
    officer.certificates.update(fields=["住建局"])
    with pytest.raises(Refused):
        dispatch.accept(order, by=officer.user)
    record(Case.objects.get(pk=action.case.pk), "accepted", by=officer.user, subject=f"dispatch:{order.pk}", data={"to": "accepted"})
    with pytest.raises(DatabaseError, match="no certificate for this field"):
        sql("UPDATE command_dispatch SET state = 'accepted' WHERE id = %s", order.pk)


# --- plain SQL ---------------------------------------------------------------------------------------
def order_by_sql(case, officer, *, part=None, first=True, lead=False):
    sql("INSERT INTO command_dispatch (case_id, officer_id, is_lead, part_id, is_first, state, sent_at, certificate, reasons, arrival_reason)"
        " VALUES (%s, %s, %s, %s, %s, 'sent', %s, '', '[]', '')",
        case.pk, officer.pk, lead, part and part.pk, first and part is not None, clock.now())  # fmt: skip


ORDERS = {
    "an officer of one unit for another's part": (lambda a: order_by_sql(a.case, a.cast.officers("HB")[0], part=a.part), "may_be_sent_unit"),
    "a unit's officer without its part": (lambda a: order_by_sql(a.case, a.inspector), "may_be_sent_unit"),
    "for a part that waits for an answer": (lambda a: order_by_sql(a.case, a.inspector, part=a.ask("HB")), "may_be_sent_part"),
    "for a part of another case": (lambda a: order_by_sql(CaseMaker(a.cast)("in_hand"), a.inspector, part=a.part), "may_be_sent_part"),
    "for the leading unit's part": (lambda a: order_by_sql(a.case, a.cast.officers()[0], part=a.case.parts.get(is_lead=True)), "may_be_sent_part"),
    "the lead of the case for a part": (lambda a: order_by_sql(a.case, a.inspector, part=a.part, first=False, lead=True), "dispatch_first_of_a_part"),
}  # fmt: skip


def test_sql_cannot_send_for_another_units_part(action):
    action.agreed()
    for name, (act, guard) in ORDERS.items():
        assert guard_of(lambda act=act: act(action)) == guard, name


def guard_of(act) -> str:
    """The guard that stops it: its own name, or the trigger that spoke."""
    try:
        with transaction.atomic():
            act()
    except DatabaseError as stopped:
        diag = stopped.__cause__.diag
        return diag.constraint_name or re.search(r"pgtrigger_(\w+)_[0-9a-f]{5}\(", diag.context)[1]
    return "nothing"


STATEMENTS = {
    "DELETE FROM cases_jointpart": "part_never_deleted",
    "UPDATE cases_jointpart SET task = '其他'": "as_asked",
    "UPDATE cases_jointpart SET state = 'asked', agreed_at = NULL WHERE state = 'agreed'": "part_moves",
    "UPDATE cases_jointpart SET state = 'ended', ended_at = now() WHERE state = 'agreed'": "part_state_is_told",
    "UPDATE cases_jointpart SET ended_at = now()": "joint_part_ended_at_with_end",
    "UPDATE cases_jointpart SET agreed_at = NULL WHERE state = 'agreed'": "joint_part_agreed_after_asked",
    "UPDATE command_dispatch SET part_id = NULL, is_first = false WHERE part_id IS NOT NULL": "as_sent",
    "UPDATE command_dispatch SET is_first = true": "as_sent",
    "INSERT INTO command_dispatch (case_id, officer_id, is_lead, part_id, is_first, state, sent_at, certificate, reasons, arrival_reason)"
    " SELECT case_id, %(other)s, false, part_id, true, 'sent', sent_at, '', '[]', '' FROM command_dispatch WHERE is_first": "part_one_active_first",
    **{
        "INSERT INTO cases_jointpart (case_id, organisation_id, centre_id, is_lead, task, department, state, asked_by_id, asked_at, agreed_at,"
        f" words) SELECT case_id, {unit}, {centre}, {lead}, {said}, '', {state}, asked_by_id, asked_at, asked_at, '' FROM cases_jointpart"
        " WHERE is_lead": guard
        for unit, centre, lead, said, state, guard in (
            ("%(wl)s", "%(wl)s", "false", "'x'", "'agreed'", "may_be_asked_state"),
            ("%(wl)s", "centre_id", "false", "'x'", "'agreed'", "may_be_asked_centre"),
            ("%(wl)s", "%(wl)s", "true", "''", "'agreed'", "may_be_asked_lead"),
            ("%(wl)s", "%(wl)s", "false", "'x'", "'done'", "may_be_asked_state"),
            ("%(wl)s", "%(wl)s", "false", "''", "'asked'", "joint_part_says_what"),
            ("%(wl)s", "%(wl)s", "false", "'x'", "'asked'", "part_is_told"),
            ("organisation_id", "centre_id", "false", "'x'", "'agreed'", "joint_part_once"),
            ("centre_id", "centre_id", "true", "''", "'agreed'", "joint_part_once"),
        )
    },
}  # fmt: skip


def test_sql_cannot_bend_a_joint_action(action):
    action.sent()
    values = {"wl": action.units["WL"].pk, "other": action.inspector.pk}
    for statement, guard in STATEMENTS.items():
        assert guard_of(lambda statement=statement: sql(statement, **values)) == guard, statement


def test_sql_cannot_lead_a_joint_action_twice(action):
    brigade = action.units["CG"]
    squad = Organisation.objects.create(code="CG-X", name="一中队", short_name="一中队", kind="squadron", parent=brigade, centre=brigade)
    with pytest.raises(DatabaseError, match="joint_part_one_lead"):
        sql("INSERT INTO cases_jointpart (case_id, organisation_id, centre_id, is_lead, task, department, state, asked_by_id, asked_at, agreed_at,"
            " words) SELECT case_id, %s, centre_id, true, '', '', 'agreed', asked_by_id, asked_at, asked_at, '' FROM cases_jointpart"
            " WHERE is_lead", squad.pk)  # fmt: skip


def test_sql_cannot_end_a_part_that_binds_somebody(action):
    action.sent()
    record(Case.objects.get(pk=action.case.pk), "part_ended", by=action.cast.leader, subject=action.part.subject, data={"to": "ended"})
    with pytest.raises(DatabaseError, match="binds an officer"):
        sql("UPDATE cases_jointpart SET state = 'ended', ended_at = now() WHERE id = %s", action.part.pk)


def test_sql_cannot_leave_a_part_open_in_a_case_that_is_not_in_hand(cast):
    action = Action(cast, "in_hand")
    case = Case.objects.get(pk=action.case.pk)
    with pytest.raises(DatabaseError, match="open part"), transaction.atomic():
        record(case, "put_back", by=cast.leader, data={"to": "received"})
        sql("UPDATE cases_case SET state = 'received' WHERE id = %s", case.pk)
    joint.end(action.part, by=cast.leader, reason="不再需要")
    joint.end(case.parts.get(is_lead=True, state="agreed"), by=cast.leader, reason="不再需要")
    endings.put_back(Case.objects.get(pk=case.pk), by=cast.leader, reason="信息不全")
    sql("SELECT 1")  # what was to be checked at commit is
    with pytest.raises(DatabaseError, match="its case is not in hand"):
        record(Case.objects.get(pk=case.pk), "part_asked", by=cast.leader, subject="jointpart:999999", data={"to": "asked"})
        sql("INSERT INTO cases_jointpart (id, case_id, organisation_id, centre_id, is_lead, task, department, state, asked_by_id, asked_at, words)"
            " SELECT 999999, case_id, organisation_id, centre_id, false, task, '', 'asked', asked_by_id, asked_at, '' FROM cases_jointpart"
            " WHERE id = %s", action.part.pk)  # fmt: skip


# --- at once -----------------------------------------------------------------------------------------
def test_one_centre_sends_while_the_other_ends_the_part_and_nobody_is_left_bound(committing, noon):
    action = Action(Cast()).agreed()
    officer = action.inspector
    sent, ended = press_together(
        lambda: joint.send(action.part, by=action.market, officers=[officer]),
        lambda: joint.end(action.part, by=action.cast.leader, reason="不再需要"),
    )
    assert isinstance(ended, JointPart)
    assert isinstance(sent, list) or (isinstance(sent, Refused) and sent.code == "wrong_state")
    assert not Dispatch.objects.active().filter(part=action.part).exists() and not sees(action.market, action.case)


# --- over HTTP ---------------------------------------------------------------------------------------
def test_the_consoles_of_two_centres_run_a_joint_action(client, cast, case_at):
    """Asked by one, accepted and sent by the other; each is offered what is his."""
    case, desk = case_at("on_site"), Desk(client).sit(cast.dispatcher)
    answer = desk.act(case, "joint", organisation=Organisation.objects.get(code="SC").pk, task="查验许可", department=FOOD)
    assert answer.status_code == 200
    part = case.parts.get(is_lead=False)
    address = f"/command/parts/{part.pk}/"
    html = desk.panel(case)
    assert "查验许可" in html and f"{address}end/" in html and f"{address}agree/" not in html
    assert desk.post(f"{address}agree/").status_code == 409
    desk.sit(cast.dispatcher_elsewhere)
    html = desk.panel(case)
    assert f"{address}agree/" in html and f"{address}end/" not in html and f"/command/cases/{case.pk}/recall/" not in html
    assert desk.post(f"{address}agree/").status_code == 200
    officer = cast.officers("SC")[0]
    assert officer.name in desk.panel(case), "who can be sent stands there at once"
    assert officer.name in desk.get(f"{address}officers/", **FETCH).content.decode()
    assert desk.post(f"{address}send/", lead=officer.pk).json()["message"] == f"已派遣：{officer.name}"
    assert "part-recall" in desk.panel(case) and desk.post(f"{address}recall/", reason="另有急事").status_code == 200
    assert desk.post(f"{address}refuse/", reason="不去了").status_code == 409
    desk.sit(cast.town_dispatcher)
    assert desk.post(f"{address}agree/").status_code == desk.get(f"{address}officers/").status_code == 404
    desk.sit(cast.leader)
    assert desk.post(f"{address}end/", reason="不再需要").status_code == 200
    assert desk.sit(cast.dispatcher_elsewhere).get(f"/command/cases/{case.pk}/", **FETCH).status_code == 404


def test_queue_wall_timeline_and_phones_say_that_it_is_joint(client, cast, action):
    order = action.sent()[0]
    key, thread = str(action.market.centre.pk), action.case.thread
    assert "联合执法" in CentreBoard().render(key, [thread], "zh-hans")[thread]["html"]
    assert "2 个单位" in WallBoard().render(key, [thread], "zh-hans")[thread]["html"]
    mine = task.payloads(order.officer_id)[thread]["html"]
    assert "查验食品经营许可" in mine and action.lead.officer.name in mine and "城管大队" in mine
    assert f'href="tel:{action.lead.officer.user.phone}"' in mine
    theirs = task.payloads(action.lead.officer_id)[thread]["html"]
    assert "市场监管大队" in theirs and order.officer.name in theirs
    said = [sentence(entry) for entry in Entry.objects.filter(thread=thread).order_by("number")]
    assert "市场监管大队受邀参加联合执法：查验食品经营许可" in said
    public = " ".join(sentence(entry, public=True) for entry in Entry.objects.filter(thread=thread))
    assert "查验食品经营许可" not in public and order.officer.name not in public
    sign_in(client, order.officer.user, "officer")
    assert "本单位任务" in client.get("/officer/").content.decode()


def test_a_joint_case_costs_the_board_no_statement_more(cast, case_at, django_assert_max_num_queries):
    action = Action(cast)
    action.sent()
    with django_assert_max_num_queries(5):
        CentreBoard().render(str(cast.centre.pk), [action.case.thread], "zh-hans")


def test_the_officers_of_a_part_are_on_the_map_of_the_case(cast, action):
    order = action.sent()[0]
    record_position(order.officer, lon=action.case.point.x, lat=action.case.point.y)
    assert str(order.officer_id) in CentreBoard().positions(str(cast.centre.pk))
    joint.recall(action.part, by=action.market, reason="另有急事")
    assert str(order.officer_id) not in CentreBoard().positions(str(cast.centre.pk))


def test_a_leading_post_keeps_an_officer_of_a_part_out_of_the_matter(cast, action):
    order = action.sent()[0]
    recusals.decide(action.case, by=cast.leader, officer=order.officer, relation="kin", reason="近亲属")
    assert not order.officer.dispatches.active().exists() and action.state() == "agreed"


def test_nobody_is_a_guest_for_two_reasons_less_than_one(cast, action):
    """Asked to take the case over besides, it still sees it when its part has ended."""
    with transaction.atomic():
        guests.begin(Case.objects.select_for_update().get(pk=action.case.pk), action.market.centre.pk, GuestCentre.Because.ASKED)
    joint.end(action.part, by=cast.leader, reason="不再需要")
    assert sees(action.market, action.case)
