"""What the table of cases says against what the journal says: for `manage.py verify_journal`."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from journal.models import Entry
from journal.verify import check

from .models import Case
from .transitions import CASE_MOVES, OPEN

SAME = timedelta(seconds=1)  # a verb asks the clock for its row and, a moment later, for its entry
TELLING = {"classified", "resumed", *(row.verb for row in CASE_MOVES)}
ENDS = {row.verb for row in CASE_MOVES if row.to not in OPEN}


@check
def times_that_differ() -> Iterator[str]:
    """The first clock, the limit and the end decide what counts as in time: each must be what the journal says it was."""
    told: dict[str, dict] = {}
    entries = Entry.objects.filter(thread__startswith="case:", verb__in=TELLING).order_by("thread", "number")
    for thread, verb, at, data in entries.values_list("thread", "verb", "at", "data").iterator(chunk_size=2000):
        said = told.setdefault(thread, {})
        said.update({key: datetime.fromisoformat(data[key]) for key in ("started_at", "due_at") if key in data})
        if verb not in ("classified", "resumed"):
            said["closed_at"] = at if verb in ENDS else None
    for case in Case.objects.only("started_at", "due_at", "closed_at").order_by("pk").iterator(chunk_size=2000):
        said = told.get(case.thread, {})
        for name in ("started_at", "due_at", "closed_at"):
            stored, by_journal = getattr(case, name), said.get(name)
            if (stored is None) != (by_journal is None) or (stored and abs(stored - by_journal) > SAME):
                yield f"{case.thread}: {name} is {stored} in its table and {by_journal} in the journal"
