"""Photos of 2 MB: upload, then the report with it, while the worker makes copies; what the web processes hold in memory meanwhile."""

import http.client
import io
import json
import secrets
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from tests.bench.heard import percentile
from tests.bench.place import Bench, client_key, points
from tests.bench.shares import loaded, memory_mb
from tests.bench.tables import table

CLIENTS = 4
COUNT = 500
WARM_UP = 40
BYTES = 2 * 1024 * 1024
LONGEST_WAIT = 600.0


def run(bench: Bench, *, seconds: float = LONGEST_WAIT, repeats: int = COUNT) -> str:
    """`repeats` uploads from CLIENTS at once through nginx; waits at most `seconds` for the last copy."""
    before, key, where = loaded(), client_key(), points()
    bench.environment["WEB_WORKERS"] = "2"
    bench.launch("worker", run="site")
    web = bench.launch("web", run="site")
    site = bench.nginx(run="site")
    while not (bench.folder / "site" / "web.sock").exists():
        time.sleep(0.1)
    picture = _picture()
    work = [(site, key, picture, where[number % len(where)]) for number in range(WARM_UP + repeats)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(_report, work[:WARM_UP]))
        held = {pid: memory_mb(pid) for pid in _workers(web.pid)}
        begun = time.monotonic()
        took = list(pool.map(_report, work[WARM_UP:]))
        lasted = time.monotonic() - begun
    copies = _copies(seconds)
    memory = [f"{held[pid]:.0f} → {memory_mb(pid):.0f}" for pid in held]
    rows = [
        [name, len(took), percentile(times, 0.5), percentile(times, 0.99), times[-1]]
        for name, times in (("photo", sorted(photo for photo, _ in took)), ("report with it", sorted(report for _, report in took)))
    ]
    return "\n\n".join([
        table([f"POST, {CLIENTS} clients", "times", "p50 ms", "p99 ms", "longest ms"], rows),
        f"{len(picture) / 1e6:.2f} MB each, {len(took) / lasted:.1f} a second with everything on this machine; memory of the web processes in MB, "
        f"after {WARM_UP} and after {len(work)} uploads: {', '.join(memory)}. {copies}",
        before,
    ])  # fmt: skip


def _report(work: tuple) -> tuple[float, float]:
    """One photo, then the report with it; milliseconds of both answers."""
    site, key, picture, (lon, lat) = work
    address = urlsplit(site)
    link = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
    body = head + picture + secrets.token_bytes(8) + f"\r\n--{mark}--\r\n".encode()  # what follows a picture's end makes each another
    begun = time.monotonic()
    photo = _post(link, "/api/photos/", body, key, f"multipart/form-data; boundary={mark}")["id"]
    sent = time.monotonic()
    said = {"text": "路口有摊贩占道经营", "category": "TIP-01", "lon": lon, "lat": lat, "photos": [photo]}
    _post(link, "/api/reports/", json.dumps(said).encode(), key, "application/json")
    ended = time.monotonic()
    link.close()
    return (sent - begun) * 1000, (ended - sent) * 1000


def _post(link, path: str, body: bytes, key: str, kind: str) -> dict:
    link.request("POST", path, body, {"Content-Type": kind, "Authorization": f"Key {key}"})
    answer = link.getresponse()
    said = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"{path} answers {answer.status}: {said[:300].decode(errors='replace')}")
    return json.loads(said)


def _copies(seconds: float) -> str:
    """Waits until the worker has made every copy; tells how long that took after the last answer."""
    from cases.models import Photo

    begun = time.monotonic()
    while waiting := Photo.objects.filter(state=Photo.State.STORED).count():
        if time.monotonic() - begun > seconds:
            return f"{waiting} copies were not made within {seconds:.0f} s."
        time.sleep(0.5)
    broken = Photo.objects.filter(state=Photo.State.BROKEN).count()
    return f"The worker had made the last copy {time.monotonic() - begun:.1f} s after the last answer ({broken} could not be read)."


def _workers(master: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def _picture() -> bytes:
    """A JPEG of at least 2 MB: noise, as no camera makes it, since it packs worst."""
    for side in range(1200, 4000, 200):
        kept = io.BytesIO()
        Image.effect_noise((side, side * 3 // 4), 80).convert("RGB").save(kept, "JPEG", quality=90)
        if kept.tell() >= BYTES:
            return kept.getvalue()
    raise RuntimeError("no picture of 2 MB could be made")
