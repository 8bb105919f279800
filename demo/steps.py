"""The steps of the guided walk, in order."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Step:
    """`chair`: whose screen it happens on (citizen, command, officer, wall, supervision)."""

    name: str
    chair: str
    title: str
    words: str


def steps() -> list[Step]:
    """What the visitor does; each is ticked off by what really happens to his report."""
    return [
        Step("report", "citizen", _("Report something"), _("On the citizen's phone: what, where, a photo. Send it.")),
        Step("send", "command", _("Send an officer"), _("At the console: your report is in the queue. Open it, press the first suggestion.")),
        Step("accept", "officer", _("Accept the order"), _("On the officer's phone: the order has appeared by itself.")),
        Step("arrive", "officer", _("Arrive"), _("Confirm by position. You are not really there, so choose a reason.")),
        Step("handle", "officer", _("Handle and feed back"), _("Choose how it ended, write a sentence, add a photo where the result needs one.")),
        Step("close", "command", _("Check and close"), _("Back at the console: read the result, answer the citizen, close.")),
        Step("answer", "citizen", _("Solved?"), _("On the citizen's phone: the result is there. Say whether it is solved.")),
    ]
