"""One picture of the map service. Nothing but the configured addresses is ever asked, and no redirect followed."""

import io

import httpx
from PIL import Image, UnidentifiedImageError

from . import Rejected, Source, Unreachable

TIMEOUT = httpx.Timeout(6.0, connect=3.0)
BYTES_MAX, SIDE = 512 * 1024, 256
FORMATS = {"PNG", "JPEG", "WEBP", "GIF"}


def client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False, headers={"User-Agent": "enforcement-platform-tiles"})


def fetch(link: httpx.Client, source: Source, z: int, x: int, y: int) -> bytes:
    """The tile as PNG or JPEG, all layers in one. Raises `Unreachable` or `Rejected`."""
    pictures = [_ask(link, address) for address in source.addresses(z, x, y)]
    if len(pictures) == 1:
        return pictures[0]
    whole = Image.new("RGBA", (SIDE, SIDE))
    for picture in pictures:
        layer = Image.open(io.BytesIO(picture)).convert("RGBA")
        whole.alpha_composite(layer if layer.size == whole.size else layer.resize(whole.size))
    made = io.BytesIO()
    whole.convert("RGB").save(made, "PNG", optimize=True)
    return made.getvalue()


def _ask(link: httpx.Client, address: str) -> bytes:
    """A checked picture. What goes wrong never quotes the address: the service's key stands in it."""
    try:
        with link.stream("GET", address) as answer:
            if answer.status_code in (408, 425, 429) or answer.is_server_error:
                raise Unreachable(f"HTTP {answer.status_code}")
            if answer.status_code != 200:
                raise Rejected(f"HTTP {answer.status_code}")
            if not answer.headers.get("Content-Type", "").lower().startswith("image/"):
                raise Rejected("no picture")
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > BYTES_MAX:
                    raise Rejected("too large")
    except httpx.HTTPError as error:
        raise Unreachable(type(error).__name__) from None
    try:
        with Image.open(io.BytesIO(body)) as picture:
            if picture.format not in FORMATS or max(picture.size) > 2 * SIDE or min(picture.size) < 1:
                raise Rejected("no tile")
            picture.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise Rejected("broken picture") from None
    return body
