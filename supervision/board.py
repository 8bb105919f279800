"""The overview's audience: it is only told that something has ended or begun anew, and reads its figures again itself."""

from collections.abc import Iterable

from journal import push
from journal.models import Entry

COUNTED = ("closed", "reopened", "returned", "rejected", "merged", "withdrawn", "passed_on", "paused", "resumed")
THING = "figures"


class SupervisionBoard(push.Board):
    kind = "supervision"

    def things(self, key: str) -> dict[str, int]:
        return self.things_of([key])[key]

    def things_of(self, keys: Iterable[str]) -> dict[str, dict[str, int]]:
        """One thing whose version rises with each entry that moves a figure, found by the beat: nobody has to tell it."""
        newest = Entry.objects.filter(verb__in=COUNTED).order_by("-pk").values_list("pk", flat=True).first() or 0
        return {key: {THING: newest} for key in keys}

    def render(self, key: str, things: Iterable[str], language: str) -> dict[str, dict]:
        return {THING: {"v": self.things(key)[THING]}}


push.register(SupervisionBoard())
