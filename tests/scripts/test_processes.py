"""Processes are kept alive, and none outlives its supervisor."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest


def until(true, seconds: float = 10):
    limit = time.monotonic() + seconds
    while not (value := true()) and time.monotonic() < limit:
        time.sleep(0.05)
    return value


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def supervisor(tmp_path):
    """A supervisor with one child that notes its process number, in a folder with a space and a per cent sign."""
    import processes

    folder = tmp_path / "100 % here"
    folder.mkdir()
    noted = folder / "pid"
    child = ["sh", "-c", f'echo $$ >"{noted}.new"; mv "{noted}.new" "{noted}"; exec sleep 600']
    processes.write_supervisor({"child": (child, {})}, folder, folder)
    process = subprocess.Popen(processes.supervisor_command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process, lambda: int(noted.read_text()) if noted.exists() else 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.flaky(reruns=2)  # the promise is for a machine that is not busy with a suite
def test_a_child_that_dies_is_back_within_two_seconds(supervisor):
    _, child = supervisor
    first = until(child)
    assert first
    os.kill(first, signal.SIGKILL)
    assert until(lambda: child() not in (0, first), seconds=2)


def test_the_death_of_the_supervisor_ends_its_children(supervisor):
    process, child = supervisor
    pid = until(child)
    assert pid
    process.kill()
    assert until(lambda: not alive(pid), seconds=5)


def test_only_requests_keep_database_connections():
    import processes

    assert {name for name in processes.NAMES if "KEEP_CONNECTIONS" in processes.process_environment(name)} == {"web"}
