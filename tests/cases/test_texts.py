"""What people type is kept whole; only what could deceive or break is taken out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import texts
from journal.refused import BadInput


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("垃圾没人管🙂👩‍🚒", "垃圾没人管🙂👩‍🚒"),  # emoji, with its joiners
        ("مرحبا שלום", "مرحبا שלום"),  # right-to-left letters
        ("a\u202egnp.exe\u2066x", "agnp.exex"),  # direction overrides
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("\ud83d坏", "坏"),  # half an emoji
        ("一\r\n二\r三\n\n\n\n四 ", "一\n二\n三\n\n四"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # text, not markup
        ("\u0065\u0301", "é"),
    ],
)
def test_text_is_cleaned_without_losing_what_was_said(typed, kept):
    assert texts.clean(typed) == kept


@given(st.text(alphabet=st.characters()))
def test_cleaned_text_can_always_be_stored_and_is_stable(typed):
    cleaned = texts.clean(typed)
    assert "\x00" not in cleaned
    assert texts.clean(cleaned.encode("utf-8").decode("utf-8")) == cleaned


def test_two_thousand_characters_pass_and_one_more_is_refused_with_both_numbers():
    assert len(texts.clean_text("占" * 2000)) == 2000
    with pytest.raises(BadInput) as refused:
        texts.clean_text("占" * 10_000)
    assert refused.value.code == "too_long"
    assert "10000" in str(refused.value.sentence)
    assert "2000" in str(refused.value.sentence)
