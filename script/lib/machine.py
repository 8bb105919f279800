"""System packages: what this machine lacks is installed with apt, and nothing more."""

import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from pathlib import Path

from checkout import ROOT
from say import Refusal, line, step

FREE_BYTES = 3 * 1024**3
POLICY = Path("/usr/sbin/policy-rc.d")
# Debian package: what proves that it is there, whoever installed it.
NEEDED = {
    "postgresql": lambda: postgres_bin() is not None,
    "postgresql-postgis": lambda: _postgis() and _library("libgdal.so"),  # brings GDAL, GEOS and PROJ
    "redis-server": lambda: shutil.which("redis-server"),
    "nginx-light": lambda: nginx(),
    "gettext": lambda: shutil.which("msgfmt"),
    "openssl": lambda: shutil.which("openssl"),
    "ca-certificates": lambda: Path("/etc/ssl/certs/ca-certificates.crt").exists(),
    "python3-venv": lambda: _module("ensurepip") and _module("venv"),
    "python3-dev": lambda: Path(sysconfig.get_paths()["include"], "Python.h").exists(),
    "libpq-dev": lambda: shutil.which("pg_config"),
    "gcc": lambda: shutil.which("gcc"),
    "libc6-dev": lambda: Path("/usr/include/stdlib.h").exists(),
    "fonts-noto-cjk": lambda: _cjk_font(),
    "libpango-1.0-0": lambda: _library("libpango-1.0.so.0"),  # WeasyPrint sets type with it
    "libpangoft2-1.0-0": lambda: _library("libpangoft2-1.0.so.0"),
    "libharfbuzz-subset0": lambda: _library("libharfbuzz-subset.so.0"),
}
FOR_TESTS = {"chromium-headless-shell": lambda: shutil.which("chromium-headless-shell"), "git": lambda: shutil.which("git")}
FOR_OTHERS = {  # some 110 MB to fetch, 500 MB on disk
    "firefox-esr": lambda: shutil.which("firefox-esr"), "webkit2gtk-driver": lambda: shutil.which("WebKitWebDriver"),
    "xvfb": lambda: shutil.which("Xvfb"),
}  # fmt: skip
FOR_BENCHES = {"wrk": lambda: shutil.which("wrk")}
SERVICES = {"postgresql": "postgresql", "postgresql-postgis": "postgresql", "redis-server": "redis-server", "nginx-light": "nginx"}


def postgres_bin() -> Path | None:
    """The folder with initdb and postgres: Debian keeps it off the PATH. The newest version from 15 on that has PostGIS wins."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = [path.parent for path in found if int(path.parts[-3]) >= 15]
    with_postgis = [path for path in found if (_extensions(path) / "postgis.control").exists()]
    if with_postgis or found:
        return (with_postgis or found)[0]
    other = shutil.which("initdb")
    return Path(other).resolve().parent if other else None


def _extensions(bin_dir: Path) -> Path:
    debian = Path("/usr/share/postgresql", bin_dir.parent.name, "extension")
    return debian if debian.exists() else bin_dir.parent / "share" / "extension"


def _postgis() -> Path | None:
    bin_dir = postgres_bin()
    control = _extensions(bin_dir) / "postgis.control" if bin_dir else None
    return control if control and control.exists() else None


def nginx() -> str | None:
    """nginx lies in /usr/sbin, which is not on every user's PATH."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _library(name: str) -> bool:
    known = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True)
    return name in known.stdout


def _module(name: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode == 0


def _cjk_font() -> bool:
    listed = shutil.which("fc-list") and subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True).stdout
    return bool(listed) or any(Path("/usr/share/fonts").rglob("NotoSansCJK*"))


def check() -> None:
    """Refuse early, in a sentence, what would otherwise fail late with a traceback."""
    if not os.access(ROOT, os.W_OK):
        raise Refusal(f"This user may not write to {ROOT}, where environment, data and logs are kept. Change its owner, or copy the checkout.")
    if (free := shutil.disk_usage(ROOT).free) < FREE_BYTES:
        raise Refusal(f"Only {free / 1024**3:.1f} GiB free at {ROOT}; {FREE_BYTES // 1024**3} GiB are needed. Free some space and start again.")


def install(tests: bool = False, benches: bool = False, others: bool = False) -> None:
    """Install missing Debian packages as root or through sudo; services that come with them are neither started nor enabled."""
    wanted = NEEDED | (FOR_TESTS if tests else {}) | (FOR_BENCHES if benches else {}) | (FOR_OTHERS if others else {})
    missing = [package for package, there in wanted.items() if not there()]
    if not missing:
        return
    apt = [*_as_root(missing), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    with step(f"Installing system packages: {' '.join(missing)}"), _services_stay_off(apt[:-5], missing):
        _apt([*apt, "update"])
        _apt([*apt, "install", "-y", "--no-install-recommends", *missing])
    still = [package for package in missing if not wanted[package]()]
    if still:
        raise Refusal(f"Installed, but not found afterwards: {' '.join(still)}. Debian 12 is what this script knows.")


def _as_root(missing: list[str]) -> list[str]:
    """The prefix that gives root's rights: nothing for root, sudo if it is there and can be asked."""
    command = f"apt-get install {' '.join(missing)}"
    if not shutil.which("apt-get"):
        raise Refusal(f"Missing on this machine, and there is no apt-get to install it with: {' '.join(missing)}.")
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and (sys.stdin.isatty() or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0):
        return ["sudo"]
    raise Refusal(f"System packages are missing and this user is not root: run `{command}` as root once, then start again as this user.")


def _apt(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout[-4000:], file=sys.stderr)
        raise Refusal("apt-get failed; what it said is above.")


@contextmanager
def _services_stay_off(root: list[str], missing: list[str]):
    """Debian starts and enables a server when its package is installed. Private servers are used here, so those that came
    with this very installation are kept from starting (policy-rc.d, invoke-rc.d's documented switch) and then disabled."""
    ours = not POLICY.exists()
    if ours:
        subprocess.run([*root, "sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' >{POLICY} && chmod 755 {POLICY}"], check=True)
    try:
        yield
    finally:
        if ours:
            subprocess.run([*root, "rm", "-f", POLICY])
    if shutil.which("systemctl"):
        for service in sorted({SERVICES[package] for package in missing if package in SERVICES}):
            subprocess.run([*root, "systemctl", "disable", "-q", service], capture_output=True)
            line(f"  {service}: the system's own service stays off (private servers are used)")
