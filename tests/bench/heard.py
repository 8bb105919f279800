"""What screens heard, judged: how late each change came, and whether each screen shows what PostgreSQL says.

A screen's state is built as static/js/live.js builds it.
"""

import json
import math
import re
from collections import defaultdict
from zlib import crc32

# What changes by the clock alone, or with each rendering, is not compared: lateness, the roster's version (it rises every two minutes,
# perhaps between the last beat and the snapshot), times left (the page counts them down) and uuids of forms.
CLOCKED = {("roster", "v")}
LEAVING_MS = 84_000  # less than the wall's LINGER by two beats
MOVING = re.compile(r'\b\d{1,3}:\d\d\b|stroke-dasharray="[^"]*"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')


def judge(screens, stamps: list[tuple[int, frozenset, str, int]]) -> dict:
    """`stamps`: (monotonic ns, audiences, thing, version) of each hint that left.

    "expected" and "got": hints times the screens of their audiences; "p50", "p99", "longest": ms of "got".
    "doubted": beats after which a screen had to fetch. "wrong": screens that show else than a snapshot which they asked for at the end.
    "codes": with which connections were closed. Screens that were stuck are judged apart: "stuck", of which "behind" were told less
    than the others of their audience, and "stuck_wrong".
    """
    known: dict[bytes, dict] = {}
    by_audience: dict[str, list] = defaultdict(list)
    for stamp in stamps:
        for audience in stamp[1]:
            by_audience[audience].append(stamp)
    found = {"expected": 0, "got": 0, "late": [], "doubted": 0, "wrong": 0, "codes": [], "stuck": 0, "behind": 0, "stuck_wrong": 0}
    most: dict[str, int] = defaultdict(int)  # changes that a screen of an audience was told
    for screen in sorted(screens, key=lambda screen: screen.seat.stuck):
        screen.read()
        log = [(at, _parsed(text, known)) for at, text in zip(screen.times, screen.texts, strict=True)]
        doubted, wrong = _replay(log, set(screen.starts))
        found["codes"] += screen.codes
        changes = sum(message["type"] == "change" for _, message in log)
        if screen.seat.stuck:  # after the others
            found["stuck"] += 1
            found["behind"] += changes < most[screen.seat.audience]
            found["stuck_wrong"] += wrong
            continue
        most[screen.seat.audience] = max(most[screen.seat.audience], changes)
        mine = by_audience[screen.seat.audience]
        late = _late(log, mine)
        found["expected"] += len(mine)
        found["got"] += len(late)
        found["late"] += late
        found["doubted"] += doubted
        found["wrong"] += wrong
    late = sorted(found.pop("late"))
    return found | {"p50": percentile(late, 0.5), "p99": percentile(late, 0.99), "longest": late[-1] if late else math.nan}


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else math.nan


def sizes(screens) -> dict[str, float]:
    """Mean characters of a change for each kind of audience."""
    total: dict[str, list[int]] = defaultdict(list)
    for screen in screens:
        screen.read()
        kind = screen.seat.audience.partition(".")[0]
        total[kind] += [len(text) for text in screen.texts if text.startswith(b'{"type":"change"')]
    return {kind: sum(lengths) / len(lengths) for kind, lengths in total.items() if lengths}


def positions(screens, offset: int) -> list[dict]:
    """For each screen {(officer, lon, lat): ns when it first heard of that fix, plus `offset`}."""
    found, known = [], {}
    for screen in screens:
        screen.read()
        first: dict[tuple[int, float, float], int] = {}
        for at, text in zip(screen.times, screen.texts, strict=True):
            message = _parsed(text, known)
            if message["type"] == "positions":
                for officer, (lon, lat, *_) in message["officers"].items():
                    first.setdefault((int(officer), round(lon, 6), round(lat, 6)), at + offset)
        found.append(first)
    return found


def _parsed(text: bytes, known: dict[bytes, dict]) -> dict:
    message = known.get(text)
    if message is None:
        message = known[text] = json.loads(text)
    return message


def _late(log, stamps) -> list[float]:
    """Milliseconds from each hint to the first message that brought its version or a newer one."""
    waiting: dict[str, list] = defaultdict(list)
    for at, _, thing, version in stamps:
        waiting[thing].append((version, at))
    found = []
    for at, message in log:
        if message["type"] not in {"change", "snapshot"}:
            continue
        for thing, payload in message["things"].items():
            hints = waiting.get(thing)
            if not hints:
                continue
            shown = [hint for hint in hints if payload is None or hint[0] <= payload["v"]]
            if payload is None:
                shown = [hint for hint in shown if hint[1] <= at]
            for hint in shown:
                hints.remove(hint)
                found.append(max(0.0, (at - hint[1]) / 1e6))  # a beat may have read the change before its hint left
    return found


def _replay(log, starts: set[int]) -> tuple[int, bool]:
    """(beats that found the screen wrong, whether its last snapshot differs from what it showed before)."""
    versions: dict[str, int] = {}
    things: dict[str, dict] = {}
    ready, doubted, wrong = False, 0, False
    for place, (_, message) in enumerate(log):
        if place in starts:
            ready = False
        kind = message["type"]
        if kind == "snapshot":
            wrong = ready and _shown(things, message["now"]) != _shown(message["things"], message["now"])
            things, ready = dict(message["things"]), True
            versions = {thing: payload["v"] for thing, payload in things.items()}
        elif ready and kind == "change":
            for thing, payload in message["things"].items():
                if payload["v"] < versions.get(thing, 0) if payload else thing not in versions:
                    continue
                if payload:
                    versions[thing], things[thing] = payload["v"], payload
                else:
                    del versions[thing], things[thing]
        elif ready and kind == "beat":
            doubted += message["checksum"] is not None and message["checksum"] != _checksum(versions)
    return doubted, wrong


def _shown(things: dict, now: int) -> dict:
    """What is compared. Ended cases leave the wall by the clock: between two beats they may stand there or not."""
    return {
        thing: {
            name: MOVING.sub("", value) if name == "html" else value
            for name, value in payload.items()
            if name != "late" and (thing, name) not in CLOCKED
        }
        for thing, payload in things.items()
        if not payload.get("ended") or now - payload["ended"] < LEAVING_MS
    }


_sums: dict[tuple, str] = {}


def _checksum(versions: dict[str, int]) -> str:
    key = tuple(sorted(versions.items()))
    if key not in _sums:
        _sums[key] = f"{crc32(';'.join(f'{thing}={version}' for thing, version in key).encode()):08x}"
    return _sums[key]
