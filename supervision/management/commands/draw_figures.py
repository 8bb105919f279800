"""Draw docs/decisions/figures.md from the definitions of supervision; `--check` fails when the committed page differs."""

from django.utils import translation

from journal.management.commands._drawn import DrawnPage
from supervision.definitions import DEFINITIONS, NOTES
from supervision.tables import rules

HEAD = """# Figures of supervision

Drawn by `script/manage draw_figures` from `supervision/definitions.py`; a test compares them. The page, its files and the lists of cases behind
the figures come from the same definitions, and `supervision/counting.py` counts all of them in three statements.

- **By their end, and by their limit.** Shares of closed matters alone look good while what is late stays open. So “closed in time of those due”
  stands beside them: the cases whose limit fell into the period (GB/T 30428: 应结案数), closed or not.
- **One holder for each minute.** The legs of a case follow each other without a gap (`command/metrics.py`); each is charged once, to the officer
  who had the order then, so that waiting for one who declined is not held against the next.
- **A list is its figure.** A list asks with the condition of the figure itself, and a test opens every link of the page and counts. Taken out as a
  file it has as many rows; the file is posted for, and it stands on the person's account who took which list out. More than 30,000 cases are refused,
  not cut off.
- **Hovering.** A drawing tells its row, with numerator, denominator and rule, from the table beside it, to pointer and arrow keys. The tips of
  ECharts are HTML with styles in attributes, which the policy of our pages refuses; on canvas they would be cut off at the edges of small drawings.
- **No ranking, no fines.** Rows stand in the order of their codes. Administrative Penalty Law, article 74: no targets for fines; none is counted.
- **Cost.** What began, ended or fell due in the period is found by indexes over centre and moment (`case_centre_due` was added for this: one more
  index for each report), what is open by its partial index; each basis is summed up once, and the totals are put together from these sums. What the
  legs of a closed ten-minute matter took is settled, so the worker keeps it within a minute (`supervision/spent.py`), and a year need not read three
  million entries. Exactness did not give way to speed: percentiles are still taken of single cases, what is not kept yet is measured from the
  journal as it is asked for, `verify_journal` compares what is kept, and a test compares every figure with and without it. A
  year took 22 s before on a quiet machine, and takes 7 to 11 s on one that others use; see [performance.md](../performance.md).
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
