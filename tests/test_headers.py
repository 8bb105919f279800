"""What browsers are told with every page: run nothing that is not ours, tell nobody where you came from, frame us nowhere else."""

import re
from urllib.parse import urlsplit

import pytest

from cases import ratelimit
from journal import push
from tests.cast import sign_in
from tests.pages import Html, all_pages

RESOURCES = {"src", "srcset", "poster", "data", "action", "formaction", "manifest", "xlink:href"}
LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "apple-touch-icon"}


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


def policy(response) -> dict[str, set[str]]:
    parts = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
    return {part[0]: set(part[1:]) for part in parts if part}


def complaints(response) -> list[str]:
    """What is wrong with a page's headers and with what stands in its HTML."""
    found, page, rules = [], Html.of(response.content.decode()), policy(response)
    nonces = {word[7:-1] for word in rules.get("script-src", ()) if word.startswith("'nonce-")}
    allowed = {"'self'", "'none'", "data:", "blob:", "ws://testserver", "wss://testserver"}  # for old Safari 'self' is no socket
    strange = {word for name, words in rules.items() for word in words - allowed if not word.startswith("'nonce-")}
    found += [f"policy allows {sorted(strange)}"] * bool(strange)
    missing = {"default-src", "script-src", "style-src", "object-src", "base-uri", "form-action", "frame-ancestors"} - rules.keys()
    found += [f"policy says nothing of {sorted(missing)}"] * bool(missing)
    found += ["a script in the page without the page's nonce" for script in page.inline if script.get("nonce", "") not in nonces or not nonces]
    for tag, given in page.tags:
        found += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        found += [f"<{tag}>" for _ in (1,) if tag in ("style", "base", "object", "embed")]
        loaded = [given[name] for name in RESOURCES & given.keys()]
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            loaded.append(given.get("href", ""))
        found += [f"<{tag}> loads {url}" for url in loaded if urlsplit(url).netloc or urlsplit(url).scheme not in ("", "data")]
        found += [f"<a> {given.get('href')}" for _ in (1,) if given.get("href", "").lower().lstrip().startswith(("javascript:", "data:"))]
        opens_other = tag == "a" and urlsplit(given.get("href", "")).netloc and given.get("target") == "_blank"
        found += [f"<a> to {given.get('href')} tells where it came from"] * bool(opens_other and "noopener" not in given.get("rel", ""))
    said = response.headers
    found += [f"framed by {rules['frame-ancestors']}"] * (rules.get("frame-ancestors") not in ({"'self'"}, {"'none'"}))
    for name, wanted in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin")):
        found += [f"{name}: {said.get(name)}"] * (said.get(name) != wanted)
    found += ["no Permissions-Policy"] * ("microphone=()" not in said.get("Permissions-Policy", ""))
    return found


@pytest.fixture
def pages(client, case_at, monkeypatch):
    return all_pages("zh-hans", client, case_at, monkeypatch)


def test_every_page_has_a_strict_policy_and_obeys_it(pages):
    wrong = {name: sorted(set(found)) for name, response in pages if (found := complaints(response))}
    assert wrong == {}
    assert len(pages) > 150


def test_pages_with_personal_data_are_kept_by_nobody(pages):
    personal = re.compile(r"/(command|officer|supervision)/|/t/<|console|phone|tracking|contact|supervision|operator")
    shown = [(name, response) for name, response in pages if personal.search(name) and response.status_code == 200]
    kept = {name: response.headers.get("Cache-Control", "") for name, response in shown if name != "/officer/offline/"}  # names nobody
    assert {name: said for name, said in kept.items() if not {"no-store", "private"} & set(re.split(r"[,\s]+", said))} == {}


def test_what_old_phones_open_may_open_its_sockets(client, cast):
    """Safari 14 does not count wss: as 'self'."""
    sign_in(client, cast.officer.user, "officer")
    assert policy(client.get("/officer/"))["connect-src"] >= {"ws://testserver", "wss://testserver"}


def test_a_nonce_is_used_once(client, cast):
    sign_in(client, cast.dispatcher, "command")
    nonces = [[word for word in policy(client.get("/command/"))["script-src"] if "nonce" in word] for _ in range(2)]
    assert nonces[0] and nonces[0] != nonces[1]
