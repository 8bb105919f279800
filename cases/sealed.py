"""What is kept secret: the informant's contact, original photos, and tracking codes.

Informant data goes into `Contact` only, encrypted; never into the journal, a log, an exception or a push.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.utils.translation import gettext as _

from enforcement.roles import CENTRE, LEADING
from journal import push
from journal.moves import record
from journal.refused import Refused

from . import keys
from .audience import announce, centre_audiences
from .models import Case, Contact, Report

ALGORITHM = "AES-256-GCM"
NONCE_BYTES = 12


@dataclass(frozen=True)
class Sealed:
    """Ciphertext (nonce first) with the ids that are needed to open it."""

    key_id: str
    algorithm: str
    data: bytes


def seal(plain: bytes, *, about: str) -> Sealed:
    """Encrypt `plain`, bound to the thing it is `about` ("contact:7"): moved elsewhere it will not open."""
    key_id, key = keys.current_encryption_key()
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(key_id, ALGORITHM, nonce + AESGCM(key).encrypt(nonce, plain, about.encode()))


def unseal(sealed: Sealed, *, about: str) -> bytes:
    """The plain bytes; `Refused` "key_missing" when its key file is not there, "changed" when the data is not what was sealed."""
    try:
        if sealed.algorithm != ALGORITHM:
            raise KeyError(sealed.algorithm)
        key = keys.encryption_key(sealed.key_id)
        data = bytes(sealed.data)
        return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], about.encode())
    except KeyError:
        raise Refused(_("This cannot be opened: its key is missing. Tell the system administrator."), code="key_missing") from None
    except InvalidTag:
        raise Refused(_("This cannot be opened: it is not what was sealed. Tell the system administrator."), code="changed") from None


# --- contact ---------------------------------------------------------------------------------
def seal_contact(report: Report, contact: dict | None) -> Contact | None:
    """An unsaved `Contact` for {"name", "phone"} (both may be missing), or None when there is nothing to seal."""
    name, phone = ((contact or {}).get(part) or "" for part in ("name", "phone"))
    if not name and not phone:
        return None
    plain = json.dumps({"name": name, "phone": phone}, ensure_ascii=False).encode()
    sealed = seal(plain, about=f"contact:{report.pk}")
    return Contact(
        report=report, sealed=sealed.data, key_id=sealed.key_id, algorithm=sealed.algorithm,
        phone_index=phone_index(phone), created_at=report.received_at,
    )  # fmt: skip


def may_read_contact(report: Report, user) -> bool:
    """The centre that works the case; the county centre's leaders when they step in. Never officers or displays."""
    if user.role not in CENTRE or not user.organisation_id:
        return False
    centre = user.centre
    own = centre is not None and centre.pk == (report.case.centre_id if report.case_id else report.centre_id)
    return own or bool(user.role in LEADING and centre and centre.is_county_centre)


def read_contact(report: Report, *, by, reason: str) -> dict:
    """{"name", "phone"} of the informant. Each reading is journalled with its reason before anything is shown."""
    reason = " ".join(reason.split())
    if not may_read_contact(report, by):
        raise Refused(_("Your post may not see who reported."), code="not_allowed")
    if len(reason) < 2:
        raise Refused(_("Say why you need to know who reported; the reason is kept."), code="missing", missing=["reason"])
    with transaction.atomic():
        # A case before its reports, as every verb does; a held report becomes a case once, and then keeps it.
        case_pk = Report.objects.values_list("case", flat=True).get(pk=report.pk)
        thread = Case.objects.select_for_update().get(pk=case_pk) if case_pk else None
        locked = Report.objects.select_for_update().get(pk=report.pk)
        if thread is None:
            thread = Case.objects.select_for_update().get(pk=locked.case_id) if locked.case_id else locked
        contact = Contact.objects.filter(report=locked).first()
        if contact is None:
            raise Refused(_("This report is anonymous."), code="anonymous")
        record(thread, "contact_read", by=by, subject=locked.thread, data={"reason": reason[:200]})
        if locked.case_id:
            announce(thread)
        else:
            push.tell(centre_audiences(locked.centre_id), locked.thread, locked.version)
        sealed = Sealed(contact.key_id, contact.algorithm, contact.sealed)
        return json.loads(unseal(sealed, about=f"contact:{locked.pk}"))


def normal_phone(phone: str) -> str:
    """Digits only, without the country's prefix: the same caller always looks the same."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    return re.sub(r"^(?:00)?86(?=1\d{10}$|0\d{9,11}$)", "", digits)


def phone_index(phone: str) -> str:
    """Blind index: finds a caller's other reports without opening any contact. "" for no number."""
    digits = normal_phone(phone)
    return _keyed(keys.BLIND_INDEX, digits) if digits else ""


# --- tracking codes --------------------------------------------------------------------------
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
CODE_LENGTH = 12
_LOOKALIKES = str.maketrans("OIL", "011")


def new_code(seed: str = "") -> str:
    """A tracking code: 11 characters of 5 random bits and a check character.

    With a `seed` (the idempotency key) the same code comes out again, so that a repeated submission gets its
    first answer although only a hash of the code is stored; without the key file the code cannot be derived.
    """
    bits = hmac.digest(keys.hash_key(keys.TRACKING), f"code:{seed}".encode(), "sha256") if seed else secrets.token_bytes(8)
    number = int.from_bytes(bits[:8], "big")
    body = "".join(ALPHABET[number >> 5 * place & 31] for place in range(CODE_LENGTH - 1))
    return body + _check(body)


def shown_code(code: str) -> str:
    """As people read it: 4-4-4."""
    return "-".join(code[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def parse_code(typed: str) -> str:
    """The plain code from what a person typed (blanks, dashes, small letters, O for 0); `Refused` ("bad_code") if it is none."""
    code = re.sub(r"[\s\-–—_.]", "", unicodedata.normalize("NFKC", typed)).upper().translate(_LOOKALIKES)
    if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET) or _check(code[:-1]) != code[-1]:
        raise Refused(_("This is not a tracking code. It has 12 letters and digits; please compare it again."), code="bad_code")
    return code


def tracking_hash(code: str) -> str:
    """What `Report.tracking_hash` holds for a code. Raises like `parse_code`."""
    return _keyed(keys.TRACKING, parse_code(code))


def _check(body: str) -> str:
    """Luhn in base 32: finds every single wrong character and nearly every swap of two."""
    total = 0
    for place, character in enumerate(reversed(body)):
        value = ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def content_hash(content: dict) -> str:
    """Keyed hash of a submission: tells a repetition from another content, and gives away nothing about the informant."""
    return _keyed(keys.BLIND_INDEX, "content:" + json.dumps(content, ensure_ascii=False, sort_keys=True))


def _keyed(kind: str, text: str) -> str:
    return hmac.new(keys.hash_key(kind), text.encode(), hashlib.sha256).hexdigest()
