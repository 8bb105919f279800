"""Results as Markdown, printed and, with --write, put into docs/performance.md between the marks of their bench."""

import os
import platform
import re
from datetime import date
from pathlib import Path

from tests.databases import ROOT

PAGE = ROOT / "docs" / "performance.md"


def table(head: list[str], rows: list[list]) -> str:
    """Numbers to the right, words to the left."""
    marks = ["---:" if all(_is_number(row[column]) for row in rows) else "---" for column in range(len(head))]
    lines = [head, marks, *([_shown(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine() -> str:
    """What was measured on, in a line."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) >> 20
    return f"{date.today():%Y-%m-%d}, {os.cpu_count()} cores ({model[1].strip() if model else platform.machine()}), {memory} GiB"


def write(name: str, text: str) -> None:
    """Replace what docs/performance.md says between `<!-- name -->` and `<!-- /name -->`."""
    page = PAGE.read_text()
    made, found = re.subn(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda marks: f"{marks[1]}{text}\n{marks[2]}", page, flags=re.DOTALL)
    if not found:
        raise SystemExit(f"{PAGE} has no place for “{name}”: put <!-- {name} --> and <!-- /{name} --> there.")
    PAGE.write_text(made)


def _is_number(cell) -> bool:
    return isinstance(cell, int | float)


def _shown(cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
