"""What nginx itself answers, because nothing behind it does: a page in the product's look, JSON for programs, in two languages.

The sentences are msgids of the same catalogue as the site's; without a compiled one they are English. They become part of
nginx.conf, so that they depend on nothing that may be away.
"""

import gettext
import json
from html import escape
from string import Template

from checkout import ROOT

PAGE = ROOT / "config" / "deploy" / "away.html.template"
LANGUAGES = {"zh-hans": ("zh_Hans", "zh-CN", "。"), "en": ("en", "en", ". ")}  # locale, tag, between two sentences
TYPES = {"page": "text/html", "sent": "text/html", "data": "application/json"}  # how it was asked: to look, with a form, by a program
RETRY_S, OPEN_AGAIN_S = 5, 15
MOST_MB = 130  # six photos of 20 MB in one form, for phones without JavaScript


def _(text: str) -> str:
    """Marks a msgid for makemessages."""
    return text


TOO_LARGE = _("At most %(most)d MB can be sent at once. Nothing of it was stored: go back, leave some photos out and send again.")
# name in nginx.conf: (status, code for programs, title, words by how it was asked). The pages of config/errors.py say the same.
SAID = {
    "away": (503, "unavailable", _("The platform does not answer just now"), {
        "page": _("What was confirmed to you is kept. This page opens by itself as soon as it can; in an emergency call 110, 119 or 120."),
        "sent": _("What was confirmed to you is kept. What you sent last may not have arrived: wait a moment and reload this page, "
                  "which sends it again as you typed it; in an emergency call 110, 119 or 120."),
        "data": _("What was confirmed is kept; please send this again in a moment."),
    }),
    "too_large": (413, "too_large", _("This is too large to be sent"), dict.fromkeys(TYPES, TOO_LARGE)),
}  # fmt: skip
HOME = _("To the first page")


def maps() -> str:
    """A variable for each answer, by `$asked_as` and `$said_in`."""
    return "\n".join(_map(name, *said[1:]) for name, said in SAID.items())


def locations() -> str:
    """The places that say it; one for each kind of answer, because nginx takes no variable for its type."""
    return "".join(_location(name, status, kind) for name, (status, *_words) in SAID.items() for kind in TYPES)


def _location(name: str, status: int, kind: str) -> str:
    retry = f"add_header Retry-After {RETRY_S} always;" if status == 503 else ""
    again = f"add_header Refresh {OPEN_AGAIN_S} always;" if retry and kind == "page" else ""
    return f"""
        location @{name}_{kind} {{
            types {{}}  # whatever the address ends in
            default_type {TYPES[kind]};
            add_header Content-Security-Policy "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'" always;
            add_header X-Content-Type-Options nosniff always;
            add_header Cache-Control no-store always;
            {retry}
            {again}
            return {status} ${name};
        }}
"""


def _map(name: str, code: str, title: str, words: dict[str, str]) -> str:
    rows = []
    for language, (locale, tag, between) in LANGUAGES.items():
        say = gettext.translation("django", ROOT / "locale", languages=[locale], fallback=True).gettext
        for kind, sentence in words.items():
            told = say(sentence) % {"most": MOST_MB}
            if kind == "data":
                text = json.dumps({"code": code, "detail": say(title) + between + told}, ensure_ascii=False)
            else:
                shown = {"language": tag, "title": say(title), "words": told, "home": say(HOME)}
                text = Template(PAGE.read_text()).substitute({place: escape(what) for place, what in shown.items()})
            rows.append(f"        {_word(f'{kind} {language}')} {_word(text)};")
    return "\n".join([f'    map "$asked_as $said_in" ${name} {{', *rows, "    }"])


def _word(text: str) -> str:
    """One quoted word of nginx.conf, which knows these escapes and takes every $ for a variable."""
    if "$" in text:
        raise ValueError(f"nginx would look for a variable in {text!r}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
