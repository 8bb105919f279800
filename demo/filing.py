"""Simulated reporters: they file through the interface for programs, with a client key and quota of their own."""

import hashlib
import random
import secrets

import httpx

from cases.models import ApiClient
from demo import stories


def client_key(name: str, *, speed: int = 1, per_minute: int = 6000) -> str:
    """A fresh key for a simulated client of this name; its cases' budgets are divided by `speed`."""
    key = secrets.token_urlsafe(32)
    ApiClient.objects.update_or_create(
        name=name,
        defaults={"key_hash": hashlib.sha256(key.encode()).hexdigest(), "per_minute": per_minute, "is_active": True,
                  "is_simulated": True, "speed": speed},
    )  # fmt: skip
    return key


async def file(http: httpx.AsyncClient, key: str, report: dict, *, once: str) -> httpx.Response:
    """POST one report; `once` makes a repeat after a cut connection harmless."""
    return await http.post("/api/reports/", json=report, headers={"Authorization": f"Key {key}", "Idempotency-Key": once,
                                                                  "Accept-Language": "zh-hans"})  # fmt: skip


def told(rng: random.Random, story: stories.Story) -> dict:
    """A story as the interface takes it."""
    lon, lat = stories.spot(rng, story.zone)
    report = {"text": story.text, "category": story.category, "lon": lon, "lat": lat, "place": story.place,
              "channel": story.channel if story.channel in CHANNELS else "api"}  # fmt: skip
    if story.contact == "phone":
        report["contact"] = {"phone": stories.phone_number(rng)}
    return report


CHANNELS = ("hotline", "walk_in", "wechat", "api")  # what the interface takes as the way to the client
