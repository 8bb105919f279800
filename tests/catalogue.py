"""The Simplified Chinese catalogue as rows, for the tests of words."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


@dataclass
class Row:
    """One message: `said` holds the Chinese forms, `context` is empty without one."""

    context: str = ""
    english: str = ""
    plural: str = ""
    said: list[str] = field(default_factory=list)
    flags: str = ""


def rows(path: Path = CATALOGUE) -> list[Row]:
    """All messages but the header, read through gettext's own msgcat (one line per string)."""
    text = subprocess.run(["msgcat", "--no-wrap", str(path)], capture_output=True, text=True, check=True).stdout
    found = []
    for block in re.split(r"\n\n+", text):
        row, target = Row(), None
        for line in block.splitlines():
            if line.startswith("#,"):
                row.flags += line
            if match := re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$', line):
                target = match[1]
                _add(row, target, match[2], new=True)
            elif line.startswith('"') and target:
                _add(row, target, line, new=False)
        if row.english:
            found.append(row)
    return found


def _add(row: Row, target: str, quoted: str, *, new: bool) -> None:
    text = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), quoted[1:-1])
    if target.startswith("msgstr"):
        row.said = [*row.said, text] if new else [*row.said[:-1], row.said[-1] + text]
    else:
        name = {"msgctxt": "context", "msgid": "english", "msgid_plural": "plural"}[target]
        setattr(row, name, (("" if new else getattr(row, name)) + text))
