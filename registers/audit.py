"""What the audit administrator reads: sign-ins, changes of accounts and posts, who opened informants' contacts, the state of the journal.

Each list says who, when and what; none holds a contact, a word of a case, a reason that somebody wrote about one, or a picture.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from axes.models import AccessFailureLog, AccessLog
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models import Case, PhoneSearch
from enforcement.models import User
from journal import clock
from journal.models import DailyRoot, Entry, JournalCheck
from journal.spoken import stamp
from registers.sentences import account_sentence

DEFAULT_DAYS = 30
READINGS = ("contact_read", "contact_opened", "phone_searched")
MOST_EXPORTED = 50_000


@dataclass(frozen=True)
class Record:
    """A list: its heading, its columns, its rows in a period (the newest first), and what the cells of some of them say."""

    label: str | Promise
    columns: tuple[str | Promise, ...]
    rows: Callable[[date, date, str], QuerySet]
    cells: Callable[[list], list[list[str]]]


def _between(rows: QuerySet, field: str, first: date, last: date) -> QuerySet:
    return rows.filter(**{f"{field}__gte": clock.day_bounds(first)[0], f"{field}__lt": clock.day_bounds(last)[1]})


def _sign_ins(model):
    def rows(first: date, last: date, who: str) -> QuerySet:
        found = _between(model.objects.order_by("-attempt_time", "-pk"), "attempt_time", first, last)
        return found.filter(username__iexact=who) if who else found

    return rows


def _named(usernames: set[str]) -> dict[str, str]:
    people = User.objects.filter(username__in=usernames).select_related("organisation")
    return {user.username: user.actor.label for user in people}


def _came(found: list) -> list[list[str]]:
    names = _named({row.username for row in found})
    return [
        [stamp(row.attempt_time), row.username or "", names.get(row.username, ""), row.path_info, row.ip_address or "", stamp(row.logout_time)]
        for row in found
    ]


def _failed(found: list) -> list[list[str]]:
    names = _named({row.username for row in found})
    return [
        [stamp(row.attempt_time), row.username or "", names.get(row.username, ""), row.path_info, row.ip_address or "",
         str(_("yes")) if row.locked_out else ""]
        for row in found
    ]  # fmt: skip


def _entries(**wanted):
    def rows(first: date, last: date, who: str) -> QuerySet:
        found = _between(Entry.objects.filter(**wanted).order_by("-at", "-pk"), "at", first, last)
        return found.filter(by_label__icontains=who) if who else found

    return rows


def _changed(found: list[Entry]) -> list[list[str]]:
    keys = {int(entry.thread.partition(":")[2]) for entry in found}
    people = {user.pk: user for user in User.objects.filter(pk__in=keys).select_related("organisation")}

    def whom(entry: Entry) -> list[str]:
        user = people.get(int(entry.thread.partition(":")[2]))
        return [user.username, user.actor.label] if user else ["", ""]

    return [[stamp(entry.at), *whom(entry), account_sentence(entry), entry.by_label] for entry in found]


def _read(found: list[Entry]) -> list[list[str]]:
    keys = {int(entry.thread.partition(":")[2]) for entry in found if entry.thread.startswith("case:")}
    numbers = {case.thread: case.number for case in Case.objects.filter(pk__in=keys).only("pk", "started_at")}
    return [[stamp(entry.at), entry.by_label, _looked_for(entry) if entry.verb == "phone_searched" else numbers.get(entry.thread)
             or entry.thread.replace(":", " ")] for entry in found]  # fmt: skip


def _looked_for(entry: Entry) -> str:
    """A search by a caller's number: its purpose is a choice, the words that may stand beside it are not shown."""
    purpose = PhoneSearch.Purpose(entry.data["purpose"]).label
    return _("Search by a caller's number: %(found)s found (%(purpose)s)") % {"found": entry.data["found"], "purpose": purpose}


RECORDS = {
    "sign-ins": Record(
        _("Sign-ins"), (_("Time"), _("Account"), _("Person"), _("Page"), _("Address"), _("Signed out")), _sign_ins(AccessLog), _came),
    "failures": Record(
        _("Failed sign-ins"), (_("Time"), _("Account"), _("Person"), _("Page"), _("Address"), _("Locked out")), _sign_ins(AccessFailureLog), _failed),
    "changes": Record(
        _("Accounts and posts"), (_("Time"), _("Account"), _("Person"), pgettext_lazy("account", "What was done"), _("By")),
        _entries(thread__startswith="account:"),
        _changed),
    "contacts": Record(_("Contacts opened"), (_("Time"), _("By"), _("Case")), _entries(verb__in=READINGS), _read),
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What the address asks for."""

    show: str
    first: date
    last: date
    who: str

    @property
    def record(self) -> Record:
        return RECORDS[self.show]

    def rows(self) -> QuerySet:
        return self.record.rows(self.first, self.last, self.who)


def read(query: QueryDict) -> Choice:
    """`show`, `from`, `to`, `who`; what cannot be read becomes the last thirty days of sign-ins."""
    today = clock.today()
    first, last = clock.read_day(query.get("from", "")), clock.read_day(query.get("to", ""))
    last = last or today
    first = first or last - timedelta(days=DEFAULT_DAYS)
    show = query.get("show", "")
    return Choice(show if show in RECORDS else "sign-ins", min(first, last), last, query.get("who", "").replace("\x00", "").strip()[:60])


def as_csv(choice: Choice) -> Iterator[str]:
    """The list as Excel reads it (UTF-8 with its mark), at most MOST_EXPORTED rows. Cells that a program would take for a formula are quoted."""
    yield "\ufeff" + _line([str(column) for column in choice.record.columns])
    rows = choice.rows()
    for start in range(0, MOST_EXPORTED, 1000):
        found = list(rows[start : start + 1000])
        for cells in choice.record.cells(found):
            yield _line(cells)
        if len(found) < 1000:
            return


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells])
    return buffer.getvalue()


def readers(choice: Choice) -> list[tuple[str, int]]:
    """Who opened how many contacts in the period, most first."""
    counts: dict[str, int] = {}
    for label in choice.rows().values_list("by_label", flat=True):
        counts[label] = counts.get(label, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def journal() -> dict:
    """The last looks through the journal, and the last signed roots."""
    return {"checks": JournalCheck.objects.all()[:5], "roots": DailyRoot.objects.order_by("-day")[:14]}
