"""Every state, every verb, every post: what the tables allow is done, everything else is refused. Over HTTP: test_http_matrix.py."""

import pytest
from django.db import transaction

from cases import triage
from cases.models import Case
from cases.transitions import CASE_MOVES, State
from command import dispatch, endings, handling, recusals
from command.transitions import DISPATCH_MOVES
from command.transitions import State as OrderState
from enforcement.models import Organisation, User
from enforcement.roles import Role
from journal.moves import CITIZEN, allowed
from journal.refused import Refused
from tests.addresses import holder
from tests.command.test_loop import tick
from tests.recipes import stand

CASE_VERBS = {
    "taken_in": lambda case, by: triage.take_in(case, by=by),
    "put_back": lambda case, by: endings.put_back(case, by=by, reason="信息不全"),
    "rejected": lambda case, by: endings.reject(case, by=by, reason="不属于执法范围"),
    "merged": lambda case, by: endings.merge(case, by=by, into=Case.objects.open().exclude(pk=case.pk).last()),
    "withdrawn": lambda case, by: endings.withdraw(case.reports.get(), by=by),
    "returned": lambda case, by: endings.return_for_rework(case, by=by, reason="照片不清"),
    "closed": lambda case, by: endings.close(case, by=by, reply="已处理"),
    "passed_on": lambda case, by: endings.pass_on(
        case, by=by, organisation=Organisation.objects.filter(kind="outside", accepts_handover=True).first(), reason="属其职责"),
    "handover_returned": lambda case, by: endings.answer_handover(case.handovers.get(), by=by, accepted=False, reason="不属其职责"),
    "reopened": lambda case, by: endings.reopen(case, by=by, reason="又出现了"),
}  # fmt: skip
ORDER_VERBS = {
    "accepted": lambda order, by: dispatch.accept(order, by=by),
    "declined": lambda order, by: dispatch.decline(order, by=by, reason="车辆故障"),
    "stepped_aside": lambda order, by: recusals.step_aside(order, by=by, relation="kin"),
    "arrived": lambda order, by: dispatch.arrive(order, by=by, reason="无信号"),
    "finished": lambda order, by: handling.finish(order, by=by, outcome="advised", note="已处理"),
}


def case_in(case_at, state: str) -> Case:
    case_at("received", grid=5)  # something to merge into
    return stand(case_at, state)


def does(act) -> bool:
    """Whether an act is done rather than refused; it is taken back either way."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                act()
        except Refused:
            return False
        finally:
            transaction.set_rollback(True)
    return True


def test_every_verb_of_the_tables_is_tried():
    assert {row.verb for row in CASE_MOVES if row.frm} == {*CASE_VERBS, "resolved"}, "resolved is the lead's finishing"
    assert {row.verb for row in DISPATCH_MOVES if row.frm} == {*ORDER_VERBS, "recalled", "released", "expired"}, "these come with a case's moves"


@pytest.mark.parametrize("state", State.values)
def test_a_case_moves_as_the_table_says_for_every_post(case_at, state):
    case, tried = case_in(case_at, state), 0
    people = {role: holder(case_at.cast, role) for role in Role}
    for verb, act in CASE_VERBS.items():
        if verb == "handover_returned" and not case.handovers.exists():
            continue  # there is nothing to answer
        for role, person in people.items():
            done = does(lambda act=act, by=person if verb != "withdrawn" else CITIZEN: act(Case.objects.get(pk=case.pk), by))
            wanted = allowed(CASE_MOVES, state, verb, frozenset({"citizen"} if verb == "withdrawn" else {role}))
            assert done is wanted, (state, verb, role)
            tried += 1
    assert tried >= 90


@pytest.mark.parametrize("state", OrderState.values)
def test_an_order_moves_as_the_table_says_for_its_own_officer_only(case_at, cast, noon, state):
    case = case_at({"finished": "resolved", "declined": "sent", "expired": "sent", "recalled": "sent"}.get(state, state))
    order = case.dispatches.get()
    if state == OrderState.DECLINED:
        dispatch.decline(order, by=order.officer.user, reason="车辆故障")
    elif state == OrderState.RECALLED:
        dispatch.recall(case, by=cast.dispatcher, reason="另有急事")
    elif state == OrderState.EXPIRED:
        tick(noon, 61)
    order.refresh_from_db()
    assert order.state == state
    for verb, act in ORDER_VERBS.items():
        for role in Role:
            stranger = holder(cast, role)
            User.objects.filter(pk=order.officer.user_id).update(role=role, staff_number="T-1")
            own = User.objects.get(pk=order.officer.user_id)
            done = does(lambda act=act, own=own: act(order, own))
            wanted = allowed(DISPATCH_MOVES, state, verb, frozenset({role}))
            decides = verb != "finished" or allowed(CASE_MOVES, "in_hand", "resolved", frozenset({role}))  # a helper never does
            assert done is (wanted and decides), (state, verb, role)
            assert stranger.pk == own.pk or not does(lambda act=act, by=stranger: act(order, by)), (state, verb, role)
            order.refresh_from_db()
