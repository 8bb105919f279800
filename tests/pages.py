"""Every page of the site as people meet it, in every state that a case passes through and when something goes wrong;
and what stands in a page's HTML."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.test import Client

from tests.addresses import ADDRESSES, Things, foreign_code, holder
from tests.cast import sign_in

STATES = ("received", "in_hand", "sent", "accepted", "on_site", "resolved", "closed", "rejected", "merged", "passed_on")
OUTCOMES = {
    "corrected": {"photos": 1}, "ordered": {"photos": 1, "recheck_on": date(2026, 12, 1)}, "police": {"police_contact": "值班民警"},
    "unfounded": {"photos": 1}, "not_found": {"photos": 1},
}  # fmt: skip


@dataclass
class Html(HTMLParser):
    """What a page holds. `texts`: words between tags; `spoken`: attributes that are read out or shown; `data`: data-* values."""

    texts: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    data: dict[str, list[str]] = field(default_factory=dict)
    json: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict]] = field(default_factory=list)
    inline: list[dict] = field(default_factory=list)  # attributes of scripts that stand in the page itself
    language: str = ""

    SILENT = ("script", "style", "svg", "kbd", "code")
    SPOKEN = ("title", "alt", "placeholder", "aria-label", "content")

    def __post_init__(self):
        super().__init__()
        self._within: list[str] = []

    @classmethod
    def of(cls, html: str) -> "Html":
        page = cls()
        page.feed(html)
        page.close()
        return page

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        self.tags.append((tag, given))
        if tag in self.SILENT:
            self._within.append(tag)
        if tag == "script":
            self._json = given.get("type") == "application/json"
            if not given.get("src") and not self._json:
                self.inline.append(given)
        self.spoken += [given[name] for name in self.SPOKEN if given.get(name) and not (tag == "meta" and name == "content")]
        for name, value in given.items():
            if name.startswith("data-") and value:
                self.data.setdefault(name, []).append(value)

    def handle_endtag(self, tag):
        if tag in self.SILENT and tag in self._within:
            self._within.remove(tag)

    def handle_data(self, data):
        if "script" in self._within and self._json:
            self.json.append(data)
        elif not self._within and data.strip():
            self.texts.append(data.strip())


def plain_pages(client: Client, things: Things) -> Iterator[tuple[str, object]]:
    """Each page of the table, opened by every post that may."""
    for address in ADDRESSES:
        if not address.page:
            continue
        for role in sorted(address.who) if address.is_staff else [""]:
            if role:
                sign_in(client, holder(things.cast, role), address.surface.name)
            yield f"{address} {role}".strip(), client.get(address.url(things))


def pages_by_state(client: Client, things: Things, language: str) -> Iterator[tuple[str, object]]:
    """A case from its report to each of its ends: at the console, on the officer's phone, before the reporter, in supervision."""
    cast, codes = things.cast, []
    plain = things.case_at.report
    things.case_at.report = lambda **given: codes.append(plain(**given)) or codes[-1]
    sign_in(client, cast.leader, "command")
    sign_in(client, cast.supervisor, "supervision")
    ways = [(state, {}) for state in STATES] + [("closed", {"outcome": name, "details": dict(needs)}) for name, needs in OUTCOMES.items()]
    for state, how in ways:
        officer, codes[:] = cast.officers()[0], []
        case = things.case_at(state, officer=officer, language=language, contact={"name": "王建国", "phone": "13800001234"}, **how)
        name = " ".join([state, how.get("outcome", "")]).strip()
        yield f"console {name}", client.get(f"/command/cases/{case.pk}/")
        yield f"supervision {name}", client.get(f"/supervision/cases/{case.pk}/")
        yield f"tracking {name}", client.get(f"/t/{codes[0].code}/")
        sign_in(client, officer.user, "officer")
        yield f"phone {name}", client.get("/officer/")
        yield f"patrol {name}", client.get("/officer/report/")
    yield "tracking held", client.get(f"/t/{plain(hold_reason='honeypot').code}/")


def pages_of_trouble(client: Client, things: Things, patched: pytest.MonkeyPatch) -> Iterator[tuple[str, object]]:
    """Forms that are refused, doors that stay shut, addresses that are none."""
    cast = things.cast
    sign_in(client, cast.leader, "command")
    sign_in(client, cast.officer.user, "officer")
    for url in ("/", "/report/", "/command/report/", f"/command/cameras/{things.camera.pk}/report/", "/officer/report/"):
        form = {"uuid": uuid4(), "text": "", "lon": "37.861", "lat": "116.1595", "contact_phone": "12", "idempotency_key": "k"}
        yield f"refused form {url}", client.post(url, form)
    done = {"text": "路口有摊贩", "lon": "116.1595", "lat": "37.861", "category": "TIP-01", "channel": "hotline", "idempotency_key": "k"}
    yield "operator's form taken", client.post("/command/report/", done)
    yield "no reason", client.post(f"/command/cases/{things.case.pk}/reject/")
    yield "contact without a reason", client.post(f"/command/reports/{things.report.pk}/contact/")
    yield "contact", client.post(f"/command/reports/{things.report.pk}/contact/", {"reason": "回访"})
    yield "no such code", client.post("/t/", {"code": "123"})
    yield "foreign code", client.get(f"/t/{foreign_code()}/")
    yield "early answer", client.post(f"/t/{things.code}/answer/", {"solved": "yes"})
    yield "answer without words", client.post(f"/t/{things.code}/answer/", {"solved": "no"})
    for surface in ("", "command/", "command/wall/", "officer/", "supervision/"):
        yield f"nothing at {surface}", client.get(f"/{surface}no-such-page/")
    for number in range(6):
        yield f"wrong password {number}", client.post("/command/login/", {"username": "nobody", "password": "x"})
    yield "damaged", client.post("/report/", {f"f{number}": "x" for number in range(1100)})
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    yield "expired form", strict.post("/report/", done)
    with patched.context() as broken:
        broken.setattr("cases.views.track.surroundings", lambda: 1 / 0)
        client.raise_request_exception = False
        yield "fault", client.get("/t/")
        client.raise_request_exception = True


_kept: dict[str, list[tuple[str, object]]] = {}


def all_pages(language: str, client: Client, case_at, patched: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """(name, response) of every page in one language; walked once for all tests of a run that look at them."""
    if language not in _kept:
        client.cookies["django_language"] = language
        things = Things(case_at)
        walked = [*plain_pages(client, things), *pages_by_state(client, things, language), *pages_of_trouble(client, things, patched)]
        _kept[language] = [(name, answer) for name, answer in walked if answer.headers.get("Content-Type", "").startswith("text/html")]
    return _kept[language]
