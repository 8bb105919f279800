"""Where things lie in this checkout, and the stamps that let a second start skip what has not changed."""

import hashlib
import json
import threading
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def digest(paths: Iterable[Path], *extra: str) -> str:
    """SHA-256 over names and contents of files and, recursively, folders; a missing path counts as empty."""
    seen = hashlib.sha256("\0".join(extra).encode())
    for top in paths:
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                seen.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return seen.hexdigest()


class Stamps:
    """Remembers the digest of the inputs that each step of the set-up last succeeded with (a JSON file)."""

    def __init__(self, file: Path):
        self.file = file
        self.lock = threading.Lock()  # steps run side by side

    def _read(self) -> dict[str, str]:
        try:
            return json.loads(self.file.read_text())
        except (OSError, ValueError):
            return {}

    def fresh(self, step: str, inputs: str) -> bool:
        return self._read().get(step) == inputs

    def set(self, step: str, inputs: str) -> None:
        with self.lock:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            written = self.file.with_suffix(".new")
            written.write_text(json.dumps(self._read() | {step: inputs}, indent=1))
            written.replace(self.file)
