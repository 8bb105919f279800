"""What a reporter may know of his report: stages in plain words, no names."""

from django.utils.translation import gettext_lazy as _

from cases.models import Case, Report


class Following:
    """A report as its reporter sees it; the report of a merged case follows the main one. `entries`: of both threads, in order."""

    STAGES = {
        "reported": ("received", _("Received")), "held": ("held", _("Being looked at")), "taken_in": ("in_hand", _("Registered")),
        "sent": ("sent", _("Officers sent")), "accepted": ("under_way", _("Officers on the way")), "arrived": ("on_site", _("Officers on site")),
        "resolved": ("resolved", _("Handled, being checked")), "returned": ("rework", _("Handled again")), "closed": ("closed", _("Closed")),
        "rejected": ("rejected", _("Not accepted")), "passed_on": ("passed_on", _("Passed on")), "reopened": ("reopened", _("Opened again")),
        "withdrawn": ("withdrawn", _("Withdrawn")),
    }  # fmt: skip

    def __init__(self, report: Report, code: str, entries):
        self.report, self.code, self.entries = report, code, list(entries)
        self.case: Case | None = main_case(report)

    def as_json(self) -> dict:
        thing = self.case or self.report
        steps = [
            {"stage": stage, "label": str(label), "at": entry.at}
            for entry in self.entries if entry.verb in self.STAGES for stage, label in [self.STAGES[entry.verb]]
        ]  # fmt: skip
        replies = [entry.data.get("reply") for entry in self.entries if entry.verb == "closed"]
        return {
            "code": self.code, "number": self.case.number if self.case else None, "state": thing.state,
            "state_label": thing.get_state_display(), "outcome": self.case.outcome if self.case else "",
            "outcome_label": self.case.get_outcome_display() if self.case else "", "received_at": self.report.received_at,
            "due_at": self.case.due_at if self.case else None, "closed_at": self.case.closed_at if self.case else None,
            "reply": (replies[-1] if replies and self.case and not self.case.is_open else "") or "", "steps": steps,
        }  # fmt: skip


def main_case(report: Report) -> Case | None:
    """The case that a report follows: merged ones lead to the main one."""
    case = report.case
    while case is not None and case.merged_into_id:
        case = case.merged_into
    return case
