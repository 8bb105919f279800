"""Draw docs/states.md from the tables of moves; `--check` fails when the committed page differs."""

from django.utils import translation

from cases import transitions as cases
from command import transitions as dispatches
from enforcement import transitions as duty
from journal.management.commands._drawn import DrawnPage

HEAD = """# States and moves

Drawn by `script/manage draw_states` from `cases/transitions.py`, `command/transitions.py` and `enforcement/transitions.py`; a test compares them.
A case knows what the citizen asks, a dispatch what the centre asks, a part what one unit asks of another. Nothing else keeps
a state of the loop; a swap of duty is apart.

Rows of the standard loop (GB/T 30428, CJJ/T 106) and where they live here:

| The field's word | Here |
|---|---|
| 已上报 | case `received` |
| 已受理(立案) | move `taken_in` → `in_hand` |
| 不予受理 / 作废 | move `rejected` |
| 并案 | move `merged` |
| 已派遣 / 已接单 / 到场 | dispatch `sent` / `accepted` / `on_site`, the case stays `in_hand` |
| 退回 | dispatch `declined`, or `expired` when nobody answers |
| 已处置, 转立案调查 | dispatch `finished` and case `resolved`, with an outcome (`lead` goes on the filing list) |
| 挂起, 延期 | a pause with two persons: an interval, not a state |
| 已核查, 已结案 | move `closed`, the centre's check |
| 返工 | move `returned`, counted, on the first clock |
| 重开 | move `reopened` |
"""


def page() -> str:
    """The whole page, in English."""
    with translation.override("en"):
        parts = [HEAD]
        for title, states, moves in (
            ("Case", cases.State, cases.CASE_MOVES), ("Dispatch", dispatches.State, dispatches.DISPATCH_MOVES),
            ("Part in a joint action", cases.PartState, cases.PART_MOVES),
            ("Swap of duty", duty.SwapState, duty.SWAP_MOVES),
        ):  # fmt: skip
            parts += [f"\n## {title}\n", "```mermaid", "stateDiagram-v2"]
            parts += [f"    {row.frm or '[*]'} --> {row.to}: {row.verb}" for row in moves]
            leaving = {row.frm for row in moves}
            parts += [f"    {state.value} --> [*]" for state in states if state.value not in leaving]
            parts += ["```\n", "| Move | From | To | Who | Needs | Note |", "|---|---|---|---|---|---|"]
            parts += [
                f"| `{row.verb}` | {row.frm.label if row.frm else '—'} | {row.to.label} | {', '.join(sorted(map(str, row.by)))}"
                f" | {', '.join(row.needs) or '—'} | {row.note or row.basis or '—'} |"
                for row in moves
            ]
        parts += ["\n## Outcomes of a case\n", "| Outcome | Code | Needs |", "|---|---|---|"]
        parts += [f"| {outcome.label} | `{outcome.value}` | {', '.join(cases.NEEDS[outcome])} |" for outcome in cases.Outcome]
        return "\n".join(parts) + "\n"


class Command(DrawnPage):
    help = __doc__
    path, draw = "docs/states.md", staticmethod(page)
