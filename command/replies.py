"""Replies to the reporter to start from, per outcome; the person at the desk edits and answers for them."""

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.transitions import Outcome


def for_outcome(outcome: str, brought: dict) -> list[str]:
    """Two or three sentences in the active language. `brought`: what the officer entered with the result (endings.resolution)."""
    thanks = _("Thank you for reporting.")
    day = parse_date(brought.get("recheck_on") or "")
    texts = {
        Outcome.CORRECTED: [
            _("Our officers went to the place and the matter was put right on the spot."),
            _("The matter was put right on the spot; patrols there will look again."),
        ],
        Outcome.ADVISED: [
            _("Our officers went to the place and advised those concerned, who promised to comply."),
            _("Those concerned were advised on the spot. Should it happen again, please tell us."),
        ],
        Outcome.ORDERED: [
            _("Those concerned were ordered to correct the matter by %(day)s; we check then whether it is done.")
            % {"day": date_format(day) if day else "—"},
        ],
        Outcome.LEAD: [
            _("The matter was checked on site and is being examined for a formal proceeding."),
        ],
        Outcome.FINDING: [
            _("The matter was checked on site; the responsible department has been asked for its finding. We go on when it is there."),
        ],
        Outcome.POLICE: [
            _("The matter was checked on site and handed to the police, who are responsible for it."),
        ],
        Outcome.PASSED_ON: [
            _("The matter was checked on site and has been passed on to the body that is responsible for it."),
        ],
        Outcome.UNFOUNDED: [
            _("Our officers checked the place; what was reported could not be confirmed."),
        ],
        Outcome.NOT_FOUND: [
            _("Our officers came to the place but did not find the matter there. Please report again, if possible with a photo, when it occurs."),
        ],
    }.get(outcome, [])  # fmt: skip
    return [pgettext("two sentences", "%(first)s %(second)s") % {"first": text, "second": thanks} for text in texts]
