"""Phones that send where they are: a process of its own, plain HTTP/1.1 on kept connections."""

import asyncio
import math
import random
import time
from dataclasses import dataclass

METRES = 60  # in five seconds: somebody drives; who stands still leaves fewer rows, by design
DEGREE_METRES = 111_195


@dataclass(frozen=True)
class Phone:
    """An officer's phone: who, the cookie header of his session, where he starts (degrees)."""

    officer: int
    cookie: str
    token: str
    lon: float
    lat: float


def ride(pipe, origin: str, phones: list[Phone], every: float, seconds: float) -> None:
    """Send the fixes of all `phones`, each `every` seconds, evenly spread; answers {"accepted", "refused", "took" (ms each)}."""
    import uvloop

    pipe.send(uvloop.run(_ride(origin, phones, every, seconds)))


async def _ride(origin: str, phones: list[Phone], every: float, seconds: float) -> dict:
    found = {"accepted": 0, "refused": [], "took": []}
    begun = time.monotonic() + 1
    await asyncio.gather(
        *(_one(origin, phone, begun + every * place / len(phones), begun + seconds, every, found) for place, phone in enumerate(phones))
    )
    return found | {"cpu": time.process_time()}


async def _one(origin: str, phone: Phone, due: float, end: float, every: float, found: dict) -> None:
    host, _, port = origin.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lon, lat, course = phone.lon, phone.lat, random.uniform(0, 2 * math.pi)
    while due < end:
        await asyncio.sleep(max(0, due - time.monotonic()))
        body = f"lon={lon:.6f}&lat={lat:.6f}&accuracy=8&heading={math.degrees(course) % 360:.0f}&phone_at={time.time_ns() // 1_000_000}"
        head = (
            f"POST /officer/position/ HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {phone.cookie}\r\nX-CSRFToken: {phone.token}\r\n"
            f"X-Requested-With: fetch\r\nAccept: application/json\r\n"
            f"Content-Type: application/x-www-form-urlencoded;charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        sent = time.monotonic()
        writer.write((head + body).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        said = await reader.readexactly(length)
        found["took"].append((time.monotonic() - sent) * 1000)
        if b" 200 " in answer[:16]:
            found["accepted"] += 1
        else:
            found["refused"].append(said[:200])
        course += random.uniform(-0.3, 0.3)
        lat += METRES * math.sin(course) / DEGREE_METRES
        lon += METRES * math.cos(course) / (DEGREE_METRES * math.cos(math.radians(lat)))
        due += every
    writer.close()
