"""Every page, walked once for each language.

Each speaks one language: English without Chinese but for the county's own names and what people said, Chinese without English but for
a few words that Chinese readers know. Scripts' words, errors and live messages included.

What browsers are told with each: run nothing that is not ours, tell nobody where you came from, frame us nowhere else.
"""

import json
import re
from functools import cache
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import models
from django.utils import translation

from cases import ratelimit
from demo.accounts import PASSWORD
from enforcement.models import User
from journal import push
from tests.addresses import Things, foreign_code, holder
from tests.cast import sign_in
from tests.pages import Html, all_pages

HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
LATIN = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Za-z]{2,}[ ,][A-Za-z]{2,}")  # in values for scripts: single words are names of things, not of the language
ADDRESS_OR_CODE = re.compile(r"https?://\S+|/[\w/<>:.-]+|\b[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z]{4}\b")
SILENT = {"data-filter", "data-needs", "data-csrf"}  # names of stages and fields
LIBRARY = {"Reset view"}  # a button of the map library that is switched off
# Words that stand in Chinese texts: formats, units, systems, the way to the other language.
KNOWN = {
    "English", "GPS", "API", "WGS", "JPEG", "PNG", "WebP", "HEIC", "MB", "km", "min", "ID", "OpenAPI", "JSON", "HTTP", "HTTPS", "CSV", "PDF", "XXXX",
    "JavaScript", "Esc", "Excel", "XLSX", "UTF", "GB",
}  # fmt: skip
# What the tests themselves say, and what a case keeps of it.
SAID = (
    "路口有摊贩占道经营", "不属于执法范围", "属其职责", "测试", "已当场教育", "现场未发现", "未发现您反映的情况。",
    "已处理,谢谢您的反映。", "值班民警", "等待吊车", "回访", "王建国", "是否违法建设", "家中有事", "年休假", "items.csv",
)  # fmt: skip
NAMES = ("enforcement", "grid", "cases.category", "cases.targetclass", "cases.routingrule")  # the county's data


RESOURCES = {"src", "srcset", "poster", "data", "action", "formaction", "manifest", "xlink:href"}
LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "apple-touch-icon"}


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(key)
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


@pytest.fixture
def county_words(db, language) -> re.Pattern:
    """What the county's data and the people in it are called in the script that the page should not have, longest first."""
    found = {PASSWORD, *SAID}
    for model in apps.get_models():
        if model._meta.label_lower.startswith(NAMES):
            for field in model._meta.get_fields():
                if isinstance(field, models.CharField | models.TextField | models.JSONField):
                    for value in model.objects.values_list(field.name, flat=True).distinct():
                        found |= {text for text in strings(value) if len(text) > 1}
    label = {user.actor.label for user in User.objects.select_related("organisation")}
    wanted = [text for text in found | label if (HAN if language == "en" else LATIN).search(text)]
    return re.compile("|".join(map(re.escape, sorted(wanted, key=len, reverse=True))))


@cache
def foreign(text: str, language: str, county_words: re.Pattern, *, for_script: bool = False) -> list[str]:
    """Words of the other language in a text."""
    if not (HAN if language == "en" else LATIN).search(text):
        return []
    rest = county_words.sub("·", ADDRESS_OR_CODE.sub("·", text))
    if language == "en":
        return HAN.findall(rest)
    if for_script:
        return [text[:80]] if SENTENCE.search(rest) else []
    return [word for word in LATIN.findall(rest) if word not in KNOWN]


def of_page(html: str, language: str, county_words) -> set[str]:
    page, found = Html.of(html), []
    if page_language := next((given.get("lang") for tag, given in page.tags if tag == "html"), None):
        assert page_language == {"en": "en", "zh-hans": "zh-CN"}[language]
    for text in (*page.texts, *page.spoken):
        if text not in ("中文", "English"):  # the way to the other language is in that language
            found += foreign(text, language, county_words)
    for value in (value for name, values in page.data.items() if name not in SILENT for value in values):
        found += foreign(value, language, county_words, for_script=True)
    for text in page.json:
        for value in strings(json.loads(text)):
            found += foreign(value, language, county_words, for_script=True)
    return set(found) - LIBRARY


def of_json(value, language: str, county_words) -> set[str]:
    """Strings of an answer to a script; those that are HTML are read as pages."""
    found = set()
    for text in strings(value):
        found |= of_page(text, language, county_words) if "<" in text else {*foreign(text, language, county_words, for_script=True)}
    return found


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_page_speaks_one_language(client, case_at, monkeypatch, county_words, language):
    pages = all_pages(language, client, case_at, monkeypatch)
    assert len(pages) > 150
    where: dict[str, str] = {}
    for name, answer in pages:
        for word in of_page(answer.content.decode(), language, county_words):
            where.setdefault(word, name)
    assert where == {}, "\n".join(f"{word}: {name}" for word, name in where.items())


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_answers_to_scripts_and_programs_speak_the_readers_language(client, case_at, county_words, language):
    client.cookies["django_language"] = language
    things, script = Things(case_at), {"X-Requested-With": "fetch", "Accept": "application/json"}
    sign_in(client, holder(things.cast, "dispatcher"), "command")
    sign_in(client, things.order.officer.user, "officer")
    asked = [
        client.get(url, headers=script) for url in (
            "/officer/now/", f"/t/{things.code}/", f"/t/{foreign_code()}/", f"/api/reports/{things.code}/", "/api/reports/xx/", "/api/categories/",
            "/report/places/?lon=1&lat=2", "/no-such-page/", "/manifest.webmanifest", f"/start/state/?code={things.code}",
        )
    ] + [
        client.post(url, form, headers=script) for url, form in (
            ("/report/", {"lon": "37.861", "lat": "116.1595", "contact_phone": "12", "idempotency_key": "k"}), ("/report/photos/", {}),
            (f"/command/cases/{things.case.pk}/reject/", {"reason": "x"}), (f"/command/cases/{things.case.pk}/transfer/", {}),
            (f"/command/cases/{things.case.pk}/send/", {"lead": "0"}), (f"/command/reports/{things.report.pk}/contact/", {}),
            ("/officer/position/", {"lon": "x"}), ("/officer/photos/", {}), (f"/officer/dispatches/{things.order.pk}/arrive/", {}),
            ("/api/reports/", {}), ("/api/photos/", {}),
        )
    ]  # fmt: skip
    wrong = {answer.request["PATH_INFO"]: found for answer in asked if (found := of_json(answer.json(), language, county_words))}
    assert wrong == {}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_live_messages_speak_the_language_of_the_page_that_hears_them(case_at, county_words, language):
    cases = [case_at(state) for state in ("received", "in_hand", "resolved", "closed", "accepted", "merged", "rejected")]
    officer = cases[4].dispatches.get().officer
    keys = {"officer": officer.pk, "track": cases[0].reports.get().track_key}
    wrong = {}
    with translation.override(language):
        for kind, board in push.boards.items():
            key = str(keys.get(kind, cases[0].centre_id))
            said = {"things": board.render(key, list(board.things(key)), language), "figures": board.figures(key)}
            assert said["things"] or said["figures"], kind
            if found := of_json(json.loads(json.dumps(said, default=str)), language, county_words):
                wrong[kind] = found
    assert wrong == {}


# --- the policy of each page ------------------------------------------------------------------------
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
