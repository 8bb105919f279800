"""One moment of a database, as its owning role sees it: asked with psql, dumped with pg_dump, brought back with pg_restore."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import machine
from say import Refusal

_END = "-- end of answer --"
# Tables of ours, not of extensions.
TABLES = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"""


def connection(url: str) -> dict[str, str]:
    """libpq's variables for a database address of the settings; a password so never stands in a command line."""
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    found = {
        "PGHOST": options.get("host") or parts.hostname, "PGPORT": str(parts.port or ""), "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""), "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGSSLMODE": options.get("sslmode"), "PGSSLROOTCERT": options.get("sslrootcert"),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


class Snapshot:
    """A read-only transaction that stays open: its answers and its dump show the same moment, while others go on writing."""

    def __init__(self, url: str):
        self.url = url
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the transaction
        command = [_program("psql"), "-qAtX", "-v", "ON_ERROR_STOP=1"]
        self._psql = subprocess.Popen(
            command, env=_environment(url), cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )

    def __enter__(self):
        self.ask("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        self.name = self.ask("SELECT pg_export_snapshot()")[0]
        return self

    def __exit__(self, *error):
        self._psql.stdin.close()
        self._psql.wait()
        self._psql.stdout.close()
        self._errors.close()

    def ask(self, statement: str) -> list[str]:
        """Rows as lines, columns apart by |."""
        try:
            self._psql.stdin.write(f"{statement};\n\\echo {_END}\n")
            self._psql.stdin.flush()
        except BrokenPipeError:
            raise self._refusal() from None
        rows = []
        for row in self._psql.stdout:
            if row.rstrip("\n") == _END:
                return rows
            rows.append(row.rstrip("\n"))
        raise self._refusal()

    def _refusal(self) -> Refusal:
        self._psql.wait()
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines()
        return Refusal(f"The database does not answer: {said[-1] if said else 'the connection ended'}")

    def counts(self) -> dict[str, int]:
        """Rows of every table."""
        return {table: int(self.ask(f'SELECT count(*) FROM "{table}"')[0]) for table in self.ask(TABLES)}  # noqa: S608 - from the catalogue

    def dump(self, file: Path) -> None:
        _run(["pg_dump", "--format=custom", "--no-password", f"--snapshot={self.name}", f"--file={file}"], self.url, "could not be dumped")


def restore(url: str, dump: Path, serving: str) -> None:
    """Bring a dump into an empty database whose extensions are there, as the owning role; wholly or not at all.

    Default privileges are taken off first: they would give the serving role rights on the journal that the dump withholds.
    """
    revoke = "".join(f'ALTER DEFAULT PRIVILEGES REVOKE ALL ON {kind} FROM "{serving}";' for kind in ("TABLES", "SEQUENCES"))
    _run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", revoke], url, "could not be prepared")
    listed = _run(["pg_restore", "--list", dump], url, "has a dump that cannot be read")
    # Only a superuser may make, describe or fill extensions, and they are there.
    wanted = [line for line in listed.splitlines() if " EXTENSION " not in line and " TABLE DATA public spatial_ref_sys " not in line]
    with tempfile.NamedTemporaryFile("w", suffix=".list") as contents:
        contents.write("\n".join(wanted) + "\n")
        contents.flush()
        command = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-password", f"--use-list={contents.name}"]
        _run([*command, f"--dbname={connection(url)['PGDATABASE']}", dump], url, "could not be restored")


def _program(name: str) -> str:
    """PostgreSQL's own client programs of the newest version here: a dump must not be made by an older one than the server."""
    folder = machine.postgres_bin()
    found = str(folder / name) if folder and (folder / name).exists() else shutil.which(name)
    if not found:
        raise Refusal(f"{name} is not installed. Install PostgreSQL's client programs (Debian: postgresql-client) and start again.")
    return found


def _environment(url: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | connection(url)


def _run(command: list, url: str, failed: str) -> str:
    words = [_program(command[0]), *map(str, command[1:])]
    done = subprocess.run(words, env=_environment(url), stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/")
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if line] or [f"exit {done.returncode}"]
        raise Refusal(f"The database {failed}: {next((line for line in said if 'error' in line.lower()), said[-1])}")
    return done.stdout
