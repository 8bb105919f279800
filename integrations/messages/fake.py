"""A carrier as carriers are: late, sometimes twice, sometimes not at all. For the demonstration and the tests; it sends nothing anywhere.

    MESSAGE_GATEWAY_SECRET=… python -m integrations.messages.fake OWN_URL RECEIPTS_URL

What becomes of a message follows from its number and reference alone, so that a test can expect it: see `fate`.
"""

import hashlib
import heapq
import itertools
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx

from . import ANSWERED, CONFIRMED, DELIVERED, FAILED, SMS
from .http import headers, signed

KEPT = 200


def fate(way: str, number: str, reference: str) -> list[tuple[float, str, str]]:
    """[(seconds, outcome, detail)] of a message: what is reported back and when. Numbers that end in 0000 are out of service, those
    in 9999 are switched off (nothing is ever heard of a text, a call fails); of the others about one receipt in five comes twice."""
    if number.endswith("0000"):
        return [(0.5, FAILED, "number out of service")]
    if number.endswith("9999"):
        return [] if way == SMS else [(6.0, FAILED, "no answer")]
    dice = hashlib.sha256(reference.encode()).digest()
    first = 0.5 + dice[0] / 128  # half a second to two and a half
    told = [(first, DELIVERED, "")] if way == SMS else [(first + 2, ANSWERED, ""), (first + 4, CONFIRMED, "")][: 1 + (dice[1] % 3 > 0)]
    return told + ([(told[-1][0] + 0.3, *told[-1][1:])] if dice[2] % 5 == 0 else [])


class Carrier:
    """Takes messages at `url` and reports to `receipts_url`, signed with the secret; `taken` are the last ones, newest last."""

    def __init__(self, port: int, receipts_url: str, secret: str, *, speed: float = 1.0):
        self.receipts_url, self.secret, self.speed = receipts_url, secret, speed
        self.taken: list[dict] = []
        self.is_down = False  # tests: answers 503
        self._known: set[str] = set()
        self._order = itertools.count()  # what falls due together is reported in the order in which it came
        self._due: list[tuple[float, int, dict]] = []
        self._wake = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._is_open = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def start(self) -> "Carrier":
        for target in (self._server.serve_forever, self._report):
            threading.Thread(target=target, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        with self._wake:
            self._is_open = False
            self._wake.notify()

    def take(self, body: bytes, stamp: str, signature: str) -> int:
        """The HTTP status of the answer. A reference that is known is taken again and not sent again."""
        if self.is_down:
            return 503
        if not signed(self.secret, stamp, signature, body):
            return 401
        message = json.loads(body)
        with self._wake:
            if message["reference"] in self._known:
                return 200
            if not message["number"].isdigit() or message["way"] not in ("sms", "voice"):
                return 422
            self._known.add(message["reference"])
            self.taken = [*self.taken, message][-KEPT:]
            now = time.monotonic()
            for seconds, outcome, detail in fate(message["way"], message["number"], message["reference"]):
                receipt = {"reference": message["reference"], "outcome": outcome, "detail": detail}
                heapq.heappush(self._due, (now + seconds / self.speed, next(self._order), receipt))
            self._wake.notify()
        return 202

    def _report(self) -> None:
        while True:
            with self._wake:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if not self._is_open:
                    return
                if wait is None or wait > 0:
                    self._wake.wait(wait)
                    continue
                receipt = heapq.heappop(self._due)[2]
            body = json.dumps({"receipts": [receipt]}).encode()
            try:
                httpx.post(self.receipts_url, content=body, headers=headers(self.secret, body), timeout=5)
            except httpx.HTTPError:
                pass  # a receipt that nobody took is lost, as with some carriers

    def _handler(carrier):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 65536))
                self.send_response(carrier.take(body, self.headers.get("X-Stamp", ""), self.headers.get("X-Signature", "")))
                self.end_headers()

            def log_message(self, *args):
                """Says nothing: numbers do not belong into a log."""

        return Handler


if __name__ == "__main__":
    Carrier(urlsplit(sys.argv[1]).port, sys.argv[2], os.environ["MESSAGE_GATEWAY_SECRET"]).start()
    threading.Event().wait()
