"""Who may enforce what: organisations, people, certificates, items and their transfers, equipment, duty."""

from .duty import Duty, DutyPattern, Equipment
from .organisations import LegalSubject, Organisation
from .people import Certificate, Officer, User
from .powers import Baseline, Basis, Item, Transfer

__all__ = [
    "Baseline", "Basis", "Certificate", "Duty", "DutyPattern", "Equipment", "Item", "LegalSubject", "Officer", "Organisation",
    "Transfer", "User",
]  # fmt: skip
