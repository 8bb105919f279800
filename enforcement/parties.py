"""Parties: enterprises, shops and other organisations, known by their unified social credit code (GB 32100)."""

from django.utils.translation import gettext as _

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, Z, S, V


def credit_code(text: str) -> str:
    """The code, checked: 18 signs, the last of which follows from the others. ValueError with the reason."""
    if len(text) != 18 or any(sign not in ALPHABET for sign in text):
        raise ValueError(_("is no unified social credit code (18 digits and capital letters)"))
    total = sum(ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(text[:17]))
    if ALPHABET[-total % 31] != text[17]:
        raise ValueError(_("is no unified social credit code: its last sign does not fit the others"))
    return text
