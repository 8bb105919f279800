"""Secret keys as files under settings.KEYS_DIR: who loses them loses what is sealed; who rotates keeps the old ones.

`encryption-0001.key`, `encryption-0002.key` …: the highest number seals, all of them open. `blind-index.key`,
`tracking.key` and `certificates.key` are never rotated: what they hash (phone numbers, tracking codes, QR codes that hang on walls)
is searched for later.
Outside production a missing key is made on first use; production makes them once with `manage.py create_keys`.
"""

import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

BLIND_INDEX, TRACKING, JOURNAL, CERTIFICATES = "blind-index", "tracking", "journal-signing", "certificates"
NAMED = (BLIND_INDEX, TRACKING, JOURNAL, CERTIFICATES)
KEY_BYTES = 32


def encryption_key(key_id: str) -> bytes:
    """The key that sealed something; KeyError when its file is gone."""
    try:
        return _read(_folder(), f"encryption-{key_id}")
    except FileNotFoundError:
        raise KeyError(key_id) from None


def current_encryption_key() -> tuple[str, bytes]:
    """(id, key) that seals now. A running process takes up a new key when it is restarted."""
    key_id = _newest(_folder())
    return key_id, _read(_folder(), f"encryption-{key_id}")


def hash_key(kind: str) -> bytes:
    """The key of a keyed hash (BLIND_INDEX, TRACKING, CERTIFICATES), or the seed that signs the journal's daily root (JOURNAL)."""
    try:
        return _read(_folder(), kind)
    except FileNotFoundError:
        _refuse_in_production()
        create(kind)
        return _read(_folder(), kind)


def create(name: str) -> bool:
    """Make a key file (0600) unless it exists; whole or not at all, also when two processes start together."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, draft = folder / f"{name}.key", folder / f".{name}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        return True
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)


def encryption_ids() -> list[str]:
    """Ids of the encryption keys that exist, oldest first."""
    return sorted(path.stem.removeprefix("encryption-") for path in _folder().glob("encryption-*.key"))


def _folder() -> Path:
    return Path(settings.KEYS_DIR)


@cache
def _newest(folder: Path) -> str:
    if not encryption_ids():
        _refuse_in_production()
        create("encryption-0001")
    return encryption_ids()[-1]


@cache
def _read(folder: Path, name: str) -> bytes:
    key = bytes.fromhex((folder / f"{name}.key").read_text().strip())
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name}.key must hold {KEY_BYTES} bytes in hexadecimal.")
    return key


def _refuse_in_production() -> None:
    if settings.ENVIRONMENT == "production":
        raise ImproperlyConfigured(f"Keys are missing in {settings.KEYS_DIR}: run manage.py create_keys once and back them up.")
