"""Everything that the case panel shows, read in a number of statements that does not depend on the case."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.measure import D
from django.db.models import Exists, OuterRef, Prefetch
from django.utils import translation

from cases import agreement, conduct, offers, tracking
from cases.models import Case, Contact, Photo, Report
from cases.rulebook import current
from cases.sealed import may_read_contact
from cases.transitions import CASE_MOVES, Outcome, State
from enforcement.models import Basis, Item, Officer, Organisation, Recusal
from enforcement.qualification import words
from enforcement.roles import CENTRE, DISPATCHING, LEADING
from journal import clock
from journal.models import Entry
from journal.moves import allowed

from . import carried, joint_panel, recusals, replies, reservations, rights, stages, suggestions
from .boards.cases import Row, rows, zone_words
from .sentences import sentence

SHOWN, MORE = 5, 20  # suggestions with a key: D or 1, 2 … 5; others below them
UNDO_SECONDS = 10


@dataclass(frozen=True)
class Line:
    """One line of the timeline."""

    entry: Entry
    sentence: str

    @property
    def is_today(self) -> bool:
        return self.entry.at.astimezone(clock.LOCAL).date() == clock.today()

    @property
    def certificate(self) -> dict | None:
        """The certificate that counted, as it was then; before copies were kept, entries held its number only."""
        held = self.entry.data.get("certificate")
        return held if isinstance(held, dict) else None


def panel(case: Case, user) -> dict:
    """Context of `command/_case.html` for one case that `user` sees."""
    row = rows(Case.objects.filter(pk=case.pk))[0]
    case = row.case
    reports = _reports(case, user)
    entries = list(Entry.objects.filter(thread__in=[case.thread, *(report.thread for report in reports)]).order_by("at", "number"))
    own = [entry for entry in entries if entry.thread == case.thread]
    for report in reports:
        report.readings = [entry for entry in entries if entry.verb == "contact_read" and entry.subject == report.thread]
    stage_list, paused = stages.stages(case, own, clock.now())
    offer = offers.open_of(case) if case.offered_to else None
    may = permissions(row, user)
    return {
        "row": row, "case": case, "may": may, "reports": reports, "timeline": [Line(entry, sentence(entry)) for entry in reversed(entries)],
        "stages": stage_list, "paused": paused, "undo_seconds": UNDO_SECONDS,
        "photos": list(Photo.objects.filter(case=case, report__isnull=True).select_related("taken_by")),
        "dispatches": carried.onto(
            case.dispatches.select_related("officer__user", "officer__organisation", "sent_by", "part__organisation").prefetch_related("messages")
            .order_by("-sent_at", "-is_lead"), case),
        "items": _items(case), "pause": case.pauses.filter(refused_at__isnull=True, ends_at__isnull=True).select_related("asked_by").first(),
        "offer": offer, "handovers": list(case.handovers.select_related("organisation").order_by("-sent_at")),
        "following": list(case.followed_by.all()), "zones": "" if case.township and case.township.name in case.place else zone_words(case),
        "findings": list(case.findings.select_related("department").order_by("-asked_at")),
        "barred": [(order, words(why)) for order, why in rights.bars(case, list(row.dispatches)) if why],
        "recusals": recusals.of(case), "party": next((entry.data for entry in reversed(own) if entry.data.get("party")), None),
        **({"officers": _officers(case), "relations": Recusal.Relation.choices} if may["recuse"] else {}),
        **joint_panel.shown(row, user, may["joint"]),
        "reserved": reservations.of(case) if case.is_open else None,
        **(_sending(row) if may["send"] or may["reinforce"] else {}),
        **(_checking(case, own, reports) if case.state == State.RESOLVED else {}),
        **(_elsewhere(case) if may["transfer"] or may["pass_on"] or may["offer"] or may["designate"] else {}),
        **({"nearby": nearby(case, user)} if may["merge"] else {}),
        **({"kinds": current().active_categories()} if may["classify"] else {}),
        **(_conduct(case, user) if conduct.is_complaint(case) else {}),
    }  # fmt: skip


def permissions(row: Row, user) -> dict[str, bool]:
    """What `user` may do with the case now: the same tables that the verbs ask, so that no button is refused."""
    case, roles = row.case, frozenset({user.role})
    table = {verb: allowed(CASE_MOVES, case.state, verb, roles) for verb in (
        "taken_in", "put_back", "rejected", "merged", "returned", "closed", "passed_on", "reopened")}  # fmt: skip
    in_centre, dispatching, leading = user.role in CENTRE, user.role in DISPATCHING, user.role in LEADING
    waiting, is_free = case.state in (State.RECEIVED, State.IN_HAND), not row.dispatches and not case.open_units
    own_work = case.dispatches.filter(officer__user=user).exists()
    pause = case.pauses.filter(refused_at__isnull=True, ends_at__isnull=True).first()
    ended = clock.now() - case.closed_at if case.closed_at else timedelta()
    may = {
        "take_in": table["taken_in"], "put_back": table["put_back"], "reject": table["rejected"], "merge": table["merged"],
        "rework": table["returned"] and not own_work, "close": table["closed"] and not own_work,
        "pass_on": table["passed_on"], "reopen": table["reopened"] and ended.days < current().options["reopen_days"],
        "send": dispatching and waiting and not row.lead and not case.paused_at,
        "reinforce": dispatching and case.state == State.IN_HAND and row.lead is not None,
        "recall": dispatching and any(order.part_id is None for order in row.dispatches),
        "transfer": dispatching and waiting and is_free,
        "offer": dispatching and waiting and is_free and not case.offered_to,
        "take_offer_back": dispatching and bool(case.offered_to),
        "designate": leading and waiting and is_free and user.centre is not None and user.centre.is_county_centre,
        "see_dispute": case.is_disputed and not leading and user.centre is not None and user.centre.is_county_centre,
        "classify": in_centre and waiting and is_free,
        "joint": dispatching and case.state == State.IN_HAND and not case.paused_at and not case.offered_to,
        "pause": in_centre and case.is_open and pause is None,
        "answer_pause": leading and pause is not None and pause.starts_at is None and pause.asked_by_id != user.pk,
        "resume": in_centre and bool(case.paused_at),
        "recuse": leading and case.is_open, "read_recusals": leading,
        "answer": in_centre,  # what a department or an outside body said
    }  # fmt: skip
    may = may if case.is_worked_by(user) else dict.fromkeys(may, False)
    return may | {"answer_offer": dispatching and case.offered_to is not None and case.offered_to == user.centre}


def _reports(case: Case, user) -> list[Report]:
    """The case's reports and those of cases merged into it, each with its photos and whether there is a sealed contact."""
    found = list(
        Report.objects.about(case)
        .select_related("category", "camera", "taken_by", "case")
        .prefetch_related(Prefetch("photos", Photo.objects.order_by("created_at")))
        .annotate(has_contact=Exists(Contact.objects.filter(report=OuterRef("pk"))))
        .order_by("received_at")
    )
    for report in found:
        report.may_read = report.has_contact and may_read_contact(report, user)
    return found


def _items(case: Case) -> list[tuple[Item, Basis | None]]:
    """The powers that the owner held there for this kind of matter when the case began (行政处罚法 24), each with its basis."""
    if case.category_id is None:
        return []
    rules, day = current(), case.began_on
    held = rules.held_items(case.category, case.organisation_id, case.township_code, day)
    return [(item, rules.basis(item, day)) for item in held]


def _officers(case: Case) -> list[Officer]:
    """Whom a leading post may keep out of the matter."""
    officers = Officer.objects.filter(organisation__centre__in={case.centre_id, *case.guest_centres}, user__is_active=True)
    return list(officers.select_related("user", "organisation").order_by("organisation__code", "badge"))


def _conduct(case: Case, user) -> dict:
    """Of a complaint about officers: what was named, and what may be."""
    may = conduct.may_name(case, user)
    return {"named_rules": conduct.standing(case), "conduct": conduct.rules_on(case.began_on) if may else [], "may_name": may}


def _sending(row: Row) -> dict:
    """Who can go, best first; who cannot, by reason, when that is nobody (else it is fetched when somebody asks)."""
    can = [one for one in suggestions.suggest(row.case, limit=SHOWN + MORE) if one.can_go]
    return {"suggestions": can[:SHOWN], "more_suggestions": can[SHOWN:], "cannot_go": None if can else cannot_go(row.case)}


def cannot_go(case: Case) -> list[tuple[str, list[str]]]:
    """[(reason, names)] of the centre's officers who cannot be sent now, the rarest reason first."""
    found: dict[str, list[str]] = {}
    for one in suggestions.suggest(case, limit=None):
        if not one.can_go:
            found.setdefault(one.why_not, []).append(one.officer.name)
    return sorted(found.items(), key=lambda pair: len(pair[1]))


def _checking(case: Case, entries: list[Entry], reports: list[Report]) -> dict:
    """What the officer brought, and replies to choose from in the language of the first reporter."""
    brought = next((entry.data for entry in reversed(entries) if entry.verb == "resolved"), {})
    named = {}
    if code := brought.get("organisation") or brought.get("department"):
        named["organisation"] = Organisation.objects.filter(code=code).first()
    if brought.get("item"):
        named["item"] = Item.objects.filter(code=brought["item"]).first()
    with translation.override(reports[0].language if reports else translation.get_language()):
        texts = replies.for_outcome(case.outcome, brought)
    heading = tracking.end_words().get(case.outcome, ("",))[0]  # under which the reporter reads the reply
    return {"brought": brought, "named": named, "replies": texts, "outcome": Outcome(case.outcome), "heading": heading,
            "differs": agreement.differs(case.outcome, brought.get("note", ""))}  # fmt: skip


def _elsewhere(case: Case) -> dict:
    """Where the case could go: inside its centre, to another centre (both keep its clock) and outside (ends here)."""
    others = [unit for unit in current().organisations.values() if unit.is_active and unit.pk != case.organisation_id]
    kinds = Organisation.Kind
    inside = [unit for unit in others if unit.centre_id and unit.kind not in (kinds.SECTION, kinds.SQUADRON)]
    return {
        "inside": [unit for unit in inside if unit.centre_id == case.centre_id],
        "elsewhere": [unit for unit in inside if unit.centre_id != case.centre_id],
        "outside": [unit for unit in others if unit.accepts_handover and not unit.centre_id],
    }


def nearby(case: Case, user, *, limit: int = 6) -> list[Case]:
    """Open cases of the same category that may be the same matter: radius and window are the county's (a suggestion only)."""
    options = current().options
    return list(
        Case.objects.worked_by(user).open().exclude(pk=case.pk).filter(
            category=case.category_id, point__dwithin=(case.point, D(m=options["duplicate_radius_m"])),
            started_at__gte=case.started_at - timedelta(hours=options["duplicate_window_hours"]),
        )
        .annotate(distance=Distance("point", case.point)).select_related("category", "organisation").order_by("distance")[:limit]
    )  # fmt: skip
