"""script/backup and script/restore: a county in a folder (database, photos, manifest), its keys in another one."""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import demo_site
import setup
import snapshot
from checkout import PYTHON, ROOT, digest
from say import Refusal, line, step
from services import Services

FORMAT = 1
MANIFEST, DUMP, MEDIA, SUMS = "manifest.json", "database.dump", "media", "media.sha256"
# Rows name their files: a sealed original each, and two copies once they are made. A draft that its sender takes away goes with its row.
PHOTOS = """
SELECT id::text, sealed_name, copy_name, report_id IS NULL AND case_id IS NULL FROM cases_photo UNION
SELECT 'portrait', 'portraits/' || left(portrait, 2) || '/' || portrait || '.jpg', '', false FROM enforcement_officer WHERE portrait <> ''
ORDER BY 2"""
COPIES = ("full", "thumb")
PROGRESS_SECONDS = 5.0


@dataclass(frozen=True)
class Installation:
    """What is backed up or filled: addresses and folders as its processes see them."""

    env: dict[str, str]

    @property
    def owner_url(self) -> str:
        return self.env["DATABASE_OWNER_URL"]

    @property
    def serving_role(self) -> str:
        return snapshot.connection(self.env["DATABASE_URL"])["PGUSER"]

    @property
    def media(self) -> Path:
        return Path(self.env["MEDIA_ROOT"])

    @property
    def keys(self) -> Path:
        return Path(self.env["KEYS_DIR"])

    def manage(self, *arguments: str) -> None:
        code = subprocess.run([str(PYTHON), str(ROOT / "manage.py"), *arguments], env=self.env, stdin=subprocess.DEVNULL).returncode
        if code:
            raise Refusal(f"Restored, but `manage.py {arguments[0]}` ended with {code}; its reasons are above.")


# --- commands --------------------------------------------------------------------------------
def backup(arguments: list[str]) -> int:
    """Save the demo of this checkout; it may go on running."""
    options = _options("backup", arguments)
    setup.install()
    services = Services("demo")
    with services.using():
        save(Installation(setup.environment(services)), options.folder, options.keys)
    return 0


def restore(arguments: list[str]) -> int:
    """Fill the empty demo of this checkout."""
    options = _options("restore", arguments)
    if where := demo_site.address_of_running():
        raise Refusal(f"The demo of this checkout is running ({where}). Stop it there with Ctrl-C; a backup is only restored into an empty place.")
    setup.install()
    services = Services("demo")
    with services.using():
        fill(Installation(setup.environment(services)), options.folder, options.keys)
        services.stamps.set("migrate", digest(sorted(ROOT.glob("*/migrations"))))
        services.stamps.set("history", "made")
    return 0


def in_production(command: str, env: dict[str, str], arguments: list[str]) -> int:
    """`script/server backup …` and `script/server restore …`, with the settings of .env."""
    options = _options(command, arguments, program="script/server ")
    (save if command == "backup" else fill)(Installation(env), options.folder, options.keys)
    return 0


def _options(command: str, arguments: list[str], program: str = "script/") -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"{program}{command}", description=__doc__)
    parser.add_argument("folder", type=Path, help="a new folder" if command == "backup" else "what backup made")
    parser.add_argument("--keys", type=Path, help="the folder of the keys' copy, kept apart from the backup (another disk, a safe)")
    options = parser.parse_args(arguments)
    if options.keys is None:
        raise Refusal("Say where the copy of the keys lies: --keys FOLDER. It is kept apart, because the backup is safe only without its keys.")
    options.folder, options.keys = options.folder.resolve(), options.keys.resolve()
    if options.folder == options.keys or options.folder in options.keys.parents or options.keys in options.folder.parents:
        raise Refusal("The keys would lie with what they open: give --keys a folder that is neither in the backup's folder nor around it.")
    return options


# --- backup ----------------------------------------------------------------------------------
def save(installation: Installation, folder: Path, keys: Path) -> None:
    """Write the backup while the platform serves. The manifest comes last: a folder without it is no backup."""
    if keys == installation.keys.resolve():
        raise Refusal(f"{keys} is where the platform itself keeps its keys: a copy there saves nothing. Give --keys another folder.")
    _check_empty(folder, "A backup is written into a new folder, and")
    before = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The dump and the list of photos show one moment. Keys and files are copied after it: each is made before the row that needs it.
        with snapshot.Snapshot(installation.owner_url) as moment:
            made_at = moment.ask("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")[0]
            if not (tables := moment.ask(snapshot.TABLES)):
                raise Refusal("There is nothing to back up: the database has no tables.")
            versions = dict(zip(("postgresql", "postgis"), moment.ask("SHOW server_version; SELECT postgis_lib_version()"), strict=True))
            migrations = moment.ask("SELECT app || '.' || name FROM django_migrations ORDER BY id")
            photos = [row.split("|") for row in moment.ask(PHOTOS)]
            with step(f"Copying the keys to {keys}"):
                fingerprints = _save_keys(installation.keys, keys)
            with step(f"Dumping the database ({len(tables)} tables)"):
                counts = moment.counts()
                moment.dump(folder / DUMP)
        withdrawn = _save_media(installation, photos, folder)
        manifest = {
            "format": FORMAT, "made_at": made_at, "environment": installation.env["ENVIRONMENT"], "software": _commit(), "versions": versions,
            "migrations": migrations, "roles": {"owner": snapshot.connection(installation.owner_url)["PGUSER"], "serving": installation.serving_role},
            "counts": counts, "files": {name: _hash(folder / name) for name in (DUMP, SUMS)}, "keys": fingerprints, "withdrawn_drafts": withdrawn,
        }  # fmt: skip
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    except OSError as error:
        raise Refusal(f"The backup could not be written: {error.strerror} ({error.filename}).") from None
    finally:
        os.umask(before)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    line(f"Backed up: {_summary(counts)}, {size / 1e6:,.1f} MB in {folder}; {len(fingerprints)} keys in {keys}. Take the two to different places.")


def _save_keys(source: Path, target: Path) -> dict[str, str]:
    """Copy what is not there yet; {file: fingerprint}."""
    files = sorted(source.glob("*.key"))
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in files:
        copy = target / file.name
        if not copy.exists():
            shutil.copyfile(file, copy)
            copy.chmod(0o600)
        elif copy.read_bytes() != file.read_bytes():
            raise Refusal(f"{target} holds another installation's {file.name}. Give --keys a folder of this installation's own.")
    return {file.name: _fingerprint(file) for file in files}


def _fingerprint(key: Path) -> str:
    """Tells keys apart and gives nothing away: a key is 256 random bits."""
    return hashlib.sha256(b"fingerprint of a key\0" + key.read_bytes().strip()).hexdigest()[:16]


def _save_media(installation: Installation, photos: list[list[str]], folder: Path) -> list[str]:
    """Copy the files that the rows name, with their hashes; ids of drafts that were taken away meanwhile."""
    wanted = [(pk, name, draft == "t") for pk, sealed, copy, draft in photos for name in _names(sealed, copy)]
    withdrawn = set()
    with step(f"Copying {len(wanted)} files of photos"), (folder / SUMS).open("w") as sums:
        for pk, name, is_draft in _told(wanted, "files"):
            try:
                sums.write(f"{_copy(installation.media / name, folder / MEDIA / name)}  {MEDIA}/{name}\n")
            except FileNotFoundError:
                if not is_draft:
                    raise Refusal(f"{installation.media / name} is missing, although photo {pk} is in the database. Find out why first.") from None
                withdrawn.add(pk)
    return sorted(withdrawn)


def _names(sealed: str, copy: str) -> list[str]:
    return [sealed, *(f"{copy}-{variant}.jpg" for variant in COPIES if copy)]


# --- restore ---------------------------------------------------------------------------------
def fill(installation: Installation, folder: Path, keys: Path) -> None:
    """Check everything, then fill the empty installation; ends with the journal verified."""
    manifest = _read_manifest(folder)
    with step("Checking that the backup is whole"):
        _check_keys(manifest, keys)
        _check_files(manifest, folder)
    _check_fits(manifest, installation)
    _check_empty(installation.media, "A backup is only restored into an empty place:")
    for file in installation.keys.glob("*.key"):
        if not (keys / file.name).exists() or (keys / file.name).read_bytes() != file.read_bytes():
            raise Refusal(f"A backup is only restored into an empty place: {installation.keys} holds another {file.name}.")
    sums = _sums(folder)
    with _undone_on_failure(installation.media):
        with step(f"Copying {len(sums)} files of photos"):
            for _sum, name in _told(sums, "files"):
                _copy(folder / name, installation.media / Path(name).relative_to(MEDIA))
        with step("Restoring the database"):
            snapshot.restore(installation.owner_url, folder / DUMP, installation.serving_role)
    _save_keys(keys, installation.keys)
    with snapshot.Snapshot(installation.owner_url) as moment:
        for table, found in moment.counts().items():
            if found != manifest["counts"].get(table):
                raise Refusal(f"Restored, but {table} has {found} rows instead of {manifest['counts'].get(table)}.")
    with step("Bringing the tables up to this version (migrate)"):
        installation.manage("migrate", "--no-input", "--verbosity", "0")
    with step("Verifying the journal"):
        installation.manage("verify_journal")
    line(f"Restored as of {manifest['made_at']}: {_summary(manifest['counts'])}, {len(sums)} files of photos, {len(manifest['keys'])} keys.")
    if manifest["withdrawn_drafts"]:
        line(f"{len(manifest['withdrawn_drafts'])} photos that nobody had sent yet were taken away while the backup was made.")


def _read_manifest(folder: Path) -> dict:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise Refusal(f"{folder} is not a whole backup: it has no readable {MANIFEST}.") from None
    if manifest.get("format") != FORMAT:
        raise Refusal(f"{folder} was made in format {manifest.get('format')}, this version reads {FORMAT}. Restore with the version that made it.")
    return manifest


def _check_keys(manifest: dict, keys: Path) -> None:
    for name, fingerprint in manifest["keys"].items():
        if not (keys / name).is_file():
            raise Refusal(f"{keys} lacks {name}: what it sealed could never be opened again. Bring the folder of this backup's keys.")
        if _fingerprint(keys / name) != fingerprint:
            raise Refusal(f"{keys / name} is not the key that belongs to this backup. Bring the folder of this backup's keys.")


def _check_files(manifest: dict, folder: Path) -> None:
    """Every file by its hash, before anything is touched."""
    listed = [(sha256, name) for name, sha256 in manifest["files"].items()]
    for sha256, name in (*listed, *_told(_sums(folder) if (folder / SUMS).is_file() else [], "files")):
        if not (folder / name).is_file():
            raise Refusal(f"The backup is damaged: {name} is missing.")
        if _hash(folder / name) != sha256:
            raise Refusal(f"The backup is damaged: {name} is not what was saved.")


def _check_fits(manifest: dict, installation: Installation) -> None:
    """The database is empty and has what the dump takes for granted, and this version knows all of its migrations."""
    if strangers := [row for row in manifest["migrations"] if (ROOT / row.split(".")[0]).is_dir() and not _migration(row).exists()]:
        raise Refusal(f"The backup was made by another version ({strangers[0]} is unknown here). Restore with that version or a newer one.")
    if manifest["environment"] != "production" and installation.env["ENVIRONMENT"] == "production":
        raise Refusal("This is the backup of a demonstration: it is not restored in production.")
    with snapshot.Snapshot(installation.owner_url) as moment:
        if moment.ask(snapshot.TABLES):
            raise Refusal("A backup is only restored into an empty place: the database has tables. Make a new one, see docs/operations.md.")
        extensions = set(moment.ask("SELECT extname FROM pg_extension"))
        if missing := {"postgis", "pg_trgm", "btree_gist"} - extensions:
            raise Refusal(f"The database lacks the extension {sorted(missing)[0]}: make it with config/deploy/roles.sh.")
    roles = {"owner": snapshot.connection(installation.owner_url)["PGUSER"], "serving": installation.serving_role}
    if roles != manifest["roles"]:
        then, here = (" and ".join(named.values()) for named in (manifest["roles"], roles))
        raise Refusal(f"The backup's roles are {then}, here they are {here}: name them alike.")


def _migration(row: str) -> Path:
    app, name = row.split(".")
    return ROOT / app / "migrations" / f"{name}.py"


@contextmanager
def _undone_on_failure(media: Path):
    """A restore that fails leaves the place as empty as it was (the database does so by itself)."""
    try:
        yield
    except BaseException as error:
        for entry in media.iterdir() if media.is_dir() else ():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if isinstance(error, OSError):
            raise Refusal(f"The backup could not be restored: {error.strerror} ({error.filename}).") from None
        raise


# --- shared ----------------------------------------------------------------------------------
def _check_empty(folder: Path, words: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(file for file in folder.rglob("*") if not file.is_dir())):
        raise Refusal(f"{words} {folder} is not empty.")


def _sums(folder: Path) -> list[tuple[str, str]]:
    return [tuple(row.split("  ", 1)) for row in (folder / SUMS).read_text().splitlines()]


def _told(rows: list, words: str) -> Iterator:
    """The rows one by one, saying how far it is every few seconds."""
    told = time.monotonic()
    for number, row in enumerate(rows):
        if time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            line(f"  {number:,} of {len(rows):,} {words}")
        yield row


def _copy(source: Path, target: Path) -> str:
    """Copy a file, have it on the disk, answer its SHA-256."""
    seen = hashlib.sha256()
    with source.open("rb") as old:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as new:
            while block := old.read(1 << 20):
                seen.update(block)
                new.write(block)
            new.flush()
            os.fsync(new.fileno())
    return seen.hexdigest()


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _commit() -> str:
    """Which version made it; empty outside a repository."""
    try:
        return subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def _summary(counts: dict[str, int]) -> str:
    names = (("cases_report", "reports"), ("cases_case", "cases"), ("journal_entry", "journal entries"), ("cases_photo", "photos"))
    return ", ".join(f"{counts.get(table, 0):,} {words}" for table, words in names)
