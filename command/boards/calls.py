"""Calls for help on the screens of centres and walls."""

from django.template.loader import render_to_string
from django.utils import translation

from cases.audience import county_centre_pk
from command import help
from command.models import HelpCall


def added(found: dict, wanted: dict, template: str) -> dict:
    """`found` {(centre key, language): {thing: payload}} with the calls among `wanted`: each centre its own, the county's all."""
    made = help.loaded({thing for things in wanted.values() for thing in things})
    if not made:
        return found
    county = str(county_centre_pk())
    for (key, language), things in wanted.items():
        for call in made:
            if call.thread in things and key in (county, str(call.centre_id)):
                with translation.override(language):
                    found.setdefault((key, language), {})[call.thread] = payload(call, template)
    return found


def payload(call: HelpCall, template: str) -> dict:
    """What a screen needs of a call: where, whether somebody has answered, and how it is drawn."""
    return {
        "v": call.version, "kind": "help", "answered": call.answered_at is not None, "officer": call.officer_id,
        "lon": call.point.x if call.point else None, "lat": call.point.y if call.point else None, "called": int(call.called_at.timestamp() * 1000),
        "html": render_to_string(template, {"call": call}),
    }  # fmt: skip
