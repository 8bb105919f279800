"""The HTTP gateway: what goes out and comes back, and how both are signed (README.md beside this file is the contract)."""

import hashlib
import hmac
import json
import time

import httpx

from . import OUTCOMES, Forged, Message, Receipt, Rejected, Unreachable

TIMEOUT_S = 8
FRESH_S = 300  # a signature older than this is not believed: what was overheard cannot be played again later
BODY_MAX, RECEIPTS_MAX = 64 * 1024, 100


def sign(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the stamp (Unix seconds), a full stop and the body, in hex."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def headers(secret: str, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    return {"Content-Type": "application/json", "X-Stamp": stamp, "X-Signature": sign(secret, stamp, body)}


def signed(secret: str, stamp: str, signature: str, body: bytes) -> bool:
    """Whether the body is what somebody with the secret sent within the last minutes (either clock may be a little off)."""
    fresh = stamp.isascii() and stamp.isdigit() and len(stamp) < 12 and abs(time.time() - int(stamp)) <= FRESH_S
    return fresh and hmac.compare_digest(sign(secret, stamp, body).encode(), signature.encode())


class HttpGateway:
    """`POST url` with one message; 2xx: taken, 4xx: never (but 408, 425, 429), anything else: again later."""

    def __init__(self, url: str, secret: str):
        self.url, self.secret = url, secret

    def send(self, message: Message) -> None:
        """Hand the message over. Raises `Unreachable` or `Rejected`."""
        body = json.dumps({"reference": message.reference, "way": message.way, "number": message.number, "text": message.text}).encode()
        try:
            answer = httpx.post(self.url, content=body, headers=headers(self.secret, body), timeout=TIMEOUT_S, trust_env=False)
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        if answer.is_success:
            return
        if answer.is_client_error and answer.status_code not in (408, 425, 429):
            raise Rejected(f"HTTP {answer.status_code}")
        raise Unreachable(f"HTTP {answer.status_code}")

    def receipts(self, body: bytes, stamp: str, signature: str) -> list[Receipt]:
        """What came back. Raises `Forged` when it is not signed with our secret, ValueError when it is not what was agreed."""
        if not signed(self.secret, stamp, signature, body):
            raise Forged
        try:
            told = json.loads(body)
        except RecursionError as error:
            raise ValueError("too deep") from error
        if not isinstance(told, dict) or not isinstance(told.get("receipts"), list) or len(told["receipts"]) > RECEIPTS_MAX:
            raise ValueError("receipts")
        return [_receipt(one) for one in told["receipts"]]


def _receipt(told) -> Receipt:
    if not isinstance(told, dict) or told.get("outcome") not in OUTCOMES or not isinstance(told.get("reference"), str):
        raise ValueError("receipt")
    return Receipt(told["reference"][:40], told["outcome"], str(told.get("detail") or "")[:80])
