"""Is this certificate valid now? What somebody at a door may ask without an account; the answer is yes or no and nothing else.

The address in an officer's QR code names the certificate's row and proves by a keyed hash that we made it: nobody finds another's
address by counting. The key is a file of its own (`certificates.key`, never rotated: printed codes hang on walls).
"""

import hmac
import re
import unicodedata

from enforcement.models import Certificate, Officer
from journal import clock

from . import keys

PROOF_BYTES = 12
TOKEN = re.compile(rf"([0-9]{{1,12}})-([0-9a-f]{{{2 * PROOF_BYTES}}})", re.ASCII)


def token(certificate: Certificate) -> str:
    """What stands in the certificate's QR code after /v/."""
    return f"{certificate.pk}-{_proof(certificate)}"


def is_valid(asked: str) -> bool:
    """Whether the certificate of a token may be used now; False also for a token that is none."""
    match = TOKEN.fullmatch(asked)
    certificate = _usable().filter(pk=int(match[1])).first() if match else None
    return certificate is not None and hmac.compare_digest(_proof(certificate), match[2])


def is_valid_number(typed: str) -> bool:
    """The same for a certificate number as somebody typed it."""
    number = re.sub(r"\s+", "", unicodedata.normalize("NFKC", typed))
    return bool(number) and "\x00" not in number and _usable().filter(number=number).exists()


def _usable():
    """Certificates in force whose holder is in service, not suspended and no helper."""
    now = clock.now()
    return Certificate.objects.valid(now).filter(officer__in=Officer.objects.in_service(now).filter(is_helper=False))


def _proof(certificate: Certificate) -> str:
    about = f"certificate:{certificate.pk}:{certificate.number}".encode()
    return hmac.digest(keys.hash_key(keys.CERTIFICATES), about, "sha256")[:PROOF_BYTES].hex()
