"""What a case needs to end, and what its end sets going. All take a locked case; `command/endings.py` releases the
officers in the same transaction and is what pages and API call."""

from datetime import datetime, time

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from enforcement.models import Item, Organisation
from journal import clock, deadlines
from journal.models import Entry
from journal.moves import CITIZEN, move
from journal.refused import Refused
from journal.spoken import listed

from . import agreement, limits, offers, parts, pauses
from .models import Case, Finding, Handover, Lead, Order, Report, Rework
from .rulebook import current
from .transitions import NEEDS, Outcome, State


def end(case: Case, verb: str, *, by, data: dict, fields=()) -> None:
    """Move a locked case into one of its ends: nothing is due any more, the clock stands, nobody has a part in it."""
    if case.paused_at:
        pauses.resume_locked(case, by=by, restart=False)
    parts.drop_all(case, by=by, reason=_("the case has ended"))
    offers.lapse(case, by=by)
    case.closed_at = clock.now()
    move(case, verb, by=by, data=data, fields=("closed_at", *fields))
    deadlines.cancel(case, *deadlines.CASE_CLOCK)


def resolve(case: Case, *, by, outcome: str, note: str, details: dict) -> None:
    """The lead has finished on the spot. `details` holds what the outcome needs (codes and text, JSON-ready)."""
    if outcome not in Outcome.values:
        raise Refused(_("Choose how the matter ended."), code="missing", missing=["outcome"])
    brought = {"note": note.strip(), **details}
    missing = [need for need in NEEDS[outcome] if not brought.get(need)]
    if missing:
        raise Refused(_("This result needs more: %(what)s.") % {"what": listed(NEED_WORDS()[m] for m in missing)},
                      code="missing", missing=missing)  # fmt: skip
    case.outcome, case.resolved_at = outcome, clock.now()
    move(case, "resolved", by=by, data={"outcome": outcome, **brought}, fields=("outcome", "resolved_at"))
    deadlines.cancel(case, "handle", "accept", "send", "escalate")
    deadlines.set_many(case, {"verify": limits.stage_due(case, "verify", clock.now())})


def NEED_WORDS() -> dict:
    """What each need is called for the officer."""
    return {
        "note": _("a note"), "photos": _("a photo"), "recheck_on": _("the day of the re-check"), "item": _("the item"),
        "organisation": _("the organisation"), "department": _("the department"), "question": _("the question"),
        "police_contact": _("who took it over at the police"),
    }  # fmt: skip


def resolution(case: Case) -> dict:
    """What the officer brought with the newest result (the data of the last `resolved` entry)."""
    entry = Entry.objects.filter(thread=case.thread, verb="resolved").order_by("-number").first()
    return entry.data if entry else {}


def close(case: Case, *, by, reply: str, why: str = "") -> None:
    """The centre's check passed. Sets going what the outcome needs; the reply is what the citizen reads.

    Where the officer's note or the reply says otherwise than the result, `why` says why that is right; it is kept with the entry.
    """
    if not reply.strip():
        raise Refused(_("Write what the citizen is told."), code="missing", missing=["reply"])
    brought, why = resolution(case), why.strip()
    if not why and (sentence := _says_otherwise(case, brought, reply)):
        raise Refused(sentence, code="says_otherwise")
    end(case, "closed", by=by, data={"reply": reply.strip(), "outcome": case.outcome} | ({"why": why} if why else {}))
    after = {Outcome.ORDERED: _set_recheck, Outcome.LEAD: _list_for_filing, Outcome.FINDING: _ask_department,
             Outcome.POLICE: _hand_to_police}.get(case.outcome)  # fmt: skip
    if after:
        after(case, brought)


def _says_otherwise(case: Case, brought: dict, reply: str) -> str:
    """What to ask whoever closes: reply or note speak against the result; "" when neither does."""
    if agreement.differs(case.outcome, reply):
        said = _("The reply says otherwise than the result “%(result)s”, under which the reporter reads it. "
                 "Change the reply, or say why it is right; if the result is wrong, return the case for rework.")  # fmt: skip
    elif agreement.differs(case.outcome, brought.get("note", "")):
        said = _("The officer's note says otherwise than the result “%(result)s”. "
                 "Return the case for rework if one of them is wrong, or say why both are right.")  # fmt: skip
    else:
        return ""
    return said % {"result": Outcome(case.outcome).label}


def _set_recheck(case: Case, brought: dict) -> None:
    day = parse_date(brought["recheck_on"])
    Order.objects.update_or_create(case=case, defaults={"recheck_on": day, "demand": brought["note"][:500], "rechecked_by_case": None})
    hours = current().options["working_hours"]
    opens = time.fromisoformat(hours[0][0])
    deadlines.set_many(case, {"recheck": datetime.combine(day, opens, tzinfo=clock.LOCAL)})


def _list_for_filing(case: Case, brought: dict) -> None:
    Lead.objects.update_or_create(
        case=case,
        defaults={"item": Item.objects.get(code=brought["item"]), "summary": brought["note"][:500],
                  "listed_at": clock.now(), "organisation": case.organisation},
    )  # fmt: skip


def _ask_department(case: Case, brought: dict) -> None:
    now, rules = clock.now(), current()
    due = rules.calendar.after(now, rules.options["finding_due_days"] * rules.calendar.seconds_a_day).at
    finding = Finding.objects.create(
        case=case, department=Organisation.objects.get(code=brought["department"]), question=brought["question"][:500],
        asked_at=now, due_at=due,
    )  # fmt: skip
    deadlines.set_many(case, {"finding": due}, subject=f"finding:{finding.pk}")


def _hand_to_police(case: Case, brought: dict) -> None:
    """行政处罚法 27: who took the matter over is on record, so the handover counts as accepted."""
    police = Organisation.objects.get(code=current().options["police"])
    Handover.objects.create(
        case=case, organisation=police, reason=brought["note"][:500], contact=brought["police_contact"][:80],
        sent_at=clock.now(), accepted_at=clock.now(),
    )  # fmt: skip


def pass_on(case: Case, *, by, organisation: Organisation, reason: str, contact: str = "") -> Handover:
    """To a body outside the platform, which accepts or returns it."""
    if not organisation.accepts_handover:
        raise Refused(_("%(name)s does not take cases over.") % {"name": organisation.name}, code="no_handover")
    end(case, "passed_on", by=by, data={"organisation": organisation.code, "organisation_name": organisation.short_name,
                                        "reason": reason.strip()})  # fmt: skip
    return Handover.objects.create(case=case, organisation=organisation, reason=reason.strip()[:500], contact=contact[:80], sent_at=clock.now())


def take_back(case: Case, handover: Handover, *, by, reason: str) -> None:
    """The outside body returned it: received again, on its first clock."""
    handover.returned_at, handover.return_reason = clock.now(), reason.strip()[:500]
    handover.save(update_fields=["returned_at", "return_reason"])
    case.closed_at, case.outcome = None, ""
    move(case, "handover_returned", by=by, data={"reason": reason.strip(), "organisation": handover.organisation.code},
         fields=("closed_at", "outcome"))  # fmt: skip
    _run_on(case, "take_in")


def send_back(case: Case, *, by, reason: str) -> None:
    """Rework: another round, on the first clock, counted."""
    case.reworks += 1
    case.outcome, case.resolved_at = "", None
    Rework.objects.create(case=case, round=case.reworks, reason=reason.strip()[:200], at=clock.now())
    move(case, "returned", by=by, data={"reason": reason.strip(), "round": case.reworks},
         fields=("reworks", "outcome", "resolved_at"))  # fmt: skip
    deadlines.cancel(case, "verify")
    deadlines.set_many(case, limits.stage_begins(case, "send", clock.now()))


def reopen(case: Case, *, by, reason: str) -> None:
    """In hand again, on its first clock: the share on time counts the final closing.

    A citizen's own words are not for the journal: his reason is the code "not_solved", the words stay with the report.
    """
    days = current().options["reopen_days"]
    if case.closed_at and (clock.now() - case.closed_at).days >= days:
        raise Refused(_("A case can be reopened for %(days)s days after its end. Please report the matter anew.") % {"days": days},
                      code="too_late")  # fmt: skip
    if not reason.strip():
        raise Refused(_("Give a reason."), code="missing", missing=["reason"])
    deadlines.cancel(case, "recheck", "finding")
    case.reopenings += 1
    case.closed_at, case.resolved_at, case.outcome = None, None, ""
    move(case, "reopened", by=by, data={"reason": reason.strip()},
         fields=("reopenings", "closed_at", "resolved_at", "outcome"))  # fmt: skip
    _run_on(case, "send")


def _run_on(case: Case, stage: str) -> None:
    """The first clock of a case that has come back; its end is due once more where it still lies ahead."""
    ahead = {"total": case.due_at} if case.due_at > clock.now() else {}
    deadlines.set_many(case, limits.stage_begins(case, stage, clock.now()) | ahead)


def merge(case: Case, *, by, into: Case) -> None:
    """One matter reported twice: the reporters follow the main case."""
    if into.pk == case.pk or into.state not in (State.RECEIVED, State.IN_HAND, State.RESOLVED):
        raise Refused(_("Choose another open case to merge into."), code="wrong_target")
    case.merged_into = into
    end(case, "merged", by=by, data={"into": into.number, "into_case": into.pk}, fields=("merged_into",))


def reject(case: Case, *, by, reason: str) -> None:
    """Not accepted, with the reason that the citizen reads."""
    end(case, "rejected", by=by, data={"reason": reason.strip()})


def withdraw(case: Case, report: Report) -> None:
    """The reporter takes it back, while nobody has taken it in and nobody else reported the same."""
    if case.reports.exclude(pk=report.pk).exists() or case.merged_cases.exists():
        raise Refused(_("Others have reported the same matter; it stays open for them."), code="shared")
    end(case, "withdrawn", by=CITIZEN, data={})
