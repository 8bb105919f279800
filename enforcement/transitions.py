"""The states of a swap of duty as data."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from journal.moves import Move

from .roles import CENTRE, LEADING, OUTDOORS


class SwapState(models.TextChoices):
    ASKED = "asked", _("Asked")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


_S, _everybody = SwapState, frozenset(CENTRE | OUTDOORS)

SWAP_MOVES = (
    Move("swap_asked", None, _S.ASKED, _everybody, ("reason",)),
    Move("swap_approved", _S.ASKED, _S.APPROVED, frozenset(LEADING), note="a third person; everything is checked again"),
    Move("swap_refused", _S.ASKED, _S.REFUSED, frozenset(LEADING), ("reason",)),
    Move("swap_withdrawn", _S.ASKED, _S.WITHDRAWN, _everybody, ("reason",), note="by whoever asked"),
)
