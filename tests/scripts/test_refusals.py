"""What cannot work is refused early, in one clear sentence."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def port_of_nobody() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def started(*command: str, **env: str) -> tuple[int, list[str]]:
    """(exit code, lines of the refusal)"""
    done = subprocess.run([ROOT / "script" / command[0], *command[1:]], capture_output=True, text=True, env=os.environ | env, timeout=60)
    return done.returncode, [line for line in done.stderr.splitlines() if line.strip()]


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_port_that_is_none(port):
    code, said = started("demo", PORT=port)
    assert (code, said) == (1, [f"PORT={port} is not a port number (1–65535)."])


def test_a_port_that_another_program_has(monkeypatch, tmp_path):
    import demo_site
    from say import Refusal

    monkeypatch.setattr(demo_site, "VAR", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(Refusal, match=r"cannot be used .* Choose another: PORT="):
        demo_site._check_free("127.0.0.1", other.getsockname()[1])


def test_a_python_that_is_too_old(tmp_path):
    for name in ("python3", "python3.11", "python3.12", "python3.13", "old"):
        fake = tmp_path / name
        fake.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
        fake.chmod(0o755)
    launcher = (ROOT / "script" / "lib" / "run").read_text().replace("/usr/bin/python3", "old")
    (tmp_path / "run").write_text(launcher)
    done = subprocess.run(["sh", tmp_path / "run", "demo"], capture_output=True, text=True, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1 and "Python 3.11 or newer is needed; the one here is Python 3.9.2." in done.stderr


def test_a_disk_that_is_too_small(monkeypatch):
    import machine
    from say import Refusal

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 9 * 10**9, 10**9))
    with pytest.raises(Refusal, match=r"Only 0\.9 GiB free"):
        machine.check()


def test_missing_packages_and_no_right_to_install_them(monkeypatch):
    import machine
    from say import Refusal

    monkeypatch.setitem(machine.NEEDED, "made-up-package", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(machine.shutil, "which", lambda name, path=None: None if name == "sudo" else f"/usr/bin/{name}")
    with pytest.raises(Refusal, match="run `apt-get install made-up-package` as root once"):
        machine.install()


def test_a_server_without_settings_names_them(tmp_path):
    code, said = started("server", SECRET_KEY="", DATABASE_URL="")
    assert code == 1 and said[-1].startswith("Not set: DATABASE_URL, ")


def test_words_after_manage_are_its_own(monkeypatch, tmp_path):
    """`script/server manage create_api_client --help` is no question about script/server."""
    import server

    asked = []
    monkeypatch.setattr(server, "environment", lambda: {"RUN_DIR": str(tmp_path / "run")})
    monkeypatch.setattr(server.subprocess, "run", lambda words, **_: asked.append(words[2:]) or subprocess.CompletedProcess(words, 0))
    assert server.main(["manage", "create_api_client", "--help"]) == 0
    assert asked == [["create_api_client", "--help"]]
    with pytest.raises(SystemExit):
        server.main(["web", "--reload"])


def test_a_database_that_does_not_answer_is_told_in_one_sentence(port_of_nobody):
    env = os.environ | {"DATABASE_URL": f"postgis://app:secret@127.0.0.1:{port_of_nobody}/platform"}
    done = subprocess.run([sys.executable, ROOT / "manage.py", "showmigrations"], capture_output=True, text=True, env=env, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("The database does not answer: connection to server at") and "Traceback" not in done.stderr
