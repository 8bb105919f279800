"""Is the journal whole? Recomputes hashes in one pass, in constant memory."""

from dataclasses import dataclass

from django.apps import apps

from .models import CHAIN_START, Entry, Thread


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
    """Threads whose stored head (version, chain) is not their last entry: an entry was cut off the end."""
    strays = []
    for model in apps.get_models():
        if not (issubclass(model, Thread) and not model._meta.abstract):
            continue
        kind = model._meta.model_name
        last = {
            name: (number, digest)
            for name, number, digest in Entry.objects.filter(thread__startswith=f"{kind}:")
            .order_by("thread", "-number").distinct("thread").values_list("thread", "number", "hash").iterator()
        }  # fmt: skip
        for pk, version, chain in model.objects.filter(version__gt=0).values_list("pk", "version", "chain").iterator():
            name = f"{kind}:{pk}"
            if (thread is None or thread == name) and last.get(name) != (version, chain):
                strays.append(name)
    return strays
