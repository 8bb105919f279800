"""The start scripts all come through here (COMMANDS names them), on the standard library alone."""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import backup
import demo_site
import machine
import say
import server
import setup
from checkout import PYTHON, ROOT
from say import Refusal, refuse
from services import Services

# Needs neither tables nor county, or makes them.
WITHOUT_DATA = {"check", "compilemessages", "dbshell", "help", "makemessages", "makemigrations", "migrate", "showmigrations", "sqlmigrate", "version"}

# Works through pages and sockets, as people do.
WITH_SITE = {"replay", "simulate"}


def bootstrap(arguments: list[str]) -> int:
    """Install everything, start nothing."""
    parser = argparse.ArgumentParser(prog="script/bootstrap", description=bootstrap.__doc__)
    parser.add_argument("--tests", action="store_true", help="what script/test needs as well")
    parser.add_argument("--packages", action="store_true", help="only Python packages and front-end libraries, no system packages")
    options = parser.parse_args(arguments)
    setup.install(tests=options.tests, system=not options.packages)
    return 0


def manage(arguments: list[str]) -> int:
    """manage.py against the private services of the demo. They are started if need be; whoever uses them last stops them."""
    command = [str(PYTHON), str(ROOT / "manage.py"), *arguments]
    site = demo_site.address_of_running()
    if not site and WITH_SITE & set(arguments[:1]):
        say.line(f"{arguments[0]} works through the pages: starting the platform for it, without its simulated crew")
        with demo_site.running("127.0.0.1", demo_site.free_port()) as started:
            env = {name: value for name, value in started.env.items() if name != "PLATFORM_SERVED"}
            return _wait(command, env, folder=None)
    setup.install()
    services = Services("demo")
    with services.using():
        if not WITHOUT_DATA & set(arguments[:1]):
            setup.prepare(services)
        more = {"PUBLIC_URL": site} if site else {}
        if site.startswith("https:"):
            more |= {"SSL_CERT_FILE": str(services.var / "tls" / "ca.crt"), "HTTPS": "1"}
        return _wait(command, setup.environment(services, **more), folder=None)


def test(arguments: list[str]) -> int:
    """The suite on services of its own (var/test), beside a running demo. Arguments go to pytest, whose exit code comes back."""
    setup.install(tests=True, others=_named_folder(arguments)[:1] == ["tests/others"])
    services = Services("test")
    with (services.var / "test.lock").open("w") as alone:
        try:
            fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal("The tests of this checkout are already running. Wait for their end, and start again.") from None
        with services.using():
            setup.collect_static(services)
            return _wait([str(PYTHON), "-m", "pytest", *_named_folder(arguments)], setup.environment(services))


def _named_folder(arguments: list[str]) -> list[str]:
    """`script/test faults …` for `script/test tests/faults …`."""
    if arguments and arguments[0].isidentifier() and (ROOT / "tests" / arguments[0]).is_dir():
        return [f"tests/{arguments[0]}", *arguments[1:]]
    return arguments


def bench(arguments: list[str]) -> int:
    """One bench on services of its own (var/bench). Arguments go to tests/bench."""
    setup.install(tests=True, benches=True)
    services = Services("bench")
    with services.using():
        setup.collect_static(services)
        return _wait([str(PYTHON), "-m", "tests.bench", *arguments], setup.environment(services))


def _wait(command: list[str], env: dict[str, str], folder: Path | None = ROOT) -> int:
    """Run in the foreground. Ctrl-C reaches the command itself, which ends in its own way; a killed one gives 128 + signal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, env=env, cwd=folder, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


COMMANDS = {
    "bootstrap": bootstrap, "demo": demo_site.main, "manage": manage, "test": test, "bench": bench, "server": server.main,
    "backup": backup.backup, "restore": backup.restore,
}  # fmt: skip

if __name__ == "__main__":
    os.umask(0o022)
    try:
        if sys.argv[1] != "server":
            machine.check()
        sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
    except Refusal as refusal:
        sys.exit(refuse(refusal))
    except PermissionError as error:
        sys.exit(refuse(Refusal(f"This user may not use {error.filename}: it was made by another one. Start as that user, or change its owner.")))
    except KeyboardInterrupt:
        sys.exit(0 if sys.argv[1] in {"demo", "server"} else 130)
