"""What the reporter may know of his matter: where it stands, in plain words, without names of officers or informants.

Read from the journal of the case, so that the page says what happened and nothing that is only planned.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from grid.models import County
from journal import clock
from journal.models import Entry
from journal.moves import CITIZEN_ROLE, allowed
from journal.spoken import day

from .models import Case, Finding, Handover, Order, Photo, Report
from .transitions import CASE_MOVES, Outcome, State

STEPS = ("received", "sent", "on_site", "handled", "closed")
_LEAD_LEAVES = frozenset({"recalled", "declined", "stepped_aside", "expired"})
_STARTS_OVER = frozenset({"returned", "reopened", "put_back", "handover_returned"})


def main_case(report: Report) -> Case | None:
    """The case that the report follows: its own, or the one that this was merged into."""
    case = report.case
    while case is not None and case.merged_into_id:
        case = case.merged_into
    return case


@dataclass(frozen=True)
class Former:
    """An answer that was given and did not stay: the case was opened again afterwards."""

    at: datetime
    outcome: str
    reply: str
    photos: list[str]  # of the result that was answered
    reopened_at: datetime
    doubted_by: str  # thread of the report whose reporter said "not solved"; "": the centre or a supervisor opened it again


def _ready(pks) -> list[Photo]:
    """Prepared photos, how it looked before first; those that are not yet or no more to be seen are left out."""
    wanted = list(pks)
    found = Photo.objects.filter(pk__in=wanted, state=Photo.State.READY) if wanted else ()
    return sorted(found, key=lambda photo: (photo.kind != Photo.Kind.BEFORE, photo.created_at))


@dataclass
class Happened:
    """What the journal says, reduced to what the reporter is told."""

    at: dict[str, datetime] = field(default_factory=dict)  # step → moment, of the present round
    lead: str = ""  # subject of the lead's dispatch
    accepted: bool = False
    again: str = ""  # the verb that began another round
    outcome: dict = field(default_factory=dict)
    photos: list[str] = field(default_factory=list)  # of this outcome: without those of rounds before it, which the evidence still holds
    last: dict = field(default_factory=dict)  # data of the end: reply, reason, organisation
    former: list[Former] = field(default_factory=list)  # oldest first


def read(case: Case) -> Happened:
    """Walk the case's journal once."""
    found, doubted_by, seen = Happened(), "", set()
    for verb, subject, at, data in (
        Entry.objects.filter(thread=case.thread).order_by("number").values_list("verb", "subject", "at", "data")
    ):
        if verb == "sent" and data.get("lead"):
            found.lead, found.accepted, found.at["sent"] = subject, False, at
        elif verb == "accepted" and subject == found.lead:
            found.accepted = True
        elif verb == "arrived" and subject == found.lead:
            found.at["on_site"] = at
        elif verb == "resolved":
            found.at["handled"], found.outcome = at, data
            answered = {pk for answer in found.former for pk in answer.photos}
            brought = [pk for pk in data.get("photos", ()) if pk not in answered]
            found.photos = [pk for pk in brought if pk not in seen] or brought  # sent back for its words only: the photos stand
            seen.update(brought)
        elif verb == "answered":
            doubted_by = "" if data["solved"] else subject
        elif (verb in _LEAD_LEAVES and subject == found.lead) or verb in _STARTS_OVER:
            if verb == "reopened":
                found.former.append(Former(found.at["closed"], found.last["outcome"], found.last["reply"],
                                           found.photos, at, doubted_by))  # fmt: skip
                doubted_by = ""
            found.lead, found.accepted, found.at = "", False, {}
            if verb in _STARTS_OVER and verb != "put_back":
                found.again = verb
        elif verb in {"closed", "rejected", "passed_on", "withdrawn"}:
            found.at["closed"], found.last = at, data
    return found


def end_words() -> dict[str, tuple[str, str]]:
    """Title and sentence of each way in which a matter is closed, as its reporter reads them."""
    return {
        Outcome.CORRECTED: (_("Settled on the spot"), _("What you reported was put right while the officers were there.")),
        Outcome.ADVISED: (_("Settled with advice"), _("The officers explained the rules to the people concerned.")),
        Outcome.ORDERED: (_("Ordered to correct"), _("The people concerned have been ordered to put it right.")),
        Outcome.LEAD: (_("Goes on as a legal case"), _("It needs a formal investigation. All evidence has been handed to the case officers.")),
        Outcome.FINDING: (_("Waiting for an expert finding"), _("The responsible department has been asked.")),
        Outcome.POLICE: (_("Handed to the police"), _("The matter is for the police, who have taken it over.")),
        Outcome.UNFOUNDED: (_("Checked, not confirmed"), _("The officers checked on site and did not find what was reported.")),
        Outcome.NOT_FOUND: (_("Nothing found on site"), _("When the officers arrived there was nothing to be seen any more.")),
    }


@dataclass(frozen=True)
class Step:
    """One node of the progress line; `state` is done, now or todo."""

    name: str
    label: str
    state: str
    at: datetime | None


class Progress:
    """Everything that the tracking page shows of one report. `thing` and `version` name it for the live push."""

    def __init__(self, report: Report):
        self.report = report
        self.case = main_case(report)
        self.merged = self.case is not None and self.case.pk != report.case_id
        thread = self.case or report
        self.thing, self.version = thread.thread, thread.version

    @cached_property
    def happened(self) -> Happened:
        return read(self.case) if self.case else Happened()

    @property
    def is_held(self) -> bool:
        return self.report.state == Report.State.HELD

    @property
    def is_open(self) -> bool:
        return self.case is not None and self.case.is_open

    @property
    def is_late(self) -> bool:
        return self.is_open and self.case.paused_at is None and clock.now() > self.case.due_at

    # --- the line ---------------------------------------------------------------------------------
    @cached_property
    def reached(self) -> int:
        """Index in STEPS of the last step that is done."""
        if self.case is None:
            return 0
        if not self.case.is_open:
            return len(STEPS) - 1
        done = [position for position, name in enumerate(STEPS) if name in self.happened.at]
        return max(done, default=0)

    @property
    def steps(self) -> list[Step]:
        """The five nodes; of an ended matter those that it passed (rejected: the first and the last)."""
        done_labels = {
            "received": pgettext("progress", "Received"), "sent": pgettext("progress", "Officer sent"),
            "on_site": pgettext("progress", "On site"), "handled": pgettext("progress", "Handled"),
            "closed": pgettext("progress", "Finished"),
        }  # fmt: skip
        now_labels = {
            "sent": pgettext("progress", "Being sent"), "handled": pgettext("progress", "In progress"),
            "on_site": pgettext("progress", "Coming") if self.happened.accepted else pgettext("progress", "To be accepted"),
            "closed": pgettext("progress", "Being checked"),
        }  # fmt: skip
        moments = {"received": self.report.received_at, **self.happened.at}
        rows = []
        for position, name in enumerate(STEPS):
            at = moments.get(name)
            if position <= self.reached and (at is not None or name == "closed"):
                rows.append(Step(name, done_labels[name], "done", at))
            elif position == self.reached + 1 and self.is_open:
                rows.append(Step(name, now_labels[name], "now", None))
            elif self.is_open or self.is_held:
                rows.append(Step(name, done_labels[name], "todo", None))
        return rows

    # --- the words --------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        return self._words[0]

    @property
    def sentence(self) -> str:
        return self._words[1]

    @property
    def tone(self) -> str:
        """Colour and shape of the title: a state of the case, or "held"."""
        if self.case is None:
            return self.report.state
        return {0: "received", 1: "accepted", 2: "on_site", 3: "resolved"}[self.reached] if self.is_open else self.case.state

    @cached_property
    def _words(self) -> tuple[str, str]:
        if self.is_held:
            return _("Received, a person will look first"), _(
                "This report could not be checked automatically. A call taker looks at it before the clock starts; you need not send it again."
            )
        if self.case is None:
            return _("Not taken up"), _("A call taker looked at it and did not take it up. If the matter is real, please call the hotline.")
        return self._open_words() if self.is_open else self._end_words()

    def _open_words(self) -> tuple[str, str]:
        case, happened = self.case, self.happened
        if case.state == State.RESOLVED:
            return _("Handled on site"), _("The work on site is done. The command centre is checking the result.")
        if "on_site" in happened.at:
            return _("Officers are on site"), _("They are dealing with it now.")
        if happened.accepted:
            return _("Officers are on the way"), _("The order has been accepted.")
        if happened.lead:
            return _("Officers have been sent"), _("They were given the order; waiting for them to accept it.")
        if happened.again == "returned":
            return _("Once more"), _("The check found that it is not settled yet. Officers are being sent again.")
        if happened.again == "reopened":
            return _("Opened again"), _("The matter is being handled once more. Officers are being sent.")
        if case.state == State.IN_HAND:
            return _("Taken in"), _("The command centre is choosing who goes.")
        return pgettext("citizen", "Received"), _("The command centre is looking at it now.")

    def _end_words(self) -> tuple[str, str]:
        case, last = self.case, self.happened.last
        if case.state == State.WITHDRAWN:
            return _("Withdrawn"), _("You have withdrawn this report; nobody was sent.")
        if case.state == State.REJECTED:
            return _("Not accepted"), _("Reason: %(reason)s") % {"reason": last.get("reason", "")}
        if case.state == State.PASSED_ON:
            return self._passed_words()
        title, sentence = end_words()[case.outcome]
        details = {Outcome.ORDERED: self._ordered_words, Outcome.FINDING: self._finding_words}.get(case.outcome)
        return title, (details and details()) or sentence

    def _passed_words(self) -> tuple[str, str]:
        handover = Handover.objects.filter(case=self.case).select_related("organisation").order_by("-pk").first()
        name = handover.organisation.name if handover else self.happened.last.get("organisation_name", "")
        title = _("Passed on to %(organisation)s") % {"organisation": name}
        if handover and handover.accepted_at:
            return title, _("They are responsible for this matter and have taken it over.")
        return title, _("They are responsible for this matter. If they send it back, we go on by ourselves.")

    def _ordered_words(self) -> str:
        order = Order.objects.filter(case=self.case).select_related("rechecked_by_case").first()
        if order is None:
            return ""
        again = order.rechecked_by_case
        if again is None:
            return _("It has to be put right in time. Officers check again on %(day)s, by themselves.") % {"day": day(order.recheck_on)}
        if again.state == State.CLOSED:
            return _("The officers checked again on %(day)s: %(result)s.") % {"day": day(again.closed_at), "result": end_words()[again.outcome][0]}
        return _("The time for putting it right is over; the officers are checking again.")

    def _finding_words(self) -> str:
        finding = Finding.objects.filter(case=self.case).select_related("department").order_by("-pk").first()
        if finding is None:
            return ""
        if finding.answered_at:
            return _("%(department)s has answered; the matter goes on from there.") % {"department": finding.department.name}
        return _("%(department)s has been asked and answers by %(day)s.") % {"department": finding.department.name, "day": day(finding.due_at)}

    @property
    def reply(self) -> str:
        """The centre's own words at closing."""
        return self.happened.last.get("reply", "") if self.case and self.case.state == State.CLOSED else ""

    @cached_property
    def former(self) -> list[dict]:
        """What the reporter was answered before the matter was opened again, newest first: never what was answered before he followed it."""
        found, case, since = [], self.report.case, self.report.received_at
        while case is not None:
            happened = self.happened if case.pk == self.case.pk else read(case)
            found += [answer for answer in happened.former if answer.at >= since]
            since, case = case.closed_at, case.merged_into
        photos = _ready(pk for answer in found for pk in answer.photos)
        return [{"at": answer.at, "title": end_words()[answer.outcome][0], "reply": answer.reply, "reopened_at": answer.reopened_at,
                 "doubted": answer.doubted_by == self.report.thread, "photos": [photo for photo in photos if str(photo.pk) in answer.photos]}
                for answer in reversed(found)]  # fmt: skip

    # --- clock, photos, what the reporter may do -----------------------------------------------------
    @property
    def took(self) -> timedelta | None:
        """From the clock's start to the end; None while open."""
        return self.case.closed_at - self.case.started_at if self.case and self.case.closed_at else None

    @property
    def in_time(self) -> bool:
        return bool(self.case and self.case.state == State.CLOSED and self.case.closed_at <= self.case.due_at)

    @property
    def left(self) -> int:
        """Seconds to the limit (negative past it) now, or when the clock was stopped."""
        return int((self.case.due_at - (self.case.paused_at or clock.now())).total_seconds())

    @cached_property
    def result_photos(self) -> list[Photo]:
        """Of the last round, once the centre has checked them."""
        return _ready(self.happened.photos) if self.case and self.case.state == State.CLOSED else []

    @cached_property
    def own_photos(self) -> list[Photo]:
        return list(self.report.photos.filter(state=Photo.State.READY))

    @property
    def photos_pending(self) -> int:
        """Photos of the reporter that are still being prepared."""
        return self.report.photos.filter(state=Photo.State.STORED).count()

    def photo(self, pk) -> Photo | None:
        """One of the photos on the page."""
        shown = (*self.result_photos, *self.own_photos, *(photo for answer in self.former for photo in answer["photos"]))
        return next((photo for photo in shown if photo.pk == pk), None)

    @property
    def can_withdraw(self) -> bool:
        return (
            self.case is not None and not self.merged and allowed(CASE_MOVES, self.case.state, "withdrawn", frozenset({CITIZEN_ROLE}))
            and not self.case.merged_cases.exists() and not self.case.reports.exclude(pk=self.report.pk).exists()
        )  # fmt: skip

    @cached_property
    def answer_until(self) -> datetime | None:
        """Until when "solved?" may be answered; None when it is not asked (open, ended otherwise, answered)."""
        if self.case is None or self.case.state != State.CLOSED or (self.report.solved_at and self.report.solved_at >= self.case.closed_at):
            return None
        days = County.objects.values_list("options__reopen_days", flat=True).get()
        until = self.case.closed_at + timedelta(days=days)
        return until if until > clock.now() else None

    @property
    def asks(self) -> bool:
        return self.answer_until is not None

    @property
    def answered_solved(self) -> bool:
        return bool(self.case and self.case.state == State.CLOSED and self.report.solved)
