"""The house keeps its order: rooms, state pictures, and what no file may contain."""

import re
import subprocess
from pathlib import Path

from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("config", "journal", "enforcement", "grid", "cases", "registers", "command", "supervision", "demo")


def tracked(*patterns: str) -> list[Path]:
    done = subprocess.run(["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def lines_with(pattern: str, *where: str) -> list[str]:
    found = []
    for path in tracked(*where):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(pattern, line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


def test_a_lower_room_never_imports_a_higher_one():
    done = subprocess.run([ROOT / ".venv" / "bin" / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_drawn_states_are_those_of_the_tables():
    call_command("draw_states", check=True)


def test_the_page_of_figures_is_drawn_from_their_definitions():
    call_command("draw_figures", check=True)


def test_ruff_finds_nothing():
    done = subprocess.run([ROOT / ".venv" / "bin" / "ruff", "check", "--no-cache", "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_migration_is_written(db):
    call_command("makemigrations", check=True, dry_run=True)


def test_tasks_are_enqueued_after_the_commit_only():
    assert not lines_with(r"\.(delay|apply_async)\(", *(f"{room}/**.py" for room in ROOMS))


def test_no_page_or_script_has_what_the_content_security_policy_refuses():
    assert not lines_with(r' style="|<script>|hx-on:|javascript:', "templates/**", "static/js/**")


def test_only_the_clock_says_what_time_it_is():
    rooms = [f"{room}/**.py" for room in ROOMS]
    found = lines_with(r"\b(timezone\.now\(|datetime\.now\(|date\.today\(|utcnow\()", *rooms)
    assert [line for line in found if not line.startswith("journal/clock.py")] == []


def test_no_raw_colour_outside_the_tokens():
    found = lines_with(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|rgba?\(", "static/css/*.css")
    assert [line for line in found if not line.startswith("static/css/tokens.css")] == []


def test_locks_name_no_address():
    assert not [line for line in lines_with(r"https?://", "requirements*.txt", "package-lock.json", ".npmrc") if "funding" not in line]


def test_nothing_is_left_for_later():
    assert not lines_with(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b", "*.py", "*.js", "*.html", "*.css", "script/**")
