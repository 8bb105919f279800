"""One address for all: what nginx passes on, hides and refuses, asked of a real nginx with a stand-in behind it."""

import http.client
import json
import re
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from email.message import Message
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

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


@contextmanager
def nginx(folder: Path, *, web: str, sockets: str, patience: str = ""):
    """`ask(path, **headers)` through a real nginx in front of two addresses; it waits so long for an answer if that is said."""
    import processes

    env = {"WEB_ADDRESS": web, "SOCKETS_ADDRESS": sockets, "TRUSTED_PROXIES": "127.0.0.1"}
    env |= {"STATIC_ROOT": str(folder), "MEDIA_ROOT": str(folder / "media")}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    processes.write_nginx(env, folder, host="127.0.0.1", port=port, logs=folder)
    written = folder / "nginx.conf"
    written.write_text(re.sub(r"(?<=proxy_read_timeout )\d+s", patience, written.read_text()) if patience else written.read_text())
    running = subprocess.Popen(processes.command("nginx", env, folder), cwd=folder)
    try:
        yield partial(_ask, port)
    finally:
        running.terminate()
        running.wait()


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    """(ask, access log): ask(path, **headers) -> (status, body) through nginx, whose folders have spaces in their names."""
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    folder = tmp_path_factory.mktemp("a folder")
    (folder / "media").mkdir()
    (folder / "media" / "a.txt").write_text("sealed")
    (folder / "a.css").write_text("p {}")
    address = f"127.0.0.1:{behind.server_port}"
    with nginx(folder, web=address, sockets=address) as ask:
        yield lambda path, **headers: ask(path, **headers)[:2], folder / "access.log"
    behind.shutdown()


@pytest.fixture(scope="module")
def its_logs(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("alone")


@pytest.fixture(scope="module")
def alone(its_logs):
    """ask(path, **headers) -> (status, body, headers) of an nginx behind which nobody serves, and the sockets never answer."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        silent = f"127.0.0.1:{deaf.getsockname()[1]}"
        with nginx(its_logs, web=nobody, sockets=silent, patience="1s") as ask:
            yield ask


def _ask(port: int, path: str, method: str = "GET", **headers) -> tuple[int, str, Message]:
    for _ in range(100):
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            link.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        except ConnectionRefusedError:  # still starting
            threading.Event().wait(0.05)
            continue
        answer = link.getresponse()
        return answer.status, answer.read().decode(), answer.headers
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


CODE, NUMBER = "ABCD-EFGH-1234", "13800000000"
TELLING = (f"/t/{CODE}/", f"/api/reports/{CODE}/", f"/report/?phone={NUMBER}", f"/static/none.css?{NUMBER}", f"/ws/track/?{NUMBER}")


def test_only_phones_are_sent_packed_texts(front):
    ask, _log = front
    offer = {"Upgrade": "websocket", "Sec_WebSocket_Extensions": "permessage-deflate"}
    passed = {name: "sec-websocket-extensions" in json.loads(ask(f"/ws/{name}/", **offer)[1]) for name in ("wall", "command", "officer", "track")}
    assert passed == {"wall": False, "command": False, "officer": True, "track": True}


def written_about(ask, logs: Path) -> str:
    """All that nginx has written after addresses, queries and referrers that tell something."""
    for path in TELLING:
        ask(path, Referer=f"http://site/t/{CODE}/")
    ask("/end")
    limit = time.monotonic() + 10
    while "/end" not in (logs / "access.log").read_text() and time.monotonic() < limit:  # written after the answer
        time.sleep(0.05)
    return "".join(log.read_text() for log in logs.glob("*.log"))


def test_tracking_codes_and_queries_are_not_written_down(front):
    ask, log = front
    written = written_about(ask, log.parent)
    assert "/end" in written and not [word for word in ("ABCD", "EFGH", "138") if word in written]


def test_nor_are_they_while_nobody_serves(alone, its_logs):
    written = written_about(alone, its_logs)
    assert "/end" in written and not [word for word in ("ABCD", "EFGH", "138") if word in written]


def test_static_files_come_from_their_folder(front):
    assert front[0]("/static/a.css") == (200, "p {}")


def test_photos_are_served_after_django_said_yes_and_never_by_address(front):
    ask, log = front
    assert ask("/photo") == (200, "sealed")
    for way in ("protected-media/", f"static../{quote(log.parent.name)}/media/", "static/../media/", "static/%2e%2e/media/", "static/..%2fmedia/",
                "static//../media/", "static/media/../../media/", "x/../protected-media/", "//protected-media/", "Protected-Media/"):  # fmt: skip
        assert "sealed" not in ask(f"/{way}a.txt")[1], way
    assert ask("/protected-media/a.txt")[0] == 404


IN_CHINESE, IN_ENGLISH = "已经提示成功的内容均已保存", "What was confirmed to you is kept"


@pytest.mark.parametrize(
    ("said", "headers"),
    [
        (IN_CHINESE, {}),
        (IN_CHINESE, {"Accept_Language": "zh-CN,zh;q=0.9,en;q=0.8"}),
        (IN_ENGLISH, {"Accept_Language": "en-GB,en;q=0.9,zh;q=0.8"}),
        (IN_ENGLISH, {"Accept_Language": "fr,en;q=0.5"}),
        (IN_ENGLISH, {"Accept_Language": "zh-CN", "Cookie": "a=b; django_language=en"}),
        (IN_CHINESE, {"Accept_Language": "en", "Cookie": "django_language=zh-hans"}),
    ],
)
def test_while_nobody_serves_a_person_reads_a_page_in_his_language(alone, said, headers):
    status, page, answered = alone("/", **headers)
    assert (status, answered["Retry-After"], answered["Content-Type"]) == (503, "5", "text/html; charset=utf-8")
    assert said in page and (IN_CHINESE in page) != (IN_ENGLISH in page)
    assert "css/base.css" in page and "script" not in page and answered["Cache-Control"] == "no-store"


def test_a_page_opens_by_itself_later_and_what_was_typed_is_sent_again_by_a_reload(alone):
    _status, page, answered = alone("/command/wall/", Accept_Language="en")
    assert answered["Refresh"] == "15" and "opens by itself" in page
    _status, page, answered = alone("/report/", "POST", Accept_Language="en")
    assert "Refresh" not in answered and "reload this page, which sends it again as you typed it" in page


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/reports/", {"Accept": "text/html"}),
        ("/report/", {"X_Requested_With": "fetch"}),
        ("/", {"Accept": "application/json"}),
        ("/ws/command/", {}),  # waited for in vain: 504
    ],
)
def test_while_nobody_serves_a_program_reads_json(alone, path, headers):
    status, body, answered = alone(path, Accept_Language="en", **headers)
    assert (status, answered["Retry-After"], answered["Content-Type"]) == (503, "5", "application/json")
    said = json.loads(body)
    assert said == {"code": "unavailable", "detail": said["detail"]} and "please send this again in a moment" in said["detail"]


def test_the_interfaces_documentation_is_a_page_for_people(alone):
    assert alone("/api/docs/", Accept="text/html")[1].startswith("<!doctype html>")


def test_what_is_too_large_is_refused_in_words(alone):
    status, page, answered = alone("/", "POST", Content_Length=str(200 << 20))
    assert status == 413 and "一次最多提交 130 MB" in page and "Retry-After" not in answered
    status, body, _headers = alone("/api/photos/", "POST", Content_Length=str(200 << 20))
    assert (status, json.loads(body)["code"]) == (413, "too_large")
