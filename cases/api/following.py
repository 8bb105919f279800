"""What a program may know of a report that it follows: the same words as on the reporter's page, no names."""

from datetime import datetime

from cases import sealed
from cases.models import Report
from cases.tracking import Happened, Progress
from journal import clock


def following(report: Report, code: str, *, fresh: bool = False) -> dict:
    """The answer of the API for a report with its plain `code`. `fresh`: just stored, nothing else can have happened (no query)."""
    progress = Progress(report)
    if fresh:
        progress.happened = Happened()
    case = progress.case
    return {
        "code": sealed.shown_code(code), "number": case.number if case else None, "state": case.state if case else report.state,
        "outcome": case.outcome if case else "", "title": progress.title, "sentence": progress.sentence, "reply": progress.reply,
        "received_at": _local(report.received_at), "due_at": _local(case and case.due_at), "closed_at": _local(case and case.closed_at),
        "steps": [{"name": step.name, "label": step.label, "state": step.state, "at": _local(step.at)} for step in progress.steps],
    }  # fmt: skip


def _local(at: datetime | None) -> datetime | None:
    return at and at.astimezone(clock.LOCAL)
