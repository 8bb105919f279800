"""One address for all: what nginx passes on, hides and refuses, asked of a real nginx with a stand-in behind it."""

import http.client
import json
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that arrived; /photo hands over to the protected folder."""

    def do_GET(self):
        self.send_response(200)
        if self.path == "/photo":
            self.send_header("X-Accel-Redirect", "/protected-media/a.txt")
        self.end_headers()
        self.wfile.write(json.dumps({name.lower(): value for name, value in self.headers.items()}).encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    """(ask, access log): ask(path, **headers) -> (status, body) through nginx, whose folders have spaces in their names."""
    import processes

    behind = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    folder = tmp_path_factory.mktemp("a folder")
    (folder / "media").mkdir()
    (folder / "media" / "a.txt").write_text("sealed")
    address = f"127.0.0.1:{behind.server_port}"
    env = {"WEB_ADDRESS": address, "SOCKETS_ADDRESS": address, "TRUSTED_PROXIES": "127.0.0.1"}
    env |= {"STATIC_ROOT": str(folder), "MEDIA_ROOT": str(folder / "media")}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    processes.write_nginx(env, folder, host="127.0.0.1", port=port, logs=folder)
    nginx = subprocess.Popen(processes.command("nginx", env, folder), cwd=folder)
    try:
        yield lambda path, **headers: _ask(port, path, headers), folder / "access.log"
    finally:
        nginx.terminate()
        nginx.wait()
        behind.shutdown()


def _ask(port: int, path: str, headers: dict) -> tuple[int, str]:
    for _ in range(100):
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            link.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        except ConnectionRefusedError:  # still starting
            threading.Event().wait(0.05)
            continue
        answer = link.getresponse()
        return answer.status, answer.read().decode()
    raise AssertionError("nginx did not start")


def test_a_forwarded_port_keeps_the_visitors_host_and_scheme(front):
    ask, _ = front
    seen = json.loads(ask("/", Host="wall.example:8443", X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9")[1])
    assert (seen["host"], seen["x-forwarded-proto"], seen["x-real-ip"]) == ("wall.example:8443", "https", "203.0.113.9")
    assert json.loads(ask("/", X_Forwarded_Host="abc.example")[1])["host"] == "abc.example"


def test_only_sockets_may_upgrade(front):
    ask, _ = front
    assert "upgrade" not in json.loads(ask("/", Upgrade="h2c", Connection="Upgrade")[1])
    assert json.loads(ask("/ws/officer/", Upgrade="websocket", Connection="Upgrade")[1])["upgrade"] == "websocket"


def test_tracking_codes_and_queries_are_not_written_down(front):
    ask, log = front
    for path in ("/t/ABCD-EFGH-1234/", "/api/reports/ABCDEFGH1234/", "/report/?phone=13800000000"):
        ask(path, Referer="http://site/t/ABCD-EFGH-1234/")
    ask("/end")
    limit = time.monotonic() + 10
    while "/end" not in (written := log.read_text()) and time.monotonic() < limit:  # written after the answer
        time.sleep(0.05)
    assert "/end" in written and not [word for word in ("ABCD", "EFGH", "138") if word in written]


def test_photos_are_served_after_django_said_yes_and_never_by_address(front):
    ask, _ = front
    assert ask("/photo") == (200, "sealed")
    assert ask("/protected-media/a.txt")[0] == 404
