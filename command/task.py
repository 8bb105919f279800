"""What an officer's page shows: the order he is bound to, what became of the last ones, his day. Reads only."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case, Category, Report
from cases.rulebook import Rulebook, current
from cases.transitions import NEEDS, OPEN_PARTS, Outcome, PartState
from cases.transitions import State as CaseState
from enforcement import attendance, standing
from enforcement.models import Duty, Item, Officer, Organisation, Recusal
from enforcement.qualification import counting, words
from journal import clock, deadlines
from journal.models import Entry
from registers import swaps

from . import help, navigation, rights
from .boards.cases import category_name, zone_words
from .models import Dispatch
from .transitions import ACTIVE, DISPATCH_MOVES, State

OVER_SHOWN = timedelta(minutes=10)  # how long the screen says that an order has ended
STEPS = (
    (State.SENT, gettext_lazy("Accept")), (State.ACCEPTED, gettext_lazy("Arrive")),
    (State.ON_SITE, gettext_lazy("Handle")), (State.FINISHED, gettext_lazy("Done")),
)  # fmt: skip
ENDINGS = {move.verb for move in DISPATCH_MOVES if move.to not in ACTIVE}
AHEAD_SHOWN = 5
RECHECK_DAYS = (1, 3, 7, 15)


def shown(officer_pks) -> models.QuerySet:
    """Orders on the screens of these officers: the one that binds each, and those that ended a moment ago."""
    recent = Q(ended_at__gt=clock.now() - OVER_SHOWN)
    return Dispatch.objects.filter(Q(state__in=ACTIVE) | recent, officer__in=officer_pks).order_by("sent_at", "pk")


def alerts(officer_pks) -> list[tuple[int, int, int]]:
    """[(squad leader, case, version)]: what the clock has escalated to these leaders. Somebody of theirs was sent, nobody
    has accepted or finished in time; it ends when somebody has."""
    leaders = dict(Officer.objects.filter(pk__in=officer_pks, is_leader=True).values_list("pk", "organisation_id"))
    if not leaders:
        return []
    late = Case.objects.filter(state=CaseState.IN_HAND, escalation__gt=0, dispatches__officer__organisation__in=leaders.values())
    rows = list(late.values_list("dispatches__officer__organisation", "pk", "version").distinct().order_by("pk"))
    return [(leader, case, version) for leader, unit in leaders.items() for led, case, version in rows if led == unit]


def payloads(officer_pk: int, cases=None, *, request=None) -> dict[str, dict]:
    """{"case:12": payload} of what the officer's screen shows; of a case's orders the newest counts."""
    orders, rules = shown([officer_pk]).select_related("case", "officer__user", "sent_by", "part__organisation"), current()
    if cases is not None:
        orders = orders.filter(case__in=cases)
    newest = {order.case.thread: order for order in orders}
    first = sorted(newest.values(), key=lambda order: (order.state not in ACTIVE, -(order.ended_at or order.sent_at).timestamp()))
    found = {order.case.thread: payload(order, rules, request) for order in first}
    escalated = [case for _leader, case, _version in alerts([officer_pk]) if cases is None or case in cases]
    for case in Case.objects.filter(pk__in=escalated):
        if found.get(case.thread, {}).get("kind") != "task":  # his own order comes first
            found[case.thread] = alert(case, rules)
    return found


def calls(officer_pk: int, things=None) -> dict[str, dict]:
    """{"helpcall:7": payload} of open calls for help that the officer's screen shows (of `things`): his own, and his colleagues'."""
    shown = help.of_officers([str(officer_pk)])[str(officer_pk)]
    wanted = shown if things is None else [thing for thing in things if thing in shown]
    return {
        call.thread: {"v": call.version, "kind": "alert", "order": 0, "state": "help",
                      "html": render_to_string("command/_officer_help.html", {"call": call, "mine": call.officer_id == officer_pk, "uuid": uuid4(),
                                                                             "hotline": current().hotline})}
        for call in help.loaded(wanted)
    }  # fmt: skip


def alert(case: Case, rules: Rulebook) -> dict:
    """What a squad leader sees of an escalated case: what is late, who was sent and how to reach them."""
    rules.fill(case)
    sent = list(case.dispatches.select_related("officer__user", "sent_by").order_by("-sent_at", "-is_lead")[:4])
    context = {
        "case": case, "category_name": category_name(case.category), "place": case.place or zone_words(case), "sent": sent,
        "under_way": any(order.is_lead and order.state in ACTIVE and order.accepted_at for order in sent),
        "hotline": rules.hotline,
    }  # fmt: skip
    html = render_to_string("command/_officer_alert.html", context)
    return {"v": case.version, "kind": "alert", "order": 0, "state": case.state, "html": html}


def payload(order: Dispatch, rules: Rulebook, request=None) -> dict:
    """What a script needs at hand, and the HTML that the page shows. Without `request` it holds nothing of a session:
    forms without script, which need a token, are only in the page itself."""
    case, active = order.case, order.state in ACTIVE
    rules.fill(case)
    template = "command/_officer_task.html" if active else "command/_officer_over.html"
    context = task_context(order, rules) if active else over_context(order)
    return {
        "v": case.version, "kind": "task" if active else "over", "order": order.pk, "state": order.state,
        "lon": case.point.x, "lat": case.point.y, "html": render_to_string(template, context, request),
    }  # fmt: skip


def task_context(order: Dispatch, rules: Rulebook) -> dict:
    case, leads = order.case, order.is_lead and not order.officer.is_helper
    due = {(timer.kind, timer.subject): timer.due_at for timer in deadlines.open_of(case, "accept", "handle").order_by("-pk")}
    reports = list(case.reports.order_by("began_at").prefetch_related("photos"))
    return {
        "order": order, "case": case, "category_name": category_name(case.category), "place": case.place or zone_words(case),
        "leads": leads, "steps": STEPS, "barred": words(rights.bars(case, [order])[0][1]),
        "accept_due": due.get(("accept", f"dispatch:{order.pk}")), "handle_due": due.get(("handle", "")),
        "reports": [(report, [p for p in report.photos.all() if p.copy_name]) for report in reports],
        "maps": navigation.links(case.point.x, case.point.y, case.number), "calls": _calls(order, rules),
        "crew": case.dispatches.active().exclude(pk=order.pk).select_related("officer__user", "officer__organisation").order_by("-is_lead", "pk"),
        **_joint(order),
        "radius": rules.options["arrival_radius_m"], "phrases": _phrases(case.category, rules),
        "uuids": {verb: uuid4() for verb in ("accept", "decline", "recuse", "arrive", "finish", "confirm")},
        "relations": Recusal.Relation.choices,
        **(_choices(order, rules) if leads else {}),
    }  # fmt: skip


def _joint(order: Dispatch) -> dict:
    """In a joint action: the part of the officer's own unit, and the other units with theirs. One statement."""
    units = list(order.case.parts.filter(Q(state__in=OPEN_PARTS) | Q(state=PartState.DONE)).select_related("organisation").order_by("-is_lead", "pk"))
    mine = next((part for part in units if part.pk == order.part_id or (part.is_lead and order.part_id is None)), None)
    return {"own_part": mine, "other_units": [part for part in units if part != mine]}


def _calls(order: Dispatch, rules: Rulebook) -> list[dict]:
    """Who can be called with one tap: the dispatcher who sent, the centre, the crew (work phones)."""
    calls = []
    if order.sent_by and order.sent_by.phone:
        calls.append({"who": order.sent_by.name, "role": order.sent_by.get_role_display(), "number": order.sent_by.phone})
    if rules.hotline:
        calls.append({"who": order.case.centre.short_name, "role": _("Hotline"), "number": rules.hotline})
    return calls


def _phrases(category: Category | None, rules: Rulebook) -> dict[str, list[str]]:
    """Quick phrases: for the lead's note the category's own, its group's, then the general ones."""
    phrases = rules.options["phrases"]
    note = phrases["note"]
    keys = ([category.code, category.group] if category else []) + [""]
    return {**phrases, "note": [text for key in keys for text in note.get(key, ())]}


def _choices(order: Dispatch, rules: Rulebook) -> dict:
    """What the lead chooses from when he feeds back."""
    today, units = clock.today(), [unit for unit in rules.organisations.values() if unit.is_active]
    return {
        "outcomes": [{"value": value, "label": label, "needs": NEEDS[Outcome(value)]} for value, label in Outcome.choices],
        "items": items_for(order, rules),
        "organisations": [unit for unit in units if unit.accepts_handover and unit.pk != order.case.organisation_id],
        "departments": [unit for unit in units if unit.kind == Organisation.Kind.DEPARTMENT],
        "recheck_days": [(days, today + timedelta(days=days)) for days in RECHECK_DAYS],
        "tomorrow": today + timedelta(days=1),
    }  # fmt: skip


def items_for(order: Dispatch, rules: Rulebook) -> list[Item]:
    """Items of the category (all, when it is not known) that the case's organisation held there when the case began and the
    officer's certificate covers (行政处罚法 24, 42)."""
    case = order.case
    held = rules.held_items(case.category, case.organisation_id, case.township_code, case.began_on)
    certificates, matter = list(order.officer.certificates.valid()) if held else [], rights.matter_of(case)
    return [item for item in held if counting(certificates, replace(matter, departments=frozenset({item.department})))]


def over_context(order: Dispatch) -> dict:
    """How an order ended, in words: by whom and why, as the journal has it (evidence may still come in afterwards)."""
    entry = Entry.objects.filter(thread=order.case.thread, subject=f"dispatch:{order.pk}", verb__in=ENDINGS).order_by("-number").first()
    return {
        "order": order, "case": order.case, "category_name": category_name(order.case.category), "entry": entry,
        "reason": entry.data.get("reason", "") if entry else "",
    }  # fmt: skip


# --- the officer's day ---------------------------------------------------------------------------
def status(officer: Officer) -> dict:
    """Duty and certificate now: {"duty", "next_duty", "certificate", "days_left" and "grade" of its end (None: not soon), "is_suspended"}."""
    now = clock.now()
    duties = Duty.objects.filter(user_id=officer.user_id, ends_at__gt=now).order_by("starts_at")[:1]
    first = next(iter(duties), None)
    on_duty = first is not None and first.starts_at <= now
    certificate = officer.certificates.valid(now).order_by("-valid_to").first()
    days_left = standing.days_left(certificate) if certificate else None
    return {
        "officer": officer, "duty": first if on_duty else None, "next_duty": None if on_duty else first,
        "certificate": certificate, "days_left": days_left, "grade": None if days_left is None else standing.grade(days_left),
        "is_suspended": Officer.objects.filter(Officer.objects.suspended(now), pk=officer.pk).exists(),
    }  # fmt: skip


def roster(officer: Officer) -> dict:
    """{"at_hand", "uuid", "ahead", "swaps", "reader"}: the stretch to sign on to or off from, the next ones, swaps that concern him."""
    user = officer.user
    return {
        "at_hand": attendance.at_hand(user), "uuid": uuid4(), "ahead": list(swaps.ahead(user)[:AHEAD_SHOWN]), "swaps": list(swaps.mine(user)),
        "reader": user, "withdraw": "officer-swap-withdraw",
    }  # fmt: skip


def day(officer: Officer) -> dict:
    """Orders that ended today and what the officer reported himself today, newest first."""
    start, end = clock.day_bounds(clock.today())
    orders = Dispatch.objects.filter(officer=officer, ended_at__gte=start, ended_at__lt=end).select_related("case__category")
    reports = Report.objects.filter(taken_by_id=officer.user_id, channel=Report.Channel.PATROL, received_at__gte=start, received_at__lt=end)
    orders, reports = list(orders.order_by("-ended_at")), list(reports.select_related("case", "category").order_by("-received_at"))
    for order in orders:
        order.label = category_name(order.case.category)
    for report in reports:
        report.label = category_name(report.category)
    return {"orders": orders, "reports": reports}


def usual_categories(officer: Officer, *, days: int = 30, count: int = 8) -> list[Category]:
    """The tiles that come first in the patrol report: what this centre meets most, filled up with its brigade's own."""
    centre = officer.organisation.centre_id
    known = current().active_categories()
    seen = Case.objects.filter(centre_id=centre, started_at__gte=clock.now() - timedelta(days=days), category__isnull=False)
    often = dict(seen.values_list("category").annotate(n=models.Count("pk")))
    ranked = sorted(known, key=lambda category: (-often.get(category.pk, 0), category.brigade_id != centre, category.code))
    return ranked[:count]
