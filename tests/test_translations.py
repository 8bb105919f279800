"""The Chinese catalogue is complete and well-formed; what it should say, the glossary says."""

import os
import re
import subprocess
import sys

import pytest

from tests.catalogue import ROOT, rows

HAN = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\w*\}")
TAG = re.compile(r"</?[a-z]+[^>]*>")


@pytest.fixture(scope="module")
def catalogue():
    return rows()


def test_nothing_is_untranslated_or_fuzzy(catalogue):
    assert len(catalogue) > 50
    assert [row.english for row in catalogue if not row.said or not all(row.said)] == []
    assert [row.english for row in catalogue if "fuzzy" in row.flags] == []


def test_the_source_language_is_english(catalogue):
    assert [row.english for row in catalogue if HAN.search(row.english + row.plural)] == []


def test_placeholders_and_tags_survive_translation(catalogue):
    for row in catalogue:
        for pattern in (PLACEHOLDER, TAG):
            wanted = set(pattern.findall(row.plural or row.english))
            assert [said for said in row.said if set(pattern.findall(said)) != wanted] == [], row.english


def test_chinese_sentences_use_chinese_punctuation(catalogue):
    half_width = re.compile(r"[\u3400-\u9fff][,;:?!](?!//)|[,;?!][\u3400-\u9fff]|[\u3400-\u9fff]\.$")
    assert [said for row in catalogue for said in row.said if half_width.search(said)] == []


def test_every_string_of_the_program_is_in_the_catalogue(catalogue, tmp_path):
    for path in [p for pattern in ("*.py", "*.html", "*.txt") for p in ROOT.rglob(pattern) if _is_source(p)]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / "locale").mkdir()
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location", "--no-wrap", "-v0"],
        cwd=tmp_path, check=True, capture_output=True, env={**os.environ, "DJANGO_SETTINGS_MODULE": "", "PYTHONPATH": ""},
    )  # fmt: skip
    used = {(row.context, row.english) for row in rows(tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po")}
    known = {(row.context, row.english) for row in catalogue}
    assert used - known == set(), "script/manage makemessages -l zh_Hans, then translate"
    assert known - used == set(), "no longer used"


def _is_source(path) -> bool:
    folders = path.relative_to(ROOT).parts[:-1]
    outside = {"tests", "var", "locale", "node_modules", "static_root", "docs", "data"}
    return bool(folders) and folders[0] not in outside and not any(part.startswith(".") for part in folders)


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(path):
    text = re.sub(r"\{#.*?#\}|\{% (comment|blocktranslate).*?end\1 %\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    if path.name != "_language.html":  # languages are called by their own names
        text = re.sub(r"<(script|style|kbd)\b.*?</\1>|WGS-84|\{% block (?:body_class|theme) %\}.*?\{% endblock %\}", " ", text, flags=re.DOTALL)
        words = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL)
        assert re.findall(r"[A-Za-z]{2,}|[\u3400-\u9fff]+", words) == []
        shown = re.findall(r'\b(?:title|alt|placeholder|aria-label)="([^"{]*)', text)
        assert [words for words in shown if re.search(r"[a-z]{2}|[\u3400-\u9fff]", words)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").rglob("*.js")), ids=lambda path: path.name)
def test_a_script_has_no_chinese_of_its_own(path):
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert HAN.findall(code) == []
