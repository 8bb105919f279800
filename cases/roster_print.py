"""The roster wall as A3 sheets (PDF), one for the county and one for each unit, to be hung up.

A sheet takes a second or more to set, so no request waits for it: the worker makes every minute what is missing for what the wall shows
today, as a file named after its content. A sheet that is not there is being made; one that is there is true today.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import segno
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe

from journal import clock
from journal.build import build_id

from . import doorstep, photos, rulebook
from .roster_wall import SHA256, Person, by_unit, people, portrait_file
from .rulebook import Rulebook

FOLDER = "prints"
SHEET = 28  # people on a sheet: seven in a row, four rows
FEW = 15  # so many fit in larger cards: five in a row, three rows
LOCK = 0x0F_F1CE  # of PostgreSQL, so that two workers do not set the same sheets


@dataclass(frozen=True)
class Sheets:
    """A print. `unit`: a unit's code, "" for the whole county."""

    unit: str
    title: str
    people: tuple[Person, ...]
    digest: str

    @property
    def file(self) -> str:
        """Its name under MEDIA_ROOT."""
        return f"{FOLDER}/roster-{self.unit or 'all'}-{self.digest[:16]}.pdf"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.file

    @property
    def is_made(self) -> bool:
        return self.path.exists()


def wanted(rules: Rulebook, day: date) -> dict[str, Sheets]:
    """By unit's code, what should hang on a wall on `day`: nothing where nobody holds a certificate. Four statements."""
    county, everybody = rulebook.county(), people(rules, day)
    groups = [("", county.name, everybody), *((unit.code, name, group) for unit, name, group in by_unit(everybody))]
    return {code: Sheets(code, title, tuple(group), _digest(title, group, county, day)) for code, title, group in groups if group}


def make_missing() -> int:
    """Set what is not there yet for today, throw away what is no longer true; how many were made. One at a time in the installation."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        try:
            rules, day = rulebook.current(), clock.today()
            sheets = wanted(rules, day)
            made = [make(one, day=day) for one in sheets.values() if not one.is_made]
            true = {one.path for one in sheets.values()}
            for old in set((Path(settings.MEDIA_ROOT) / FOLDER).glob("roster-*.pdf")) - true:
                old.unlink(missing_ok=True)
            return len(made)
        except rulebook.NoCounty:
            return 0
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def make(sheets: Sheets, *, day: date) -> Path:
    """Set a print and store it; its path."""
    photos.write_file(sheets.file, set_sheets(sheets, day=day))
    return sheets.path


def set_sheets(sheets: Sheets, *, day: date) -> bytes:
    """The PDF. In the installation's own language: it hangs where everybody reads it."""
    from weasyprint import CSS, HTML  # takes half a second and 60 MB, in the worker only

    county = rulebook.county()
    pages = [sheets.people[start:start + SHEET] for start in range(0, len(sheets.people), SHEET)]
    with translation.override(settings.LANGUAGE_CODE):
        html = render_to_string("cases/roster_print.html", {
            "county": county, "title": sheets.title, "day": day, "verify": f"{settings.PUBLIC_URL}/v/",
            "pages": [[(person, _qr(person)) for person in page] for page in pages], "total": len(sheets.people), "few": FEW,
        })  # fmt: skip
    fetcher = _fetcher()
    styles = [CSS(filename=settings.BASE_DIR / "static" / "css" / name, url_fetcher=fetcher) for name in ("tokens.css", "roster_print.css")]
    return HTML(string=html, base_url="portrait:", url_fetcher=fetcher).write_pdf(stylesheets=styles)


def _fetcher():
    """Lets a sheet load nothing but data: addresses and portraits (portrait:<SHA-256>): no network, no other file."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):
        def fetch(self, url, headers=None):
            scheme, _colon, rest = url.partition(":")
            if scheme == "data":
                return super().fetch(url, headers)
            if scheme == "portrait" and SHA256.fullmatch(rest):
                data = (Path(settings.MEDIA_ROOT) / portrait_file(rest)).read_bytes()
                return URLFetcherResponse(url, data, {"Content-Type": "image/jpeg"})
            raise ValueError(f"a sheet loads nothing from {scheme}:")

    return OwnFiles(allowed_protocols=("data",), allow_redirects=False)


def _qr(person: Person) -> str:
    address = f"{settings.PUBLIC_URL}/v/{doorstep.token(person.certificates[0])}/"
    return mark_safe(segno.make(address, error="m").svg_inline(border=0, omitsize=True))  # noqa: S308  drawn from our own address


def _digest(title: str, group: list[Person], county, day: date) -> str:
    """Of all that stands on a sheet."""
    shown = [
        [one.name, one.role, one.unit_name, one.squad and one.squad.name, one.portrait, one.townships, one.fields,
         [[card.pk, card.number, card.valid_to] for card in one.certificates]]
        for one in group
    ]  # fmt: skip
    held = [build_id(), settings.PUBLIC_URL, title, county.name, county.hotline, county.is_demo, day, shown]
    return hashlib.sha256(json.dumps(held, default=str, ensure_ascii=False).encode()).hexdigest()
