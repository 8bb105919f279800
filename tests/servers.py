"""The platform's own processes for one test run: pages, sockets and nginx as in the demo, on a free loopback port."""

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings

from tests.databases import ROOT, url_for

sys.path.append(str(ROOT / "script" / "lib"))
import processes


class Servers:
    """`origin` is the address of the site. Processes: web, sockets, nginx; on request also worker and clock."""

    def __init__(self, database: str, logs: Path):
        self.logs, self.run = logs, Path(tempfile.mkdtemp(prefix="site-"))  # short: a socket's path is limited
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "DATABASE_URL": url_for(os.environ["DATABASE_URL"], database), "REDIS_URL": settings.REDIS_URL,
            "MEDIA_ROOT": str(settings.MEDIA_ROOT), "KEYS_DIR": str(settings.KEYS_DIR), "STATIC_ROOT": str(settings.STATIC_ROOT),
            "ENVIRONMENT": "test", "DEBUG": "0", "WEB_WORKERS": "1", "NGINX_WORKERS": "1", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self.children: dict[str, subprocess.Popen] = {}

    def start(self) -> None:
        collect_static(self.environment)
        processes.write_nginx(self.environment, self.run, host="127.0.0.1", port=self.port, logs=self.logs)
        self.start_again()

    def start_again(self) -> None:
        """Start what a test has killed, and wait until the site answers."""
        for name in ("web", "sockets", "nginx"):
            self.launch(name)
        limit = time.monotonic() + 60
        while not self._answers():
            ended = [name for name, child in self.children.items() if child.poll() is not None]
            assert not ended and time.monotonic() < limit, f"{ended or 'the site'} did not start: {self.log()}"
            time.sleep(0.1)

    def launch(self, name: str) -> None:
        """Start a process by its name in script/lib/processes.py, unless it runs."""
        if name in self.children and self.children[name].poll() is None:
            return
        log = (self.logs / f"{name}.log").open("ab")
        command = ["setpriv", "--pdeathsig=TERM", "--", *processes.command(name, self.environment, self.run)]
        environment = self.environment | processes.process_environment(name)
        folder = self.run if name == "nginx" else ROOT  # a starting nginx ends the orphans of its folder: each site has its own
        self.children[name] = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """As a crash does."""
        self.children[name].kill()
        self.children[name].wait()

    def stop(self) -> None:
        for child in self.children.values():
            child.terminate()
        for child in self.children.values():
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()

    def log(self) -> str:
        return "\n".join(f"--- {file.name}\n{file.read_text()[-3000:]}" for file in sorted(self.logs.glob("*.log")))

    def _answers(self) -> bool:
        try:
            pages = urllib.request.urlopen(f"{self.origin}/livez", timeout=2).status == 200  # noqa: S310  our own address
        except (OSError, urllib.error.URLError):
            return False
        try:
            urllib.request.urlopen(f"{self.origin}/ws/track/", timeout=2)  # noqa: S310  not a handshake: refused, but by uvicorn
        except urllib.error.HTTPError as error:
            return pages and error.code < 500
        except OSError:
            return False
        return pages


def collect_static(environment: dict[str, str]) -> None:
    """Once for all workers, when a source is newer than the last collection."""
    done = Path(settings.STATIC_ROOT) / "staticfiles.json"
    done.parent.mkdir(parents=True, exist_ok=True)
    with (done.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = [file for folder in settings.STATICFILES_DIRS for file in Path(folder).rglob("*") if file.is_file()]
        sources += [ROOT / "config" / "settings.py", ROOT / "requirements.txt"]  # an app that was added brings files of its own
        if done.exists() and done.stat().st_mtime > max(file.stat().st_mtime for file in sources):
            return
        command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
