"""What is written down about starting says the same as the code."""

import json
import re
from pathlib import Path

import pytest
import yaml
from django.contrib.staticfiles import finders

ROOT = Path(__file__).resolve().parents[2]
ICON = re.compile(r"""\{% icon ["']([\w-]+)["']""")


PINNED = ["requirements.txt", "requirements-dev.txt", "requirements-others.txt", "requirements-npm.txt"]


@pytest.mark.parametrize("name", [*PINNED, "package-lock.json", ".npmrc"])
def test_no_lock_file_names_a_registry(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    named = [line for line in lines if "://" in line or '"resolved"' in line or line.startswith("--")]
    assert [line for line in named if "sponsors" not in line and "opencollective" not in line] == []


@pytest.mark.parametrize("name", PINNED)
def test_every_package_is_pinned_with_hashes(name):
    text = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", (ROOT / name).read_text()))
    packages = [line for line in text.splitlines() if line.strip()]
    assert packages and all("==" in line and "--hash=sha256:" in line for line in packages)


def test_the_example_explains_every_setting():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text()))
    explained = set(re.findall(r"(?m)^#?([A-Z_]+)=", (ROOT / ".env.example").read_text()))
    made_by_scripts = {"ENVIRONMENT", "DEBUG", "MEDIA_ACCEL_PREFIX", "KEEP_CONNECTIONS"}
    assert read - explained - made_by_scripts == set()


def test_containers_run_the_same_processes():
    import processes

    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    started = {name for name, service in services.items() if service.get("command") == [name]}
    assert started == {*processes.NAMES, "prepare"}


def test_the_served_libraries_are_the_locked_ones():
    wanted = json.loads((ROOT / "package.json").read_text())["static"]
    assert all(finders.find(path) for path in wanted)
    leaflet = Path(finders.find("leaflet/leaflet.js")).read_text()
    assert "Leaflet 1.9.4" in leaflet, "django-leaflet brings an older copy, which must not win"
    assert not [path for path in wanted if path.endswith(".js") and "sourceMappingURL" in Path(finders.find(path)).read_text()]


def test_every_icon_of_a_template_is_in_the_sprite():
    there = set(json.loads((ROOT / "package.json").read_text())["icons"])
    asked = {name for page in (ROOT / "templates").rglob("*.html") for name in ICON.findall(page.read_text())}
    assert asked and asked - there == set()
