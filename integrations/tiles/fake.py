"""A map service as they are: it draws each tile's name, is slow or down when told so. For tests and for looking at the demonstration:

    python -m integrations.tiles.fake PORT        # TILE_SOURCE=http://127.0.0.1:PORT/{z}/{x}/{y}.png?tk={key}
"""

import io
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from PIL import Image, ImageDraw

SIDE = 256


class TileServer:
    """`asked` are the paths so far, `keys` the keys that came with them. `answer`: ok · down (503) · none (404) · text · huge · slow."""

    def __init__(self, port: int = 0):
        self.asked: list[str] = []
        self.keys: set[str] = set()
        self.answer, self.ink = "ok", (120, 140, 160)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True

    @property
    def template(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{{z}}/{{x}}/{{y}}.png?tk={{key}}"

    def start(self) -> "TileServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def picture(self, name: str) -> bytes:
        made = io.BytesIO()
        tile = Image.new("RGB", (SIDE, SIDE), (232, 236, 232))
        draw = ImageDraw.Draw(tile)
        draw.rectangle((0, 0, SIDE - 1, SIDE - 1), outline=self.ink)
        draw.text((12, 12), name, fill=self.ink)
        tile.save(made, "PNG")
        return made.getvalue()

    def _handler(server):  # the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                address = urlsplit(self.path)
                server.asked.append(address.path)
                server.keys.update(parse_qs(address.query).get("tk", []))
                how = server.answer
                if how == "slow":
                    time.sleep(1)
                status = {"down": 503, "none": 404}.get(how, 200)
                body = b"no such tile" if how in ("text", "none", "down") else server.picture(address.path)
                body += b"\0" * 1024 * 1024 if how == "huge" else b""
                self.send_response(status)
                self.send_header("Content-Type", "text/html" if how in ("text", "none", "down") else "image/png")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # who asked has had enough

            def log_message(self, *args):
                pass

        return Handler


if __name__ == "__main__":
    TileServer(int(sys.argv[1])).start()
    threading.Event().wait()
