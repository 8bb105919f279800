"""What the journal of a roster tells: each verb as a sentence, and the lines of a page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enforcement.models import Roster
from journal.models import Entry
from journal.spoken import day, listed, time_of_day

# Names in %()s are of the entry's data. The timelines of cases know the same words (command.sentences).
SAID = {
    "duty_assigned": gettext_lazy("Area and vehicle of a stretch set: %(who)s"),
    "duty_added": gettext_lazy("Extra stretch: %(who)s"),
    "leave_given": gettext_lazy("Leave: %(who)s"),
    "leave_ended": gettext_lazy("Leave ended: %(who)s"),
    "swap_asked": gettext_lazy("Swap asked for: %(who)s and %(to_name)s"),
    "swap_approved": gettext_lazy("Swap approved: %(who)s and %(to_name)s"),
    "swap_refused": gettext_lazy("Swap refused: %(who)s and %(to_name)s"),
    "swap_withdrawn": gettext_lazy("Swap withdrawn: %(who)s and %(to_name)s"),
    "signed_on": gettext_lazy("Signed on"),
    "signed_off": gettext_lazy("Signed off"),
    "issued": gettext_lazy("%(name)s issued to %(officer)s"),
    "given_back": gettext_lazy("%(name)s given back by %(officer)s"),
    "serviced": gettext_lazy("Service of %(name)s done"),
}
CHANGES = tuple(verb for verb in SAID if verb.startswith(("duty", "leave", "swap")))
PAGE, _DAY = 50, timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """One entry as a page shows it: what, of which time, why, and when the phone says it was pressed."""

    entry: Entry
    what: str
    span: str
    why: str
    phone_at: datetime | None = None


def line(entry: Entry, *, private: bool = False) -> Line:
    """`private`: without the reason that somebody gave."""
    data = entry.data
    words = SAID.get(entry.verb)
    what = str(words) % _Known(data) if words else entry.verb
    span = _span(data["since"], data["until"]) if data.get("since") and data.get("until") else ""
    why = [None if private else data.get("reason"), data.get("answer"), data.get("condition"), data.get("note")]
    if data.get("gaps"):
        why.append(_("opens a gap: %(gaps)s") % {"gaps": listed(data["gaps"])})
    phone = datetime.fromisoformat(data["phone_at"]) if data.get("phone_at") else None
    return Line(entry, what, span, listed(part for part in why if part), phone)


def of(thread: Roster, *, subject: str = "", verbs: tuple[str, ...] = (), before: int | None = None, colleague: int | None = None) -> list[Line]:
    """A page of a roster's entries, the newest first: about `subject`, of these verbs, older than number `before`.

    `colleague`: somebody (the key of his account) who does not plan this roster, and so reads why of his own leaves only."""
    found = Entry.objects.filter(thread=thread.thread).order_by("-number")
    if subject:
        found = found.filter(subject=subject)
    if verbs:
        found = found.filter(verb__in=verbs)
    if before:
        found = found.filter(number__lt=before)
    return [
        line(entry, private=colleague is not None and entry.verb.startswith("leave") and entry.data.get("user") != colleague)
        for entry in found[:PAGE]
    ]


class _Known(dict):
    def __missing__(self, key):
        return "—"


def _span(since: str, until: str) -> str:
    since, until = datetime.fromisoformat(since), datetime.fromisoformat(until)
    end = time_of_day(until) if until - since <= _DAY else f"{day(until)} {time_of_day(until)}"
    return f"{day(since)} {time_of_day(since)} – {end}"
