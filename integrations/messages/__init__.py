"""Text messages and voice calls to the staff's work phones, through whatever the county sends with.

One gateway, by HTTP (`http.py`), which a county points at its message platform or at a small bridge before it; `fake.py` is a carrier
for the demonstration and the tests. Nothing here waits inside a request: the worker sends, the carrier reports back.
"""

from dataclasses import dataclass

from django.conf import settings

SMS, VOICE = "sms", "voice"
DELIVERED, ANSWERED, CONFIRMED, FAILED = "delivered", "answered", "confirmed", "failed"
OUTCOMES = {DELIVERED, ANSWERED, CONFIRMED, FAILED}  # confirmed: a key was pressed after listening


@dataclass(frozen=True)
class Message:
    """What is to go out. `reference` is ours, unique, and the carrier sends a message of one reference once, however often it is asked."""

    reference: str
    way: str  # sms · voice
    number: str
    text: str


@dataclass(frozen=True)
class Receipt:
    """What the carrier says of a message, maybe twice, maybe late."""

    reference: str
    outcome: str
    detail: str = ""


class Unreachable(Exception):
    """The gateway cannot be reached or is busy: the same message may go again later."""


class Rejected(Exception):
    """The gateway will never take this message: a number that is none, text that it does not allow."""


class Forged(Exception):
    """A receipt without a valid signature of ours."""


def gateway():
    """The configured gateway, or None: then no text message and no call goes out."""
    from .http import HttpGateway

    return HttpGateway(settings.MESSAGE_GATEWAY_URL, settings.MESSAGE_GATEWAY_SECRET) if settings.MESSAGE_GATEWAY_URL else None
