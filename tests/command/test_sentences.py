"""The journal reads as sentences: every verb has one, in both languages, and the public ones name and quote nobody."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from cases.transitions import CASE_MOVES
from command.sentences import SENTENCES, sentence
from command.transitions import DISPATCH_MOVES
from journal.models import Entry

ROOT = Path(__file__).resolve().parents[2]
HAN = re.compile(r"[\u4e00-\u9fff]")


def recorded_verbs() -> set[str]:
    """Every verb that a line of the code records."""
    code = "\n".join(path.read_text() for room in ("cases", "command") for path in (ROOT / room).rglob("*.py"))
    return set(re.findall(r"""(?<![\w.])record\(\s*\w+,\s*"(\w+)\"""", code))


def entry(verb: str, subject: str = "case:1", **data) -> Entry:
    return Entry(thread="case:1", number=1, subject=subject, verb=verb, by_kind="user", by_label="王伟 · 城管大队", data=data)


@pytest.mark.parametrize("verb", sorted({row.verb for row in (*CASE_MOVES, *DISPATCH_MOVES)}))
def test_every_move_of_both_tables_has_a_sentence(verb):
    assert verb in SENTENCES


def test_every_recorded_verb_has_a_sentence():
    recorded = recorded_verbs()
    assert len(recorded) > 15
    assert recorded - {*SENTENCES, *(name.partition(".")[2] for name in SENTENCES)} == set()


@pytest.mark.parametrize("verb", sorted(SENTENCES))
def test_sentences_are_chinese_and_english(verb):
    subject, _, name = verb.rpartition(".")
    about = entry(name, subject=f"{subject or 'case'}:1")
    with translation.override("zh-hans"):
        assert HAN.search(sentence(about))
        assert HAN.search(sentence(about, public=True))
    with translation.override("en"):
        assert not HAN.search(sentence(about, public=True))


@pytest.mark.parametrize("verb", sorted({name.rpartition(".")[2] for name in SENTENCES}))
def test_public_sentences_name_and_quote_nobody(verb):
    typed = dict.fromkeys(("reason", "note", "reply", "officer", "badge", "certificate"), "我是张三13900001111")
    said = sentence(entry(verb, **typed, reasons=["我是张三"]), public=True)
    assert "张三" not in said
    assert "1390000" not in said


def test_a_sending_says_whom_and_why():
    with translation.override("zh-hans"):
        said = sentence(entry("sent", "dispatch:1", officer="李强", lead=True, reasons=["网格责任人", "420 米"]))
    assert "李强" in said
    assert "网格责任人 · 420 米" in said


def test_a_short_stop_of_the_clock_is_not_called_a_minute():
    with translation.override("zh-hans"):
        assert "2 秒" in sentence(entry("resumed", "pause:1", seconds=2))


def test_a_held_report_and_a_companion_are_released_in_words_of_their_own():
    assert sentence(entry("released", "report:1")) != sentence(entry("released", "dispatch:1", officer="李强"))


def test_a_verb_of_a_newer_version_does_not_break_the_page():
    assert sentence(entry("something_new")) == "something_new"
