"""What the next shift of a centre must know, read from the data at one moment: plain JSON that is signed with the hand-over, and the
same told in words. A constant number of statements, however much is open."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Min, Q

from cases.models import Case, CentreOffer, Finding, Handover, Order, Pause, Report
from cases.rulebook import current
from cases.transitions import State
from enforcement.models import Duty, EquipmentIssue, Organisation
from enforcement.roles import CENTRE, OUTDOORS, Role
from journal import clock, push
from registers.plan import RANKS

from . import help
from .boards.cases import Named, Row, rows
from .escalation import COUNTY
from .models import OrderMessage, Reservation
from .sentences import WAITING
from .shift_models import ShiftHandover
from .transitions import State as OrderState

LOOKS_AHEAD = timedelta(hours=12)  # where the roster names no next shift
SHIFT_LENGTH = timedelta(hours=8)
LISTED = 40  # pieces of equipment that are named; the rest is counted


def of_shift(centre: Organisation):
    """The open cases that a centre hands over: its own; the county's also those that were escalated to it."""
    mine = Q(centre=centre) | Q(escalation=COUNTY) if centre.is_county_centre else Q(centre=centre)
    return Case.objects.open().filter(mine)


def newest(centre: Organisation) -> ShiftHandover | None:
    return ShiftHandover.objects.filter(centre=centre, withdrawn_at__isnull=True).order_by("-given_at").first()


# --- read --------------------------------------------------------------------------------------------
def gather(centre: Organisation) -> dict:
    """Everything that is signed with a hand-over, JSON-ready: moments in ISO form, cases by their keys, words of people by value."""
    now, last = clock.now(), newest(centre)
    since = last.given_at if last else clock.day_bounds(clock.today())[0]
    roster = _roster(centre, now)
    until = datetime.fromisoformat(roster["until"])
    found = rows(of_shift(centre).order_by(F("paused_at").asc(nulls_first=True), "due_at", "pk"))
    return {
        "at": now.isoformat(), "since": since.isoformat(), "first": last is None, "cases": _cases(found), "duty": roster,
        "help": [{"officer": call.officer.name, "at": call.called_at.isoformat(), "answered": call.answered_by.name if call.answered_by else ""}
                 for call in help.open_calls().filter(centre=centre).select_related("officer__user", "answered_by").order_by("called_at")],
        "held": _held(centre), "answers": _answers(centre, until), "offers": _offers(centre), "rechecks": _rechecks(centre),
        "equipment": _equipment(centre, now), "links": _links(centre, since), "counts": _counts(centre, since, now),
    }  # fmt: skip


def _cases(found: list[Row]) -> list[dict]:
    pks = [row.case.pk for row in found]
    paused = {pause.case_id: pause for pause in Pause.objects.filter(
        case__in=pks, starts_at__isnull=False, ends_at__isnull=True).select_related("asked_by", "approved_by")}  # fmt: skip
    aside = dict(Reservation.objects.filter(case__in=pks, ended_at=None).values_list("case", "officer__user__name"))
    return [
        {
            "case": row.case.pk, "version": row.case.version, "state": row.case.state, "stage": row.stage, "due": row.case.due_at.isoformat(),
            "stage_due": row.stage_due.isoformat() if row.stage_due else None, "escalation": row.case.escalation,
            "orders": [{"officer": order.officer.name, "lead": order.is_lead, "state": order.state, "reached": order.reached}
                       for order in row.dispatches],
            "aside": aside.get(row.case.pk, ""), "asked": row.case.pause_asked, "paused": _paused(paused.get(row.case.pk)),
        }
        for row in found
    ]  # fmt: skip


def _paused(pause: Pause | None) -> dict | None:
    """Why the clock stands, since when and until when it is expected to."""
    if pause is None:
        return None
    return {"reason": pause.reason, "since": pause.starts_at.isoformat(), "until": pause.until.isoformat() if pause.until else None,
            "asked_by": pause.asked_by.name, "approved_by": pause.approved_by.name}  # fmt: skip


def _held(centre: Organisation) -> dict:
    found = Report.objects.filter(state=Report.State.HELD, centre=centre).aggregate(count=Count("pk"), oldest=Min("received_at"))
    return {"count": found["count"], "oldest": found["oldest"].isoformat() if found["oldest"] else None}


def _answers(centre: Organisation, until: datetime) -> list[dict]:
    """What departments and outside bodies owe; `soon`: it falls due before the end of the next shift."""
    findings = Finding.objects.filter(case__centre=centre, answered_at__isnull=True).order_by("due_at")
    passed = Handover.objects.filter(case__centre=centre, accepted_at__isnull=True, returned_at__isnull=True).order_by("sent_at")
    return [
        *({"kind": "finding", "case": case, "who": who, "at": asked.isoformat(), "due": due.isoformat(), "soon": due < until}
          for case, who, asked, due in findings.values_list("case", "department__short_name", "asked_at", "due_at")),
        *({"kind": "handover", "case": case, "who": who, "at": sent.isoformat(), "due": None, "soon": False}
          for case, who, sent in passed.values_list("case", "organisation__short_name", "sent_at")),
    ]  # fmt: skip


def _offers(centre: Organisation) -> list[dict]:
    """Cases offered to another centre that has not signed, and those that wait for this one's signature; the county's: also the unanswered."""
    found = CentreOffer.objects.filter(ended_at__isnull=True).order_by("offered_at", "pk")
    mine = Q(from_centre=centre) | Q(to_centre=centre)
    found = found.filter(mine | Q(unanswered_at__isnull=False) if centre.is_county_centre else mine)
    rows = found.values_list("case", "from_centre__short_name", "to_centre__short_name", "offered_at", "unanswered_at")
    return [{"case": case, "giver": giver, "asked": asked, "at": at.isoformat(), "silent": silent is not None}
            for case, giver, asked, at, silent in rows]  # fmt: skip


def _rechecks(centre: Organisation) -> list[dict]:
    """Orders to correct whose day is today or tomorrow and that have not come back as a case yet."""
    today = clock.today()
    found = Order.objects.filter(case__centre=centre, recheck_on__range=(today, today + timedelta(days=1)), rechecked_by_case=None)
    return [{"case": case, "on": day.isoformat(), "demand": demand}
            for case, day, demand in found.order_by("recheck_on", "pk").values_list("case", "recheck_on", "demand")]  # fmt: skip


def _roster(centre: Organisation, now: datetime) -> dict:
    """Who is there and on call now, who comes next and when; officers are counted, centre, leaders and on-call people named."""
    mine = Duty.objects.filter(user__organisation__centre=centre, user__is_active=True, user__role__in=CENTRE | OUTDOORS).select_related("user")
    ahead = list(mine.filter(ends_at__gt=now, starts_at__lte=now + 2 * LOOKS_AHEAD).order_by("starts_at", "user_id"))
    here = [duty for duty in ahead if duty.starts_at <= now]
    starts = min((duty.starts_at for duty in ahead if duty.starts_at > now and duty.user.role in CENTRE and duty.kind == "duty"), default=None)
    coming = [duty for duty in ahead if starts and duty.starts_at <= starts < duty.ends_at and (duty.starts_at > now or duty.kind == "on_call")]
    until = max((duty.ends_at for duty in coming if duty.kind == "duty" and duty.user.role in CENTRE), default=now + LOOKS_AHEAD)
    return {"now": _people(here), "next": _people(coming), "starts": starts.isoformat() if starts else None, "until": until.isoformat()}


def _people(duties: list[Duty]) -> dict:
    named = [duty for duty in duties if duty.user.role in CENTRE | {Role.SQUAD_LEADER} or duty.kind == "on_call"]
    named.sort(key=lambda duty: (duty.kind == "on_call", RANKS[duty.user.role], duty.user_id))
    officers = sum(duty.kind == "duty" and duty.user.role in OUTDOORS for duty in duties)
    return {"officers": officers, "people": [
        {"name": duty.user.name, "role": duty.user.role, "kind": duty.kind, "phone": duty.user.phone, "until": duty.ends_at.isoformat(),
         "came": duty.came_at is not None} for duty in named]}  # fmt: skip


def _equipment(centre: Organisation, now: datetime) -> dict:
    """How many things are out, and those whose holder has no stretch of duty now: not brought back."""
    out = EquipmentIssue.objects.filter(returned_at__isnull=True, equipment__organisation__centre=centre)
    there = Duty.objects.filter(starts_at__lte=now, ends_at__gt=now).values("user")
    left = out.exclude(officer__user__in=there).order_by("issued_at", "pk")
    named = left.values_list("equipment__name", "equipment__code", "officer__user__name", "issued_at")[: LISTED + 1]
    return {"out": out.count(), "left": [{"name": name, "code": code, "officer": officer, "since": at.isoformat()}
                                         for name, code, officer, at in named]}  # fmt: skip


def _links(centre: Organisation, since: datetime) -> dict:
    """What is cheaply known of the links: whether hints are pushed, and text messages and calls of the shift that did not arrive."""
    messages = OrderMessage.objects.filter(dispatch__case__centre=centre, created_at__gte=since)
    return {"push": push.is_alive(), **messages.aggregate(messages=Count("pk"), failed=Count("pk", filter=Q(state=OrderMessage.State.FAILED)))}


def _counts(centre: Organisation, since: datetime, now: datetime) -> dict:
    """Of the time since the last hand-over, as `command.metrics` counts them."""
    mine = Case.objects.filter(centre=centre)
    found = mine.filter(Q(started_at__gte=since) | Q(closed_at__gte=since)).aggregate(
        reported=Count("pk", filter=Q(started_at__gte=since)),
        closed=Count("pk", filter=Q(closed_at__gte=since, state=State.CLOSED)),
        on_time=Count("pk", filter=Q(closed_at__gte=since, state=State.CLOSED, closed_at__lte=F("due_at"))),
        otherwise=Count("pk", filter=Q(closed_at__gte=since) & ~Q(state=State.CLOSED)),
    )  # fmt: skip
    late = of_shift(centre).filter(due_at__lt=now, paused_at__isnull=True)
    return {**found, "late": late.count()}


# --- compare -----------------------------------------------------------------------------------------
def differences(before: dict, after: dict) -> dict:
    """What has changed between two gatherings: cases that have ended or left, that are new, and that stand otherwise; JSON-ready."""
    old, new = ({one["case"]: one for one in side["cases"]} for side in (before, after))
    return {
        "at": after["at"], "ended": [pk for pk in old if pk not in new], "new": [one for pk, one in new.items() if pk not in old],
        "moved": [one for pk, one in new.items() if pk in old and _stand(one) != _stand(old[pk])],
        "help": len(after["help"]), "held": after["held"]["count"],
    }  # fmt: skip


def _stand(one: dict) -> tuple:
    return one["stage"], bool(one["paused"]), [order["officer"] for order in one["orders"]]


# --- tell --------------------------------------------------------------------------------------------
@dataclass
class Line(Named):
    """A case of a hand-over as a page shows it: how it stood at `at`, what was written about it."""

    case: Case
    told: dict
    at: datetime
    notes: list[dict] = field(default_factory=list)
    mine: str = ""  # what the reader himself has written and not signed

    @property
    def stage(self) -> str:
        return str(WAITING[self.told["stage"]])

    @property
    def lead(self) -> dict | None:
        return next((order for order in self.told["orders"] if order["lead"]), None)

    @property
    def lead_state(self) -> str:
        return str(OrderState(self.lead["state"]).label) if self.lead else ""

    @property
    def companions(self) -> int:
        return len(self.told["orders"]) - bool(self.lead)

    @property
    def pause(self) -> dict | None:
        return moments(self.told["paused"])

    @property
    def left(self) -> float:
        """Seconds that were left of the whole loop; while its clock stands, those that will be."""
        stopped = self.pause["since"] if self.told["paused"] else self.at
        return (datetime.fromisoformat(self.told["due"]) - stopped).total_seconds()

    @property
    def unread(self) -> bool:
        """Somebody was sent who has not looked at the order or not accepted it."""
        return any(order["state"] == OrderState.SENT for order in self.told["orders"])


MOMENTS = {"at", "since", "due", "until", "starts", "oldest"}


def moments(told):
    """The same with its moments and days as such, for pages."""
    if isinstance(told, list):
        return [moments(value) for value in told]
    if not isinstance(told, dict):
        return told
    return {
        name: datetime.fromisoformat(value) if name in MOMENTS and value else date.fromisoformat(value) if name == "on" else moments(value)
        for name, value in told.items()
    }


def told(snapshot: dict, centre: Organisation, *, notes: Iterable[dict] = (), mine: dict | None = None, changes: dict | None = None) -> dict:
    """Context of the pages for a centre's gathering: its lines, its other parts with moments, notes on no open case, the changes."""
    pks = {one["case"] for part in ("cases", "answers", "offers", "rechecks") for one in snapshot[part]}
    mine = mine or {}
    pks |= {note["case"] for note in notes if note["case"]} | {pk for pk in mine if pk} | set((changes or {}).get("ended", ()))
    pks |= {one["case"] for part in ("new", "moved") for one in (changes or {}).get(part, ())}
    cases, rules, at = Case.objects.in_bulk(pks), current(), datetime.fromisoformat(snapshot["at"])
    for case in cases.values():
        rules.fill(case)
        case.is_away = case.centre_id != centre.pk and not centre.is_county_centre
    about: dict[int | None, list[dict]] = {}
    for note in notes:
        about.setdefault(note["case"], []).append(note)

    def line(one: dict, moment: datetime = at) -> Line:
        pk = one["case"]
        return Line(cases[pk], one, moment, about.get(pk, []), mine.get(pk, ""))

    lines = [line(one) for one in snapshot["cases"]]
    shown = {one["case"] for one in snapshot["cases"]}
    parts = {name: moments(snapshot[name]) for name in ("duty", "help", "held", "answers", "offers", "rechecks", "equipment", "links", "counts")}
    for part in ("answers", "offers", "rechecks"):
        for one in parts[part]:
            one["case"] = cases[one["case"]]
    for name in ("now", "next"):
        for one in parts["duty"][name]["people"]:
            one["post"] = str(Role(one["role"]).label)
    return {
        **parts, "lines": lines, "at": at, "since": datetime.fromisoformat(snapshot["since"]), "first": snapshot["first"],
        "unread": [one for one in lines if one.unread], "general": about.get(None, []), "my_general": mine.get(None, ""),
        "elsewhere": [(cases[pk], about.get(pk, []), mine.get(pk, "")) for pk in dict.fromkeys([*about, *mine]) if pk and pk not in shown],
        "changes": changes and {
            "at": datetime.fromisoformat(changes["at"]), "ended": [cases[pk] for pk in changes["ended"]], "help": changes["help"],
            "new": [line(one, datetime.fromisoformat(changes["at"])) for one in changes["new"]], "held": changes["held"],
            "moved": [line(one, datetime.fromisoformat(changes["at"])) for one in changes["moved"]],
        },
    }  # fmt: skip
