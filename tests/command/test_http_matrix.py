"""Every stand of a case and of an order, every button, every post, over HTTP: the tables' answer, or a sentence and nothing changed.

Where a table lets nobody through, two posts knock, and at others' orders each with one button; HYPOTHESIS_PROFILE=long tries all.
"""

import os
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction

from cases.models import Case
from cases.transitions import CASE_MOVES, OPEN, State
from command import dispatch, endings
from command.models import Dispatch
from command.transitions import ACTIVE, DISPATCH_MOVES
from command.transitions import State as OrderState
from enforcement.models import Officer, Organisation, User
from enforcement.roles import OUTDOORS, SURFACE_ROLES, Role
from journal.moves import allowed, step
from tests.addresses import ACTIONS, holder
from tests.cast import session_of
from tests.command.desk import FETCH
from tests.command.test_loop import tick
from tests.conftest import NOON
from tests.recipes import FORMS, STANDS, stand
from tests.rows import rows, touched

DESK = sorted(SURFACE_ROLES["command"])
EVERYBODY = os.environ.get("HYPOTHESIS_PROFILE") == "long"


@dataclass
class Pressed:
    """What a press did, before it was taken back. `states`: of the case, and of the order if there is one."""

    status: int
    said: dict
    states: tuple[str, ...]
    whose: set[str]

    def is_refused(self, status: int) -> bool:
        """With this status, a sentence, and nothing touched."""
        return self.status == status and len(self.said["detail"]) > 5 and not self.whose


def press(client, url: str, form: dict, *, before: set, look) -> Pressed:
    with transaction.atomic():
        answer = client.post(url, form, **FETCH)
        done = Pressed(answer.status_code, answer.json(), look(), touched(before, rows()))
        transaction.set_rollback(True)
    return done


# --- the console ---------------------------------------------------------------------------------
MOVES = {"take-in": "taken_in", "put-back": "put_back", "reject": "rejected", "merge": "merged", "close": "closed", "rework": "returned",
         "reopen": "reopened", "pass-on": "passed_on"}  # fmt: skip
UNSENT = ("received", "in_hand", "pause asked", "paused", "stepped aside", "set aside", "offered")
BOUND = ("sent", "accepted", "on_site")
# Buttons that are no moves of a case: how a case stands when they are possible, for the posts of ACTIONS.
POSSIBLE = {
    "classify": UNSENT, "transfer": UNSENT, "offer": {*UNSENT} - {"offered"}, "offer-withdraw": ("offered",),
    "offer-accept": (), "offer-return": (), "designate": (),  # of the other centre and of the county's: tests/command/test_offers.py
    "send": {*UNSENT} - {"paused"}, "reinforce": BOUND, "undo": BOUND, "recall": BOUND,
    "recuse": {*OPEN, *BOUND, *UNSENT}, "lift-recusal": ("stepped aside",), "by-hand": ("set aside",),
    "pause": {*OPEN, *BOUND, "stepped aside", "set aside", "offered"}, "approve-pause": ("pause asked",), "refuse-pause": ("pause asked",),
    "resume": ("paused",), "joint": {"in_hand", *BOUND, "pause asked", "stepped aside", "set aside"},
}  # fmt: skip


def may(action: str, name: str, case: Case, role: str) -> bool:
    """What the tables say."""
    if action in MOVES:
        return allowed(CASE_MOVES, case.state, MOVES[action], frozenset({role}))
    if action == "undo" and name in BOUND and holder(None, role) != case.dispatches.get(is_lead=True).sent_by:
        return False  # a colleague's order is not called back by mistake
    return role in ACTIONS[action] and name in POSSIBLE[action]


def test_every_button_of_the_console_is_in_a_table():
    assert MOVES.keys() | POSSIBLE.keys() == ACTIONS.keys() == FORMS.keys() and not MOVES.keys() & POSSIBLE.keys()
    for action, verb in MOVES.items():
        assert {role for row in CASE_MOVES if row.verb == verb for role in row.by} & set(Role) == ACTIONS[action]


@pytest.mark.parametrize("name", STANDS)
def test_the_console_does_what_the_tables_allow_and_nothing_else(client, case_at, name):
    other = case_at("received", grid=5)  # to merge into
    case = stand(case_at, name)
    chairs = {role: session_of(holder(case_at.cast, role), "command") for role in DESK}
    forms, before = {action: form(case) for action, form in FORMS.items()}, rows()
    for turn, (action, form) in enumerate(forms.items()):
        anybody = EVERYBODY or any(may(action, name, case, role) for role in DESK)
        for role in DESK if anybody else {Role.SHIFT_LEADER, DESK[turn % len(DESK)]}:
            client.cookies["session_command"] = chairs[role]
            url = f"/command/cases/{case.pk}/{action}/"
            done = press(client, url, form, before=before, look=lambda: (Case.objects.get(pk=case.pk).state,))
            if may(action, name, case, role):
                row = step(CASE_MOVES, case.state, MOVES.get(action, "taken_in" if action == "send" else ""))
                assert (done.status, *done.states) == (200, row.to if row else case.state), (action, role, done)
                assert done.whose == {case.thread, *({other.thread} if action == "merge" else ())}, (action, role, done)
            else:
                assert done.is_refused(404 if not form.get("pause", True) else 409), (action, role, done)


# --- the officer's phone -------------------------------------------------------------------------
BUTTONS = {"accept": {}, "decline": {"reason": "车辆故障"}, "recuse": {"relation": "kin"}, "arrive": {"reason": "无信号"},
           "confirm": {"note": "摊位还在"}, "finish": {"outcome": "advised", "note": "已处理"}}  # fmt: skip
VERBS = {"accept": "accepted", "decline": "declined", "recuse": "stepped_aside", "arrive": "arrived", "finish": "finished"}


def _ended(end, *, stood: str = "accepted"):
    """A case with an order in that state, ended for it by one verb."""
    return lambda case_at: end(case_at(stood), by=case_at.cast.leader)


def _merge(case_at) -> Case:
    return endings.merge(case_at("accepted"), by=case_at.cast.leader, into=case_at("received", grid=5))


def _pass_on(case: Case, by) -> Case:
    outside = Organisation.objects.filter(kind="outside", accepts_handover=True).first()
    return endings.pass_on(case, by=by, organisation=outside, reason="属其职责")


def _withdraw(case: Case, by) -> Case:
    return endings.withdraw(endings.put_back(case, by=by, reason="信息不全").reports.get())


def _decline(case: Case, by) -> Case:
    order = case.dispatches.get()
    return dispatch.decline(order, by=order.officer.user, reason="车辆故障").case


def _lapse(case: Case, by) -> Case:
    tick(NOON, 61)
    return case


# Each state of an order with each state that its case may have then.
ORDERS = {
    **{("in_hand", state): partial(stand, name=state) for state in ACTIVE},
    ("in_hand", "declined"): _ended(_decline), ("in_hand", "expired"): _ended(_lapse, stood="sent"),
    ("in_hand", "recalled"): _ended(partial(dispatch.recall, reason="另有急事")),
    ("in_hand", "finished"): _ended(partial(endings.return_for_rework, reason="照片不清"), stood="resolved"),
    ("received", "recalled"): _ended(partial(endings.put_back, reason="信息不全")),
    ("rejected", "recalled"): _ended(partial(endings.reject, reason="不属于执法范围")), ("merged", "recalled"): _merge,
    ("passed_on", "recalled"): _ended(_pass_on), ("withdrawn", "recalled"): _ended(_withdraw),
    **{(state, "finished"): partial(stand, name=state) for state in ("resolved", "closed")},
}  # fmt: skip


def becomes(verb: str, state: str, role: str) -> str:
    """What the tables say of an officer's own order: its state after, or "" for a refusal."""
    who = frozenset({role})
    if verb == "confirm":
        return state if state in ACTIVE else ""
    decides = verb != "finish" or allowed(CASE_MOVES, "in_hand", "resolved", who)  # a helper never does
    return step(DISPATCH_MOVES, state, VERBS[verb]).to if decides and allowed(DISPATCH_MOVES, state, VERBS[verb], who) else ""


class Phone:
    """The buttons of one order, whoever holds the phone."""

    def __init__(self, client, order: Dispatch):
        self.client, self.order, self.before = client, order, rows()

    def press(self, session: str, verb: str) -> Pressed:
        self.client.cookies["session_officer"] = session
        url, form = f"/officer/dispatches/{self.order.pk}/{verb}/", {"uuid": uuid4(), **BUTTONS[verb]}
        orders = Dispatch.objects.values_list("case__state", "state")
        return press(self.client, url, form, before=self.before, look=lambda: orders.get(pk=self.order.pk))


def test_every_state_of_an_order_and_of_its_case_is_tried():
    assert {order for _case, order in ORDERS} == set(OrderState.values) and {case for case, _order in ORDERS} == set(State.values)


@pytest.mark.parametrize("states", ORDERS, ids=" ".join)
def test_the_phone_does_what_the_tables_allow_and_nothing_else(client, case_at, states):
    case = ORDERS[states](case_at)
    order = case.dispatches.order_by("pk").first()
    phone, person = Phone(client, order), User.objects.get(officer=order.officer_id)
    assert phone.press("", "accept").status == 401
    for role in sorted(OUTDOORS):
        User.objects.filter(pk=person.pk).update(role=role)
        session = session_of(person, "officer")
        for verb in BUTTONS:
            done, after = phone.press(session, verb), becomes(verb, order.state, role)
            if after:
                assert (done.status, *done.states) == (200, "resolved" if verb == "finish" else case.state, after), (verb, role, done)
                assert done.whose == {case.thread}, (verb, role, done)
            elif verb == "finish" and order.state not in ACTIVE:  # too late: decides nothing, but what was seen is kept
                assert (done.status, done.said["kept"], done.states, done.whose) == (409, True, states, {case.thread}), (role, done)
            else:
                assert done.is_refused(409), (verb, role, done)


@pytest.mark.parametrize("states", ORDERS, ids=" ".join)
def test_nobody_elses_order_is_there(client, case_at, states):
    """Neither for colleagues, their leader, helpers and other brigades, nor for any other post."""
    order = ORDERS[states](case_at).dispatches.order_by("pk").first()
    phone, cast = Phone(client, order), case_at.cast
    squad = Officer.objects.exclude(pk=order.officer_id).filter(organisation=order.officer.organisation).order_by("-is_leader", "pk")
    outdoors = [officer.user for officer in (*squad[:2], cast.helper, cast.officer_elsewhere)]
    for turn, person in enumerate([*outdoors, *(holder(cast, role) for role in sorted(set(Role) - OUTDOORS))], start=[*ORDERS].index(states)):
        session = session_of(person, "officer")
        for verb in BUTTONS if EVERYBODY else [[*BUTTONS][turn % len(BUTTONS)]]:  # another with each state
            assert phone.press(session, verb).is_refused(404), (verb, person.role)
