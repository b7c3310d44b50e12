import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.text import clean, legible


@given(st.text() | st.binary(), st.integers(0, 40))
def test_whatever_comes_in_moves_no_cursor(text: str | bytes, limit: int) -> None:
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    cleaned.encode()
    for char in cleaned:
        assert unicodedata.category(char)[0] != "C"
        assert unicodedata.category(char) not in {"Zl", "Zp"}


@given(st.text())
def test_what_is_legible_moves_no_cursor_and_is_else_as_it_was(text: str) -> None:
    shown = legible(text)
    assert shown.isprintable()
    assert [one for one, was in zip(shown, text, strict=True) if one != was] == ["?"] * sum(
        not char.isprintable() for char in text
    )
    assert legible("日本 \x1b[31m\n\u202e") == "日本 ?[31m??"


@given(st.text() | st.binary())
def test_clean_text_stays_as_it_is(text: str | bytes) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param("firefox", "firefox", id="plain"),
        pytest.param("café – ü", "café – ü", id="letters of Europe"),
        pytest.param("\x1b[2Jboo", "?[2Jboo", id="escape sequence"),
        pytest.param("a\nb\tc\x00\x7f\x9b", "a?b?c???", id="controls"),
        pytest.param("\u202egpj.exe", "?gpj.exe", id="right to left"),
        pytest.param("a\u200bb\ufeff", "a?b?", id="zero width"),
        pytest.param("e\u0301", "é", id="composed"),
        pytest.param("x\u0301", "x\u0301", id="combining mark"),
        pytest.param("漢字プロセス", "漢字プロセス", id="two cells wide"),
        pytest.param("🚀", "🚀", id="emoji"),
        pytest.param("a\u2028b", "a?b", id="line separator"),
        pytest.param("a\xa0b", "a b", id="no-break space"),
        pytest.param("\udcff", "?", id="lone surrogate"),
        pytest.param(b"\xff\xfe", "??", id="no UTF-8"),
        pytest.param("\ue000\U000f0000", "??", id="private use"),
    ],
)
def test_clean(text: str | bytes, cleaned: str) -> None:
    assert clean(text) == cleaned
