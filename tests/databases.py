"""Databases for tests: one template, migrated and filled once, from which each worker's own is copied in a tenth of a second.

Append-only triggers and the serving role's rights so stay on: no test flushes tables, a used database is thrown away.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import environ
import psycopg2

ROOT = Path(__file__).resolve().parent.parent
COUNTY = ROOT / "data" / "fucheng"
NOON = "2026-11-24T12:00:00+08:00"  # a Tuesday: the duty of the test county is rolled around it
LOAD = f"""
import os; os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
from datetime import datetime
from django.core.management import call_command
from journal import clock
with clock.at(datetime.fromisoformat("{NOON}")):
    call_command("load_county", r"{COUNTY}", verbosity=0)
"""


def owner_parameters(name: str = "postgres") -> dict:
    url = environ.Env.db_url_config(os.environ["DATABASE_OWNER_URL"])
    host = url.get("OPTIONS", {}).get("host") or url["HOST"]
    wanted = {"dbname": name, "user": url["USER"], "password": url["PASSWORD"], "host": host, "port": url["PORT"]}
    return {key: value for key, value in wanted.items() if value}


def execute(*statements: str) -> None:
    """Run statements that cannot be in a transaction, as the owner."""
    link = psycopg2.connect(**owner_parameters())
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        link.close()


def exists(name: str) -> bool:
    link = psycopg2.connect(**owner_parameters())
    try:
        with link.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return cursor.fetchone() is not None
    finally:
        link.close()


def url_for(url: str, name: str) -> str:
    """The same address with another database name."""
    head, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    authority = place.rsplit("/", 1)[0]
    return f"{head}://{authority}/{name}" + (f"?{query}" if query else "")


def template() -> str:
    """Name of the template for the present migrations and county data; made when it does not exist yet."""
    digest = hashlib.sha256()
    sources = [
        *ROOT.glob("*/migrations/*.py"),
        *COUNTY.rglob("*"),
        *ROOT.glob("*/roles.py"),
        ROOT / "journal" / "grants.py",
        *ROOT.glob("cases/county/*.py"),
    ]
    for path in sorted(path for path in sources if path.is_file()):
        digest.update(path.name.encode() + path.read_bytes())
    name = f"template_{digest.hexdigest()[:16]}"
    with (Path(tempfile.gettempdir()) / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not exists(name):
            _make(f"{name}_raw", name)
    return name


def _make(raw: str, name: str) -> None:
    execute(f'DROP DATABASE IF EXISTS "{raw}" WITH (FORCE)', f'CREATE DATABASE "{raw}"')
    surroundings = os.environ | {
        "DATABASE_URL": url_for(os.environ["DATABASE_URL"], raw),
        "DATABASE_OWNER_URL": url_for(os.environ["DATABASE_OWNER_URL"], raw),
    }
    for command in (["manage.py", "migrate", "--verbosity", "0"], ["-c", LOAD]):
        done = subprocess.run([sys.executable, *command], cwd=ROOT, env=surroundings, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    execute(f'ALTER DATABASE "{raw}" RENAME TO "{name}"')


def copy(template_name: str, name: str) -> None:
    """A fresh copy of the template under `name`; whoever is still connected to the old one is cut off."""
    # As files: half the time of the other way, through the log, where nothing is synced.
    execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{template_name}" STRATEGY file_copy')
