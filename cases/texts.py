"""What people type, made safe to store: every writing system and emoji stay, what could deceive a reader goes."""

import re
import unicodedata

from django.utils.translation import gettext as _

from journal.refused import BadInput

TEXT_MAX = 2000
# Overrides and embeddings that turn following text around; letters of right-to-left scripts need none of them.
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def clean(text: str, *, lines: bool = True) -> str:
    """NFC, without control characters, lone surrogates, noncharacters and direction overrides; with `lines` line breaks stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_BIDI)
    if not text.isprintable():
        text = "".join(character for character in text if _is_kept(character))
    text = unicodedata.normalize("NFC", text)
    if not lines:
        return " ".join(text.split())
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def clean_text(text: str) -> str:
    """What a reporter says, at most 2,000 characters; longer text is never cut but refused with a sentence."""
    cleaned = clean(text)
    if len(cleaned) > TEXT_MAX:
        raise BadInput(
            _("The text has %(length)d characters; %(most)d can be sent. Nothing was lost: shorten it and send again.")
            % {"length": len(cleaned), "most": TEXT_MAX},
            code="too_long",
        )  # fmt: skip
    return cleaned


def _is_kept(character: str) -> bool:
    if character in "\n\t":
        return True
    point = ord(character)
    return unicodedata.category(character) not in ("Cc", "Cs") and not (0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE)
