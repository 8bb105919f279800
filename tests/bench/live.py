"""A change until its bytes are at every screen that shows it, beside plain Channels; cuts, a dead process and stuck screens."""

import asyncio
import json
import math
import time
from dataclasses import replace

from tests.bench import audience
from tests.bench.place import Bench
from tests.bench.screens import Screens, Seat
from tests.bench.shares import CORES, cpu_seconds, loaded, memory_mb
from tests.bench.tables import table

COUNTS = (200, 1000)
A_SECOND = 10
STUCK = 10
AFTER_BEAT = 4.0
LONGEST_WAIT = 120.0
HEAD = [
    "what", "sockets", "changes a second", "deliveries due", "got", "p50 ms", "p99 ms", "longest ms", "messages a second", "µs CPU a message",
    "CPU at rest, % of a core", "memory MB", "beats that found a screen wrong", "screens wrong at the end", "client, % of the machine",
]  # fmt: skip
FAULTS = [
    "what happened", "sockets", "s until all are right", "s CPU of the socket process", "beats that found a screen wrong", "screens wrong at the end",
]  # fmt: skip


def run(bench: Bench, *, seconds: float = 60, repeats: int = 1) -> str:
    """`seconds` of changes at each number of sockets; nginx, Channels and the stuck ones for half as long."""
    before, live = loaded(), Live(bench)
    try:
        return f"{live.all(seconds)}\n\n{before}"
    finally:
        live.screens.stop()


class Live:
    """The bench's processes: sockets of the platform and of plain Channels, and the one that holds the screens."""

    def __init__(self, bench: Bench):
        self.bench, self.work, self.screens = bench, audience.Work(), Screens()
        self.process, self.direct = bench.sockets()
        self.plain, self.plain_address = bench.sockets(run="plain", application="tests.bench.plain:application")
        self.nginx = bench.nginx(run="front", WEB_ADDRESS="127.0.0.1:9", SOCKETS_ADDRESS=self.direct.removeprefix("http://"))

    def all(self, seconds: float) -> str:
        rows, own = [], []
        for count in COUNTS:
            found = self.measure(self.direct, count, seconds)
            own.append(found)
            rows.append(_row("platform", count, found))
            rows.append(_row("plain Channels", count, self.channels(count, seconds / 2, found["sizes"])))
        rows.append(_row("platform through nginx", COUNTS[-1], self.measure(self.nginx, COUNTS[-1], seconds / 2)))
        stuck = self.measure(self.direct, COUNTS[-1], seconds / 2, stuck=STUCK)
        rows.append(_row(f"platform, {STUCK} more take nothing", COUNTS[-1], stuck))
        return "\n\n".join([table(HEAD, rows), _split(*own), _stuck(stuck), self.faults(COUNTS[-1])])

    # --- the platform ------------------------------------------------------------------------------
    def measure(self, origin: str, count: int, seconds: float, *, stuck: int = 0) -> dict:
        """Open `count` screens anew, let the work go on before them, ask each for a snapshot at the end."""
        cases, codes = self.work.reports(math.ceil(seconds * A_SECOND / audience.CHANGES_A_CASE))
        places = audience.seats(self.work.cast, count, codes)
        places += [replace(seat, stuck=True) for seat in places[:2] * (stuck // 2)]
        self.screens.open(origin, places)
        time.sleep(AFTER_BEAT)
        rest = self._share(self.process.pid, 2 * AFTER_BEAT)
        before = memory_mb(self.process.pid)
        self.screens.stick(True)
        self.work.stamps.clear()
        steps = self.work.carry(cases)
        found = self._meanwhile(self.process.pid, lambda: self._act(steps, seconds, stuck))
        after = memory_mb(self.process.pid)
        self.screens.stick(False)
        time.sleep(AFTER_BEAT)
        self.screens.ask()
        time.sleep(AFTER_BEAT)
        judged, sizes = self.screens.judge(self.work.stamps), self.screens.sizes()
        self.screens.leave()
        return found | judged | {"rest": rest * 100, "memory": after, "before": before, "sizes": sizes}

    def _act(self, steps, seconds: float, stuck: int) -> int:
        """Changes; screens that take nothing ask for a snapshot every second, as no page ever does."""
        if not stuck:
            return audience.paced(steps, A_SECOND, seconds)
        count = 0
        for _ in range(int(seconds)):
            count += audience.paced(steps, A_SECOND, 1)
            self.screens.ask(stuck=True)
        return count

    def _meanwhile(self, pid: int, act) -> dict:
        """`act()` (answers how many changes it made) with what the processes took meanwhile."""
        begun, heard = time.monotonic(), self.screens.count()
        server, client = cpu_seconds(pid), cpu_seconds(self.screens.pid)
        changes = act()
        took = time.monotonic() - begun
        server, client = cpu_seconds(pid) - server, cpu_seconds(self.screens.pid) - client
        heard = self.screens.count() - heard
        return {"changes": changes, "took": took, "messages": heard, "cpu": server, "client": client / took}

    @staticmethod
    def _share(pid: int, seconds: float) -> float:
        before = cpu_seconds(pid)
        time.sleep(seconds)
        return (cpu_seconds(pid) - before) / seconds

    # --- plain Channels ----------------------------------------------------------------------------
    def channels(self, count: int, seconds: float, sizes: dict[str, float]) -> dict:
        """As many sockets in the same groups, told as often, texts as long; nothing is asked, loaded or rendered there."""
        _, codes = self.work.reports(2)
        places = audience.seats(self.work.cast, count, codes)
        self.screens.open(self.plain_address, [Seat(f"/ws/{seat.audience}/", seat.audience) for seat in places])
        staff = {seat.audience for seat in places if seat.audience.startswith(("wall.", "centre."))}
        officer = next(seat.audience for seat in places if seat.audience.startswith("officer."))
        texts = {name: "言" * int(sizes.get(name.partition(".")[0], 500) / 3) for name in sorted({*staff, officer, codes[0][1]})}
        stamps: list = []
        found = self._meanwhile(self.plain.pid, lambda: asyncio.run(_tell(texts, stamps, seconds)))
        limit = time.monotonic() + LONGEST_WAIT  # what waits is late, not lost
        while (heard := self.screens.count()) and time.monotonic() < limit:
            time.sleep(2)
            if self.screens.count() == heard:
                break
        judged, memory = self.screens.judge(stamps), memory_mb(self.plain.pid)
        self.screens.leave()
        return found | judged | {"memory": memory, "rest": "–", "doubted": "–", "wrong": "–"}

    # --- faults ------------------------------------------------------------------------------------
    def faults(self, count: int) -> str:
        """All connections cut at once; the process killed."""
        rows = []
        for words, act in (
            ("all cut, again at once", lambda: self.screens.cut(patience=False)),
            ("all cut, again as pages do", lambda: self.screens.cut(patience=True)),
            ("socket process killed and started again", self._kill),
        ):
            _, codes = self.work.reports(20)
            self.screens.open(self.direct, audience.seats(self.work.cast, count, codes))
            time.sleep(AFTER_BEAT)
            before, pid = cpu_seconds(self.process.pid), self.process.pid
            took = act()
            cpu = cpu_seconds(self.process.pid) - (before if self.process.pid == pid else 0)
            time.sleep(AFTER_BEAT)
            self.screens.ask()
            time.sleep(AFTER_BEAT)
            judged = self.screens.judge([])
            self.screens.leave()
            rows.append([words, count, took, cpu, judged["doubted"], judged["wrong"]])
        return table(FAULTS, rows)

    def _kill(self) -> float:
        self.screens.begin("lost")
        self.process.kill()
        self.process.wait()
        self.process, _ = self.bench.sockets(port=int(self.direct.rpartition(":")[2]))
        return self.screens.end()


def _row(name: str, count: int, found: dict) -> list:
    took = found["took"]
    return [
        name, count, found["changes"] / took, found["expected"], found["got"], found["p50"], found["p99"], found["longest"],
        found["messages"] / took, found["cpu"] / max(1, found["messages"]) * 1e6, found["rest"], found["memory"],
        found["doubted"], found["wrong"], found["client"] / CORES * 100,
    ]  # fmt: skip


def _split(few: dict, many: dict) -> str:
    """What a change costs once, and what each delivery costs more, by the difference of two runs."""
    (few_cpu, few_messages), (many_cpu, many_messages) = ((run["cpu"] / run["changes"], run["messages"] / run["changes"]) for run in (few, many))
    each = (many_cpu - few_cpu) / (many_messages - few_messages)
    once = few_cpu - each * few_messages
    return (
        f"By the difference of the platform's two runs: a change costs the socket process {once * 1000:.1f} ms once (loading and rendering it for "
        f"every kind of screen), and {each * 1e6:.0f} µs for each message that goes out."
    )


def _stuck(found: dict) -> str:
    return (
        f"{found['stuck']} screens took nothing for {found['took']:.0f} s while they asked for a snapshot every second; {found['behind']} of them "
        f"fell behind. The socket process had {found['before']:.0f} MB before and {found['memory']:.0f} MB after; when they read again, "
        f"{found['stuck_wrong']} of them stayed wrong."
    )


async def _tell(texts: dict[str, str], stamps: list, seconds: float) -> int:
    from channels_redis.pubsub import RedisPubSubChannelLayer
    from django.conf import settings

    layer = RedisPubSubChannelLayer(hosts=[settings.REDIS_URL])
    begun, count = time.monotonic(), 0
    while (due := begun + count / A_SECOND) < begun + seconds:
        await asyncio.sleep(max(0, due - time.monotonic()))
        count += 1
        stamps.append((time.monotonic_ns(), frozenset(texts), f"case:{count}", 1))
        for name, filler in texts.items():
            text = json.dumps({"type": "change", "things": {f"case:{count}": {"v": 1, "text": filler}}}, ensure_ascii=False)
            await layer.group_send(name, {"type": "told", "text": text})
    return count
