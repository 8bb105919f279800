"""What a program may know of a report that it follows: the same words as on the reporter's page, no names."""

from cases import sealed
from cases.models import Report
from cases.tracking import Happened, Progress


def following(report: Report, code: str, *, fresh: bool = False) -> dict:
    """The answer of the API for a report with its plain `code`. `fresh`: just stored, nothing else can have happened (no query)."""
    progress = Progress(report)
    if fresh:
        progress.happened = Happened()
    case = progress.case
    return {
        "code": sealed.shown_code(code), "number": case.number if case else None, "state": case.state if case else report.state,
        "outcome": case.outcome if case else "", "title": progress.title, "sentence": progress.sentence, "reply": progress.reply,
        "received_at": report.received_at, "due_at": case.due_at if case else None, "closed_at": case.closed_at if case else None,
        "steps": [{"name": step.name, "label": step.label, "state": step.state, "at": step.at} for step in progress.steps],
    }  # fmt: skip
