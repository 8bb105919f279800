"""script/demo: the whole platform of one county on one port, alive, on this machine."""

import argparse
import fcntl
import os
import secrets
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import certificate
import processes
import setup
from checkout import PYTHON, ROOT, VAR
from say import Refusal, line, step
from services import Services

HELP = """Starts the whole platform on this machine: installs what is missing, keeps everything of its own under var/.
Environment: PORT (8000), HOST (127.0.0.1; with --https 0.0.0.0, so that a phone on the same network reaches it)."""
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, never listened on unasked
PAGES = {
    "start page": "/start/",
    "report (citizen)": "/",
    "console (dispatcher)": "/command/",
    "phone (officer)": "/officer/",
    "wall": "/command/wall/",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="script/demo", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--https", action="store_true", help="a self-made certificate: phones then give position, camera and offline work")
    parser.add_argument("--no-simulation", action="store_true", help="no simulated citizens, call takers and officers")
    options = parser.parse_args(arguments)
    host = os.environ.get("HOST") or (EVERYWHERE[0] if options.https else "127.0.0.1")
    port = _port(os.environ.get("PORT") or "8000")
    with running(host, port, https=options.https, simulate=not options.no_simulation, history=True) as site:
        _announce(site)
        site.supervisor.wait()
    raise Refusal("The supervisor was ended from outside, so everything else was stopped too. Start again with script/demo.")


@dataclass
class Site:
    """The running platform: its address, what its processes see, its local authority's certificate if it has one."""

    address: str
    env: dict[str, str]
    authority: Path | None
    supervisor: subprocess.Popen


@contextmanager
def running(host: str, port: int, *, https: bool = False, simulate: bool = False, history: bool = False):
    """The whole platform, installed, filled and healthy; everything is ended on leaving."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with _the_only_one() as (note, join):
        _check_free(host, port)
        setup.install()
        services = Services("demo")
        address = f"{'https' if https else 'http'}://{'127.0.0.1' if host in EVERYWHERE else host}:{port}"
        note(address)
        tls = certificate.make(services.var / "tls", host) if https else None
        env = _environment(services, address, tls)
        with _supervised(services, env, host, port, tls, simulate=simulate) as supervisor:
            join()
            setup.prepare(services, history=history)
            with step("Starting web, sockets, worker, beat, clock and nginx"):
                subprocess.run(processes.control(services.run, "start", "platform:*"), stdout=subprocess.DEVNULL, check=True)
                _wait_healthy(address, tls, supervisor, services)
            yield Site(address, env, tls[2] if tls else None, supervisor)


def address_of_running() -> str:
    """Where this checkout's demo answers; empty if it does not run."""
    file = VAR / "demo" / "demo.lock"
    if not file.exists():
        return ""
    with file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read().strip()
    return ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Refusal(f"PORT={text} is not a port number (1–65535).")
    return int(text)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def _the_only_one():
    """Hold this checkout's demo. Yields note(address), which the refusal of a second start quotes, and join(), after which
    script/manage may use the running services."""
    folder = VAR / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("a+") as running, (folder / "users.lock").open("w") as users:
        try:
            fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running.seek(0)
            where = running.read() or "it is just starting"
            raise Refusal(f"The demo of this checkout is already running: {where}. Stop it there with Ctrl-C.") from None
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal("A script/manage command of this checkout is using the database. Wait for its end, or end it, and start again.") from None

        def note(address: str) -> None:
            running.truncate(0)
            running.write(address)
            running.flush()

        yield note, lambda: fcntl.flock(users, fcntl.LOCK_SH)


def _check_free(host: str, port: int) -> None:
    """The port must be free; what a killed start of ours left on it is stopped first."""
    if _taken(host, port) and (VAR / "demo" / "run-folder").exists():
        Services("demo").clear_leftovers()
    if taken := _taken(host, port):
        raise Refusal(f"{host}:{port} cannot be used ({taken}). Choose another: PORT={port + 1 if port < 65535 else 8000} script/demo")


def _taken(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except (OSError, OverflowError) as error:
            return getattr(error, "strerror", None) or str(error)
    return ""


def _environment(services: Services, address: str, tls: tuple | None) -> dict[str, str]:
    """What every process of the demo sees."""
    more = {
        "PLATFORM_SERVED": str(services.run),
        "PUBLIC_URL": address,
        "HTTPS": "1" if tls else "0",
        "MEDIA_ACCEL_PREFIX": "/protected-media/",
        # A forwarded port arrives from this machine, with the visitor's host and scheme in its headers.
        "TRUSTED_PROXIES": "127.0.0.1,::1",
        "MESSAGE_GATEWAY_URL": f"http://127.0.0.1:{free_port()}/",
        "MESSAGE_GATEWAY_SECRET": secrets.token_urlsafe(32),
    }
    return setup.environment(services, **more, **({"SSL_CERT_FILE": str(tls[2])} if tls else {}))


@contextmanager
def _supervised(services: Services, env: dict, host: str, port: int, tls: tuple | None, *, simulate: bool):
    """The supervisor with PostgreSQL and Redis up and the platform's processes ready to be started; all ended on leaving."""
    services.create_cluster()
    services.clear_leftovers()
    services.write_settings()
    nginx = services.var / "nginx"
    nginx.mkdir(exist_ok=True)
    processes.write_nginx(env, services.run, host=host, port=port, logs=services.logs, tls=tls)
    servers = {
        "postgres": (services.postgres_command(), {"stopsignal": "INT", "priority": 1, "directory": "/"}),
        "redis": (services.redis_command(), {"priority": 1, "directory": services.redis_dir}),
    }
    names = (*processes.NAMES, "carrier", *(["simulate"] if simulate else []))
    platform = {
        name: (processes.command(name, env, services.run), {"autostart": "false"} | ({"directory": nginx} if name == "nginx" else {}))
        for name in names
    }
    processes.write_supervisor(servers | platform, services.run, services.logs, together=names)
    with step("Starting the private PostgreSQL and Redis"), (services.logs / "supervisor-output.log").open("w") as output:
        command = processes.supervisor_command(services.run)
        supervisor = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        services.wait(alive=lambda: supervisor.poll() is None)
        services.create_database()
        yield supervisor
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # impatience must not orphan anything
        print(flush=True)
        with step("Stopping everything"):
            supervisor.terminate()
            try:
                supervisor.wait(30)
            except subprocess.TimeoutExpired:
                supervisor.kill()
            services.end(services.leftovers())


def _wait_healthy(address: str, tls: tuple | None, supervisor: subprocess.Popen, services: Services, seconds: float = 90) -> None:
    """Until /healthz answers 200."""
    context = ssl.create_default_context(cafile=tls[2]) if tls else None
    limit = time.monotonic() + seconds
    state = "no answer"
    while time.monotonic() < limit and supervisor.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5, context=context):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError as error:
            state = error.read().decode(errors="replace").strip()
        except OSError as error:
            state = str(error)
        time.sleep(0.4)
    raise Refusal(f"Started, but /healthz is not well after {seconds:.0f} s: {state[:500]}. The logs are in {services.logs}.")


def _announce(site: Site) -> None:
    line("Ready.")
    print()
    for name, path in PAGES.items():
        print(f"  {name:<22} {site.address}{path}")
    if site.authority:
        port = site.address.rsplit(":", 1)[1]
        for number in (found for found in certificate.lan_addresses() if ":" not in found):
            print(f"  {'on a phone':<22} https://{number}:{port}/   (certificate to trust: https://{number}:{port}/ca.crt)")
    print(flush=True)
    subprocess.run([str(PYTHON), str(ROOT / "manage.py"), "demo_accounts"], env=site.env)
    print("\n  Ctrl-C stops everything.", flush=True)
