"""A hundred thousand made-up requests over the whole description of the interface, against the platform's own web process."""

import multiprocessing
import random
import time
from collections import Counter
from ipaddress import IPv4Address

from tests.bench.place import Bench, client_key
from tests.bench.tables import table

REQUESTS = 100_000
TURN = 200  # requests that one seed makes up
CALLERS = 2


def run(bench: Bench, *, seconds: float = 3600, repeats: int = REQUESTS) -> str:
    """Requests by operation and status: `repeats` of them, or as many as `seconds` allow. RuntimeError at the first answer that is
    an error of ours (5xx) or that the description does not describe, with the request that got it."""
    address, key = bench.web(run="web"), client_key()
    with multiprocessing.get_context("spawn").Pool(CALLERS) as callers:
        turns = ((address, key, first, repeats // CALLERS, seconds) for first in range(CALLERS))
        found: Counter = sum(callers.imap_unordered(_ask_much, turns), Counter())
    if "Traceback" in (log := (bench.folder / "web-web.log").read_text()):
        raise RuntimeError(log[-3000:])
    rows = {}
    for (what, mode, status), count in sorted(found.items()):
        rows.setdefault((what, mode), []).append((count, status))
    lines = [[what, mode, sum(count for count, _status in got), ", ".join(f"{status}: {count:,}" for count, status in got)]
             for (what, mode), got in rows.items()]  # fmt: skip
    title = f"{found.total():,} requests, none answered by an error of ours nor otherwise than described."
    return f"{title}\n\n{table(['operation', 'input', 'requests', 'answers'], lines)}"


def _ask_much(turn: tuple) -> Counter:
    """One caller's share, seed after seed. The sorts of input take turns; what takes nothing is asked once a round."""
    address, key, first, wanted, seconds = turn
    import requests
    import schemathesis

    from tests.api.fuzzing import ask, needs_key, operations

    schema, wire = schemathesis.openapi.from_url(f"{address}/api/schema/"), requests.Session()
    found, limit, number = Counter(), time.monotonic() + seconds, first
    addresses = random.Random(first)

    def call(case):
        headers = {"X-Real-IP": str(IPv4Address(addresses.getrandbits(32)))}  # the limits by address are not what is tried
        if needs_key(case.operation):
            headers["Authorization"] = f"Key {key}"
        return case.call(headers=headers, session=wire)

    while found.total() < wanted and time.monotonic() < limit:
        for operation, mode in operations(schema):
            try:
                got = ask(operation, mode, examples=TURN, number=number, call=call)
            except Exception as error:
                raise RuntimeError(f"seed {number}: {error!r}") from None  # hypothesis' own do not pass between processes
            found.update({(f"{operation.method.upper()} {operation.path}", mode.value, status): count for status, count in got.items()})
        number += CALLERS
    return found
