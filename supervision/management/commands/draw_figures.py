"""Draw docs/decisions/figures.md from the definitions of supervision; `--check` fails when the committed page differs."""

from django.utils import translation

from journal.management.commands._drawn import DrawnPage
from supervision.definitions import DEFINITIONS, NOTES
from supervision.tables import rules

HEAD = """# Figures of supervision

Drawn by `script/manage draw_figures` from `supervision/definitions.py`; a test compares them. The page, its files and the lists of cases behind
the figures come from the same definitions, and `supervision/counting.py` counts all of them in two statements.

- **By their end, and by their limit.** Shares of closed matters alone look good while what is late stays open. So “closed in time of those due”
  stands beside them: the cases whose limit fell into the period (GB/T 30428: 应结案数), closed or not.
- **One holder for each minute.** The legs of a case follow each other without a gap (`command/metrics.py`); each is charged once, to the officer
  who had the order then, so that waiting for one who declined is not held against the next.
- **A list is its figure.** A list asks with the condition of the figure itself, and a test opens every link of the page and counts.
- **No ranking, no fines.** Rows stand in the order of their codes. Administrative Penalty Law, article 74: no targets for fines; none is counted.
- **Cost.** What began, ended or fell due in the period is found by indexes over centre and moment (`case_centre_due` was added for this: one more
  index for each report), what is open by its partial index; journals are read of the ten-minute matters closed in the period only.
  With 300,000 cases in the archive, 900 a day: today 0.1 s, seven days 0.9 s, thirty days 2.6 s (27,000 cases), a month of half a year ago the same;
  a whole year at that rate takes 22 s, which is too long. Twelve statements each; a list of cases 0.1 s.
- **The journal.** When a case began, fell due and ended stands with it as the journal has it (`verify_journal` compares); every stage and every
  minute is a difference of entries."""


def page() -> str:
    """The whole page, in English and in Chinese."""
    parts = [HEAD]
    for language, title in (("en", "In English"), ("zh-hans", "中文")):
        with translation.override(language):
            found = rules()
            parts += [f"\n## {title}\n", *(f"- {note}" for note in NOTES), ""]
            parts += [f"| Code | {' | '.join(found.columns)} |", "|---" * (len(found.columns) + 1) + "|"]
            parts += [
                f"| `{one.code}` | {' | '.join(cell.text for cell in row)} |" for one, row in zip(DEFINITIONS, found.rows, strict=True)
            ]  # fmt: skip
    return "\n".join(parts) + "\n"


class Command(DrawnPage):
    help = __doc__
    path, draw = "docs/decisions/figures.md", staticmethod(page)
