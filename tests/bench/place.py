"""Where a bench runs: a database copied from the loaded county, and the platform's own processes on it."""

import hashlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from tests import databases
from tests.databases import ROOT, url_for

sys.path.append(str(ROOT / "script" / "lib"))
import processes


class Bench:
    """One run's folder, database and processes. `environment` is what every process of the run sees."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.database = f"bench_{os.getpid()}"
        self.children: list[subprocess.Popen] = []
        self.environment = os.environ | {
            "DATABASE_URL": url_for(os.environ["DATABASE_URL"], self.database),
            "DATABASE_OWNER_URL": url_for(os.environ["DATABASE_OWNER_URL"], self.database),
            "MEDIA_ROOT": str(folder / "media"), "KEYS_DIR": str(folder / "keys"), "DEBUG": "0", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    def launch(self, name: str, *, run: str = "run", application: str = "", **more: str) -> subprocess.Popen:
        """A process by its name in script/lib/processes.py. `run`: its folder of sockets, below the bench's; `application`: in place
        of the platform's own behind the sockets."""
        folder = self.folder / run
        folder.mkdir(exist_ok=True)
        environment = self.environment | more | processes.process_environment(name)
        log = (self.folder / f"{run}-{name}.log").open("ab")
        line = [application if application and word == "config.asgi:application" else word for word in processes.command(name, environment, folder)]
        command = ["setpriv", "--pdeathsig=TERM", "--", *line]
        where = folder if name == "nginx" else ROOT
        child = subprocess.Popen(command, cwd=where, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.children.append(child)
        return child

    def web(self, *, run: str = "web", **more: str) -> str:
        """Pages and API under gunicorn on a loopback port; its address, once it answers."""
        port = free_port()
        self.launch("web", run=run, WEB_ADDRESS=f"127.0.0.1:{port}", **more)
        wait_for(port)
        return f"http://127.0.0.1:{port}"

    def sockets(self, *, run: str = "sockets", application: str = "", port: int | None = None) -> tuple[subprocess.Popen, str]:
        """The socket process on a loopback port, and its address, once it answers."""
        port = port or free_port()
        child = self.launch("sockets", run=run, application=application, SOCKETS_ADDRESS=f"127.0.0.1:{port}")
        wait_for(port)
        return child, f"http://127.0.0.1:{port}"

    def nginx(self, *, run: str = "run", **more: str) -> str:
        """nginx in front of `web` and `sockets` launched with the same `run` (or the addresses in `more`); its address."""
        port = free_port()
        (self.folder / run).mkdir(exist_ok=True)
        processes.write_nginx(self.environment | more, self.folder / run, host="127.0.0.1", port=port, logs=self.folder)
        self.launch("nginx", run=run)
        wait_for(port)
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
        self.children.clear()


@contextmanager
def bench():
    """A Bench whose database Django in this process uses too; everything is ended and thrown away on leaving."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        made = Bench(Path(folder))
        databases.copy(databases.template(), made.database)
        os.environ.update(made.environment)
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        try:
            yield made
        except Exception:
            for log in sorted(made.folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text()[-3000:]}", file=sys.stderr)
            raise
        finally:
            made.stop()
            databases.execute(f'DROP DATABASE IF EXISTS "{made.database}" WITH (FORCE)')


def client_key(per_minute: int = 1_000_000) -> str:
    """The key of a new client of the API with a quota of its own, as `create_api_client` makes it."""
    from cases.models import ApiClient

    key = secrets.token_urlsafe(24)
    ApiClient.objects.create(name=f"bench {key[:6]}", key_hash=hashlib.sha256(key.encode()).hexdigest(), per_minute=per_minute)
    return key


def points(count: int = 40) -> list[tuple[float, float]]:
    """(lon, lat) inside grids of the seat, where reports lie."""
    from grid.models import Zone

    grids = Zone.objects.filter(kind=Zone.Kind.GRID, is_active=True).order_by("code")
    inner = [zone.geometry.point_on_surface for zone in grids[:count]]
    return [(point.x, point.y) for point in inner]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for(port: int, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)
