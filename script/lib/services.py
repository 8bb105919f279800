"""The private PostgreSQL and Redis of one environment ("demo", "test", "faults" or "bench"), on unix sockets only."""

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import machine
from checkout import VAR, Stamps
from say import Refusal, line, step

OWNER, APP = "owner", "app"  # one role owns and migrates, another serves
DATABASE = "platform"
SOCKET_ROOM = 107 - len("/.s.PGSQL.5432.lock")  # the kernel's limit for a socket path
# In template1, so that each database made later has them too: the tests make many.
TEMPLATE_SQL = f"""
    CREATE EXTENSION postgis; CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist;
    ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};
    ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE, SELECT ON SEQUENCES TO {APP};
"""

# What tests write nobody needs after a crash of the machine. The faults environment has everything as in production.
THROWN_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": 0,
               "max_wal_size": "4GB", "checkpoint_timeout": "30min"}  # fmt: skip


class Services:
    """Folders, sockets and processes of one environment; nothing here is shared with another checkout."""

    def __init__(self, name: str):
        self.name = name
        self.var = VAR / name
        self.var.mkdir(parents=True, exist_ok=True)
        self.user = _postgres_user(self.var / "postgres")
        self.base = self._base()
        self.data = self.base / "postgres"
        self.run = self._run_dir()
        self.redis_dir = self.var / "redis"
        self.redis_socket = self.run / "redis.sock"
        self.keys = self.var / "keys"
        self.media = self.var / "media"
        self.static = self.var / "static"
        self.logs = self.var / "log"
        self.stamps = Stamps(self.base / "stamps.json")  # beside the data: a lost cluster loses its stamps too
        for folder in (self.redis_dir, self.media, self.logs):
            folder.mkdir(exist_ok=True)

    # --- places ------------------------------------------------------------------------------
    def _base(self) -> Path:
        """Where the cluster lies: var/NAME if PostgreSQL's user can get there, else a folder of this checkout under /var/tmp."""
        noted = self.var / "data-folder"
        if noted.exists() and (folder := Path(noted.read_text())).is_dir():
            return folder
        if self.user is None or _reaches(self.user, self.var):
            folder = self.var
        else:
            folder = Path(tempfile.mkdtemp(prefix=f"platform-{self.name}-", dir="/var/tmp"))
            folder.chmod(0o711)
        noted.write_text(str(folder))
        return folder

    def _run_dir(self) -> Path:
        """A short 0700 folder for sockets and pid files. Whoever may enter it is trusted by PostgreSQL and Redis."""
        noted = self.var / "run-folder"
        owner = self.user.pw_uid if self.user else os.geteuid()
        if noted.exists():
            folder = Path(noted.read_text())
            try:
                status = folder.lstat()
                if stat.S_ISDIR(status.st_mode) and status.st_uid == owner and not status.st_mode & 0o077:
                    return folder
            except OSError:
                pass
        parent = tempfile.gettempdir()
        folder = Path(tempfile.mkdtemp(prefix=f"platform-{self.name}-", dir=parent if len(parent) < SOCKET_ROOM - 30 else "/tmp"))  # noqa: S108
        if self.user:
            os.chown(folder, owner, -1)
        noted.write_text(str(folder))
        return folder

    # --- addresses ---------------------------------------------------------------------------
    def database_url(self, role: str) -> str:
        return f"postgis://{role}@/{DATABASE}?host={self.run}"

    def environment(self) -> dict[str, str]:
        """What the Django settings read. Everything else of the caller's environment is passed on."""
        return {
            "ENVIRONMENT": "demo" if self.name == "demo" else "test",
            "DATABASE_URL": self.database_url(APP),
            "DATABASE_OWNER_URL": self.database_url(OWNER),
            "REDIS_URL": f"unix://{self.redis_socket}?db=0",
            "SECRET_KEY": self._secret("secret_key"),
            "KEYS_DIR": str(self.keys),
            "MEDIA_ROOT": str(self.media),
            "STATIC_ROOT": str(self.static),
        }

    def _secret(self, name: str) -> str:
        self.keys.mkdir(mode=0o700, exist_ok=True)
        file = self.keys / name
        if not file.exists():
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                new.write(secrets.token_urlsafe(50))
        return file.read_text()

    # --- commands ----------------------------------------------------------------------------
    def postgres_command(self) -> list[str]:
        """Foreground server. As root it is started as PostgreSQL's own user, because it refuses root."""
        return [*self._as_postgres(), str(machine.postgres_bin() / "postgres"), "-D", str(self.data)]

    def redis_command(self) -> list[str]:
        options = {
            "port": "0", "unixsocket": self.redis_socket, "unixsocketperm": "700", "dir": self.redis_dir, "pidfile": self.run / "redis.pid",
            "appendonly": "yes", "maxmemory-policy": "noeviction", "save": "", "daemonize": "no",
        }  # fmt: skip
        return [shutil.which("redis-server"), *(part for key, value in options.items() for part in (f"--{key}", str(value)))]

    def _as_postgres(self) -> list[str]:
        if not self.user:
            return []
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--init-groups", "--"]

    # --- life --------------------------------------------------------------------------------
    def create_cluster(self) -> None:
        """initdb, settings; roles and database follow once the server answers. Idempotent; a half-made cluster is made anew."""
        if self.stamps.fresh("cluster", "made"):
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if self.user:
            os.chown(self.data, self.user.pw_uid, self.user.pw_gid)
        # C.UTF-8: under plain C the trigrams of Chinese words are empty. Trust: whoever can enter the run folder is us.
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        command = [*self._as_postgres(), machine.postgres_bin() / "initdb", "-D", self.data, *options]
        done = subprocess.run([str(part) for part in command], cwd="/", capture_output=True, text=True)
        if done.returncode:
            raise Refusal(f"PostgreSQL could not make its data folder {self.data}: {done.stderr.strip().splitlines()[-1]}")

    def create_database(self) -> None:
        """Roles, extensions and the empty database, after the first start of a new cluster."""
        if self.stamps.fresh("cluster", "made"):
            return
        # Tests and benches fill or alter rows behind the application's back, which only a superuser may; nothing serves as that role.
        superuser = "SUPERUSER" if self.name in {"test", "bench"} else ""
        self.sql("postgres", f"CREATE ROLE {OWNER} LOGIN CREATEDB {superuser}; CREATE ROLE {APP} LOGIN")
        self.sql("template1", TEMPLATE_SQL)
        self.sql("postgres", f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        self.stamps.set("cluster", "made")

    def sql(self, database: str, statements: str) -> str:
        command = [machine.postgres_bin() / "psql", "-h", self.run, "-U", "postgres", "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run([str(part) for part in command], input=statements, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise Refusal(f"PostgreSQL refused a step of the set-up: {done.stderr.strip()}")
        return done.stdout.strip()

    def ready(self) -> bool:
        """Both answer."""
        pings = [[machine.postgres_bin() / "pg_isready", "-q", "-h", self.run], ["redis-cli", "-s", self.redis_socket, "ping"]]
        return all(subprocess.run([str(part) for part in ping], capture_output=True, cwd="/").returncode == 0 for ping in pings)

    def wait(self, alive=lambda: True, seconds: float = 60) -> None:
        """Until both answer. alive() false: a server ended instead of starting."""
        limit = time.monotonic() + seconds
        while not self.ready():
            if not alive() or time.monotonic() > limit:
                raise Refusal(f"PostgreSQL or Redis did not start; {self.logs} says why.")
            time.sleep(0.1)

    def start(self) -> list[subprocess.Popen]:
        """Both servers as children of nobody in particular: the last user stops them (see using())."""
        self.create_cluster()
        self.clear_leftovers()
        self.write_settings()
        children = []
        for name, command, folder in (("postgres", self.postgres_command(), "/"), ("redis", self.redis_command(), self.redis_dir)):
            log = (self.logs / f"{name}.log").open("ab")
            children.append(subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))
        self.wait(alive=lambda: all(child.poll() is None for child in children))
        self.create_database()
        return children

    def write_settings(self) -> None:
        """At each start: the run folder may have been made anew since initdb (a restart empties /tmp)."""
        settings = {
            "listen_addresses": "", "unix_socket_directories": self.run, "max_connections": 200, "shared_preload_libraries": "postgis-3",
            "timezone": "UTC", "log_timezone": "UTC", **(THROWN_AWAY if self.name == "test" else {}),
        }  # fmt: skip
        (self.data / "postgresql.auto.conf").write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()))

    # --- what an earlier start left behind ---------------------------------------------------
    def leftovers(self) -> dict[int, str]:
        """Living processes that serve this environment: they carry its run folder in their environment, or are one of the three
        that write their title over that, and work in its folders. Only heads of families: the others end with them."""
        mark = f"PLATFORM_SERVED={self.run}".encode()
        folders = {str(folder.resolve()) for folder in (self.data, self.redis_dir, self.var / "nginx")}
        found = {}
        for process in Path("/proc").iterdir():
            if not process.name.isdigit() or int(process.name) in (os.getpid(), os.getppid()):
                continue
            try:
                name, rest = (process / "stat").read_text().split("(", 1)[1].rsplit(") ", 1)
                titled = name in {"postgres", "redis-server", "nginx"} and os.readlink(process / "cwd") in folders
                if titled or mark in (process / "environ").read_bytes().split(b"\0"):
                    found[int(process.name)] = name, int(rest.split()[1])
            except OSError:
                continue  # ended meanwhile, or another user's
        return {pid: name for pid, (name, parent) in found.items() if parent not in found}

    def clear_leftovers(self) -> None:
        """Stop what a killed start orphaned, and remove pid files whose number now belongs to somebody else."""
        if found := self.leftovers():
            with step(f"Stopping what an earlier start left running: {', '.join(sorted(set(found.values())))}"):
                self.end(found)
        for stale in (self.data / "postmaster.pid", *self.run.glob(".s.PGSQL.*"), *self.run.glob("*.pid"), *self.run.glob("*.sock")):
            stale.unlink(missing_ok=True)

    def end(self, found: dict[int, str]) -> None:
        """First politely (PostgreSQL: fast shutdown), after fifteen seconds by force."""
        for pid, name in found.items():
            _signal(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        limit = time.monotonic() + 15
        while (left := [pid for pid in found if _alive(pid)]) and time.monotonic() < limit:
            time.sleep(0.05)
        while left := [pid for pid in (*left, *self.leftovers()) if _alive(pid)]:
            for pid in left:
                _signal(pid, signal.SIGKILL)
            time.sleep(0.1)

    # --- sharing -----------------------------------------------------------------------------
    @contextmanager
    def using(self):
        """Use the services, starting them if need be. Whoever leaves last stops them; a demo that runs keeps its own."""
        with (self.var / "users.lock").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            with (self.var / "start.lock").open("w") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                if not self.ready():
                    with step(f"Starting the private PostgreSQL and Redis of {self.var.relative_to(VAR.parent)} (stopped again at the end)"):
                        self.start()
            try:
                yield
            finally:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    line("PostgreSQL and Redis stay up: the demo or another command is using them and stops them at its end.")
                else:
                    self.end(self.leftovers())


def _postgres_user(data: Path) -> pwd.struct_passwd | None:
    """The user PostgreSQL runs as: ourselves; if we are root, whoever owns the data already, else one that Debian made for it."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat().st_uid):
        return pwd.getpwuid(owner)
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Refusal("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as.")


def _reaches(user: pwd.struct_passwd, folder: Path) -> bool:
    probe = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups", "--", "test", "-x", str(folder)]
    return subprocess.run(probe, capture_output=True).returncode == 0


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass

