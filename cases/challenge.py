"""The offline proof of work in front of public forms (altcha): a phone computes for a moment, a flood for ever.

A solution counts once: that is a unique row in PostgreSQL, so that it holds whatever happens to Redis.
"""

import hashlib
import json
import secrets
from base64 import b64decode
from datetime import timedelta

import altcha
from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from journal import clock

from .models import Used

ALGORITHM = "SHA-256"  # one plain hash a try: also phones without a secure context solve it in JavaScript
LIFE = timedelta(minutes=30)
PAYLOAD_MAX = 4096


def new_challenge() -> dict:
    """A signed challenge, JSON-ready for the page's solver: {"parameters": {…}, "signature": …}.

    The counter to be found is chosen here, so that the effort is known: at most settings.CHALLENGE_EFFORT hashes.
    """
    most = settings.CHALLENGE_EFFORT
    until = int((clock.now() + LIFE).timestamp())  # signed with the rest; the library's own expiry would ask another clock than ours
    return altcha.create_challenge(
        ALGORITHM, 1, counter=most // 4 + secrets.randbelow(max(most * 3 // 4, 1)), data={"until": until}, hmac_secret=_secret(),
    ).to_dict()  # fmt: skip


def proof_of(payload: str) -> str:
    """The one-time key of a solved challenge ("" when it is missing, wrong, expired or not ours). To be used up at intake."""
    if not payload or len(payload) > PAYLOAD_MAX:
        return ""
    try:
        if not altcha.verify_solution(payload, _secret()).verified:
            return ""
        challenge = json.loads(b64decode(payload))["challenge"]
        if challenge["parameters"]["data"]["until"] < clock.now().timestamp():
            return ""
        signature = challenge["signature"]
    except (ValueError, TypeError, KeyError):
        return ""
    return hashlib.sha256(f"challenge:{signature}".encode()).hexdigest()


def use_up(proof: str) -> bool:
    """Whether this is the first use of a proof (one statement; a parallel use waits for the caller's commit)."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO cases_used (key, at) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING", [proof, clock.now()])
        return cursor.rowcount == 1


def sweep() -> int:
    """Forget what has expired anyway; how many."""
    return Used.objects.filter(at__lt=clock.now() - 2 * LIFE).delete()[0]


def _secret() -> bytes:
    return salted_hmac("cases.challenge", "altcha", algorithm="sha256").digest()
