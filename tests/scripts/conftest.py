"""The start scripts are plain modules under script/lib; they run before the virtual environment exists."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "script" / "lib"))
