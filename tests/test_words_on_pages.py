"""Each page speaks one language: English without Chinese but for the county's own names and what people said, Chinese without
English but for a few words that Chinese readers know. Scripts' words, errors and live messages included."""

import json
import re
from functools import cache

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
    "路口有摊贩占道经营", "不属于执法范围", "属其职责", "测试", "已当场教育",
    "已处理,谢谢您的反映。", "值班民警", "等待吊车", "回访", "王建国", "是否违法建设", "家中有事", "年休假", "items.csv",
)  # fmt: skip
NAMES = ("enforcement", "grid", "cases.category", "cases.targetclass", "cases.routingrule")  # the county's data


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
