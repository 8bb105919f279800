"""A small town in which anybody may try anything: cases, people, and every verb as an act that chance can choose."""

import threading
from collections import Counter
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, timedelta

from django.db import DatabaseError, transaction

from cases import followups, pauses, sealed, triage
from cases.locking import lock
from cases.models import Case, Category, Finding, Handover
from command import barring, dispatch, endings, handling, offers, recusals
from command.models import Dispatch
from command.transitions import DISPATCH_MOVES
from enforcement import separation
from enforcement.models import Certificate, Officer, Organisation, PartyAct, Recusal, User
from journal import deadlines
from journal.models import Deadline
from journal.moves import record, step
from journal.refused import Refused
from tests.cast import CaseMaker, Cast, photo_drafts
from tests.command.bars import CODE, NAME
from tests.command.oracle import may_act
from tests.plain import sql

MOST_CASES = 7
JUMPS = (1, 20, 45, 61, 130, 400, 3600)  # seconds
STATES = ("received", "in_hand", "resolved", "closed", "rejected", "merged", "withdrawn", "passed_on")
ORDER_STATES = ("sent", "accepted", "on_site", "finished", "declined", "expired", "recalled")
PARTIES = ((CODE, NAME), ("92131128MA0DEF2H3B", "某某小吃店"))
OUTCOMES = ("advised", "advised", "passed_on", "finding", "ordered")


class Town:
    """`now` is the time of everybody in it. `did` counts what happened, by act and answer."""

    def __init__(self, noon: datetime):
        self.now = noon
        self._turn, self._acting, self._jumping = threading.Condition(), 0, 0
        self.did: Counter[str] = Counter()
        cast = Cast()
        self.make = CaseMaker(cast)
        helper = cast.helper
        Officer.objects.filter(pk=helper.pk).update(organisation=cast.centre)
        if not helper.user.duties.filter(starts_at__lte=noon, ends_at__gt=noon).exists():
            helper.user.duties.create(starts_at=noon, ends_at=noon + timedelta(hours=8))
        self.officers = [*cast.officers()[:4], helper]
        able = [cast.leader, cast.dispatcher, cast.deputy]  # most often somebody who may: else little would happen
        self.people = [*able, cast.other_dispatcher, cast.call_taker, *able, cast.supervisor, cast.dispatcher_elsewhere]
        self.people += [self.officers[0].user, self.officers[-1].user]
        User.objects.filter(pk__in=[self.people[3].pk, self.officers[1].user_id]).update(staff_number="FC-7")  # one person, two accounts
        self.outside = Organisation.objects.filter(kind="outside", accepts_handover=True).first()
        self.department = Organisation.objects.filter(kind="department").first()
        self.neighbour, self.home = Organisation.objects.get(code="SC"), cast.centre
        self.asked, self.county = cast.dispatcher_elsewhere, cast.person("shift_leader", centre="ZX")
        self.start()

    def start(self) -> None:
        """Three cases that nobody has touched."""
        self.cases = [self.make.report(grid=number, contact={"name": "", "phone": "10012345678"}).case.pk for number in (0, 3, 4)]

    def case(self, number: int) -> Case:
        return Case.objects.get(pk=self.cases[number % len(self.cases)])

    def person(self, number: int):
        return self.people[number % len(self.people)]

    def officer(self, number: int) -> Officer:
        return self.officers[number % len(self.officers)]

    def order(self, a: int, b: int) -> Dispatch | None:
        """One of a case's orders, mostly the newest."""
        orders = list(Dispatch.objects.filter(case_id=self.cases[a % len(self.cases)]).select_related("officer__user").order_by("-pk")[:3])
        return orders[b // 4 % len(orders)] if orders else None

    def act(self, name: str, a: int, b: int) -> None:
        """Do it as a request does: one transaction, checked as at its end; the clock takes one for each timer, as it does by itself.
        Refused is an answer; anything else is a failure. Plain SQL may only fail or find nothing to change.
        """
        try:
            with self._in_its_time(), nullcontext() if name in OF_THE_CLOCK else transaction.atomic():
                made = ACTS[name](self, a, b)
                sql("SELECT 1")
        except Refused:
            self.did[f"{name} refused"] += 1
        except DatabaseError:
            if not name.startswith("sql"):
                raise
            self.did[f"{name} refused"] += 1
        else:
            self.did[name] += 1
            if name == "report" and made:
                self.cases.append(made)

    @contextmanager
    def _in_its_time(self):
        """Time does not leap while somebody acts: a verb that asks twice what time it is hears nearly the same."""
        with self._turn:
            self._turn.wait_for(lambda: not self._jumping)
            self._acting += 1
        try:
            yield
        finally:
            with self._turn:
                self._acting -= 1
                self._turn.notify_all()

    def leap(self, to: datetime) -> None:
        """By who acts: once the others have finished, before anybody begins."""
        with self._turn:
            self._acting -= 1
            self._jumping += 1
            self._turn.notify_all()
            self._turn.wait_for(lambda: not self._acting)
            self.now = max(self.now, to)
            self._acting += 1
            self._jumping -= 1
            self._turn.notify_all()


def _order(verb):
    """An act of whoever was sent; now and then somebody else tries."""

    def act(town: Town, a: int, b: int) -> None:
        if order := town.order(a, b):
            verb(town, order, town.person(b) if b % 7 == 6 else order.officer.user, b)

    return act


def _finish(town: Town, order: Dispatch, by, b: int) -> None:
    outcome, more = OUTCOMES[b % len(OUTCOMES)], {}
    if outcome == "ordered":
        more = {"recheck_on": town.now.date() + timedelta(days=1 + b % 3), **photo_drafts(by)}
    if outcome == "finding":
        more = {"department": town.department, "question": "是否违法建设"}
    if outcome == "passed_on":
        more = {"organisation": town.outside}
    if b % 3 == 0:
        more |= dict(zip(("party", "party_name"), PARTIES[b // 3 % 2], strict=True))
    handling.finish(order, by=by, outcome=outcome, note="已处理", **more)


def _send(town: Town, a: int, b: int) -> None:
    seen = town.case(a).version - b % 2
    dispatch.send(town.case(a), by=town.person(b // 5), officers=[town.officer(b), town.officer(b + 1 + b % 2)][: 1 + b % 3 // 2], seen=seen)


def _report_again(town: Town, a: int, b: int) -> int | None:
    return town.make.report(grid=a % 5).case.pk if len(town.cases) < MOST_CASES else None


def _pause(verb):
    def act(town: Town, a: int, b: int) -> None:
        if pause := town.case(a).pauses.order_by("-pk").first():
            verb(pause, by=town.person(b))

    return act


def _wait(town: Town, a: int, b: int) -> None:
    town.leap(town.now + timedelta(seconds=JUMPS[b % len(JUMPS)]))


def _fall_due(town: Town, a: int, b: int) -> None:
    due = Deadline.objects.filter(fired_at=None, cancelled_at=None).order_by("due_at").values_list("due_at", flat=True).first()
    town.leap(due or town.now)
    deadlines.fire_due()


CERTIFICATES = (
    {"status": "suspended"}, {"status": "valid"}, {"townships": ["131128202"]}, {"townships": []}, {"fields": ["卫计局"]}, {"fields": []},
    {"valid_to": date(2026, 11, 23)}, {"valid_to": date(2029, 1, 1), "status": "valid", "fields": [], "townships": []},
)  # fmt: skip


def _certificate(town: Town, a: int, b: int) -> None:
    """Taken away or narrowed, or given back."""
    Certificate.objects.filter(officer=town.officer(a // 4)).update(**CERTIFICATES[b % len(CERTIFICATES)])


def _recuse(town: Town, a: int, b: int) -> None:
    """A relation turns up in the registers, or a leading post decides or lifts one."""
    officer, case = town.officer(b), town.case(a)
    if b % 4 == 0:
        where = ({"zone": case.grid.code}, {"zone": case.township.code}, {"party": PARTIES[a % 2][0]}, {"party_name": PARTIES[a % 2][1]})[a % 4]
        Recusal.objects.get_or_create(officer=officer, relation="kin", valid_from=date(2026, 1, 1), **where)
    elif b % 4 == 1:
        Recusal.objects.filter(officer=officer, thread="", valid_to=None).update(valid_to=date(2026, 11, 1))
    else:
        verb = {"relation": "kin"} if b % 4 == 2 else {}
        (recusals.decide if verb else recusals.lift)(case, by=town.people[b % 3], officer=officer, reason="近亲属", **verb)


def _take_part(town: Town, a: int, b: int) -> None:
    """Somebody does something towards a party, now and then on a second account."""
    who = town.officer(a).user if b % 3 else town.people[3]
    code, name = PARTIES[b % 2]
    separation.take_part(user=who, party=code, party_name=name, act=PartyAct.Act.values[b % 4], on=town.now.date(), source=f"文书{b % 5}", by=who)


def _sql_act(town: Town, a: int, b: int) -> None:
    """An act past the verb, with an entry that follows its chain: it goes through for who may act only, and is taken back then."""
    order = town.order(a, b)
    verb, state = (("accepted", "accepted"), ("arrived", "on_site"), ("finished", "finished"))[b % 3]
    if order is None or step(DISPATCH_MOVES, order.state, verb) is None:
        raise Refused("there is nothing to do")
    case = lock(order.case_id)
    record(case, verb, by=order.officer.user, subject=f"dispatch:{order.pk}", data={"to": state})
    ended = town.now if state == "finished" else None
    sql("UPDATE command_dispatch SET state = %s, ended_at = %s WHERE id = %s", state, ended, order.pk)
    assert may_act(order.officer, case, town.now), f"plain SQL has let {order.officer} act"
    raise DatabaseError("taken back")


def _suspend(town: Town, a: int, b: int) -> None:
    """From now on, or no longer."""
    officers = Officer.objects.filter(pk=town.officer(a).pk)
    officers.update(suspended_at=None) if b % 3 else officers.filter(suspended_at=None).update(suspended_at=town.now + timedelta(seconds=1))


def _answer(town: Town, a: int, b: int) -> None:
    handover = Handover.objects.filter(case_id__in=town.cases).order_by("-pk").first()
    if handover:
        endings.answer_handover(handover, by=town.person(b), accepted=b % 3 == 0, reason="不属我单位职责")


def _found(town: Town, a: int, b: int) -> None:
    finding = Finding.objects.filter(case_id__in=town.cases).order_by("-pk").first()
    if finding:
        followups.answer_finding(finding, by=town.person(b), answer="属于", answered_by="李工")


def _go_on(town: Town, a: int, b: int) -> None:
    """The next step of a life without trouble, by who should take it."""
    case, order = town.case(a), Dispatch.objects.active().filter(case=town.case(a), is_lead=True).select_related("officer__user").first()
    if case.paused_at:
        pauses.resume(case, by=town.people[0])
    elif order:
        by = order.officer.user
        {
            "sent": lambda: dispatch.accept(order, by=by), "accepted": lambda: dispatch.arrive(order, by=by, reason="无信号"),
            "on_site": lambda: _finish(town, order, by, b),
        }[order.state]()  # fmt: skip
    elif case.state in ("received", "in_hand"):
        dispatch.send(case, by=town.people[1], officers=town.make.cast.officers()[:1])
    elif case.state == "resolved":
        endings.close(case, by=town.people[0], reply="已处理")
    elif case.state == "closed":
        endings.answer_solved(case.reports.order_by("pk").first(), solved=b % 2 == 0)


def _read_contact(town: Town, a: int, b: int) -> None:
    sealed.read_contact(town.case(a).reports.order_by("pk").first(), by=town.person(b), reason="核实")


def _sql_order(town: Town, a: int, b: int) -> None:
    """An order past the verb. Nothing of it may stay."""
    moment = town.now - timedelta(seconds=JUMPS[b % len(JUMPS)])
    sql("INSERT INTO command_dispatch (case_id, officer_id, is_lead, state, sent_at, certificate, reasons, arrival_reason)"
        " VALUES (%s, %s, %s, %s, %s, 'X', '[]', '')",
        town.case(a).pk, town.officer(b).pk, a % 2 == 0, ORDER_STATES[a % 2], moment)  # fmt: skip
    raise AssertionError("plain SQL has sent somebody")


SQL = (
    "UPDATE cases_case SET started_at = started_at + interval '1 minute' WHERE id = %(case)s",
    "UPDATE cases_case SET speed = 60 WHERE id = %(case)s",
    "UPDATE cases_case SET is_simulated = true WHERE id = %(case)s",
    "DELETE FROM cases_case WHERE id = %(case)s",
    "DELETE FROM cases_report WHERE case_id = %(case)s",
    "UPDATE cases_report SET text = 'x' WHERE case_id = %(case)s",
    "UPDATE cases_report SET case_id = NULL, state = 'discarded' WHERE case_id = %(case)s",
    "UPDATE cases_case SET state = %(state)s, closed_at = now(), outcome = 'advised' WHERE id = %(case)s AND state <> %(state)s",
    "UPDATE cases_case SET state = %(state)s, outcome = 'advised', version = version + 1 WHERE id = %(case)s AND state <> %(state)s",
    "UPDATE command_dispatch SET officer_id = %(officer)s WHERE case_id = %(case)s AND officer_id <> %(officer)s",
    "UPDATE command_dispatch SET is_lead = NOT is_lead WHERE case_id = %(case)s",
    "UPDATE command_dispatch SET sent_at = sent_at - interval '1 hour' WHERE case_id = %(case)s",
    "DELETE FROM command_dispatch WHERE case_id = %(case)s",
    "UPDATE journal_entry SET verb = 'x' WHERE thread = 'case:' || %(case)s",
    "DELETE FROM journal_entry",
    "INSERT INTO journal_entry SELECT nextval('journal_entry_id_seq'), thread, number, subject, verb, by_kind, by_id, by_label, at, data, algorithm,"
    " previous_hash, hash FROM journal_entry WHERE thread = 'case:' || %(case)s",
    "DELETE FROM journal_deadline",
    "UPDATE journal_deadline SET fired_at = NULL WHERE fired_at IS NOT NULL",
    "UPDATE journal_deadline SET due_at = due_at + interval '1 hour'",
    "DELETE FROM cases_rework",
    "DELETE FROM cases_pause",
    "UPDATE cases_pause SET approved_by_id = asked_by_id, starts_at = now()",
)  # fmt: skip


def _sql(town: Town, a: int, b: int) -> None:
    statement = SQL[b % len(SQL)]
    touched = sql(statement, case=town.case(a).pk, officer=town.officer(b).pk, state=STATES[a % len(STATES)])
    assert touched == 0, f"{statement} changed {touched} rows"


ACTS = {
    **{f"go on {number}": _go_on for number in range(8)},
    "take in": lambda town, a, b: triage.take_in(town.case(a), by=town.person(b)),
    "send": _send,
    "send 2": _send,  # twice as often: little can happen before
    **dict.fromkeys(("reinforce", "reinforce 2"), lambda town, a, b: dispatch.reinforce(
        town.case(a), by=town.person(b // 5), officers=[town.officer(b)])),
    "recall": lambda town, a, b: dispatch.recall(town.case(a), by=town.person(b), reason="另有急事"),
    "accept": _order(lambda town, order, by, b: dispatch.accept(order, by=by)),
    "accept 2": _order(lambda town, order, by, b: dispatch.accept(order, by=by)),
    "decline": _order(lambda town, order, by, b: dispatch.decline(order, by=by, reason="车辆故障")),
    "arrive": _order(lambda town, order, by, b: dispatch.arrive(order, by=by, reason="无信号")),
    "confirm": _order(lambda town, order, by, b: handling.confirm(order, by=by, note="摊位还在")),
    "finish": _order(_finish),
    "finish 2": _order(_finish),
    "close": lambda town, a, b: endings.close(town.case(a), by=town.person(b), reply="已处理"),
    "rework": lambda town, a, b: endings.return_for_rework(town.case(a), by=town.person(b), reason="照片不清"),
    "put back": lambda town, a, b: endings.put_back(town.case(a), by=town.person(b), reason="信息不全"),
    "reopen": lambda town, a, b: endings.reopen(town.case(a), by=town.person(b), reason="又出现了"),
    "reject": lambda town, a, b: endings.reject(town.case(a), by=town.person(b), reason="不属于执法范围"),
    "merge": lambda town, a, b: endings.merge(town.case(a), by=town.person(b), into=town.case(b)),
    "offer": lambda town, a, b: offers.offer(town.case(a), by=town.person(b), organisation=town.neighbour, reason="属其职责"),
    "sign for": lambda town, a, b: offers.accept(town.case(a), by=town.asked),
    "return the offer": lambda town, a, b: offers.give_back(town.case(a), by=town.asked, reason="不属我队职责"),
    "take the offer back": lambda town, a, b: offers.take_back(town.case(a), by=town.person(b)),
    "designate": lambda town, a, b: offers.designate(town.case(a), by=town.county, reason="指定管辖",
                                                     organisation=town.neighbour if b % 2 else town.home),
    "pass on": lambda town, a, b: endings.pass_on(town.case(a), by=town.person(b), organisation=town.outside, reason="属其职责"),
    "handover answered": _answer,
    "finding answered": _found,
    "classify": lambda town, a, b: barring.classify(
        town.case(a), by=town.person(b), category=Category.objects.get(code=f"TIP-{1 + b % 39:02d}")),
    "ask for a pause": lambda town, a, b: pauses.ask(town.case(a), by=town.person(b), reason="等待吊车"),
    "approve a pause": _pause(pauses.approve),
    "refuse a pause": _pause(pauses.refuse),
    "resume": lambda town, a, b: pauses.resume(town.case(a), by=town.person(b)),
    "withdraw": lambda town, a, b: endings.withdraw(town.case(a).reports.order_by("pk").first()),
    "say it is not solved": lambda town, a, b: endings.answer_solved(town.case(a).reports.order_by("pk").first(), solved=b % 2 == 0),
    "report": _report_again,
    "read who reported": _read_contact,
    "wait": _wait,
    "tick": lambda town, a, b: deadlines.fire_due(),
    "something falls due": _fall_due,
    **dict.fromkeys(("certificate", "certificate 2", "certificate 3"), _certificate),
    "suspend": _suspend,
    "recuse": _recuse,
    "take part": _take_part,
    **dict.fromkeys(("step aside", "step aside 2"), _order(lambda town, order, by, b: recusals.step_aside(order, by=by, relation="interest"))),
    **dict.fromkeys(("sql act", "sql act 2"), _sql_act),
    "sql": _sql,
    "sql 2": _sql,
    "sql order": _sql_order,
}  # fmt: skip
OF_THE_CLOCK = ("tick", "something falls due")
