"""The signed daily root: one hash over the heads of all chains at the end of a local day, published.

Whoever has kept a published root can tell that nothing before it was rewritten since, not even by the database's owner.
"""

import hashlib
from datetime import date, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import clock
from .models import DailyRoot, Entry

SETTLED = timedelta(minutes=10)


def compute(day: date) -> tuple[str, int, int]:
    """(root, threads, entries): SHA-256 over "thread:number:hash" lines of each thread's last entry of the day or before."""
    _start, end = clock.day_bounds(day)
    digest, threads = hashlib.sha256(), 0
    heads = Entry.objects.filter(at__lt=end).order_by("thread", "-number").distinct("thread")
    for thread, number, head in heads.values_list("thread", "number", "hash").iterator(chunk_size=5000):
        digest.update(f"{thread}:{number}:{head}\n".encode())
        threads += 1
    return digest.hexdigest(), threads, Entry.objects.filter(at__lt=end).count()


def seal(day: date, *, key: bytes) -> DailyRoot:
    """Sign and keep the root of an ended day (once; `key`: 32 bytes, Ed25519)."""
    if day >= clock.today():
        raise ValueError("the day has not ended")
    kept = DailyRoot.objects.filter(day=day).first()
    if kept:
        return kept
    signer = Ed25519PrivateKey.from_private_bytes(key)
    root, threads, entries = compute(day)
    public = signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = signer.sign(_message(day, root, threads, entries))
    return DailyRoot.objects.create(
        day=day, root=root, threads=threads, entries=entries, signature=signature.hex(), public_key=public.hex()
    )


def seal_missing(*, key: bytes, most: int = 40) -> int:
    """Seal every day since the last root (or yesterday, when there is none); returns how many.

    Not in the first minutes of a day: a verb that began before midnight may still be about to commit.
    """
    yesterday = (clock.now() - SETTLED).astimezone(clock.LOCAL).date() - timedelta(days=1)
    last = DailyRoot.objects.order_by("-day").values_list("day", flat=True).first()
    day, sealed = (last + timedelta(days=1) if last else yesterday), 0
    while day <= yesterday and sealed < most:
        seal(day, key=key)
        day, sealed = day + timedelta(days=1), sealed + 1
    return sealed


def differing() -> str:
    """What is wrong with the first kept root that does not hold ("" when all do): a day without one, a forged one, or a journal
    that no longer gives it. Whether the newest ones are there and by the right key only their published copies can tell."""
    last = None
    for kept in DailyRoot.objects.order_by("day"):
        if last and kept.day != last + timedelta(days=1):
            return f"the signed root of {last + timedelta(days=1)} is missing"
        if not _is_signed(kept):
            return f"the signature of the root of {kept.day} does not hold"
        if compute(kept.day) != (kept.root, kept.threads, kept.entries):
            return f"the journal of {kept.day} and before no longer gives its signed root"
        last = kept.day
    return ""


def _is_signed(kept: DailyRoot) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(kept.public_key))
        key.verify(bytes.fromhex(kept.signature), _message(kept.day, kept.root, kept.threads, kept.entries))
    except (ValueError, InvalidSignature):
        return False
    return True


def _message(day: date, root: str, threads: int, entries: int) -> bytes:
    return f"journal-root|1|{day.isoformat()}|{threads}|{entries}|{root}".encode()
