"""script/server: the same processes in production, against the operator's PostgreSQL and Redis, without demonstration data."""

import argparse
import os
import shlex
import signal
import subprocess
from pathlib import Path
from typing import NoReturn

import backup
import libraries
import processes
from checkout import PYTHON, ROOT, VAR, digest
from say import Refusal, line, step

HELP = """Starts the platform in production; settings come from the environment or from .env (see .env.example).
Without PROCESS: `prepare`, then all processes under one supervisor.
PROCESS: one of them alone, as containers or systemd units want it:
  prepare      make or change the tables (as the owning role), collect the static files, then end
  manage …     a manage.py command with these settings, for example create_keys, createsuperuser, load_county FOLDER
  backup FOLDER --keys FOLDER · restore FOLDER --keys FOLDER    as script/backup and script/restore, with these settings
  web · sockets · worker · beat · clock · nginx"""
REQUIRED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "KEYS_DIR")


def main(arguments: list[str]) -> int:
    """Run what was asked for; a single process replaces this one, so that signals of a container reach it."""
    parser = argparse.ArgumentParser(prog="script/server", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices = ("all", "prepare", "manage", "backup", "restore", *processes.NAMES)
    parser.add_argument("process", nargs="?", default="all", choices=choices, metavar="PROCESS")
    has_words = arguments[:1] and arguments[0] in {"manage", "backup", "restore"}  # those that follow are theirs, --help too
    options, command = parser.parse_args(arguments[:1] if has_words else arguments), arguments[1:]
    env = environment()
    if not PYTHON.exists():
        raise Refusal("The packages are not installed yet: run script/bootstrap (--packages leaves system packages alone).")
    run = Path(env["RUN_DIR"])
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    if options.process == "manage":
        return subprocess.run([str(PYTHON), str(ROOT / "manage.py"), *command], env=env).returncode
    if options.process in {"backup", "restore"}:
        return backup.in_production(options.process, env, command)
    if options.process in {"all", "prepare"}:
        _prepare(env)
    if options.process == "prepare":
        return 0
    if options.process != "nginx":
        _django(env, "preflight")
    if options.process == "all":
        return _all(env, run)
    if options.process == "nginx":
        _write_nginx(env, run, None)
    return _become(options.process, env, run)


def _become(process: str, env: dict[str, str], run: Path) -> NoReturn:
    os.chdir(run if process == "nginx" else ROOT)
    words = processes.command(process, env, run)
    os.execvpe(words[0], words, env | processes.process_environment(process))  # noqa: S606 - our own command line


def environment() -> dict[str, str]:
    """The environment, completed from .env, with production's defaults. Refuses if something without a sane default is missing."""
    defaults = {
        "ENVIRONMENT": "production",
        "RUN_DIR": str(VAR / "server" / "run"),
        "STATIC_ROOT": str(VAR / "server" / "static"),
        "MEDIA_ROOT": str(VAR / "server" / "media"),
        "MEDIA_ACCEL_PREFIX": "/protected-media/",
        "LOG_DIR": str(VAR / "server" / "log"),
        "LISTEN": "127.0.0.1:8000",
        "PYTHONUNBUFFERED": "1",
    }
    env = defaults | _dotenv(ROOT / ".env") | os.environ
    if missing := [name for name in REQUIRED if not env.get(name)]:
        raise Refusal(f"Not set: {', '.join(missing)}. Put them into the environment or into .env; .env.example explains each.")
    return env


def _dotenv(file: Path) -> dict[str, str]:
    """KEY=value lines; quotes as in a shell, # begins a comment."""
    values = {}
    for number, text in enumerate(file.read_text().splitlines() if file.exists() else (), start=1):
        if words := shlex.split(text, comments=True):
            name, equals, value = words[0].partition("=")
            if not equals or len(words) > 1:
                raise Refusal(f"{file.name}, line {number}: write NAME=value, with quotes around a value that has spaces.")
            values[name] = value
    return values


def _django(env: dict[str, str], *arguments: str) -> None:
    """A manage.py command whose refusal (its own sentences on stderr) is ours."""
    code = subprocess.run([str(PYTHON), str(ROOT / "manage.py"), *arguments], env=env, stdin=subprocess.DEVNULL).returncode
    if code:
        raise Refusal(f"Not started: `manage.py {arguments[0]}` ended with {code}; its reasons are above.")


def _prepare(env: dict[str, str]) -> None:
    with step("Making the tables (migrate)"):
        _django(env, "migrate", "--no-input", "--verbosity", "0")
    static = Path(env["STATIC_ROOT"])
    files = digest([ROOT / "static", libraries.FRONT_END, ROOT / "requirements.txt"])
    noted = static / ".collected"
    if not noted.exists() or noted.read_text() != files:
        with step("Collecting static files"):
            _django(env, "collectstatic", "--no-input", "--clear", "--verbosity", "0")
        noted.write_text(files)


def _write_nginx(env: dict[str, str], run: Path, logs: Path | None) -> None:
    host, _, port = env["LISTEN"].rpartition(":")
    if not port.isdigit():
        raise Refusal(f"LISTEN={env['LISTEN']} is not address:port.")
    processes.write_nginx(env, run, host=host.strip("[]"), port=int(port), logs=logs)


def _all(env: dict[str, str], run: Path) -> int:
    """Everything under one supervisor until SIGTERM or Ctrl-C."""
    logs = Path(env["LOG_DIR"])
    logs.mkdir(parents=True, exist_ok=True)
    _write_nginx(env, run, logs)
    programs = {name: (processes.command(name, env, run), {"directory": run} if name == "nginx" else {}) for name in processes.NAMES}
    processes.write_supervisor(programs, run, logs)
    supervisor = subprocess.Popen(
        processes.supervisor_command(run), cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.terminate())
    line(f"Serving on {env['LISTEN']}, behind your HTTPS proxy. Logs: {logs}. Ctrl-C or SIGTERM stops everything.")
    code = supervisor.wait()
    return 0 if code in (0, -signal.SIGTERM) else 1
