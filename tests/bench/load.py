"""Load from wrk and pgbench, as numbers."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path

from tests.databases import ROOT, owner_parameters

sys.path.append(str(ROOT / "script" / "lib"))
import machine

LUA = Path(__file__).with_name("lua") / "reports.lua"
PAGE = LUA.with_name("page.lua")


@dataclass(frozen=True)
class Figures:
    """One run: requests (transactions) a second; milliseconds of the median, the 95th and the 99th of a hundred."""

    rate: float
    p50: float
    p95: float
    p99: float


def reports(address: str, *, clients: int, seconds: float, key: str, points: list[tuple[float, float]]) -> Figures:
    """POST of ever new reports to `address`/api/reports/. RuntimeError if a single one was refused or broken."""
    _probe(address, key, points[0])
    words = [f"{lon:.6f},{lat:.6f}" for lon, lat in points]
    command = [
        "wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds:g}s", "--timeout", "10s", "--script", str(LUA),
        f"{address}/api/reports/", "--", key, uuid.uuid4().hex[:12], *words,
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    return _figures(said, address)


def page(address: str, *, cookie: str, clients: int, seconds: float) -> Figures:
    """GET of one page, again and again. RuntimeError unless every answer was a success."""
    headers = ["--header", f"Cookie: {cookie}"] if cookie else []
    command = ["wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds:g}s", "--timeout", "10s", "--script", str(PAGE),
               *headers, address]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    return _figures(said, address)


def _figures(said: str, address: str) -> Figures:
    found = json.loads(said.strip().splitlines()[-1])
    if found["refused"] or found["broken"]:
        raise RuntimeError(f"{found['refused']} refused, {found['broken']} broken of {found['requests']} at {address}")
    if not found["requests"]:
        raise RuntimeError(f"nothing was answered in the time given at {address}: give more --seconds")
    return Figures(found["requests"] / found["seconds"], found["p50"], found["p95"], found["p99"])


def _probe(address: str, key: str, point: tuple[float, float]) -> None:
    """One report by hand, so that a refusal is told in its own words."""
    body = json.dumps({"text": "路口有摊贩占道经营", "category": "TIP-01", "lon": point[0], "lat": point[1]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Key {key}", "Idempotency-Key": uuid.uuid4().hex}
    try:
        urllib.request.urlopen(urllib.request.Request(f"{address}/api/reports/", body, headers), timeout=10)  # noqa: S310  our own
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{address} answers {error.code}: {error.read().decode()[:500]}") from None


def pgbench(database: str, script: str, *, clients: int, seconds: int, folder: Path) -> Figures:
    """`script` (pgbench's language) from `clients` connections; every transaction's time is logged into `folder`."""
    parameters = owner_parameters(database)
    file = folder / "transaction.sql"
    file.write_text(script)
    for old in folder.glob("pgbench_log.*"):
        old.unlink()
    command = [
        str(machine.postgres_bin() / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), "-l",
        "-f", str(file), "-h", parameters["host"], "-U", parameters["user"], database,
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, timeout=seconds + 60).stdout
    rate = float(re.search(r"tps = ([\d.]+)", said)[1])
    times = sorted(int(line.split()[2]) / 1000 for log in folder.glob("pgbench_log.*") for line in log.read_text().splitlines())
    return Figures(rate, *(times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 0.99)))
