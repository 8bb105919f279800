"""Become nginx. Workers of a master that was killed keep its port, so that a new master could not listen: end them first."""

import os
import signal
import sys
import time
from pathlib import Path


def orphans(folder: str) -> list[int]:
    """nginx processes that work in this folder; each environment has one of its own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == folder and (process / "comm").read_text() == "nginx\n":
                found.append(int(process.name))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    while left := orphans(os.getcwd()):
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - our own command line
