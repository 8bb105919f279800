"""What processes take of the machine, from /proc."""

import os
import re
from pathlib import Path

CORES = os.cpu_count()
TICKS = os.sysconf("SC_CLK_TCK")


def loaded() -> str:
    """What others did with the machine when a run began, as a sentence."""
    return f"Load average before the run: {os.getloadavg()[0]:.1f}."


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads and the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def memory_mb(pid: int) -> float:
    """Resident memory."""
    return int(re.search(r"VmRSS:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def tree_seconds(pid: int) -> float:
    """`cpu_seconds` of a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))

    def total(one: int) -> float:
        try:
            return cpu_seconds(one) + sum(map(total, children.get(one, ())))
        except OSError:  # it has just ended: its parent counts it from now on
            return 0.0

    return total(pid)
