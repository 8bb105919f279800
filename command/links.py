"""How everything stands that the wall lives from, in words: what a quiet screen shows of its own health.

The page itself adds whether it reaches the site and whether it is live.
"""

from datetime import timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

import integrations.messages as carrier
from cases.models import Report
from command.models import OrderMessage, Position
from enforcement.models import Organisation
from journal import clock, health
from journal.spoken import when

CAMERA_WITHIN = timedelta(hours=24)
OK, WARN, BAD, NONE = "ok", "warn", "bad", "none"  # each has a shape and a colour (quiet.css); "none": nothing to be well or ill


def links(centre: Organisation, options: dict) -> list[dict]:
    """[{"name", "word", "level"}]: the parts of the installation, the message gateway, the newest position and camera report."""
    parts = health.parts()
    labels = {
        "database": _("Database"), "redis": _("Push (Redis)"), "worker": _("Background work"), "schedule": _("Schedule"),
        "clock": _("Clock of deadlines"),
    }  # fmt: skip
    said = {
        "ok": {"clock": _("ticks"), "database": _("answers"), "redis": _("answers")}, "missing": {"clock": _("stands still")},
    }  # fmt: skip
    found = [
        _line(label, said[parts[name]].get(name) or (_("runs") if parts[name] == "ok" else _("does not answer")), OK if parts[name] == "ok" else BAD)
        for name, label in labels.items()
    ]
    return [*found, _gateway(), _positions(centre, options["position_stale_s"]), _cameras(centre)]


def _line(name: str, word: str, level: str) -> dict:
    return {"name": name, "word": word, "level": level}


def _gateway() -> dict:
    name = _("Text messages and calls")
    if carrier.gateway() is None:
        return _line(name, _("not set up"), NONE)
    waiting = OrderMessage.objects.filter(state=OrderMessage.State.QUEUED, attempts__gt=0).count()
    if waiting:
        return _line(name, _("no answer, %(count)d wait") % {"count": waiting}, BAD)
    newest = OrderMessage.objects.order_by("-pk").values_list("handed_at", flat=True).first()
    return _line(name, _("in order, last %(when)s") % {"when": when(newest)} if newest else _("in order"), OK)


def _positions(centre: Organisation, stale_s: int) -> dict:
    found = Position.objects if centre.is_county_centre else Position.objects.filter(officer__organisation__centre=centre)
    newest = found.aggregate(Max("at"))["at__max"]
    name = _("Newest position of an officer")
    if newest is None:
        return _line(name, _("none yet"), NONE)
    is_fresh = clock.now() - newest <= timedelta(seconds=stale_s)
    return _line(name, _("now") if is_fresh else when(newest), OK if is_fresh else WARN)


def _cameras(centre: Organisation) -> dict:
    """Cameras report when somebody sees something: silence is no fault."""
    found = Report.objects.filter(received_at__gte=clock.now() - CAMERA_WITHIN, channel=Report.Channel.CAMERA)
    if not centre.is_county_centre:
        found = found.filter(centre=centre)
    newest = found.aggregate(Max("received_at"))["received_at__max"]
    return _line(_("Newest report from a camera"), when(newest) if newest else _("none for a day"), OK if newest else NONE)
