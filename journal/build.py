"""Which build runs: screens that were loaded from another one reload themselves."""

import os
from functools import cache
from hashlib import sha256

from django.conf import settings

FOLDERS = ("static", "templates", "locale")
ENDINGS = (".py", ".html", ".js", ".css", ".mo")


@cache
def build_id() -> str:
    """Twelve hex digits of the code's content, the same in every process and on every machine that runs this build."""
    digest = sha256()
    for file in _files():
        digest.update(str(file.relative_to(settings.BASE_DIR)).encode() + b"\0")
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _files():
    own = [name for name in settings.INSTALLED_APPS if "." not in name and (settings.BASE_DIR / name).is_dir()]
    for folder in sorted({*FOLDERS, *own}):
        for where, folders, names in os.walk(settings.BASE_DIR / folder):
            folders.sort()
            for name in sorted(names):
                if name.endswith(ENDINGS):
                    yield (settings.BASE_DIR / where) / name
