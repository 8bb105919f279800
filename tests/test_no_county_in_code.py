"""Another county is another folder: the program itself knows none."""

import re

from tests.databases import ROOT

FUCHENG = re.compile(r"131128|阜城|(?<![\w.#])586(?![\w.])")
ELSEWHERE = {"data", "tests", "docs", "var", "locale", "node_modules"}


def test_no_code_names_the_county_or_its_figures():
    found = []
    for pattern in ("*.py", "*.html", "*.txt", "*.js", "*.css"):
        for path in ROOT.rglob(pattern):
            parts = path.relative_to(ROOT).parts
            if parts[0] not in ELSEWHERE and not any(part.startswith(".") for part in parts):
                lines = path.read_text("utf-8").splitlines()
                found += [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if FUCHENG.search(line)]
    assert found == []
