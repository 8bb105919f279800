"""The states of a dispatch as data. Only an active one binds its officer."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from enforcement.roles import CENTRE, DISPATCHING, OUTDOORS
from journal.moves import CLOCK_ROLE, Move


class State(models.TextChoices):
    SENT = "sent", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    ON_SITE = "on_site", _("On site")
    FINISHED = "finished", _("Finished")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Not accepted in time")
    RECALLED = "recalled", _("Recalled")


class Way(models.TextChoices):
    """How an order reaches its officer."""

    PAGE = "page", _("Open page")
    SMS = "sms", _("Text message")
    VOICE = "voice", _("Voice call")


ACTIVE = (State.SENT, State.ACCEPTED, State.ON_SITE)

_outdoors = frozenset(OUTDOORS)
_centre = frozenset(CENTRE)
_clock = frozenset({CLOCK_ROLE})
_S = State

DISPATCH_MOVES = (
    Move("sent", None, _S.SENT, frozenset(DISPATCHING) | _clock),
    Move("accepted", _S.SENT, _S.ACCEPTED, _outdoors),
    Move("declined", _S.SENT, _S.DECLINED, _outdoors, ("reason",)),
    Move("declined", _S.ACCEPTED, _S.DECLINED, _outdoors, ("reason",)),
    *(Move("stepped_aside", state, _S.DECLINED, _outdoors, note="a relation that may affect fairness; to whom is under seal")
      for state in ACTIVE),
    Move("expired", _S.SENT, _S.EXPIRED, _clock),
    Move("arrived", _S.ACCEPTED, _S.ON_SITE, _outdoors, note="position within the radius, or a reason"),
    Move("finished", _S.ON_SITE, _S.FINISHED, _outdoors, ("note",), note="the lead's finishing resolves the case"),
    Move("released", _S.ACCEPTED, _S.FINISHED, _outdoors, note="a companion, when the lead has finished"),
    Move("released", _S.ON_SITE, _S.FINISHED, _outdoors, note="a companion, when the lead has finished"),
    *(Move("recalled", state, _S.RECALLED, _centre | _outdoors | _clock, ("reason",)) for state in ACTIVE),
)
