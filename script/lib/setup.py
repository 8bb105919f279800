"""From a clean clone to something that can start; every step is skipped when its inputs have not changed."""

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import libraries
import machine
from checkout import PYTHON, ROOT, VAR, digest
from say import Refusal, step
from services import Services


def install(tests: bool = False, system: bool = True, benches: bool = False, others: bool = False) -> None:
    """System packages, Python packages, front-end libraries, compiled messages; `others`: browsers beside Chromium."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "install.lock").open("w") as lock:  # a demo and the tests may be started at the same moment
        fcntl.flock(lock, fcntl.LOCK_EX)
        if system:
            machine.install(tests, benches, others)
        libraries.make_environment()
        with ThreadPoolExecutor() as both:
            for done in [both.submit(libraries.install_front_end), both.submit(libraries.install_python, tests, others)]:
                done.result()
        compile_messages()


def compile_messages() -> None:
    """What `manage.py compilemessages` does, without paying for a start of Django."""
    for source in (ROOT / "locale").glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            libraries.run(["msgfmt", "--check-format", "-o", compiled, source])


def manage(services: Services, *arguments: str, shown: bool = False) -> None:
    """One manage.py command of the set-up; its output is kept for the case that it fails, or shown as it comes."""
    out = None if shown else subprocess.PIPE
    command = [str(PYTHON), str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(services), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print((done.stdout or "")[-6000:], file=sys.stderr)
        raise Refusal(f"manage.py {' '.join(arguments)} failed (exit {done.returncode}); what it said is above.")


def environment(services: Services, **more: str) -> dict[str, str]:
    """The caller's environment with this environment's addresses; a DEBUG or DATABASE_URL exported in the shell is not ours."""
    ours = {"DEBUG", "HTTPS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DJANGO_SETTINGS_MODULE"}
    kept = {key: value for key, value in os.environ.items() if key not in ours}
    return kept | services.environment() | {"PYTHONUNBUFFERED": "1"} | more


def prepare(services: Services, *, history: bool = False) -> None:
    """Tables, the county and the demonstration's past weeks, in the running services; static files are collected meanwhile."""
    with ThreadPoolExecutor() as meanwhile:
        static = meanwhile.submit(collect_static, services)
        _fill(services, history)
        static.result()


def _fill(services: Services, history: bool) -> None:
    stamps = services.stamps
    tables = digest(sorted(ROOT.glob("*/migrations")))
    if not stamps.fresh("migrate", tables):
        with step("Making the tables (migrate)"):
            manage(services, "migrate", "--no-input")
        stamps.set("migrate", tables)
    county = digest([ROOT / "data" / "fucheng"], tables)
    if not stamps.fresh("county", county):
        with step("Loading the county (data/fucheng)"):
            manage(services, "load_county", "data/fucheng")
        stamps.set("county", county)
    if history and not stamps.fresh("history", "made"):
        with step("Simulating the past weeks, so that maps and figures are not empty"):
            manage(services, "simulate_history", shown=True)
        stamps.set("history", "made")


def collect_static(services: Services) -> None:
    """Hashed names and compressed copies, only when a source file, a package or the list of apps changed."""
    files = digest([ROOT / "static", libraries.FRONT_END, ROOT / "requirements.txt", ROOT / "config" / "settings.py"])
    if services.stamps.fresh("static", files) and (services.static / "staticfiles.json").exists():
        return
    with step("Collecting static files"):
        manage(services, "collectstatic", "--no-input", "--clear")
    services.stamps.set("static", files)
