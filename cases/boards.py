"""The live view of one reporter: his own matter, rendered from the same fragment as the page."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q
from django.template.loader import render_to_string

from journal import push

from .models import Report
from .tracking import Progress, main_case

AT_ONCE = 200  # keys in one query


def payload(progress: Progress) -> dict:
    """What a browser gets of a matter. Holds nothing personal to one reader; forms stay in the page."""
    return {
        "v": progress.version,
        "html": render_to_string("cases/_progress.html", {"progress": progress}),
        "asks": progress.asks,
        "can_withdraw": progress.can_withdraw,
        "solved": progress.answered_solved,
    }


class TrackBoard(push.Board):
    """Audience "track.<key>": one report, or the case that it has become or joined."""

    kind = "track"

    def things(self, key: str) -> dict[str, int]:
        return self.things_of([key])[key]

    def things_of(self, keys: Iterable[str]) -> dict[str, dict[str, int]]:
        keys = list(keys)
        found: dict[str, dict[str, int]] = {key: {} for key in keys}
        for start in range(0, len(keys), AT_ONCE):
            for report in _reports(keys[start : start + AT_ONCE]):
                thread = main_case(report) or report
                found[report.track_key] = {thread.thread: thread.version}
        return found

    def render(self, key: str, things: Iterable[str], language: str) -> dict[str, dict]:
        wanted = set(things)
        for report in _reports([key]):
            progress = Progress(report)
            if progress.thing in wanted:
                return {progress.thing: payload(progress)}
        return {}


def _reports(keys: list[str]):
    """Reports by the first half of their code's hash; each prefix is answered from the index."""
    if not keys:
        return []
    prefixes = reduce(or_, (Q(tracking_hash__startswith=key) for key in keys))
    return Report.objects.filter(prefixes).select_related("case__merged_into")
