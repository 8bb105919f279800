"""The journal in sentences: what a timeline, the wall's ticker and a citizen's page say of an entry.

A sentence tells what happened; who did it stands beside it (`Entry.who`). The `public` form names nobody and quotes
nobody: no officer, no reason, no note, because what people write may name a citizen.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _  # lazy: the tables are read once, the words are the reader's
from django.utils.translation import pgettext

from cases.held import REASONS as HELD_REASONS
from cases.models import Report
from cases.transitions import Outcome
from enforcement.qualification import words as bar_words
from journal.models import Entry
from journal.spoken import duration, listed
from registers.history import SAID as ROSTER
from registers.sentences import ACCOUNT

from .transitions import Way


@dataclass(frozen=True)
class Words:
    """`plain` names nobody; `full` (default: the same) may use what the entry holds; `tail` is the key of a text quoted at the end."""

    plain: str
    full: str = ""
    tail: str = ""


SENTENCES: dict[str, Words] = {
    # cases.transitions.CASE_MOVES
    "reported": Words(_("Reported"), _("Reported: %(channel)s")),
    "taken_in": Words(_("Taken in")),
    "put_back": Words(_("Put back to the received ones"), tail="reason"),
    "rejected": Words(_("Not accepted"), tail="reason"),
    "merged": Words(_("Merged into another case"), _("Merged into case %(into)s")),
    "withdrawn": Words(_("Withdrawn by the reporter")),
    "resolved": Words(_("Handled on site: %(outcome)s"), tail="note"),
    "returned": Words(_("Check not passed: returned for rework"), _("Check not passed: returned for rework (round %(round)s)"), "reason"),
    "closed": Words(_("Checked and closed"), _("Checked and closed; reply to the reporter"), "reply"),
    "passed_on": Words(_("Passed on to %(organisation)s"), tail="reason"),
    "handover_returned": Words(_("Returned by the body it was passed on to"), tail="reason"),
    "reopened": Words(_("Reopened"), tail="reason"),
    # command.transitions.DISPATCH_MOVES
    "sent": Words(_("An officer was sent"), _("Sent: %(officer)s (%(post)s)"), "reasons"),
    "delivered": Words(_("Order delivered"), _("Order delivered: %(officer)s (%(way)s)")),
    "seen": Words(_("Order seen"), _("Order seen: %(officer)s")),
    "help_called": Words(_("An officer calls for help"), _("Calls for help: %(officer)s")),
    "help_moved": Words(_("An officer calls for help again")),
    "help_unanswered": Words(_("A call for help has not been answered")),
    "help_answered": Words(_("A call for help is answered")),
    "help_ended": Words(_("A call for help has ended"), tail="words"),
    "reserved": Words(_("An officer is set aside"), _("Set aside: %(officer)s"), "reasons"),
    "reservation_withdrawn": Words(_("Nobody is set aside any more"), _("No longer set aside: %(officer)s")),
    "shortage": Words(_("Nobody can be sent"), _("Nobody can be sent: %(rules_text)s")),
    "notified": Words(_("Told once more of the order"), _("%(way)s to %(officer)s")),
    "not_notified": Words(_("Could not be told of the order"), _("%(way)s to %(officer)s did not arrive"), "reason"),
    "accepted": Words(_("Order accepted")),
    "declined": Words(_("Order declined"), _("Order declined: %(officer)s"), "reason"),
    "stepped_aside": Words(_("Order declined"), _("Steps aside: %(officer)s")),
    "expired": Words(_("Order not accepted in time"), _("Order not accepted in time: %(officer)s")),
    "arrived": Words(_("Arrived on site"), tail="reason"),
    "finished": Words(_("Fed back from the spot"), _("Fed back from the spot: %(officer)s")),
    "released": Words(_("Released from the case"), _("Released from the case: %(officer)s")),
    "recalled": Words(_("Called back"), _("Called back: %(officer)s"), "reason"),
    # cases.transitions.PART_MOVES
    "part_asked": Words(_("%(unit)s is asked to take part"), tail="task"),
    "part_ordered": Words(_("%(unit)s takes part"), _("%(unit)s takes part (%(place)s)"), "task"),
    "part_agreed": Words(_("%(unit)s accepts its part")),
    "part_refused": Words(_("%(unit)s refuses to take part"), tail="reason"),
    "part_done": Words(_("%(unit)s has done its part"), tail="note"),
    "part_ended": Words(_("The part of %(unit)s was ended"), tail="reason"),
    "part_dropped": Words(_("The part of %(unit)s ended with the case"), tail="reason"),
    "part_unanswered": Words(_("%(unit)s has not answered in time whether it takes part")),
    "part_unsent": Words(_("%(unit)s has sent nobody for its part in time")),
    # beside the state machines
    "recused": Words(_("Somebody was kept out of the matter"), _("Has to step aside by decision: %(officer)s")),
    "recusal_lifted": Words(_("Somebody is no longer kept out of the matter"), _("Need not step aside: %(officer)s")),
    "barred": Words(_("An officer may no longer act"), _("May no longer act: %(officer)s (%(bar)s)")),
    "held": Words(_("Held for a person to look at"), _("Held for a person to look at: %(held)s")),
    "let_in": Words(_("Accepted after a look")),
    "discarded": Words(_("Discarded"), tail="reason"),
    "joined": Words(_("Another case was merged into this one"), _("Case %(case)s was merged into this one")),
    "report_joined": Words(_("Another report of the same matter"), _("Another report of the same matter: %(channel)s")),
    "classified": Words(_("Kind of matter set: %(to_name)s"), _("Kind of matter set: %(to_name)s; with %(organisation)s")),
    "transferred": Words(_("Transferred to %(to_name)s"), tail="reason"),
    "offered": Words(_("Offered to %(to_name)s"), tail="reason"),
    "offer_accepted": Words(_("%(to_name)s has signed for the case"), _("%(to_name)s has signed for the case of %(from_name)s")),
    "offer_returned": Words(_("Returned by %(to_name)s"), tail="reason"),
    "offer_withdrawn": Words(_("No longer offered to %(to_name)s")),
    "offer_lapsed": Words(_("No longer offered to %(to_name)s"), _("No longer offered to %(to_name)s: the case goes on otherwise")),
    "offer_unanswered": Words(_("%(to_name)s has not answered: the county's centre is told")),
    "designated": Words(_("The county's centre designates %(to_name)s"), tail="reason"),
    "confirmed": Words(_("Seen on site before the lead"), _("Seen on site before the lead: %(officer)s"), "note"),
    "evidence_kept": Words(_("Late evidence kept"), _("Late evidence kept: %(officer)s"), "note"),
    "warned": Words(_("70 %% of the time is used")),
    "overdue": Words(_("Time is up: %(stage)s")),
    "escalated": Words(_("Escalated to the %(level)s")),
    "pause_asked": Words(_("Asked to stop the clock"), tail="reason"),
    "pause_refused": Words(_("Stopping the clock was refused")),
    "paused": Words(_("The clock stands"), tail="reason"),
    "resumed": Words(_("The clock runs on"), _("The clock runs on after %(stood)s")),
    "contact_read": Words(_("The informant's contact was read"), tail="reason"),
    "phone_searched": Words(_("A caller's number was looked for"), tail="words"),
    "recheck_due": Words(_("Re-check due"), _("Re-check due: case %(case)s was opened")),
    "finding_overdue": Words(_("Finding of %(department)s is overdue")),
    "finding_answered": Words(_("Finding of %(department)s received"), _("Finding of %(department)s received: case %(case)s was opened")),
    "handover_accepted": Words(_("Taken over by %(organisation)s")),
    "answered": Words(_("The reporter answered: %(solved)s")),
    **{verb: Words(_("Roster or equipment"), text) for verb, text in ROSTER.items()},
    "rule_named": Words(_("Looked at by the rules of conduct"), _("Rule of conduct named: %(rule_text)s (%(accused)s)"), "note"),
    "rule_withdrawn": Words(_("Looked at by the rules of conduct"), _("Naming taken back: %(rule_text)s (%(accused)s)"), "note"),
    # of shifts (their own threads)
    "shift_given": Words(_("A shift's hand-over is signed")),
    "shift_withdrawn": Words(_("The signature under a shift's hand-over is withdrawn")),
    "shift_taken": Words(_("A shift's hand-over is taken over"), _("A shift's hand-over is taken over from %(given_by)s"), "remark"),
    # of accounts (their own threads)
    **{verb: Words(_("Something was done to an account"), text) for verb, text in ACCOUNT.items()},
}


def sentence(entry: Entry, *, public: bool = False, quotes: bool = True) -> str:
    """The entry in the reader's language; `public` names and quotes nobody (wall, citizen). A verb that this version does
    not know (written by a newer one) shows its code."""
    kind = entry.subject.partition(":")[0]
    words = SENTENCES.get(f"{kind}.{entry.verb}") or SENTENCES.get(entry.verb) or Words(entry.verb)
    text = str(words.plain if public or not words.full else words.full) % _Named(entry.data)
    quoted = "" if public or not quotes or not words.tail else _quoted(entry.data.get(words.tail))
    if entry.verb == "closed" and quoted and entry.data.get("why"):
        quoted = _("%(reply)s (why words and result differ: %(why)s)") % {"reply": quoted, "why": entry.data["why"]}
    return pgettext("sentence: quoted words", "%(sentence)s: %(words)s") % {"sentence": text, "words": quoted} if quoted else text


def _quoted(words) -> str:
    if isinstance(words, list):  # the reasons of a suggestion
        return " · ".join(words)
    return _("the reporter says that it is not solved") if words == "not_solved" else words or ""


class _Named(dict):
    """An entry's data as a sentence names it: codes become words, what is missing becomes a dash."""

    def __missing__(self, key):
        return "—"

    def __getitem__(self, key):
        found = self.get(key)
        match key:
            case "channel" if found in Report.Channel.values:
                return Report.Channel(found).label
            case "outcome" if found in Outcome.values:
                return Outcome(found).label
            case "organisation":
                return self.get("organisation_name") or found or "—"
            case "held":
                return HELD_REASONS.get(self.get("reason"), self.get("reason") or "—")
            case "bar":
                return bar_words(self.get("why") or "")
            case "post" if self.get("first"):
                return _("answers for the part of %(unit)s") % {"unit": self.get("unit")}
            case "post":
                return _("lead") if self.get("lead") else _("companion")
            case "place":
                return _("leads") if self.get("lead") else _("assists")
            case "stage":
                return STAGES.get(found, found or "—")
            case "rules_text":
                return listed([f"{why} ({count})" for why, count in self.get("rules") or ()]) or _("nobody belongs to the centre")
            case "way" if found in Way.values:
                return Way(found).label
            case "level":
                return LEVELS.get(found, "—")
            case "stood":
                return duration(self.get("seconds") or 0)
            case "solved":
                return _("solved") if found else _("not solved")
        return "—" if found in (None, "") else found


STAGES = {
    "take_in": _("Taking in"), "send": _("Sending"), "accept": _("Accepting"), "handle": _("Arriving and handling"),
    "verify": _("Checking"), "total": _("The whole loop"), "reach": _("Reaching the officer"),
    "part": _("A unit's part"),
}  # fmt: skip
# What an open case waits for, as a queue says it.
WAITING = {
    "take_in": _("To take in"), "send": _("To send"), "accept": _("To be accepted"), "handle": _("Under way"), "verify": _("To check"),
}  # fmt: skip
LEVELS = {1: _("squad leader"), 2: _("command centre"), 3: _("county command centre")}
