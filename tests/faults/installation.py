"""A whole installation of its own: PostgreSQL, Redis and the platform's processes under the same supervisor as in the demo."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from tests import databases
from tests.servers import _free_port as free_port
from tests.servers import collect_static

sys.path.append(str(databases.ROOT / "script" / "lib"))
import backup  # noqa: F401  for the tests
import processes
import services as private
import snapshot
from say import Refusal  # noqa: F401  for the tests

NAMES = (*processes.NAMES, "standby")  # a second clock
DISK_MB = 48


class Installation:
    """`origin` is the address of the site; `env` what its processes see. Everything is ended by `stop()`."""

    def __init__(self):
        self.services = private.Services("faults")
        self.run, self.logs = self.services.run, self.services.logs
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        own = {"DEBUG", "HTTPS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"}
        self.env = {name: value for name, value in os.environ.items() if name not in own} | self.services.environment() | {
            "PLATFORM_SERVED": str(self.run), "PUBLIC_URL": self.origin, "PYTHONUNBUFFERED": "1", "WEB_WORKERS": "2", "WORKER_CONCURRENCY": "1",
            "NGINX_WORKERS": "1", "MEDIA_ACCEL_PREFIX": "/protected-media/", "STATIC_ROOT": os.environ["STATIC_ROOT"], "MEDIA_KEEP_FREE_MB": "0",
            "SECRET_KEY": settings.SECRET_KEY,  # sessions are made in the process of the tests
        }  # fmt: skip
        self.supervisor: subprocess.Popen | None = None

    # --- life ----------------------------------------------------------------------------------
    def start(self) -> None:
        """From nothing (or what an earlier run has left) to a site with a loaded county and nothing else in it."""
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir()
        self.services.create_cluster()
        self.services.clear_leftovers()
        self.services.write_settings()
        self.own_disk()
        shutil.rmtree(self.services.redis_dir)
        self.services.redis_dir.mkdir()
        nginx = self.services.var / "nginx"
        nginx.mkdir(exist_ok=True)
        collect_static(self.env)
        processes.write_nginx(self.env, self.run, host="127.0.0.1", port=self.port, logs=self.logs)
        programs = {
            "postgres": (self.services.postgres_command(), {"stopsignal": "INT", "priority": "1", "directory": "/"}),
            "redis": (self.services.redis_command(), {"priority": "1", "directory": self.services.redis_dir}),
        }
        for name in NAMES:
            command = processes.command("clock" if name == "standby" else name, self.env, self.run)
            programs[name] = command, {"autostart": "false"} | ({"directory": nginx} if name == "nginx" else {})
        processes.write_supervisor(programs, self.run, self.logs, together=NAMES)
        with (self.logs / "supervisor-output.log").open("w") as output:
            self.supervisor = subprocess.Popen(
                processes.supervisor_command(self.run), cwd=databases.ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self.services.wait(alive=lambda: self.supervisor.poll() is None)
        self.services.create_database()
        self.services.sql("postgres", f"DROP DATABASE IF EXISTS {private.DATABASE} WITH (FORCE)")
        self.services.sql("postgres", f"CREATE DATABASE {private.DATABASE} OWNER {private.OWNER}")
        self.fill()
        self.control("start", "platform:*")
        self.wait_well(90)

    def fill(self) -> None:
        """With the loaded county of the other tests."""
        filled = databases.url_for(os.environ["DATABASE_OWNER_URL"], databases.template())
        with tempfile.NamedTemporaryFile(suffix=".dump") as file:
            with snapshot.Snapshot(filled) as moment:
                moment.dump(file.name)
            snapshot.restore(self.env["DATABASE_OWNER_URL"], file.name, private.APP)

    def stop(self) -> None:
        """At once: the next start begins anew."""
        if self.supervisor:
            self.supervisor.kill()
            self.supervisor.wait()
        for pid, name in self.services.leftovers().items():
            if name != "postgres":  # its memory outlives it
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.services.end(self.services.leftovers())
        if self.has_own_disk():
            subprocess.run(["umount", self.services.media], check=True)

    def log(self) -> str:
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')[-2000:]}" for file in sorted(self.logs.glob("*.log")))

    # --- processes -----------------------------------------------------------------------------
    def control(self, *words: str) -> str:
        return subprocess.run(processes.control(self.run, *words), capture_output=True, text=True).stdout

    def pid(self, name: str) -> int:
        return int(self.control("pid", f"platform:{name}" if name in NAMES else name))

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """As a crash does; the supervisor has seen it and starts it again. Returns the number of the process that died.

        Seen means reaped: the workers of a killed web master answer /healthz for a moment longer, so that alone proves nothing.
        """
        pid = self.pid(name)
        os.kill(pid, number)
        limit = time.monotonic() + 30
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < limit, f"{name} ({pid}) outlives signal {number}"
            time.sleep(0.02)
        return pid

    def kill_and_hold(self, name: str) -> None:
        """Killed, and not started again."""
        pid = self.kill(name)
        self.control("stop", f"platform:{name}" if name in NAMES else name)
        assert not Path(f"/proc/{pid}").exists() or self.pid(name) == 0

    def answers(self, path: str = "/livez") -> bool:
        try:
            return urllib.request.urlopen(f"{self.origin}{path}", timeout=5).status == 200  # noqa: S310  our own address
        except (OSError, urllib.error.URLError):
            return False

    def wait_well(self, seconds: float = 30) -> None:
        """Until all parts answer (/healthz) and the socket process too."""
        limit = time.monotonic() + seconds
        while not (self.answers("/healthz") and self._sockets_answer()):
            assert self.supervisor.poll() is None and time.monotonic() < limit, f"the site is not well again: {self.log()}"
            time.sleep(0.1)

    def _sockets_answer(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.origin}/ws/track/", timeout=2)  # noqa: S310  not a handshake: refused, but by uvicorn
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False
        return True

    # --- the photos' disk ----------------------------------------------------------------------
    def own_disk(self) -> None:
        """A small file system for photos where we may mount one, an empty folder elsewhere."""
        media = self.services.media
        if self.has_own_disk():
            subprocess.run(["umount", media], check=True)
        shutil.rmtree(media)
        media.mkdir()
        if os.geteuid() == 0:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", media], capture_output=True)

    def has_own_disk(self) -> bool:
        return os.path.ismount(self.services.media)

    @contextmanager
    def full_disk(self):
        """No photo can be written: the disk is full; where none could be mounted, its folders may not be written to."""
        media = self.services.media
        if not self.has_own_disk():
            folders = [folder for folder in media.rglob("*") if folder.is_dir()] + [media]
            for folder in folders:
                folder.chmod(0o500)
            yield
            for folder in folders:
                folder.chmod(0o755)
            return
        ballast = media / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue
        try:
            yield
        finally:
            ballast.unlink()
