"""A recognisable informant: how he is planted, and how he is looked for in whatever was written, stored or said."""

import io
import json
import re
import unicodedata
from pathlib import Path
from urllib.parse import quote

from django.db import connection
from PIL import Image

from cases.models import Contact
from tests.cast import photo_file

NAME, NUMBER = "张秘密", "13912345678"
FORMS_OF_NAME = (
    NAME, json.dumps(NAME)[1:-1], quote(NAME), "".join(f"&#{ord(letter)};" for letter in NAME),
    "".join(f"\\x{byte:02x}" for byte in NAME.encode()),
)  # fmt: skip
SEAT = {"text": "路口有摊贩占道经营", "category": "TIP-01", "lon": 116.1595, "lat": 37.861}


def gives_away(text: str) -> bool:
    """Whether a text names the informant, in whatever spelling."""
    if any(form in text for form in FORMS_OF_NAME):
        return True
    return NUMBER in re.sub(r"[\s\-–()+.]", "", unicodedata.normalize("NFKC", text))


def names_him(data: bytes) -> bool:
    """As `gives_away`, of bytes that may be anything; binary columns of PostgreSQL (\\x…) are read, too."""
    text = data.decode("utf-8", "replace")
    return gives_away(text) or gives_away(unhexed(text))


def unhexed(text: str) -> str:
    r"""Binary columns as text: PostgreSQL shows them as \x…"""
    return "\n".join(bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "replace") for digits in re.findall(r"\\x([0-9a-f]+)", text))


def files_that_name_him(folder: Path) -> list[str]:
    """By their content or by their name."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [str(file) for file in files if gives_away(file.name) or names_him(file.read_bytes())]


def rows_that_name_him() -> list[str]:
    """Of every table of the database."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # names from the catalogue
            found += [f"{table}: {row[:200]}" for (row,) in cursor.fetchall() if names_him(row.encode())]
    assert Contact.objects.exists()
    return found


def signed_photo() -> bytes:
    """A photo whose camera has written its owner into it."""
    image, file = Image.open(photo_file()), io.BytesIO()
    exif = image.getexif()
    exif[0x010E] = exif[0x013B] = f"{NAME} {NUMBER}".encode()  # ImageDescription, Artist
    image.save(file, "JPEG", exif=exif, comment=f"{NAME} {NUMBER}".encode())
    assert names_him(file.getvalue())
    return file.getvalue()
