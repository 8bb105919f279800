"""Is the journal whole, and is what stands in the tables what it says? Recomputes hashes in one pass, in constant memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps

from . import roots
from .models import CHAIN_START, Entry, Thread
from .moment import one_moment


@dataclass(frozen=True)
class BrokenLink:
    thread: str
    number: int
    entry: int
    why: str

    def __str__(self):
        return f"{self.thread} entry {self.number} (id {self.entry}): {self.why}"


def broken_link(*, thread: str | None = None) -> tuple[int, BrokenLink | None]:
    """(entries checked, first broken link or None), threads in order."""
    rows = Entry.objects.order_by("thread", "number")
    if thread:
        rows = rows.filter(thread=thread)
    checked, current, number, last = 0, None, 0, CHAIN_START
    for entry in rows.iterator(chunk_size=2000):
        if entry.thread != current:
            current, number, last = entry.thread, 0, CHAIN_START
        why = ""
        if entry.number != number + 1:
            why = f"entry {number + 1} is missing"
        elif entry.previous_hash != last:
            why = "does not follow the entry before it"
        elif entry.hash != entry.computed_hash():
            why = "its content was altered"
        if why:
            return checked, BrokenLink(entry.thread, entry.number, entry.pk, why)
        number, last, checked = entry.number, entry.hash, checked + 1
    return checked, None


def heads_that_differ(*, thread: str | None = None) -> list[str]:
    """Threads whose stored head (version, chain) is not their last entry (one was cut off the end), or that are gone themselves."""
    strays, entries = [], Entry.objects.filter(thread=thread) if thread else Entry.objects.all()
    for model in _threads():
        kind = model._meta.model_name
        last = {
            name: (number, digest)
            for name, number, digest in entries.filter(thread__startswith=f"{kind}:")
            .order_by("thread", "-number").distinct("thread").values_list("thread", "number", "hash").iterator()
        }  # fmt: skip
        heads = model.objects.filter(**_only(kind, thread)).values_list("pk", "version", "chain")
        for pk, version, chain in heads.iterator():
            if last.pop(f"{kind}:{pk}", (0, CHAIN_START)) != (version, chain):
                strays.append(f"{kind}:{pk}")
        strays += last  # entries of a case that is no longer there
        entries = entries.exclude(thread__startswith=f"{kind}:")
    return strays + list(entries.order_by("thread").values_list("thread", flat=True).distinct())


def _only(kind: str, thread: str | None) -> dict:
    """The filter of a model's rows for one thread; all rows without one."""
    of, _colon, pk = (thread or "").partition(":")
    return {} if thread is None else {"pk": pk if of == kind and pk.isdigit() else None}


def states_that_differ() -> Iterator[str]:
    """Things with a table of moves whose state is not where their last move led: somebody wrote past the verbs."""
    for model in apps.get_models():
        if not hasattr(model, "MOVES"):
            continue
        kind = model._meta.model_name
        moved = Entry.objects.filter(subject__startswith=f"{kind}:", verb__in={row.verb for row in model.MOVES})
        last = dict(moved.order_by("subject", "-number").distinct("subject").values_list("subject", "data__to").iterator())
        for pk, state in model.objects.order_by("pk").values_list("pk", "state").iterator():
            if (told := last.get(f"{kind}:{pk}")) != state:
                yield f"{kind}:{pk} is “{state}” in its table and “{told or 'nothing'}” in the journal"


Check = Callable[[], Iterator[str]]
checks: list[Check] = [states_that_differ]


def check(one: Check) -> Check:
    """Register what a higher room can tell of its own rows against the journal: sentences, one for each that differs."""
    checks.append(one)
    return one


def look_through(*, thread: str | None = None) -> tuple[int, str]:
    """(entries verified, the first thing that is wrong or ""): chains, heads, what the tables say, and the signed roots."""
    with one_moment():
        checked, link = broken_link(thread=thread)
        if link is not None:
            return checked, f"broken link: {link}"
        if strays := heads_that_differ(thread=thread):
            return checked, f"the head of {strays[0]} differs from its last entry"
        for check in checks if thread is None else ():
            if (differs := next(check(), None)) is not None:
                return checked, differs
        return checked, "" if thread else roots.differing()


def _threads() -> list[type[Thread]]:
    return [model for model in apps.get_models() if issubclass(model, Thread)]
