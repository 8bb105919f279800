"""What a start script tells the person who started it: short lines with seconds, one sentence when it refuses."""

import sys
import time
from contextlib import contextmanager

_started = time.monotonic()


class Refusal(Exception):
    """The one sentence that is printed before leaving with exit code 1."""


def line(text: str) -> None:
    print(f"{time.monotonic() - _started:6.1f} s  {text}", flush=True)


@contextmanager
def step(text: str):
    """Announce the work before it begins, so that a long step is never silence; say how long it took if that was long."""
    line(text)
    began = time.monotonic()
    yield
    if (took := time.monotonic() - began) > 2:
        line(f"  … done in {took:.0f} s")


def refuse(error: Refusal) -> int:
    print(f"\n{error}", file=sys.stderr, flush=True)
    return 1
